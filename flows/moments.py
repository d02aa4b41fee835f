"""A day and a time together: "9 March 3pm", "2031-03-09 15:30", "kal subah 8 baje"."""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import product
from typing import NamedTuple

from flows.dates import read_dates
from flows.readings import MAX_READINGS
from flows.times import read_times

_LONGEST = 80  # characters
_MOST_WORDS = 10
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")


class Moments(NamedTuple):
    """The moments that a text may mean, in the person's own time; `sure` only where there is no doubt."""

    values: tuple[datetime, ...]
    sure: bool


def read_moments(text: str, *, today: date, language: str | None = None) -> Moments:
    """The moments that a reply may mean: the first way to cut it into a day and a time, in either order."""
    words = text.split() if len(text) <= _LONGEST else []
    if match := _ISO.fullmatch(text.strip()):
        words = [match[1], match[2]]
    if not 1 < len(words) <= _MOST_WORDS:
        return Moments((), sure=False)
    for cut in range(1, len(words)):
        first, second = " ".join(words[:cut]), " ".join(words[cut:])
        for day, clock in ((first, second), (second, first)):
            dates = read_dates(day.strip(",،"), today=today, language=language)
            times = read_times(clock, language=language) if dates.values else None
            if times is not None and times.values:
                # The moment is the person's own: a zone would be a guess.
                moments = [datetime.combine(*pair) for pair in product(dates.values, times.values)]
                return Moments(tuple(moments[:MAX_READINGS]), sure=dates.sure and times.sure)
    return Moments((), sure=False)
