"""The hours of the day in which people are addressed: "09:00-19:00"; "20:00-06:00" goes over midnight."""

from __future__ import annotations

from datetime import datetime, timedelta

_DAY = 24 * 60  # minutes


def is_open(window: str | None, at: datetime) -> bool:
    """Whether a moment, in the operation's own zone, is inside the window. Without a window it always is."""
    if window is None:
        return True
    start, end = _minutes(window)
    now = at.hour * 60 + at.minute
    return start <= now < end if start <= end else now >= start or now < end


def opens(window: str | None, at: datetime) -> datetime:
    """The first moment from `at` on that is inside the window; `at` itself where it is."""
    if window is None or is_open(window, at):
        return at
    start, _ = _minutes(window)
    begin = at.replace(hour=start // 60 % 24, minute=start % 60, second=0, microsecond=0)
    return begin if begin > at else begin + timedelta(days=1)


def _minutes(window: str) -> tuple[int, int]:
    start, end = (part.split(":") for part in window.split("-"))
    return int(start[0]) * 60 + int(start[1]), min(_DAY, int(end[0]) * 60 + int(end[1]))
