"""The language table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.languages import LANGUAGES, SHIPPED, chain, is_known


def test_every_shipped_language_is_in_the_table():
    assert SHIPPED == ("eng", "urd", "pus", "prs", "arb", "mya", "som", "fra")
    assert all(is_known(code) for code in SHIPPED)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_row_is_complete(code):
    language = LANGUAGES[code]
    assert language.code == code
    assert len(code) == 3
    assert language.name
    assert language.endonym
    assert language.direction == ("rtl" if language.script in {"Arab", "Rohg"} else "ltr")
    assert language.gsm7 in {"yes", "partial", "no"}
    assert language.digits is None or [int(digit) for digit in language.digits] == list(range(10))
    assert "other" in language.plural


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_fallback_is_a_language_of_the_table(code):
    assert all(is_known(step) for step in chain(code))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eng", ("eng",)),
        ("urd", ("urd", "eng")),
        ("pst", ("pst", "pbu", "pus", "eng")),
        ("pbt", ("pbt", "pbu", "pus", "eng")),
        ("prs", ("prs", "pes", "eng")),
        ("ary", ("ary", "arb", "fra", "eng")),
        ("zzz", ("zzz", "eng")),
        ("", ("", "eng")),
    ],
)
def test_the_chain_starts_with_the_language_and_ends_with_english(code, expected):
    assert chain(code) == expected


@given(st.text() | st.sampled_from(sorted(LANGUAGES)))
def test_any_code_has_a_chain_without_repeats(code):
    steps = chain(code)
    assert steps[0] == code
    assert steps[-1] == "eng"
    assert len(set(steps)) == len(steps)


def test_a_language_outside_the_table_is_not_known():
    assert not is_known("ps")
    assert not is_known("")
