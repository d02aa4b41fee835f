"""Functions of dates and times. A day is the day in the operation's zone; `now` is passed in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from types import MappingProxyType

from flows.functions.calendar import month_name, weekday_name
from flows.functions.numbers import exact
from flows.functions.parts import Function, Table, scoped
from flows.functions.values import BadValue, Value, moment, text
from flows.scope import Scope

_DAY = 86_400.0  # seconds
_SIGN = re.compile("%(.?)", re.DOTALL)


def _date(scope: Scope, value: Value) -> Value:
    """The day of a date, a moment, a text or a number of days since 1970."""
    if isinstance(value, float) and not math.isnan(value):
        return _day_of(value)
    read = moment(value, scope.now)
    if read is None:
        return value
    return read.date() if isinstance(read, datetime) else read


def _day_of(days: float) -> date:
    try:
        return date.fromordinal(date(1970, 1, 1).toordinal() + int(days))
    except (ValueError, OverflowError) as error:
        raise BadValue("The number is too large to be a date.") from error


def _date_time(scope: Scope, value: Value) -> Value:
    read = moment(value, scope.now)
    return value if read is None else _with_time(read, scope)


def _with_time(read: date, scope: Scope) -> datetime:
    """A moment in the operation's zone; a day alone begins at midnight."""
    if isinstance(read, datetime):
        return read.astimezone(scope.now.tzinfo) if scope.now.tzinfo else read
    return datetime.combine(read, time(), scope.now.tzinfo)


def _decimal_date_time(scope: Scope, value: Value) -> Value:
    """Days since 1970 began in UTC, with the time of the day as a part of one."""
    if isinstance(value, float):
        return value
    read = moment(value, scope.now)
    return "" if read is None else _since_1970(_with_time(read, scope))


def _since_1970(read: datetime) -> float:
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return aware.timestamp() / _DAY


def _decimal_time(scope: Scope, value: Value) -> Value:
    """The time of the day as a part of it: noon is 0.5."""
    if isinstance(value, float):
        return value % 1 if math.isfinite(value) else value
    if isinstance(value, str) and ":" in value and "T" not in value:
        return _clock(value)
    read = moment(value, scope.now)
    return "" if read is None else exact(_with_time(read, scope)) % 1


def _clock(value: str) -> float:
    try:
        read = time.fromisoformat(value)
    except ValueError as error:
        raise BadValue("The text is no time: a time is written 14:30.") from error
    return (read.hour * 3600 + read.minute * 60 + read.second + read.microsecond / 1e6) / _DAY


def _format(scope: Scope, value: Value, form: Value) -> str:
    """A date in words and digits; what is not answered stays empty."""
    read = moment(value, scope.now)
    if read is None:
        return ""
    local = _with_time(read, scope)
    return _SIGN.sub(lambda sign: _written(sign.group(1), local, scope.language), text(form))


def _written(sign: str, at: datetime, language: str) -> str:
    write = _SIGNS.get(sign)
    if write is None:
        raise BadValue(f"“%{sign}” is no part of a date.")
    return write(at, language)


_SIGNS: dict[str, Callable[[datetime, str], str]] = {
    "%": lambda _at, _language: "%",
    "Y": lambda at, _: f"{at.year:04}",
    "y": lambda at, _: f"{at.year % 100:02}",
    "m": lambda at, _: f"{at.month:02}",
    "n": lambda at, _: str(at.month),
    "B": lambda at, language: month_name(at.month, language, short=False),
    "b": lambda at, language: month_name(at.month, language, short=True),
    "d": lambda at, _: f"{at.day:02}",
    "e": lambda at, _: str(at.day),
    "H": lambda at, _: f"{at.hour:02}",
    "h": lambda at, _: str(at.hour),
    "M": lambda at, _: f"{at.minute:02}",
    "S": lambda at, _: f"{at.second:02}",
    "3": lambda at, _: f"{at.microsecond // 1000:03}",
    "A": lambda at, language: weekday_name(at.weekday(), language, short=False),
    "a": lambda at, language: weekday_name(at.weekday(), language, short=True),
    "W": lambda at, _: str(at.isocalendar().week),
    "w": lambda at, _: str(at.isoweekday() % 7),
}


DAYS: Table = MappingProxyType(
    {
        "today": Function(0, 0, scoped(lambda scope: scope.now.date())),
        "now": Function(0, 0, scoped(lambda scope: scope.now)),
        "date": Function(1, 1, scoped(_date)),
        "date-time": Function(1, 1, scoped(_date_time)),
        "decimal-date-time": Function(1, 1, scoped(_decimal_date_time)),
        "decimal-time": Function(1, 1, scoped(_decimal_time)),
        "format-date": Function(2, 2, scoped(_format)),
        "format-date-time": Function(2, 2, scoped(_format)),
    }
)
