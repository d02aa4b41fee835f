"""What a compiled piece of an expression is, and how functions are built of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flows.functions.values import Value
from flows.scope import Scope

MANY = 200  # arguments at most

Run = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled piece.

    Attributes:
        run: gives one value.
        nodes: gives a `Repeated` too, where the piece can be one; for functions that take many values.
        constant: the value of a literal.
        name: of the answer, where the piece is `${name}` alone.
        column: of an option, where the piece is a bare name alone.
        parents: for `..` 1, for `../..` 2; such a piece has no value.
        match: where the piece is `column = value` of a choice list: the column, and the value it must have.
    """

    run: Run
    nodes: Run
    constant: Value | None = None
    name: str = ""
    column: str = ""
    parents: int = 0
    match: tuple[str, Part] | None = None


def single(run: Run) -> Part:
    """A piece that always gives one value."""
    return Part(run, run)


class Call(NamedTuple):
    """A function's arguments, and where in the expression it stands, in characters."""

    arguments: tuple[Part, ...]
    at: int


class BadArgument(ValueError):
    """An argument cannot be used. `index` says which; None: the call as a whole."""

    def __init__(self, index: int | None, sentence: str) -> None:
        """Keep the place and a sentence for the author."""
        super().__init__(sentence)
        self.index = index
        self.sentence = sentence


class Function(NamedTuple):
    """A function: how many arguments it takes, and how a call of it is built."""

    fewest: int
    most: int
    build: Callable[[Call], Part]


Table = Mapping[str, Function]


def plain(function: Callable[..., Value]) -> Callable[[Call], Part]:
    """For a function of single values: `function(*values)`."""

    def build(call: Call) -> Part:
        runs = tuple(argument.run for argument in call.arguments)
        if len(runs) == 1:
            (only,) = runs
            return single(lambda scope: function(only(scope)))
        if len(runs) == 2:  # noqa: PLR2004 - two, the usual case, without a loop
            first, second = runs
            return single(lambda scope: function(first(scope), second(scope)))
        return single(lambda scope: function(*[run(scope) for run in runs]))

    return build


def scoped(function: Callable[..., Value]) -> Callable[[Call], Part]:
    """For a function that needs the scope before its values: `function(scope, *values)`."""

    def build(call: Call) -> Part:
        runs = tuple(argument.run for argument in call.arguments)
        return single(lambda scope: function(scope, *[run(scope) for run in runs]))

    return build


def over_nodes(function: Callable[..., Value]) -> Callable[[Call], Part]:
    """For a function whose arguments may be repeated questions: it gets `Repeated` values as they are."""

    def build(call: Call) -> Part:
        runs = tuple(argument.nodes for argument in call.arguments)
        return single(lambda scope: function(*[run(scope) for run in runs]))

    return build


def literal(call: Call, index: int, sentence: str) -> str:
    """The text of an argument that must stand there as it is.

    Raises:
        BadArgument: with the sentence.
    """
    value = call.arguments[index].constant
    if not isinstance(value, str):
        raise BadArgument(index, sentence)
    return value
