"""The values of expressions and how ODK turns one kind into another.

A value is text, a number, true or false, a date or a moment. What is not answered is empty text. The rules are those
of JavaRosa (`XPathFuncExpr.toNumeric`, `toString`, `toBoolean`, `unpack`), with one addition: text that is an ISO
date counts as that date wherever a number is wanted, since answers are kept as text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flows.scope import Repeated

Value = str | float | bool | date  # `datetime` is a `date`

MAX_TEXT = 10_000  # characters of one value
TINY = 1e-12  # JavaRosa: numbers that are nearer than this are equal
EPOCH = date(1970, 1, 1).toordinal()
_NUMBER = re.compile(r"\s*-?(?:\d+\.?\d*|\.\d+)\s*")  # digits of any script
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:T.*)?", re.ASCII)


class BadValue(ValueError):
    """A function or operator met a value that it cannot work with."""


def known(value: Any) -> Value:
    """An answer or field as one value; a repeated one must have one repetition at most.

    Raises:
        BadValue: a repeated question stands where one value is needed.
    """
    kind = type(value)
    if kind is str:
        short: str = value if len(value) <= MAX_TEXT else value[:MAX_TEXT]
        return short
    if kind is Repeated:
        return unpacked(value)
    return _converted(value)


def unpacked(values: Repeated) -> Value:
    """The one value of a node-set; an empty one is empty text.

    Raises:
        BadValue: there are several.
    """
    if len(values) > 1:
        raise BadValue("This question is repeated: say which of its answers with indexed-repeat().")
    return known(values[0]) if values else ""


def _converted(value: Any) -> Value:
    match value:
        case None:
            return ""
        case bool():
            return value
        case date():
            return value
        case int() | float() | Decimal():
            return float(value)
        case list() | tuple():
            return " ".join(map(str, value))[:MAX_TEXT]
        case _:
            return str(value)[:MAX_TEXT]


def items(value: Any) -> Iterator[Value]:
    """The values of a node-set, those of repeats inside repeats too; anything else is one value."""
    if type(value) is Repeated:
        for item in value:
            yield from items(item)
    else:
        yield known(value)


def text(value: Value) -> str:
    """The value as text: whole numbers have no point, none has an exponent, dates are ISO 8601."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _number_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    near = round(value)
    return str(near) if abs(value - near) < TINY else format(Decimal(repr(value)), "f")


def number(value: Value) -> float:
    """The value as a number: true is 1, a date counts in days since 1970, other text is NaN."""
    if type(value) is float:
        return value
    if isinstance(value, str):
        return _text_number(value)
    if isinstance(value, date):
        return float(value.toordinal() - EPOCH)
    return float(value)


def _text_number(value: str) -> float:
    plain = value.replace(",", ".").replace("٫", ".")
    if _NUMBER.fullmatch(plain):
        return float(plain)
    day = iso_day(value)
    return math.nan if day is None else float(day.toordinal() - EPOCH)


def iso_day(value: str) -> date | None:
    """The day that a text in ISO 8601 names, or None."""
    if not _ISO_DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def truth(value: Value) -> bool:
    """Whether the value counts as true: not false, not 0, not NaN, not empty."""
    if type(value) is bool:
        return value
    if type(value) is float:
        return abs(value) > TINY  # false for NaN
    return bool(value)


def equal(left: Value, right: Value) -> bool:
    """JavaRosa's `=`: as true or false where one side is, as numbers where one side is, else as text.

    Two dates are equal when their days are; so are a date and text that is one.
    """
    kind, other = type(left), type(right)
    if kind is str and other is str:
        return left == right
    if kind is bool or other is bool:
        return truth(left) == truth(right)
    if kind is float or other is float:
        return abs(number(left) - number(right)) < TINY
    days = number(left), number(right)
    return days[0] == days[1] if not math.isnan(sum(days)) else text(left) == text(right)


def moment(value: Value, now: datetime) -> datetime | date | None:
    """The date or moment that a value is: of numbers the days since 1970; empty text and NaN are none.

    Raises:
        BadValue: the value is no date.
    """
    if isinstance(value, date):
        return value
    if type(value) is bool:
        raise BadValue("True or false is no date.")
    if isinstance(value, float):
        return None if math.isnan(value) else _moment_of(value, now)
    if value in {"", "NaN"}:
        return None
    return _read_moment(str(value), now)


def _moment_of(days: float, now: datetime) -> datetime:
    if abs(days) > 10**6:  # about 2,700 years to either side
        raise BadValue("The number is too large to be a date.")
    return datetime.fromtimestamp(days * 86_400, tz=UTC).astimezone(now.tzinfo)


def _read_moment(value: str, now: datetime) -> datetime | date:
    try:
        if "T" not in value:
            return date.fromisoformat(value)
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadValue("The text is no date: a date is written 2031-03-09.") from error
    return read if read.tzinfo else read.replace(tzinfo=now.tzinfo)
