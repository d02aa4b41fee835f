"""Times, durations and numbers as the reader's language writes them, in the zone of the reader's office."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers

from flows.languages import LANGUAGES, chain
from gateway import clock
from gateway.web import gate
from gateway.web.language import language

ENGLISH = "en"


def locale() -> str:
    """Return the locale to format with; a language that the library does not know borrows its fallback's."""
    known = (LANGUAGES[code].babel for code in chain(language()) if code in LANGUAGES)
    return next((found for found in known if found), ENGLISH)


def zone() -> ZoneInfo:
    """Return the reader's zone."""
    somebody = gate.member()
    try:
        return ZoneInfo(somebody.timezone if somebody is not None else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def midnight(now: datetime) -> datetime:
    """Return the beginning of the reader's day."""
    return datetime.combine(now.astimezone(zone()).date(), time(), zone())


def when(moment: datetime) -> str:
    """Write a time briefly: the hour for today, the day and the hour for this year, else the date."""
    local, today = moment.astimezone(zone()), clock.now().astimezone(zone())
    if local.date() == today.date():
        return dates.format_time(local, "HH:mm", locale=locale())
    if local.year == today.year:
        return dates.format_skeleton("MMMd", local, locale=locale()) + local.strftime(" %H:%M")
    return dates.format_date(local, "medium", locale=locale())


def moment(value: datetime) -> str:
    """Write a time in full, with its zone."""
    return dates.format_datetime(value.astimezone(zone()), "medium", locale=locale()) + f" {zone().key}"


def ago(value: datetime) -> str:
    """Write how long ago something was, or how far off it is."""
    return _distance(value - clock.now(), add_direction=True)


def for_long(since: datetime) -> str:
    """Write how long something has lasted."""
    return _distance(clock.now() - since, add_direction=False)


def number(value: float) -> str:
    """Write a number with the language's separators."""
    return numbers.format_decimal(value, locale=locale())


def percent(part: int, whole: int) -> str:
    """Write a share in whole percents; of nothing, nothing."""
    return numbers.format_percent(part / whole, "#,##0%", locale=locale()) if whole else ""


def _distance(delta: timedelta, *, add_direction: bool) -> str:
    return dates.format_timedelta(
        delta, granularity="minute", threshold=1.2, add_direction=add_direction, locale=locale()
    )
