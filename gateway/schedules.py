"""When something is to begin: "daily 09:00", "mon thu 18:30", "day 15 09:00", "2031-03-09 09:00".

Times are of the operation's own zone. A time that its clocks skip is the moment they jump to; one that comes twice
is the first of the two.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(?P<days>.+?)\s+(?P<at>[0-2]?\d:[0-5]\d)")
_MONTHLY = re.compile(r"day\s+(\d{1,2})")
_LONGEST = 62  # days between two times of any schedule


class ScheduleInvalid(ValueError):
    """A schedule that nobody can follow."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Days and a time of day.

    Attributes:
        at: in the operation's zone.
        weekdays: 0 Monday … 6 Sunday; all of them for every day.
        day: of the month; in a shorter month its last. None: by weekdays.
        once: the one date, then never again.
    """

    at: time
    weekdays: frozenset[int] = frozenset()
    day: int | None = None
    once: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day is one of the schedule's."""
        if self.once is not None:
            return day == self.once
        if self.day is not None:
            return day.day == min(self.day, calendar.monthrange(day.year, day.month)[1])
        return day.weekday() in self.weekdays


def parse(text: str) -> Schedule:
    """Read a schedule.

    Raises:
        ScheduleInvalid: it is none.
    """
    found = _FORM.fullmatch(text.strip().lower())
    if found is None:
        raise ScheduleInvalid(text)
    try:
        at = time.fromisoformat(found["at"].zfill(5))
        return _of(found["days"].replace(",", " "), at)
    except ValueError:
        raise ScheduleInvalid(text) from None


def _of(days: str, at: time) -> Schedule:
    words = days.split()
    if words == ["daily"]:
        return Schedule(at, frozenset(range(len(DAYS))))
    monthly = _MONTHLY.fullmatch(" ".join(words))
    if monthly is not None:
        number = int(monthly[1])
        if not 1 <= number <= 31:  # noqa: PLR2004 - days of a month
            raise ValueError(days)
        return Schedule(at, day=number)
    if words and all(word in DAYS for word in words):
        return Schedule(at, frozenset(map(DAYS.index, words)))
    return Schedule(at, once=date.fromisoformat(days.strip()))


def following(schedule: Schedule, zone: str, after: datetime) -> datetime | None:
    """The first time of a schedule that is later than a moment, in UTC; None: there is none."""
    place = ZoneInfo(zone)
    day = after.astimezone(place).date()
    if schedule.once is not None:
        moment = _moment(schedule.once, schedule.at, place)
        return moment if moment > after else None
    for offset in range(_LONGEST + 1):
        candidate = day + timedelta(days=offset)
        if schedule.holds(candidate) and (moment := _moment(candidate, schedule.at, place)) > after:
            return moment
    return None


def _moment(day: date, at: time, place: ZoneInfo) -> datetime:
    return datetime.combine(day, at, place).astimezone(UTC)
