"""Times of day as people type them: "15:30", "3pm", "۳ بجے", "subah 8 baje", "15h30"."""

from __future__ import annotations

import re
from datetime import time
from types import MappingProxyType
from typing import NamedTuple

from flows.folding import ascii_digits, fold
from flows.languages import chain
from flows.number_words import number_in_words
from flows.tables import read_table

_TABLE = read_table("dates")
_LONGEST = 48  # characters
_CLOCK = re.compile(r"(\d{1,2}) ?[:.h٫] ?(\d{2})(?::\d{2}(?:\.\d+)?)?")
_BARE = re.compile(r"(\d{1,2}) ?h?")
_FOUR = re.compile(r"(\d{2})(\d{2})")
_HOURS, _MINUTES, _HALF_DAY = 24, 60, 12
_GLUED_MERIDIEM = re.compile(r"(\d)\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
# Somali tells the hours from sunrise and sunset, six away from the clock's; who writes numbers may mean either.
_OTHER_CLOCK = frozenset({"som"})


class Times(NamedTuple):
    """The times that a text may mean, likeliest first; `sure` only where there is no doubt."""

    values: tuple[time, ...]
    sure: bool


_NONE = Times((), sure=False)


def _alternatives(words: list[str]) -> str:
    folded = sorted({fold(word) for word in words}, key=len, reverse=True)
    return "|".join(map(re.escape, folded))


_PARTS = MappingProxyType(
    {fold(word): frozenset(row["hours"]) for row in _TABLE["parts"].values() for word in row["words"]}
)
_NAMED = MappingProxyType(
    {"noon": time(12), "midday": time(12), "midi": time(12), "midnight": time(0), "minuit": time(0)}
)
_PART = re.compile(rf"(?<!\w)(?:{_alternatives(list(_PARTS))})(?!\w)")
_BURMESE = sorted((word for word in _PARTS if "\u1000" <= word[0] <= "\u109f"), key=len, reverse=True)
_BURMESE_PART = re.compile("|".join(_BURMESE))
_HOUR_WORD = re.compile(rf"(?<!\w)(?:{_alternatives(_TABLE['hours'])})(?!\w)")
_HALF = re.compile(rf"(?<!\w)(?:{_alternatives(_TABLE['half'])})(?!\w)")
_QUARTER = re.compile(rf"(?<!\w)(?:{_alternatives(_TABLE['quarter'])})(?!\w)")
_BURMESE_HOUR = re.compile("နာရီ|မှာ")


def read_times(text: str, *, language: str | None = None) -> Times:
    """The times that a reply may mean.

    Hours from 13 and those with a word for the part of the day are sure; "8:30" may be morning or evening.
    """
    if not text or len(text) > _LONGEST:
        return _NONE
    folded = fold(_GLUED_MERIDIEM.sub(r"\1 \2m", ascii_digits(text)))
    if folded in _NAMED:
        return Times((_NAMED[folded],), sure=True)
    rest, hours = _part_of_day(folded)
    rest = " ".join(_HOUR_WORD.sub(" ", _BURMESE_HOUR.sub(" ", rest)).split())
    rest, minutes = _fraction(rest)
    clock = _clock(rest, minutes, language)
    if clock is None:
        return _NONE
    hour, minute, padded = clock
    return _fitting(hour, minute, hours, padded=padded, language=language)


def _part_of_day(folded: str) -> tuple[str, frozenset[int] | None]:
    """The text without its word for a part of the day, and the hours that fit it."""
    for pattern in (_PART, _BURMESE_PART):
        match = pattern.search(folded)
        if match is not None:
            return f"{folded[: match.start()]} {folded[match.end() :]}", _PARTS[match[0]]
    return folded, None


def _fraction(rest: str) -> tuple[str, int]:
    """The text without "half past" and its like, and the minutes that it means."""
    for pattern, minutes in ((_HALF, 30), (_QUARTER, 15)):
        without, count = pattern.subn(" ", rest)
        if count == 1:
            return " ".join(without.split()), minutes
    return rest, 0


def _clock(rest: str, minutes: int, language: str | None) -> tuple[int, int, bool] | None:
    """Hour, minute, and whether the hour is written as on a 24-hour clock."""
    if match := _CLOCK.fullmatch(rest):
        hour, minute, padded = int(match[1]), int(match[2]), match[1][0] == "0"
    elif match := _BARE.fullmatch(rest):
        hour, minute, padded = int(match[1]), minutes, False
    else:
        number = number_in_words(rest, language)
        if number is None:
            return None
        hour, minute, padded = number, minutes, False
    return (hour, minute, padded) if 0 <= hour <= _HOURS and 0 <= minute < _MINUTES else None


def _fitting(
    hour: int, minute: int, hours: frozenset[int] | None, *, padded: bool, language: str | None
) -> Times:
    """The hour of the clock that the part of the day allows; without one, morning and evening."""
    once = hour > _HALF_DAY or hour == 0 or (padded and hours is None)
    both = [hour % _HOURS] if once else [hour, (hour + _HALF_DAY) % _HOURS]
    if hours is None:
        if hour == _HALF_DAY:
            both = [_HALF_DAY]
    else:
        both = [each for each in both if each in hours]
    other_clock = (
        language is not None and not _OTHER_CLOCK.isdisjoint(chain(language)[:1]) and hour <= _HALF_DAY
    )
    times = tuple(time(each, minute) for each in both)
    return Times(times, sure=len(times) == 1 and not other_clock)
