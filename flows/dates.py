"""Dates as people type them: ISO, day first with any separator, month words, digits of any script."""

from __future__ import annotations

import re
from datetime import date
from types import MappingProxyType

from flows.folding import ascii_digits, fold

_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})")
_WITH_WORD = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/., ]*([^\W\d_]+)[-/., ]*(\d{2}|\d{4})")
_WORD_FIRST = re.compile(r"([^\W\d_]+)[-/., ]*(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4})")
_MAX_LENGTH = 40  # characters of a date with its month spelled out
_YEARS_AHEAD = 20  # of a year written with two digits

# Gregorian months only: the solar months of Dari and Pashto are another calendar, not another language.
_MONTHS = (
    "january jan janvier janv جنوری يناير janaayo",
    "february feb fevrier fevr فروری فبراير febraayo",
    "march mar mars مارچ مارس maarso",
    "april apr avril avr اپریل ابريل abriil",
    "may mai مئی مايو maajo",
    "june jun juin جون يونيو juun",
    "july jul juillet juil جولائی يوليو luuliyo",
    "august aug aout اگست اغسطس agoosto",
    "september sep sept septembre ستمبر سبتمبر sebteembar",
    "october oct octobre اکتوبر اكتوبر oktoobar",
    "november nov novembre نومبر نوفمبر nofeembar",
    "december dec decembre دسمبر ديسمبر diseembar",
)
MONTHS = MappingProxyType(
    {fold(word): number for number, row in enumerate(_MONTHS, 1) for word in row.split()}
)


def read_date(text: str, *, today: date) -> date | None:
    """The date that a reply means, or None.

    Day before month, as in all languages that ship. A year of two digits is the one nearest to today that is
    not more than twenty years ahead.
    """
    if len(text) > _MAX_LENGTH:
        return None
    plain = " ".join(ascii_digits(text).split()).strip(" .,")
    if match := _ISO.fullmatch(plain):
        return _date(match[1], int(match[2]), match[3], today)
    if match := _DAY_FIRST.fullmatch(plain):
        return _date(match[3], int(match[2]), match[1], today)
    if match := _WITH_WORD.fullmatch(plain):
        return _date(match[3], _month(match[2]), match[1], today)
    if match := _WORD_FIRST.fullmatch(plain):
        return _date(match[3], _month(match[1]), match[2], today)
    return None


def _month(word: str) -> int:
    return MONTHS.get(fold(word), 0)


def _date(year: str, month: int, day: str, today: date) -> date | None:
    try:
        return date(_year(year, today), month, int(day))
    except ValueError:
        return None


def _year(digits: str, today: date) -> int:
    if len(digits) > 2:  # noqa: PLR2004 - already four digits
        return int(digits)
    year = today.year - today.year % 100 + int(digits)
    return year - 100 if year > today.year + _YEARS_AHEAD else year
