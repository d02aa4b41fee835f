"""Yes, no, skip, and lists, in the shipped languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import number_words
from flows.folding import fold
from flows.languages import SHIPPED
from flows.lists import split_list
from flows.words import _NO_IN, _YES_IN, NO, SKIP, YES, is_skip, yes_no


def test_no_word_is_in_two_of_the_sets():
    assert not YES & NO
    assert not SKIP & (YES | NO)


def test_no_word_for_yes_or_no_is_a_number():
    assert not set(number_words.WORDS) & (YES | NO | SKIP)


@pytest.mark.parametrize("language", SHIPPED)
def test_each_shipped_language_says_yes_and_no(language):
    assert _YES_IN[language]
    assert _NO_IN[language]
    assert all(yes_no(word, language) is True for word in _YES_IN[language] - _NO_IN[language])
    assert all(yes_no(word, language) is False for word in _NO_IN[language] - _YES_IN[language])


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("YES!", True),
        ("ok 👍", True),
        ("👍🏿", True),
        ("ہاں جی", True),
        ("haan", True),
        ("Jee", True),
        ("هو", True),
        ("هوکې", True),
        ("ho", True),
        ("بلی", True),
        ("bale", True),
        ("نعم", True),
        ("أَيْوَة", True),
        ("3aiwa", None),
        ("aiwa", True),
        ("ဟုတ်ကဲ့", True),
        ("ရှိပါတယ်။", True),
        ("Haa", True),
        ("Oui.", True),
        ("d’accord", True),
        ("no", False),
        ("👎", False),
        ("نہیں", False),
        ("nahi", False),
        ("نه", False),
        ("نخیر", False),
        ("nakhair", False),
        ("لا", False),
        ("la", False),
        ("မဟုတ်ပါဘူး", False),
        ("maya", False),
        ("Non merci", False),
        ("na", False),
        ("maybe", None),
        ("", None),
        ("1", None),
    ],
)
def test_yes_and_no_are_read_in_every_language_and_spelling(typed, meaning):
    assert yes_no(fold(typed)) is meaning


@given(st.text(), st.sampled_from([*SHIPPED, "zzz", None]))
def test_reading_yes_or_no_never_raises(text, language):
    assert yes_no(fold(text), language) in {True, False, None}


@pytest.mark.parametrize(
    "typed", ["skip", "PASS", "چھوڑیں", "chorein", "پرېږدئ", "نمی‌دانم", "تخطي", "ကျော်ပါ", "ka bood", "Passer"]
)
def test_a_question_is_skipped_in_every_language(typed):
    assert is_skip(fold(typed))


def test_zero_is_a_value_and_not_a_word_for_skip():
    assert not is_skip("0")


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("1,3", ["1", "3"]),
        ("1, 2 and 3", ["1", "2", "3"]),
        ("۱ و ۳", ["۱", "۳"]),
        ("۱و۳", ["۱", "۳"]),
        ("۱، ۲، ۳", ["۱", "۲", "۳"]),
        ("1 aur 3", ["1", "3"]),
        ("1 اور 3", ["1", "3"]),
        ("۱ او ۳", ["۱", "۳"]),
        ("1 iyo 3", ["1", "3"]),
        ("1 et 3", ["1", "3"]),
        ("၁နှင့်၃", ["၁", "၃"]),
        ("၁၊၃", ["၁", "၃"]),
        ("1 3 5", ["1", "3", "5"]),
        ("1) 3)", ["1)", "3)"]),
        ("1-2", ["1", "2"]),
        ("1-3-5", ["1", "3", "5"]),
        ("1-3", ["1-3"]),
        ("1.3.5", ["1", "3", "5"]),
        ("1+3 & 4", ["1", "3", "4"]),
        ("1/3", ["1", "3"]),
        ("1\n3", ["1", "3"]),
        ("1️⃣3️⃣", ["1", "3"]),
        ("①③", ["①", "③"]),
        ("food, clean water", ["food", "clean water"]),
        ("خوراک اور پانی", ["خوراک", "پانی"]),
        ("طعام و ماء", ["طعام", "ماء"]),
        ("13", ["13"]),
        ("Sandwich", ["Sandwich"]),
        ("وظیفه", ["وظیفه"]),
        (" ,, ", []),
        ("", []),
    ],
)
def test_a_list_is_split_at_the_separators_of_all_scripts(typed, parts):
    assert split_list(typed) == parts


@given(st.text())
def test_no_part_of_a_list_is_empty(text):
    assert all(part.strip() for part in split_list(text))
