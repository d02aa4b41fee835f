"""Functions of true and false, and those that choose among values."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

from flows.functions.parts import (
    MANY,
    BadArgument,
    Call,
    Function,
    Part,
    Table,
    over_nodes,
    plain,
    scoped,
    single,
)
from flows.functions.values import BadValue, Value, items, known, number, text, truth
from flows.scope import Repeated, Scope

_PAIRED_FROM = 2  # arguments before the pairs of a weighted checklist


def _if(call: Call) -> Part:
    """Only the chosen side is looked at, as in ODK."""
    condition, yes, no = (argument.run for argument in call.arguments)
    return single(lambda scope: yes(scope) if truth(condition(scope)) else no(scope))


def _coalesce(call: Call) -> Part:
    """The first value that is there: not empty, not NaN. ODK takes two; more are taken here."""
    runs = [argument.run for argument in call.arguments]

    def run(scope: Scope) -> Value:
        value: Value = ""
        for candidate in runs:
            value = candidate(scope)
            if not _missing(value):
                return value
        return value

    return single(run)


def _missing(value: Value) -> bool:
    """Empty, or no number (JavaRosa's `isNull`)."""
    return value == "" or (isinstance(value, float) and math.isnan(value))


def _once(scope: Scope, value: Value) -> Value:
    """What the question holds already, or else the value."""
    present = known(scope.answer)
    return value if text(present) == "" else present


def _from_string(value: Value) -> bool:
    return text(value).lower() == "true" or text(value) == "1"


def _checklist(least: Any, most: Any, *factors: Any) -> bool:
    """Whether so many factors are true; a bound below 0 does not count."""
    low, high = _bound(least), _bound(most)
    count = sum(truth(item) for factor in factors for item in items(factor))
    return (low < 0 or count >= low) and (high < 0 or count <= high)


def _bound(value: Any) -> int:
    """A whole number; what is no number is 0, as Java casts it."""
    bound = number(known(value))
    return math.trunc(bound) if math.isfinite(bound) else 0


def _weighted(least: Any, most: Any, *pairs: Any) -> bool:
    """Whether the weights of the true factors add up to something between the bounds."""
    flags, weights = pairs[::2], pairs[1::2]
    if len(pairs) == _PAIRED_FROM and isinstance(pairs[0], Repeated) and isinstance(pairs[1], Repeated):
        flags, weights = tuple(items(pairs[0])), tuple(items(pairs[1]))
        if len(flags) != len(weights):
            raise BadValue("A weighted checklist needs as many weights as factors.")
    total = sum(
        number(known(weight)) for flag, weight in zip(flags, weights, strict=True) if truth(known(flag))
    )
    return number(known(least)) <= total <= number(known(most))


def _in_pairs(call: Call) -> Part:
    if len(call.arguments) % 2:
        raise BadArgument(None, "A weighted checklist takes two bounds, and then a weight after each factor.")
    return over_nodes(_weighted)(call)


LOGIC: Table = MappingProxyType(
    {
        "if": Function(3, 3, _if),
        "coalesce": Function(2, MANY, _coalesce),
        "once": Function(1, 1, scoped(_once)),
        "boolean": Function(1, 1, plain(truth)),
        "boolean-from-string": Function(1, 1, plain(_from_string)),
        "not": Function(1, 1, plain(lambda value: not truth(value))),
        "true": Function(0, 0, plain(lambda: True)),
        "false": Function(0, 0, plain(lambda: False)),
        "checklist": Function(2, MANY, over_nodes(_checklist)),
        "weighted-checklist": Function(2, MANY, _in_pairs),
    }
)
