"""The functions of flow expressions: one table of names and numbers of arguments, and what XPath lacks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from flows.patterns import full_match

MANY = 50  # arguments at most
_EPOCH = date(1970, 1, 1).toordinal()
_DATE_LENGTH = len("2031-03-09")

Value = str | float | bool | list[Any]


def _text(value: Value) -> str:
    """XPath's `string()`: nothing is empty, whole numbers have no point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ""
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


def _number(value: Value) -> float:
    """XPath's `number()`: what is no number is NaN."""
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(_text(value))
    except ValueError:
        return math.nan


def _truth(value: Value) -> bool:
    """XPath's `boolean()`."""
    return bool(value) and value == value  # noqa: PLR0124 - NaN is false


def _selected(_: Any, chosen: Value, code: Value) -> bool:
    return _text(code) in _text(chosen).split()


def _count_selected(_: Any, chosen: Value) -> float:
    return float(len(_text(chosen).split()))


def _if(_: Any, condition: Value, yes: Value, no: Value) -> Value:
    return yes if _truth(condition) else no


def _coalesce(_: Any, *values: Value) -> Value:
    return next((value for value in values if _text(value)), "")


def _regex(_: Any, text: Value, pattern: Value) -> bool:
    return full_match(_text(pattern), _text(text))


def _int(_: Any, value: Value) -> float:
    number = _number(value)
    return float(math.trunc(number)) if math.isfinite(number) else number


def _round(_: Any, value: Value, places: Value = 0.0) -> float:
    number, digits = _number(value), _number(places)
    if not (math.isfinite(number) and math.isfinite(digits)):
        return math.nan
    # XPath rounds a half up; Python would round it to even.
    scale = 10.0 ** max(-9, min(9, int(digits)))
    return math.floor(number * scale + 0.5) / scale


def _least(_: Any, *values: Value) -> float:
    return min((number for number in map(_number, values) if not math.isnan(number)), default=math.nan)


def _greatest(_: Any, *values: Value) -> float:
    return max((number for number in map(_number, values) if not math.isnan(number)), default=math.nan)


def _days(_: Any, value: Value) -> float:
    """Days since 1970 of an ISO date; a number stays one; anything else is NaN: comparing that is false."""
    text = _text(value)
    try:
        return float(date.fromisoformat(text[:_DATE_LENGTH]).toordinal() - _EPOCH)
    except ValueError:
        return _number(value)


# Name in a form -> (fewest arguments, most arguments, name in XPath).
ALLOWED: Mapping[str, tuple[int, int, str]] = MappingProxyType(
    {
        "selected": (2, 2, "selected"),
        "count-selected": (1, 1, "count-selected"),
        "if": (3, 3, "if"),
        "coalesce": (2, MANY, "coalesce"),
        "regex": (2, 2, "regex"),
        "int": (1, 1, "int"),
        "round": (1, 2, "round-to"),
        "min": (1, MANY, "least"),
        "max": (1, MANY, "greatest"),
        "date": (1, 1, "days"),
        "today": (0, 0, "today"),
        "now": (0, 0, "now"),
        "concat": (2, MANY, "concat"),
        "string-length": (1, 1, "string-length"),
        "normalize-space": (1, 1, "normalize-space"),
        "translate": (3, 3, "translate"),
        "contains": (2, 2, "contains"),
        "starts-with": (2, 2, "starts-with"),
        "substring": (2, 3, "substring"),
        "substring-before": (2, 2, "substring-before"),
        "substring-after": (2, 2, "substring-after"),
        "string": (1, 1, "string"),
        "number": (1, 1, "number"),
        "boolean": (1, 1, "boolean"),
        "floor": (1, 1, "floor"),
        "ceiling": (1, 1, "ceiling"),
        "not": (1, 1, "not"),
        "true": (0, 0, "true"),
        "false": (0, 0, "false"),
    }
)
EXTENSIONS: dict[tuple[None, str], Callable[..., Any]] = {
    (None, "selected"): _selected,
    (None, "count-selected"): _count_selected,
    (None, "if"): _if,
    (None, "coalesce"): _coalesce,
    (None, "regex"): _regex,
    (None, "int"): _int,
    (None, "round-to"): _round,
    (None, "least"): _least,
    (None, "greatest"): _greatest,
    (None, "days"): _days,
}
