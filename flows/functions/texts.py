"""Functions of texts."""

from __future__ import annotations

import math
import re
from types import MappingProxyType
from typing import Any

from flows.functions.parts import MANY, BadArgument, Call, Function, Part, Table, over_nodes, plain, single
from flows.functions.values import MAX_TEXT, BadValue, Value, items, known, number, text
from flows.patterns import PatternInvalid, compile_pattern, full_match

_SPACES = re.compile(r"\s+")


def _bounded(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise BadValue(f"The text would have more than {MAX_TEXT} characters.")
    return value


def _concat(*values: Any) -> str:
    return _bounded("".join(text(item) for value in values for item in items(value)))


def _join(separator: Any, *values: Any) -> str:
    between = text(known(separator))
    return _bounded(between.join(text(item) for value in values for item in items(value)))


def _whole(value: Value) -> int:
    """A place in a text; what is no number is 0, as Java casts it."""
    place = number(value)
    return 0 if math.isnan(place) else int(max(-MAX_TEXT, min(MAX_TEXT, place)))


def _substr(value: Value, start: Value, end: Value | None = None) -> str:
    return text(value)[_whole(start) : None if end is None else _whole(end)]


def _substring(value: Value, start: Value, length: Value | None = None) -> str:
    """XPath's own: counted from 1, with a length, both rounded."""
    words = text(value)
    first = _rounded(start)
    last = first + _rounded(length) if length is not None else math.inf
    if math.isnan(first) or math.isnan(last):
        return ""
    end = max(1, min(last, len(words) + 1))
    return words[int(max(1, first)) - 1 : int(end) - 1]


def _rounded(value: Value) -> float:
    """The nearest whole number, half of one upwards."""
    place = number(value)
    return place if math.isnan(place) else float(max(-MAX_TEXT, min(MAX_TEXT, (place + 0.5) // 1)))


def _before(value: Value, part: Value) -> str:
    head, found, _ = text(value).partition(text(part)) if text(part) else ("", "", "")
    return head if found else ""


def _after(value: Value, part: Value) -> str:
    return text(value).partition(text(part))[2] if text(part) else text(value)


def _translate(value: Value, old: Value, new: Value) -> str:
    table: dict[int, str] = {}
    target = text(new)
    for place, letter in enumerate(text(old)):
        table.setdefault(ord(letter), target[place : place + 1])
    return text(value).translate(table)


def _normalize(value: Value) -> str:
    return _SPACES.sub(" ", text(value)).strip()


def _on_answer(function: Any) -> Any:
    """Without an argument the function takes the answer itself."""

    def build(call: Call) -> Part:
        run = call.arguments[0].run if call.arguments else lambda scope: known(scope.answer)
        return single(lambda scope: function(run(scope)))

    return build


def _regex(call: Call) -> Part:
    """The pattern must stand there as it is, so that it is checked before anybody waits for it."""
    pattern = call.arguments[1].constant
    if not isinstance(pattern, str):
        raise BadArgument(None, "Write regex(${name}, 'pattern'), the pattern in quotation marks.")
    try:
        compile_pattern(pattern)
    except PatternInvalid as error:
        raise BadArgument(1, str(error)) from error
    run = call.arguments[0].run
    return single(lambda scope: full_match(pattern, text(run(scope))))


TEXTS: Table = MappingProxyType(
    {
        "string": Function(1, 1, plain(text)),
        "concat": Function(0, MANY, over_nodes(_concat)),
        "join": Function(1, MANY, over_nodes(_join)),
        "string-length": Function(0, 1, _on_answer(lambda value: float(len(text(value))))),
        "normalize-space": Function(0, 1, _on_answer(_normalize)),
        "substr": Function(2, 3, plain(_substr)),
        "substring": Function(2, 3, plain(_substring)),
        "substring-before": Function(2, 2, plain(_before)),
        "substring-after": Function(2, 2, plain(_after)),
        "translate": Function(3, 3, plain(_translate)),
        "contains": Function(2, 2, plain(lambda value, part: text(part) in text(value))),
        "starts-with": Function(2, 2, plain(lambda value, part: text(value).startswith(text(part)))),
        "ends-with": Function(2, 2, plain(lambda value, part: text(value).endswith(text(part)))),
        "regex": Function(2, 2, _regex),
    }
)
