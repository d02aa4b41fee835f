"""Numbers in every script, in words, and those that only the person can confirm."""

from __future__ import annotations

import sys
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.folding import fold
from flows.number_words import number_in_words, ordinal
from flows.numbers import (
    decimal_number,
    doubtful_decimals,
    doubtful_wholes,
    is_like_a_phone,
    is_rough,
    whole_number,
)

DECIMAL_DIGITS = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isdecimal()]
OTHER_DIGITS = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.digit(chr(code), None) is not None and not chr(code).isdecimal()
]


@pytest.mark.parametrize("char", DECIMAL_DIGITS)
def test_a_decimal_digit_of_any_script_is_a_whole_number(char):
    assert whole_number(char) == unicodedata.decimal(char)
    assert whole_number(f"({char})") == unicodedata.decimal(char)
    assert decimal_number(char) == unicodedata.decimal(char)


@pytest.mark.parametrize("char", OTHER_DIGITS)
def test_circled_superscript_and_ethiopic_digits_are_whole_numbers(char):
    assert whole_number(char) == unicodedata.digit(char)


@given(
    st.integers(min_value=0, max_value=10**18 - 1),
    st.integers(min_value=0, max_value=len(DECIMAL_DIGITS) // 10 - 1),
)
def test_a_number_in_the_digits_of_any_script_keeps_its_value(number, script):
    digits = DECIMAL_DIGITS[script * 10 : script * 10 + 10]
    assert whole_number("".join(digits[int(digit)] for digit in str(number))) == number


@given(st.text())
def test_reading_a_number_never_raises(text):
    assert isinstance(whole_number(text), int | None)
    assert isinstance(decimal_number(text), Decimal | None)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3", 3),
        ("007", 7),
        ("(3)", 3),
        ("3.", 3),
        ("3)", 3),
        ("#3", 3),
        ("3️⃣", 3),
        ("🔟", 10),
        ("no 3", 3),
        ("No.3", 3),
        ("n°3", 3),
        ("№ 3", 3),
        ("option 2", 2),
        ("نمبر ۳", 3),
        ("۳ نمبر", 3),
        ("شماره ۴", 4),
        ("رقم ٣", 3),
        ("နံပါတ် ၃", 3),
        ("နံပါတ်၃", 3),
        ("lambar 3", 3),
        ("-3", -3),
        ("−3", -3),
        ("- 3", 3),
        ("1,000", 1000),
        ("12,345,678", 12345678),
        ("1,00,000", 100000),
        ("1 000", 1000),
        ("1'000", 1000),
        ("1٬000", 1000),
        ("three", 3),
        ("Zero", 0),
        ("تین", 3),
        ("teen", 3),
        ("پنځه", 5),
        ("یوولس", 11),
        ("هژده", 18),
        ("أربعة", 4),
        ("اثني عشر", 12),
        ("သုံး", 3),
        ("နှစ်ဆယ်", 20),
        ("saddex iyo toban", 13),
        ("labaatan", 20),
        ("dix-neuf", 19),
        ("1,3", None),
        ("1.000", None),
        ("0,500", None),
        ("1 3", None),
        (".5", None),
        ("3 kg", None),
        ("3²", None),
        ("½", None),
        ("1/2", None),
        ("1:30", None),
        ("", None),
        ("?", None),
        ("-", None),
        ("1" * 19, None),
        ("1," + "000," * 6 + "000", None),
        ("نه", None),  # "no", though Dari speakers say nine so
        ("چه", None),  # "what?" in Dari, six in Urdu
        ("no", None),
        ("shan", None),
    ],
)
def test_a_whole_number_is_read_as_people_write_it(typed, number):
    assert whole_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2", "2"),
        ("1.5", "1.5"),
        ("1,5", "1.5"),
        ("۱٫۵", "1.5"),
        ("۱،۵", "1.5"),
        ("၁.၅", "1.5"),
        (".5", "0.5"),
        ("٫5", "0.5"),
        ("-2,5", "-2.5"),
        ("0,500", "0.500"),
        ("1234,5", "1234.5"),
        ("1٫500", "1.500"),
        ("1,500.25", "1500.25"),
        ("1.500,25", "1500.25"),
        ("1٬500٫5", "1500.5"),
        ("1 500", "1500"),
        ("1,500,000", "1500000"),
        ("1.500.000", "1500000"),
        ("2,50,000", "250000"),
        ("no 2,5", "2.5"),
        ("three", "3"),
        ("1,500", None),
        ("1.500", None),
        ("1,2,3", None),
        ("1,500,5", None),
        ("1.5.5", None),
        ("5 kg", None),
        ("1/2", None),
        ("", None),
        ("9" * 19, None),
    ],
)
def test_a_decimal_number_is_read_unless_it_could_be_two(typed, number):
    assert decimal_number(typed) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("language", "typed", "number"),
    [
        ("eng", "twenty five", 25),
        ("eng", "Twenty-Five", 25),
        ("eng", "one hundred and twenty", 120),
        ("eng", "a hundred", 100),
        ("eng", "two thousand three hundred and one", 2301),
        ("eng", "two lakh", 200_000),
        ("urd", "pachees", 25),
        ("urd", "do sau", 200),
        ("urd", "ek hazar do sau pachas", 1250),
        ("urd", "ڈیڑھ", None),
        ("urd", "تین لاکھ", 300_000),
        ("urd", "ننانوے", 99),
        ("urd", "چھ", 6),
        ("pus", "پنځه ویشت", 25),
        ("pus", "یو دېرش", 31),
        ("pus", "دوه سوه", 200),
        ("pus", "pinza wisht", 25),
        ("pbt", "سل", 100),
        ("prs", "بیست و نه", 29),
        ("prs", "بیست و پنج", 25),
        ("prs", "سی", 30),
        ("prs", "صد و پنجاه", 150),
        ("prs", "دو هزار و سیصد", 2300),
        ("prs", "si o panj", 35),
        ("arb", "خمسة وعشرون", 25),
        ("arb", "خمسة و عشرين", 25),
        ("arb", "مئة وخمسون", 150),
        ("arb", "مئتين", 200),
        ("arb", "ثلاثة آلاف", 3000),
        ("mya", "နှစ်ဆယ့်ငါး", 25),
        ("mya", "တစ်ရာ", 100),
        ("mya", "သုံးထောင်ငါးရာ", 3500),
        ("mya", "ငါး ဆယ်", 50),
        ("som", "labaatan iyo shan", 25),
        ("som", "shan iyo labaatan", 25),
        ("som", "boqol iyo konton", 150),
        ("som", "laba boqol", 200),
        ("fra", "vingt et un", 21),
        ("fra", "quatre-vingt-dix-neuf", 99),
        ("fra", "soixante et onze", 71),
        ("fra", "deux cent cinquante", 250),
        ("fra", "mille deux cents", 1200),
        ("eng", "two three", None),
        ("eng", "twenty twenty", None),
        ("eng", "five twenty", None),
        ("eng", "zero hundred", None),
        ("eng", "one of two", None),
        ("prs", "نه", None),
        ("fra", "vingt vingt", None),
    ],
)
def test_numbers_are_read_as_each_language_writes_them_out(language, typed, number):
    assert number_in_words(fold(typed), language) == number


