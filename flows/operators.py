"""Operators of expressions, as compiled pieces. Chains of one rank are flat, so that no expression nests deeply."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flows.functions.parts import Part, Run, single
from flows.functions.values import Value, equal, known, number, truth
from flows.scope import Scope

# The rank of an operator: a higher one binds tighter (XPath 1.0, 3.5).
RANKS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("or",), 1),
        **dict.fromkeys(("and",), 2),
        **dict.fromkeys(("=", "!="), 3),
        **dict.fromkeys(("<", "<=", ">", ">="), 4),
        **dict.fromkeys(("+", "-"), 5),
        **dict.fromkeys(("*", "div", "mod"), 6),
    }
)


def _div(left: float, right: float) -> float:
    """IEEE 754: by zero it is infinite, and 0 by 0 is NaN."""
    if right:
        return left / right
    if not left or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _mod(left: float, right: float) -> float:
    """The remainder with the sign of the left side, as in Java."""
    if math.isinf(left) or not right:
        return math.nan
    return math.fmod(left, right)


_COMPUTE: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "div": _div,
        "mod": _mod,
    }
)


def combine(first: Part, steps: Sequence[tuple[str, Part]]) -> Part:
    """A chain of operators of one rank, read from left to right."""
    symbol = steps[0][0]
    if symbol == "or":
        return single(_any([first.run, *(part.run for _, part in steps)]))
    if symbol == "and":
        return single(_all([first.run, *(part.run for _, part in steps)]))
    if len(steps) == 1:
        return single(_pair(first, *steps[0]))
    if symbol in {"=", "!="}:
        return single(_equalities(first.run, [(symbol == "=", part.run) for symbol, part in steps]))
    return single(_numbers(as_number(first), [(_COMPUTE[symbol], as_number(part)) for symbol, part in steps]))


def _any(runs: list[Run]) -> Run:
    def run(scope: Scope) -> bool:
        for part in runs:  # noqa: SIM110 - a generator costs more than the loop
            if truth(part(scope)):
                return True
        return False

    return run


def _all(runs: list[Run]) -> Run:
    def run(scope: Scope) -> bool:
        for part in runs:  # noqa: SIM110 - see above
            if not truth(part(scope)):
                return False
        return True

    return run


def _pair(left: Part, symbol: str, right: Part) -> Run:
    """One operator between two values: the usual case, without a loop."""
    one, other = left.run, right.run
    if symbol == "=":
        return lambda scope: equal(one(scope), other(scope))
    if symbol == "!=":
        return lambda scope: not equal(one(scope), other(scope))
    compute, one, other = _COMPUTE[symbol], as_number(left), as_number(right)
    if isinstance(right.constant, float):
        fixed = right.constant
        return lambda scope: compute(one(scope), fixed)
    return lambda scope: compute(one(scope), other(scope))


def _equalities(first: Run, steps: list[tuple[bool, Run]]) -> Run:
    def run(scope: Scope) -> Value:
        value: Value = first(scope)
        for wanted, part in steps:
            value = equal(value, part(scope)) is wanted
        return value

    return run


def _numbers(first: Run, steps: list[tuple[Callable[[Any, Any], Any], Run]]) -> Run:
    """Comparisons and arithmetic; what a comparison gives counts as 1 or 0 in the next step."""

    def run(scope: Scope) -> Value:
        value: Value = first(scope)
        for compute, part in steps:
            value = compute(float(value), part(scope))  # type: ignore[arg-type]
        return value

    return run


def as_number(part: Part) -> Run:
    """The piece as a number; a whole answer is taken as it is."""
    run, name = part.run, part.name
    if isinstance(part.constant, float):
        constant = part.constant
        return lambda _: constant
    if not name:
        return lambda scope: number(run(scope))

    def read(scope: Scope) -> float:
        value = scope.variables.get(name)
        return float(value) if type(value) is int else number(known(value))

    return read


def negative(part: Part) -> Part:
    """The number with its sign turned."""
    if isinstance(part.constant, float):
        return constant(-part.constant)
    run = as_number(part)
    return single(lambda scope: -run(scope))


def constant(value: Value) -> Part:
    """A literal."""
    run: Run = lambda _: value  # noqa: E731 - as short as what it does
    return Part(run, run, constant=value)


def variable(name: str) -> Part:
    """`${name}`."""
    return Part(
        lambda scope: known(scope.variables.get(name)),
        lambda scope: scope.variables.get(name),
        name=name,
    )


def answer() -> Part:
    """`.`: the answer that is checked."""
    return Part(lambda scope: known(scope.answer), lambda scope: scope.answer)
