"""Waits without a question: until a time, or for a service."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

LONGEST = timedelta(days=366)
SERVICE_TIMEOUT = timedelta(minutes=10)
_LENGTH = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


class Pause(NamedTuple):
    """A wait without a question; `service` is the key of a request, or None."""

    until: datetime
    service: str | None = None


def length_of(text: Any) -> timedelta | None:
    """30m, 2h, 3d as a length; None: it is none, or longer than a year."""
    match = _LENGTH.fullmatch(str(text).strip())
    if match is None:
        return None
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return length if length <= LONGEST else None


def moment_of(value: Any, now: datetime) -> datetime | None:
    """A date, a date with time, or the next time of the day ("09:00"), in the zone of `now`; None: it is none."""
    text = str(value).strip()
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        today = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    found = _parsed(text)
    if found is None:
        return None
    found = found if found.tzinfo is not None else found.replace(tzinfo=now.tzinfo or UTC)
    return found if found - now <= LONGEST else None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.combine(date.fromisoformat(text), time())
    except ValueError:
        return None
