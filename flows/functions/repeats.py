"""Functions of repeated questions."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

from flows.functions.parts import BadArgument, Call, Function, Part, Table, over_nodes, single
from flows.functions.values import BadValue, Value, items, known, number
from flows.scope import Repeated, Scope

_MOST_LEVELS = 5  # repeats inside repeats: eleven arguments, as in JavaRosa


def _count(values: Any) -> float:
    """How many values there are; one that is not answered counts too."""
    return float(sum(1 for _ in items(values)))


def _count_non_empty(values: Any) -> float:
    return float(sum(1 for item in items(values) if item != ""))


def _position(call: Call) -> Part:
    """The number of the present repetition, from 1."""
    if not call.arguments:
        return single(lambda scope: _number_at(scope, 1))
    (argument,) = call.arguments
    if argument.parents:
        return single(lambda scope: _number_at(scope, argument.parents))
    if not argument.name:
        raise BadArgument(0, "Write position(..) inside a repeat, or position(${repeat}).")
    return single(lambda scope: _number_of(scope, argument.name))


def _number_at(scope: Scope, level: int) -> float:
    """The number of the group or repeat so many levels up; outside all of them 1, as in ODK."""
    return float(scope.places[-level][1]) if level <= len(scope.places) else 1.0


def _number_of(scope: Scope, name: str) -> float:
    return next((float(place) for group, place in reversed(scope.places) if group == name), 1.0)


def _indexed_repeat(call: Call) -> Part:
    """The answer in a given repetition, and in a repetition inside that."""
    question, *levels = call.arguments
    if not question.name:
        raise BadArgument(0, "Write indexed-repeat(${question}, ${repeat}, number).")
    if len(call.arguments) % 2 == 0:
        raise BadArgument(None, "indexed-repeat() takes a question, and a number after each repeat.")
    for place, level in enumerate(levels[::2]):
        if not level.name:
            raise BadArgument(2 * place + 1, "Name the repeat here: ${repeat}.")
    indexes = [level.run for level in levels[1::2]]

    def run(scope: Scope) -> Value:
        value = scope.repeated.get(question.name, scope.variables.get(question.name))
        for index in indexes:
            value = _repetition(value, number(index(scope)))
        return known(value)

    return single(run)


def _repetition(value: Any, index: float) -> Any:
    """One of the values, from 1; a number below that means the first, as in JavaRosa."""
    if not isinstance(value, Repeated):
        raise BadValue("indexed-repeat() needs a question inside a repeat.")
    place = 1 if math.isnan(index) or index < 1 else index
    return value[int(place) - 1] if place <= len(value) else ""


REPEATS: Table = MappingProxyType(
    {
        "count": Function(1, 1, over_nodes(_count)),
        "count-non-empty": Function(1, 1, over_nodes(_count_non_empty)),
        "position": Function(0, 1, _position),
        "indexed-repeat": Function(3, 2 * _MOST_LEVELS + 1, _indexed_repeat),
    }
)
