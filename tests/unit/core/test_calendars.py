"""Days in three calendars: there and back, known days, and what is no day at all."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.folding import ascii_digits
from flows.languages import LANGUAGES
from gateway.calendars import (
    Calendar,
    Day,
    Digits,
    InvalidDay,
    date_of,
    day_of,
    in_digits,
    month_length,
    own_digits,
    read,
)

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
CALENDARS = st.sampled_from(list(Calendar))


@given(DAYS, CALENDARS)
def test_a_day_comes_back_from_every_calendar(day: date, calendar: Calendar) -> None:
    assert date_of(day_of(day, calendar), calendar) == day


@given(DAYS, CALENDARS)
def test_the_next_day_is_the_next_of_the_month_or_the_first_of_another(day: date, calendar: Calendar) -> None:
    today, tomorrow = day_of(day, calendar), day_of(day + timedelta(days=1), calendar)
    assert today < tomorrow
    if today.month == tomorrow.month:
        assert tomorrow == Day(today.year, today.month, today.day + 1)
    else:
        assert tomorrow.day == 1
        assert today.day == month_length(today.year, today.month, calendar)
        assert (today.month % 12) + 1 == tomorrow.month


@given(DAYS, CALENDARS, st.sampled_from("-/. "), st.sampled_from(["eng", "urd", "arb", "mya", "prs", "shn"]))
def test_a_day_is_read_as_it_is_written_in_any_digits(
    day: date, calendar: Calendar, between: str, language: str
) -> None:
    written = in_digits(day_of(day, calendar).iso().replace("-", between), language, Digits.OWN)
    # An Arabic decimal sign stands where a point was between digits; nobody types a date with it.
    assert read(written.replace("٫", "."), calendar) == day


@pytest.mark.parametrize(
    ("gregorian", "calendar", "counted"),
    [
        (date(2024, 3, 20), Calendar.SOLAR_HIJRI, Day(1403, 1, 1)),
        (date(2025, 3, 20), Calendar.SOLAR_HIJRI, Day(1403, 12, 30)),
        (date(2021, 8, 15), Calendar.SOLAR_HIJRI, Day(1400, 5, 24)),
        (date(2024, 7, 7), Calendar.HIJRI, Day(1446, 1, 1)),
        (date(2023, 3, 23), Calendar.HIJRI, Day(1444, 9, 1)),
        (date(1924, 8, 1), Calendar.HIJRI, Day(1343, 1, 1)),
        (date(2077, 11, 17), Calendar.HIJRI, Day(1501, 1, 1)),
        (date(2024, 2, 29), Calendar.GREGORIAN, Day(2024, 2, 29)),
    ],
)
def test_known_days(gregorian: date, calendar: Calendar, counted: Day) -> None:
    assert day_of(gregorian, calendar) == counted
    assert date_of(counted, calendar) == gregorian


def test_the_tables_ends_join_without_a_gap() -> None:
    for edge in (date(1924, 8, 1), date(2077, 11, 17)):
        before, after = (day_of(day, Calendar.HIJRI) for day in (edge - timedelta(days=1), edge))
        assert (before.month, after.month, after.day) == (12, 1, 1)
        assert after.year == before.year + 1


@given(st.dates(date(1850, 1, 1), date(1924, 7, 31)) | st.dates(date(2077, 11, 17), date(2150, 1, 1)))
def test_outside_the_table_the_tabular_calendar_stays_near_the_mean_moon(day: date) -> None:
    counted = day_of(day, Calendar.HIJRI)
    months = (counted.year - 1) * 12 + counted.month - 1
    mean = date(622, 7, 19) + timedelta(days=months * 29.530588 + counted.day - 1)
    assert abs((day - mean).days) <= 3


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("1404-12-30", Calendar.SOLAR_HIJRI),
        ("1403-13-01", Calendar.SOLAR_HIJRI),
        ("1403-07-31", Calendar.SOLAR_HIJRI),
        ("1446-01-31", Calendar.HIJRI),
        ("1600-02-30", Calendar.HIJRI),
        ("1600-13-01", Calendar.HIJRI),
        ("2023-02-29", Calendar.GREGORIAN),
        ("0000-01-01", Calendar.GREGORIAN),
        ("9999-01-01", Calendar.SOLAR_HIJRI),
        ("15 July", Calendar.GREGORIAN),
        ("", Calendar.HIJRI),
    ],
)
def test_what_is_no_day_is_refused_and_not_quoted(text: str, calendar: Calendar) -> None:
    with pytest.raises(InvalidDay) as refused:
        read(text, calendar)
    assert not text or text not in str(refused.value)


@given(st.text(), CALENDARS)
def test_any_text_is_a_day_or_refused(text: str, calendar: Calendar) -> None:
    try:
        read(text, calendar)
    except InvalidDay:
        return


@given(st.integers(0, 10**15), st.sampled_from(sorted(LANGUAGES)))
def test_digits_are_written_in_the_own_script_and_read_back(number: int, language: str) -> None:
    written = in_digits(str(number), language, Digits.OWN)
    assert ascii_digits(written) == str(number)
    assert set(written) <= set(own_digits(language) or "0123456789")
    assert in_digits(written, language, Digits.LATIN) == str(number)


def test_numbers_take_the_scripts_own_signs() -> None:
    assert in_digits("1,234,567.5", "prs", Digits.OWN) == "۱٬۲۳۴٬۵۶۷٫۵"
    assert in_digits("1,234.5", "mya", Digits.OWN) == "၁,၂၃၄.၅"
    assert in_digits("at 08:30, 5 left.", "arb", Digits.OWN) == "at ٠٨:٣٠, ٥ left."
    assert in_digits("1,234.5", "fra", Digits.OWN) == "1,234.5"
    assert in_digits("12", "xxx", Digits.OWN) == "12"
