"""Case references: random, easy to read aloud, and safe against a slip of the tongue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.references import _BASE, _VALUE, ALPHABET, LENGTH, _check, is_valid, new, read

references = st.text(alphabet=ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1).map(
    lambda body: body + _check(body)
)


def test_the_alphabet_has_no_vowels_and_nothing_to_be_taken_for_something_else():
    assert len(set(ALPHABET)) == _BASE == 30
    assert not set(ALPHABET) & set("AEIOUL")


def test_new_references_are_valid_and_differ():
    made = {new() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_valid(reference) for reference in made)


def test_a_reference_worked_out_by_hand():
    # 7 6 5 4 3 2 1 doubled at every other place from the right: 1*2 + 2 + 3*2 + 4 + 5*2 + 6 + 7*2 = 44; 60 - 44 = 16.
    assert is_valid("7654321" + ALPHABET[16])


@given(references, st.integers(min_value=0, max_value=LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_noticed(reference, place, letter):
    changed = reference[:place] + letter + reference[place + 1 :]
    assert is_valid(changed) == (changed == reference)


@given(references, st.integers(min_value=0, max_value=LENGTH - 2))
def test_two_neighbours_that_change_places_are_noticed_but_for_the_first_and_last_letters(reference, place):
    first, second = reference[place], reference[place + 1]
    changed = reference[:place] + second + first + reference[place + 2 :]
    blind = {_VALUE[first], _VALUE[second]} == {0, _BASE - 1}
    assert is_valid(changed) == (first == second or blind)


@given(references)
def test_a_reference_is_read_however_it_is_typed(reference):
    native = reference.translate({ord(str(digit)): chr(0x6F0 + digit) for digit in range(10)})
    slips = reference.replace("0", "o").replace("1", "l")
    for typed in (
        reference,
        reference.lower(),
        f"{reference[:4]}-{reference[4:]}",
        " ".join(reference),
        native,
        slips,
    ):
        assert read(typed) == reference
        assert read(f" ({typed}). ") == reference


@given(references)
def test_a_reference_is_found_among_words(reference):
    assert read(f"آپ کا نمبر {reference} ہے") == reference
    assert read(f"is {reference[:4]} {reference[4:]} ok?") == reference


@given(references, references)
def test_two_references_in_one_text_are_none(one, other):
    assert read(f"{one}, {other}") == (one if one == other else None)


@pytest.mark.parametrize(
    "text", ["", "hello", "1234567", "please tell me", "B4K7T2MXB", "0800 123 456", "۱۲۳"]
)
def test_other_words_are_no_reference(text):
    assert read(text) is None


@given(st.text())
def test_reading_never_raises_and_gives_only_valid_references(text):
    found = read(text)
    assert found is None or is_valid(found)
