"""Days told from today: "yesterday", "3 days ago", "Monday"."""

from __future__ import annotations

import re
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

from flows.folding import fold
from flows.number_words import number_in_words
from flows.tables import read_table

_TABLE = read_table("dates")
_MOST = 400  # days or weeks that somebody counts back
_WEEK = 7
_NUMBER = re.compile(r"\d{1,3}")
_WORD = re.compile(r"[^\s\d]+")


class Days(NamedTuple):
    """The days that a text may mean; `sure` where there is no doubt."""

    values: tuple[date, ...]
    sure: bool


_RELATIVE = MappingProxyType(
    {fold(word): int(offset) for offset, words in _TABLE["days"].items() for word in words}
)
_EITHER = MappingProxyType(
    {
        fold(word): tuple(int(offset) for offset in offsets.split())
        for offsets, words in _TABLE["two_days"].items()
        for word in words
    }
)
_SPANS = MappingProxyType(
    {fold(words): int(days) for days, rows in _TABLE["spans"].items() for words in rows}
)
_WEEKDAYS = MappingProxyType(
    {fold(word): number for number, row in enumerate(_TABLE["weekdays"]) for word in row.split("|")}
)


def days_meant(folded: str, today: date) -> Days | None:
    """The days that a folded text tells from today; None: it tells none.

    "today" and "yesterday" are sure. Urdu "کل" is yesterday or tomorrow, a weekday is the last or the next one, and
    who counts days back may count roughly: these are asked back.
    """
    offset = _RELATIVE.get(folded)
    if offset is not None:
        return _from(today, (offset,), sure=True)
    if folded in _EITHER:
        return _from(today, _EITHER[folded], sure=False)
    if folded in _WEEKDAYS:
        back = (today.weekday() - _WEEKDAYS[folded]) % _WEEK
        return _from(today, (-back, _WEEK - back), sure=False)
    span = _span(folded)
    return None if span is None else _from(today, (span,), sure=False)


def _from(today: date, offsets: tuple[int, ...], *, sure: bool) -> Days:
    return Days(tuple(today + timedelta(days=offset) for offset in offsets), sure)


def _span(folded: str) -> int | None:
    """How many days "3 days ago" is, negative for the past; None: it is no such thing."""
    numbers = _NUMBER.findall(folded)
    words = _WORD.findall(folded)
    if len(numbers) == 1:
        count, rest = int(numbers[0]), " ".join(words)
    else:
        found = [(number_in_words(word), place) for place, word in enumerate(words)]
        known = [(number, place) for number, place in found if number is not None]
        if len(known) != 1 or numbers:
            return None
        count, rest = known[0][0], " ".join(words[: known[0][1]] + words[known[0][1] + 1 :])
    days = _SPANS.get(rest)
    return days * count if days is not None and 0 < count <= _MOST else None
