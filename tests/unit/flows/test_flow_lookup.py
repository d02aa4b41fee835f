"""The best matches for typed text in long lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import lookup
from flows.lookup import MOST_FOUND, best, index_of, is_exact

DISTRICTS = [
    ["Kabul", "کابل"],
    ["Kandahar", "قندهار"],
    ["Kandahar City", "شهر قندهار"],
    ["Kunduz", "کندز"],
    ["Kunar", "کنړ"],
    ["Jalalabad", "جلال آباد"],
    ["Charsadda", "چارسدہ"],
    ["Dera Ismail Khan", "ڈیرہ اسماعیل خان"],
    ["Dera Ghazi Khan", "ڈیرہ غازی خان"],
    ["Block 12"],
    ["Block 13"],
    ["ရန်ကုန်", "Yangon"],
]
INDEX = index_of(DISTRICTS)


def found(text, *, limit=3, start=0):
    return [DISTRICTS[place][0] for place in best(INDEX, text, limit=limit, start=start)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Kabul", ["Kabul"]),
        ("kabul please", ["Kabul"]),
        ("کابل", ["Kabul"]),
        ("كابل", ["Kabul"]),
        ("kandahar", ["Kandahar", "Kandahar City"]),
        ("kun", ["Kunar", "Kunduz"]),
        ("jalalabat", ["Jalalabad"]),
        ("jalalabd", ["Jalalabad"]),
        ("charsada", ["Charsadda"]),
        ("khan ismail", ["Dera Ismail Khan"]),
        ("dera khan", ["Dera Ismail Khan", "Dera Ghazi Khan"]),
        ("d i khan", ["Dera Ismail Khan"]),
        ("غازی", ["Dera Ghazi Khan"]),
        ("block 13", ["Block 13"]),
        ("ရန်ကုန်", ["ရန်ကုန်"]),
        ("yangoon", ["ရန်ကုန်"]),
        ("xyzzy", []),
        ("block 15", []),
        ("", []),
        ("!!", []),
    ],
)
def test_what_is_typed_finds_the_names_that_fit(typed, names):
    assert found(typed)[: len(names) or None] == names


def test_more_goes_on_where_it_stopped_and_ends():
    pages = [best(INDEX, "k", limit=2, start=start) for start in (0, 2, 4, 6, 8)]
    shown = [place for page in pages for place in page]
    assert len(shown) == len(set(shown)) == 7  # five names, and two with a word that begins so
    assert pages[-1] == ()


def test_a_whole_name_is_known_and_a_shared_one_is_both():
    index = index_of([["Camp 1", "Old camp"], ["Camp 2", "Old camp"]])
    assert is_exact(index, "camp 2") == (1,)
    assert is_exact(index, "OLD CAMP") == (0, 1)
    assert is_exact(index, "camp") == ()


@given(st.text(max_size=120), st.integers(0, 70), st.integers(1, 9))
def test_any_text_finds_places_that_exist_each_once(text, start, limit):
    places = best(INDEX, text, limit=limit, start=start)
    assert len(set(places)) == len(places) <= limit
    assert all(0 <= place < len(DISTRICTS) for place in places)


@given(st.sampled_from([name for names in DISTRICTS for name in names]))
def test_every_name_finds_its_own_option_first(name):
    assert name in DISTRICTS[best(INDEX, name, limit=1)[0]]


def test_a_look_into_ten_thousand_names_is_bounded_work(monkeypatch):
    index = index_of(
        [[f"Village {number:05} of {'north' if number % 2 else 'south'}"] for number in range(10_000)]
    )
    looked = []
    real = lookup.extract
    monkeypatch.setattr(lookup, "extract", lambda *given, **more: looked.append(1) or real(*given, **more))
    assert len(best(index, "vilage north", limit=5)) == 5
    assert len(best(index, "x" * 100_000, limit=5)) == 0
    assert len(looked) <= 6  # one pass over the words for each word typed, one over the names
    assert len(best(index, "village", limit=100)) == MOST_FOUND
