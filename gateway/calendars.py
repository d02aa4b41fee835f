"""Days in three calendars, and digits in two scripts: pure arithmetic, with nobody's locale in it.

The solar Hijri calendar is the one of Iran and Afghanistan (arithmetic of `jdatetime`). The lunar Hijri calendar is
Umm al-Qura where its table reaches (1343 to 1500, that is August 1924 to November 2077; data of `hijridate`), and
the tabular calendar, joined to it at both ends without a gap, before and after. A day that is announced by sight of
the moon may differ by one from either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import hijridate
import jdatetime  # type: ignore[import-untyped]  # it comes without types

from flows.folding import ascii_digits
from flows.languages import LANGUAGES
from gateway.errors import InvalidRequest


class Calendar(StrEnum):
    """A way to count days."""

    GREGORIAN = "gregorian"
    SOLAR_HIJRI = "solar_hijri"
    HIJRI = "hijri"


class Digits(StrEnum):
    """Which digits a person reads."""

    LATIN = "latin"
    OWN = "own"  # those of the language's script, where it has some


class InvalidDay(InvalidRequest):
    """A text that is no day of the calendar. The sentence never quotes it."""

    code = "invalid_day"


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """A day as a calendar counts it."""

    year: int
    month: int
    day: int

    def iso(self) -> str:
        """Write it as inputs take it, "1403-07-15"."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


def day_of(day: date, calendar: Calendar) -> Day:
    """Count a Gregorian day in a calendar."""
    return _FROM[calendar](day)


def date_of(day: Day, calendar: Calendar) -> date:
    """Return the Gregorian day. Raises InvalidDay when the calendar has no such day."""
    try:
        found = _TO[calendar](day)
    except (ValueError, OverflowError):
        raise InvalidDay("There is no such day.") from None
    if day_of(found, calendar) != day:
        raise InvalidDay("There is no such day.")
    return found


def read(text: str, calendar: Calendar) -> date:
    """Read a day that somebody typed: year, month and day in this order, in any script's digits.

    Hyphens, slashes, points and spaces may stand between ("1403-7-15", "۱۴۰۳/۰۷/۱۵").

    Raises:
        InvalidDay: it is none.
    """
    found = _TYPED.fullmatch(ascii_digits(text.strip()))
    if found is None:
        raise InvalidDay("A day is written as year, month and day.")
    return date_of(Day(*map(int, found.groups())), calendar)


def month_length(year: int, month: int, calendar: Calendar) -> int:
    """Return how many days a month has. Raises InvalidDay when there is no such month."""
    first = date_of(Day(year, month, 1), calendar)
    following = Day(year, month + 1, 1) if month < MONTHS else Day(year + 1, 1, 1)
    return (date_of(following, calendar) - first).days


def in_digits(text: str, language: str, digits: Digits) -> str:
    """Write the digits of a text in the script that a person reads; a language without digits of its own keeps Latin.

    Between digits the point and the comma of a number become the Arabic ones where the script has them.
    """
    own = own_digits(language)
    plain = ascii_digits(text)
    if digits is not Digits.OWN or own is None:
        return plain
    written = _COMMA.sub("٬", _POINT.sub("٫", plain)) if own[0] in _ARABIC_ZEROS else plain
    return written.translate(dict(zip(map(ord, "0123456789"), own, strict=True)))


def own_digits(language: str) -> str | None:
    """Return a language's digits from 0 to 9; None where Latin ones are its own, or nobody knows it."""
    known = LANGUAGES.get(language)
    return known.digits if known is not None else None


MONTHS = 12
_TYPED = re.compile(r"([0-9]{3,4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})")
_ARABIC_ZEROS = "٠۰"
_POINT = re.compile(r"(?<=[0-9])\.(?=[0-9])")
_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")


# --- Gregorian and solar Hijri


def _from_gregorian(day: date) -> Day:
    return Day(day.year, day.month, day.day)


def _to_gregorian(day: Day) -> date:
    return date(day.year, day.month, day.day)


def _from_solar(day: date) -> Day:
    found = jdatetime.date.fromgregorian(date=day)
    return Day(found.year, found.month, found.day)


def _to_solar(day: Day) -> date:
    found: date = jdatetime.date(day.year, day.month, day.day).togregorian()
    return found


# --- Lunar Hijri

_TABLE_BEGINS, _FIRST_YEAR = date(1924, 8, 1), 1343
_TABLE_ENDS, _LAST_YEAR = date(2077, 11, 16), 1500  # the last day of the table and its year
_ODD, _EVEN = 30, 29  # days of months in the tabular calendar
_YEAR = 354
_CYCLE = 30  # years, eleven of them with a day more
_LEAP = frozenset({2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29})


def _from_lunar(day: date) -> Day:
    if _TABLE_BEGINS <= day <= _TABLE_ENDS:
        found = hijridate.Gregorian.fromdate(day).to_hijri()
        return Day(found.year, found.month, found.day)
    return _after_table(day) if day > _TABLE_ENDS else _before_table(day)


def _to_lunar(day: Day) -> date:
    if _FIRST_YEAR <= day.year <= _LAST_YEAR:
        found = hijridate.Hijri(day.year, day.month, day.day).to_gregorian()
        return date(found.year, found.month, found.day)
    if not (1 <= day.month <= MONTHS and 1 <= day.day <= _tabular_month(day.year, day.month)):
        raise ValueError("no such day")
    into = sum(_tabular_month(day.year, month) for month in range(1, day.month)) + day.day - 1
    return _new_year(day.year) + timedelta(days=into)


def _new_year(year: int) -> date:
    """Return the first day of a year outside the table."""
    if year > _LAST_YEAR:
        days = sum(_tabular_year(each) for each in range(_LAST_YEAR + 1, year))
        return _TABLE_ENDS + timedelta(days=days + 1)
    return _TABLE_BEGINS - timedelta(days=sum(_tabular_year(each) for each in range(year, _FIRST_YEAR)))


def _after_table(day: date) -> Day:
    year, left = _LAST_YEAR + 1, (day - _TABLE_ENDS).days - 1
    while left >= _tabular_year(year):
        left -= _tabular_year(year)
        year += 1
    return _within(year, left)


def _before_table(day: date) -> Day:
    year, back = _FIRST_YEAR, (_TABLE_BEGINS - day).days
    while back > 0:
        year -= 1
        back -= _tabular_year(year)
    return _within(year, -back)


def _within(year: int, left: int) -> Day:
    """Return the day of a tabular year by its place, counted from 0."""
    month = 1
    while left >= _tabular_month(year, month):
        left -= _tabular_month(year, month)
        month += 1
    return Day(year, month, left + 1)


def _tabular_year(year: int) -> int:
    return _YEAR + (year % _CYCLE in _LEAP)


def _tabular_month(year: int, month: int) -> int:
    if month == MONTHS:
        return _EVEN + (year % _CYCLE in _LEAP)
    return _ODD if month % 2 else _EVEN


_FROM: dict[Calendar, Callable[[date], Day]] = {
    Calendar.GREGORIAN: _from_gregorian,
    Calendar.SOLAR_HIJRI: _from_solar,
    Calendar.HIJRI: _from_lunar,
}
_TO: dict[Calendar, Callable[[Day], date]] = {
    Calendar.GREGORIAN: _to_gregorian,
    Calendar.SOLAR_HIJRI: _to_solar,
    Calendar.HIJRI: _to_lunar,
}
