"""Functions of numbers. Nothing here raises on a number: what has no result is NaN, what is too large infinite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

from flows.functions.parts import MANY, Function, Table, over_nodes, plain
from flows.functions.values import EPOCH, Value, items, number

_MOST_PLACES = 30  # JavaRosa: more are NaN
_DAY = 86_400.0  # seconds


def _int(value: Value) -> float:
    whole = number(value)
    return float(math.trunc(whole)) if math.isfinite(whole) else whole


def _round(value: Value, places: Value = 0.0) -> float:
    """Half is rounded up, below zero towards zero; places below zero round to tens and hundreds."""
    amount, digits = number(value), number(places)
    if not math.isfinite(amount):
        return amount
    if not abs(digits) <= _MOST_PLACES:
        return math.nan
    way = ROUND_HALF_DOWN if amount < 0 else ROUND_HALF_UP
    # A wide context: numbers of any size keep their digits.
    step = Decimal(1).scaleb(-math.trunc(digits))
    return float((Decimal(repr(amount)) / step).to_integral_value(way) * step)


def _floor(value: Value) -> float:
    amount = number(value)
    return float(math.floor(amount)) if math.isfinite(amount) else amount


def _ceiling(value: Value) -> float:
    amount = number(value)
    return float(math.ceil(amount)) if math.isfinite(amount) else amount


def exact(value: Value) -> float:
    """A number for mathematics: a moment counts in days and parts of a day (JavaRosa's `toDouble`)."""
    if isinstance(value, datetime):
        midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
        return value.toordinal() - EPOCH + (value - midnight).total_seconds() / _DAY
    return number(value)


def _math(function: Callable[..., float]) -> Callable[..., float]:
    """A function of `math` that gives NaN outside its domain and infinity where the result is too large."""

    def safe(*values: Value) -> float:
        try:
            return float(function(*map(exact, values)))
        except OverflowError:
            return math.inf
        except (ValueError, TypeError):  # outside the domain; a complex result
            return math.nan

    return safe


def _log(value: float) -> float:
    return -math.inf if value == 0 else math.log(value)


def _log10(value: float) -> float:
    return -math.inf if value == 0 else math.log10(value)


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        return math.inf
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


def _numbers(values: tuple[Any, ...]) -> Iterator[float]:
    """All numbers among the values; what is empty or no number does not count."""
    found = (number(item) for value in values for item in items(value))
    return (amount for amount in found if not math.isnan(amount))


def _least(*values: Any) -> float:
    return min(_numbers(values), default=math.nan)


def _greatest(*values: Any) -> float:
    return max(_numbers(values), default=math.nan)


def _sum(values: Any) -> float:
    return sum(_numbers((values,)), start=0.0)


def _one(function: Callable[..., float]) -> Function:
    return Function(1, 1, plain(_math(function)))


NUMBERS: Table = MappingProxyType(
    {
        "number": Function(1, 1, plain(number)),
        "int": Function(1, 1, plain(_int)),
        "round": Function(1, 2, plain(_round)),
        "floor": Function(1, 1, plain(_floor)),
        "ceiling": Function(1, 1, plain(_ceiling)),
        "abs": _one(abs),
        "sqrt": _one(math.sqrt),
        "exp": _one(math.exp),
        "exp10": _one(lambda value: _power(10.0, value)),
        "log": _one(_log),
        "log10": _one(_log10),
        "sin": _one(math.sin),
        "cos": _one(math.cos),
        "tan": _one(math.tan),
        "asin": _one(math.asin),
        "acos": _one(math.acos),
        "atan": _one(math.atan),
        "atan2": Function(2, 2, plain(_math(math.atan2))),
        "pow": Function(2, 2, plain(_math(_power))),
        "pi": Function(0, 0, plain(lambda: math.pi)),
        "min": Function(1, MANY, over_nodes(_least)),
        "max": Function(1, MANY, over_nodes(_greatest)),
        "sum": Function(1, 1, over_nodes(_sum)),
    }
)
