"""Dates, numbers and places in people's own language: all that ship, their fallbacks, and what nobody knows."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.folding import ascii_digits
from flows.languages import LANGUAGES, SHIPPED
from gateway import segments
from gateway.calendars import Calendar
from gateway.speaker import Speaker, read_calendars

SMS, MESSENGER = Speaker(), Speaker(sms=False)
AFGHAN = read_calendars("prs=solar_hijri, pus=solar_hijri")
NAMES = {"XA1": {"eng": "Old Market", "urd": "پرانا بازار"}, "XA2": {"fra": "Le Marché"}}
WITH_PLACES = Speaker(places=NAMES.get)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("eng", "9 March 2031"),
        ("urd", "9 مارچ 2031"),
        ("pus", "9 مارچ 2031"),
        ("prs", "9 مارچ 2031"),
        ("arb", "9 مارس 2031"),
        ("mya", "2031 မတ် 9"),
        ("som", "9 Maarso 2031"),
        ("fra", "9 mars 2031"),
        ("kac", "2031-03-09"),
        ("shn", "2031-03-09"),
        ("xxx", "2031-03-09"),
    ],
)
def test_a_day_is_said_in_each_language(language: str, said: str) -> None:
    assert SMS.date("2031-03-09", language) == said


def test_a_messenger_shows_the_digits_of_the_language() -> None:
    assert MESSENGER.date("2031-03-09", "urd") == "۹ مارچ ۲۰۳۱"
    assert MESSENGER.number(12345.5, "arb") == "١٢٬٣٤٥٫٥"
    assert MESSENGER.number(1200, "fra") == "1\u202f200"


def test_days_are_counted_in_another_calendar_only_where_it_is_declared() -> None:
    there = Speaker(calendars=AFGHAN)
    assert there.date("2031-03-09", "prs") == "18 حوت 1409"
    assert there.date("2031-03-09", "pus") == "18 کب 1409"
    assert there.date("2031-03-09", "urd") == "9 مارچ 2031"
    assert Speaker(calendars={"pbt": Calendar.SOLAR_HIJRI}).date("2031-03-09", "pbt") == "18 کب 1409"


def test_hours_are_said_too() -> None:
    assert SMS.date("14:30", "urd") == "14:30"
    assert SMS.date("2031-03-09T14:30:00.000+05:00", "eng") == "9 March 2031 14:30"


@pytest.mark.parametrize("value", ["", "soon", "2031-13-40", "12:99", "٢٠٣١", "1:2:3:4"])
def test_what_is_no_date_stays_as_it_is(value: str) -> None:
    assert SMS.date(value, "urd") == value


@given(st.dates(), st.sampled_from(sorted(LANGUAGES)))
def test_every_day_can_be_said_in_every_language_with_latin_digits_in_an_sms(
    day: date, language: str
) -> None:
    said = SMS.date(day.isoformat(), language)
    assert said
    assert said == ascii_digits(said)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(LANGUAGES)))
def test_every_number_can_be_said_in_every_language(number: float, language: str) -> None:
    assert SMS.number(number, language) == ascii_digits(SMS.number(number, language))
    assert MESSENGER.number(number, language)


@given(st.integers(-(10**9), 10**9))
def test_a_number_costs_no_sms_its_alphabet(number: int) -> None:
    for language in SHIPPED:
        assert segments.size(SMS.number(number, language)).encoding == segments.GSM7


def test_a_place_has_its_name_in_the_language_or_the_next_of_its_chain() -> None:
    assert WITH_PLACES.place("XA1", "urd") == "پرانا بازار"
    assert WITH_PLACES.place("XA1", "pus") == "Old Market"
    assert WITH_PLACES.place("XA2", "urd") == "Le Marché"
    assert WITH_PLACES.place("XA9", "urd") is None


@pytest.mark.parametrize("text", ["", "7", "12", "0800 555 010", "my own words", "x" * 33, "پشاور", "a\nb"])
def test_what_is_no_code_is_never_looked_up(text: str) -> None:
    asked: list[str] = []
    Speaker(places=asked.append).place(text, "urd")  # type: ignore[arg-type]
    assert asked == []


@pytest.mark.parametrize("text", ["prs", "prs=lunar", "xyz=gregorian", "=", "prs=hijri"])
def test_a_calendar_that_there_is_not_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"known are|no language"):
        read_calendars(text)


def test_nothing_declared_is_nothing() -> None:
    assert read_calendars(" ") == {}
