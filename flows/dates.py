"""Dates as people type them, in the calendars of the region, and how sure one can be of them.

Gregorian dates, the Solar Hijri calendar of Afghanistan and Iran (arithmetic of `jdatetime`), and the lunar one
(Umm al-Qura, data of `hijridate`). Where the order of day and month, the calendar or the year is open, all readings
are given, and none of them is sure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

import hijridate
import jdatetime  # type: ignore[import-untyped]  # it comes without types

from flows.days import days_meant
from flows.folding import ascii_digits, fold
from flows.languages import chain
from flows.slips import SlipIndex
from flows.tables import read_table

_MAX_LENGTH = 64  # characters of a date with its month spelled out
_YEARS_AHEAD = 20  # of a year written with two digits
_TOKEN = re.compile(r"\d+|[^\d\s.,،/\-–—()_]+")
_SEPARATED = re.compile(r"\d+[-/. ]\d+[-/. ]\d+")
_EIGHT = re.compile(r"\d{8}")
_PHRASE = 3  # words of the longest month's name
_TABLE = read_table("dates")


class Calendar(Enum):
    """A way to count years, with the Gregorian year in which its year 0 would lie, about."""

    GREGORIAN = "gregorian"
    SOLAR = "solar"
    LUNAR = "lunar"


class Dates(NamedTuple):
    """The days that a text may mean, likeliest first; `sure` only where there is one and no doubt about it."""

    values: tuple[date, ...]
    sure: bool


class _Month(NamedTuple):
    calendar: Calendar
    number: int


_NONE = Dates((), sure=False)
_FIRST_YEARS = {
    Calendar.SOLAR: 1270,
    Calendar.LUNAR: 1343,
}  # birth years of the oldest, and where the table begins
_GREGORIAN_FROM = 1600  # years below are Hijri, or no year of anybody's life


def _month_words() -> dict[str, list[_Month]]:
    found: dict[str, list[_Month]] = {}
    lists = (
        (Calendar.GREGORIAN, "gregorian"),
        (Calendar.SOLAR, "solar_months"),
        (Calendar.LUNAR, "lunar_months"),
    )
    for calendar, name in lists:
        for number, row in enumerate(_TABLE[name], 1):
            for word in row.split("|"):
                months = found.setdefault(fold(word), [])
                if _Month(calendar, number) not in months:
                    months.append(_Month(calendar, number))
    return found


MONTHS = MappingProxyType(_month_words())
_SLIPS = SlipIndex((word, word) for word in MONTHS)
_FILLERS = frozenset(fold(word) for word in _TABLE["fillers"])
_WEEKDAYS = frozenset(
    word for row in _TABLE["weekdays"] for name in row.split("|") for word in fold(name).split()
)


def read_date(text: str, *, today: date, language: str | None = None) -> date | None:
    """The date that a reply surely means, or None."""
    found = read_dates(text, today=today, language=language)
    return found.values[0] if found.sure else None


def read_dates(text: str, *, today: date, language: str | None = None) -> Dates:
    """The dates that a reply may mean.

    Day before month, as in all languages that ship; in English, "3/4/2031" may be either. A year of two digits is the
    one nearest to today that is not more than twenty years ahead.
    """
    if not text or len(text) > _MAX_LENGTH:
        return _NONE
    days = days_meant(fold(text), today)
    if days is not None:
        return Dates(days.values, days.sure)
    plain = " ".join(ascii_digits(text).split()).strip(" .,،")
    if _EIGHT.fullmatch(plain):
        return _unsure(_eight(plain, today))
    if _SEPARATED.fullmatch(plain):
        return _numeric(plain, today, language)
    return _named(plain, today)


def _unsure(days: Iterable[date]) -> Dates:
    return Dates(tuple(dict.fromkeys(days)), sure=False)


def _eight(digits: str, today: date) -> list[date]:
    """Eight digits without anything between: year first, or day first."""
    year_first = _gregorian(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    day_first = _gregorian(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    return [day for day in (year_first, day_first) if day is not None and abs(day.year - today.year) <= 120]  # noqa: PLR2004


# Three numbers


def _numeric(plain: str, today: date, language: str | None) -> Dates:
    first, second, third = re.findall(r"\d+", plain)
    if len(first) > 2:  # noqa: PLR2004 - a year
        return _dated([(first, second, third)], today, language)
    orders = [(third, second, first)]
    if "/" in plain or "-" in plain:
        swapped = (third, first, second)
        if not _is_month(second):  # Only the other order is left, and it is read back.
            return _unsure(_dated([swapped], today, language).values)
        # Our own example of a date is written with hyphens, day first: who follows it is not asked back.
        american = "/" in plain and language in _TABLE["month_first"]
        if american and _is_month(first) and int(first) != int(second):
            orders.append(swapped)
    return _dated(orders, today, language)


def _is_month(digits: str) -> bool:
    return 0 < int(digits) <= 12  # noqa: PLR2004 - months of a year


def _dated(orders: list[tuple[str, str, str]], today: date, language: str | None) -> Dates:
    """The dates of (year, month, day) in each calendar that the year may belong to."""
    found = [
        _day(calendar, number, int(month), int(day))
        for year, month, day in orders
        for calendar, number in _years(year, today, language)
    ]
    days = tuple(dict.fromkeys(day for day in found if day is not None))
    return Dates(days, sure=len(days) == 1 and len(orders) == 1 and len(found) == 1)


def _years(digits: str, today: date, language: str | None) -> list[tuple[Calendar, int]]:
    """The calendars that a year may belong to, and its full number in each."""
    year = int(digits)
    solar_first = language is not None and not set(chain(language)).isdisjoint(_TABLE["solar"])
    if len(digits) <= 2:  # noqa: PLR2004 - the century is left out
        near = [(Calendar.GREGORIAN, _century(year, today.year))]
        return [*near, (Calendar.SOLAR, _century(year, _now(Calendar.SOLAR, today)))] if solar_first else near
    if year >= _GREGORIAN_FROM:
        return [(Calendar.GREGORIAN, year)] if len(digits) == 4 else []  # noqa: PLR2004
    fitting = [
        (calendar, year)
        for calendar, earliest in _FIRST_YEARS.items()
        if earliest <= year <= _now(calendar, today) + _YEARS_AHEAD
    ]
    solar = (Calendar.SOLAR, year)
    return [solar] if solar_first and solar in fitting else fitting


def _century(year: int, now: int) -> int:
    year += now - now % 100
    return year - 100 if year > now + _YEARS_AHEAD else year


def _now(calendar: Calendar, today: date) -> int:
    """The present year of a calendar."""
    if calendar is Calendar.SOLAR:
        return int(jdatetime.date.fromgregorian(date=today).year)
    return round((today.year - 622) * 33 / 32) if calendar is Calendar.LUNAR else today.year


# A month's name


def _named(plain: str, today: date) -> Dates:
    numbers, words = _tokens(fold(plain))
    months, guessed = _months(words)
    if not months or not 0 < len(numbers) <= 2:  # noqa: PLR2004 - a day, and a year or none
        return _NONE
    if len(numbers) == 1:
        return _unsure(_without_year(months, int(numbers[0]), today))
    day, year = numbers if len(numbers[0]) <= 2 else (numbers[1], numbers[0])  # noqa: PLR2004 - the longer one is the year
    found = [
        _day(month.calendar, number, month.number, int(day))
        for month, (calendar, number) in product(months, _named_years(year, months, today))
        if month.calendar is calendar
    ]
    days = tuple(dict.fromkeys(each for each in found if each is not None))
    # A lunar month begins when the moon is seen: a day more or less is usual.
    lunar = any(month.calendar is Calendar.LUNAR for month in months)
    return Dates(days, sure=len(days) == 1 and not guessed and not lunar)


def _tokens(folded: str) -> tuple[list[str], list[str]]:
    tokens = _TOKEN.findall(folded)
    return [token for token in tokens if token.isdecimal()], [
        token for token in tokens if not token.isdecimal()
    ]


def _months(words: list[str]) -> tuple[list[_Month], bool]:
    """The months that the words name when everything that means nothing is left out; whether it took a guess."""
    kept = [
        word
        for word in (word.removesuffix("လ") or word for word in words)
        if word not in _FILLERS | _WEEKDAYS
    ]
    for name in (" ".join(words), " ".join(kept)):
        if name in MONTHS:
            return MONTHS[name], False
    if not kept or len(kept) > _PHRASE:
        return [], False
    near = _SLIPS.near(" ".join(kept))
    return [month for word in near for month in MONTHS[word]], True


def _named_years(digits: str, months: list[_Month], today: date) -> list[tuple[Calendar, int]]:
    calendars = {month.calendar for month in months}
    if len(digits) <= 2:  # noqa: PLR2004 - the century is left out
        return [(calendar, _century(int(digits), _now(calendar, today))) for calendar in calendars]
    year = int(digits)
    gregorian = year >= _GREGORIAN_FROM
    return [
        (calendar, year)
        for calendar in calendars
        if (calendar is Calendar.GREGORIAN) is gregorian and len(digits) == 4  # noqa: PLR2004
    ]


def _without_year(months: list[_Month], day: int, today: date) -> list[date]:
    """The last and the next time that this day of a month was or comes."""
    found = [
        each
        for month in months
        for year in range(_now(month.calendar, today) - 1, _now(month.calendar, today) + 2)
        if (each := _day(month.calendar, year, month.number, day)) is not None
    ]
    past = max((each for each in found if each <= today), default=None)
    coming = min((each for each in found if each > today), default=None)
    return sorted((each for each in (past, coming) if each is not None), key=lambda each: abs(each - today))


# Calendars


def _gregorian(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _solar(year: int, month: int, day: int) -> date | None:
    try:
        found: date = jdatetime.date(year, month, day).togregorian()
    except ValueError:
        return None
    return found


def _lunar(year: int, month: int, day: int) -> date | None:
    try:
        found = hijridate.Hijri(year, month, day).to_gregorian()
    except (ValueError, OverflowError):
        return None
    return date(found.year, found.month, found.day)


_TO_DATE: dict[Calendar, Callable[[int, int, int], date | None]] = {
    Calendar.GREGORIAN: _gregorian,
    Calendar.SOLAR: _solar,
    Calendar.LUNAR: _lunar,
}


def _day(calendar: Calendar, year: int, month: int, day: int) -> date | None:
    return _TO_DATE[calendar](year, month, day)