def test_a_word_is_a_number_only_where_its_speakers_write_it():
    assert number_in_words(fold("shan"), "som") == 5
    assert number_in_words(fold("shan"), "eng") is None
    assert number_in_words(fold("سی"), "prs") == 30
    assert number_in_words(fold("si"), "fra") is None


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("first", 1),
        ("the first one", 1),
        ("2nd", 2),
        ("پہلا", 1),
        ("pehla wala", 1),
        ("دوسری", 2),
        ("لومړی", 1),
        ("دوهم", 2),
        ("سوم", 3),
        ("الأول", 1),
        ("الثالثة", 3),
        ("ဒုတိယ", 2),
        ("kan labaad", 2),
        ("le premier", 1),
        ("3ème", 3),
        ("last", None),
        ("", None),
    ],
)
def test_the_first_second_and_third_are_places(typed, place):
    assert ordinal(fold(typed)) == place


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("about 5", (5,)),
        ("5 people", (5,)),
        ("5 afrad", (5,)),
        ("۵ نفر", (5,)),
        ("taqreeban 20 din", (20,)),
        ("حدود ۱۰ نفر", (10,)),
        ("၅ ယောက်", (5,)),
        ("5 qof", (5,)),
        ("environ 12 personnes", (12,)),
        ("5+", (5,)),
        ("~3", (3,)),
        ("5.0", (5,)),
        ("2.000", (2000,)),
        ("5 or 6", (5, 6)),
        ("5-6", (5, 6)),
        ("paanch ya chay", ()),
        ("5 se 6", (5, 6)),
        ("many", ()),
        ("1.5", ()),
        ("5 5 5", ()),
        ("", ()),
    ],
)
def test_what_may_be_a_number_is_offered_and_never_taken(typed, numbers):
    assert doubtful_wholes(typed) == numbers


def test_a_group_that_may_be_a_fraction_is_offered_both_ways():
    assert doubtful_decimals("1,500") == (Decimal(1500), Decimal("1.5"))
    assert doubtful_decimals("۱٫۵ کلو") == (Decimal("1.5"),)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("½", "0.5"), ("2½", "2.5"), ("ڈیڑھ", "1.5"), ("dhai", "2.5"), ("un et demi", "1.5")],
)
def test_halves_are_decimal_numbers(typed, number):
    assert decimal_number(typed) == Decimal(number)


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("03001234567", True),
        ("+923001234567", True),
        ("0300 1234", True),
        ("۰۳۰۰۱۲۳۴۵۶۷", True),
        ("1710112345671", True),
        ("5", False),
        ("007", False),
        ("250000", False),
    ],
)
def test_a_telephone_number_is_told_from_a_count(typed, phone):
    assert is_like_a_phone(typed) is phone


@pytest.mark.parametrize(
    ("typed", "rough"), [("5+", True), ("<10", True), ("~ 3", True), ("5", False), ("-5", False)]
)
def test_a_sign_that_makes_a_number_rough_is_seen(typed, rough):
    assert is_rough(typed) is rough


@given(st.text(max_size=80), st.sampled_from(["eng", "urd", "pbt", "mya", "zzz", None]))
def test_reading_words_for_numbers_never_raises(text, language):
    assert isinstance(number_in_words(fold(text), language), int | None)
    assert isinstance(ordinal(fold(text), language), int | None)
    assert all(isinstance(number, int) for number in doubtful_wholes(text, language))
    assert all(number.is_finite() for number in doubtful_decimals(text, language))
