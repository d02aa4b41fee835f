"""XLSForm's expressions: `${age} >= 18 and selected(${needs}, 'food')`, compiled once, evaluated as ODK does.

`.` is the answer. What is not answered is empty text, as in ODK: `${age} > 17` is then false, and `${age} != 18` true.
An expression reads what its `Scope` holds and nothing else. docs/expressions.md lists the functions and the few
places where we are more lenient than ODK.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flows.functions.parts import Run
from flows.functions.values import BadValue, truth
from flows.functions.values import text as text_of
from flows.grammar import MAX_DEPTH, MAX_LENGTH, ExpressionInvalid, Grammar
from flows.scope import ChoiceList, Repeated, Row, Scope

__all__ = [
    "MAX_DEPTH",
    "MAX_LENGTH",
    "ChoiceList",
    "Expression",
    "ExpressionFailed",
    "ExpressionInvalid",
    "Repeated",
    "Row",
    "Scope",
    "compile_expression",
    "compile_filter",
]

_COMPILED = 8192  # expressions kept; a large form holds a few hundred


class ExpressionFailed(ValueError):
    """A good expression met values that it cannot work with."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        text: as the author wrote it.
        names: the answers and fields that it reads.
        singles: those of the names that must have one value here; the others may be repeated questions.
        lists: the named lists that it reads.
        columns: the columns of an option that a choice filter reads.
    """

    text: str
    names: frozenset[str]
    singles: frozenset[str]
    lists: frozenset[str]
    columns: frozenset[str]
    _run: Run
    _match: tuple[str, Run] | None

    def evaluate(
        self, about: Scope | Mapping[str, Any], *, answer: Any = "", now: datetime | None = None
    ) -> str | float | bool:
        """The value, with unknown and unanswered names empty; dates are ISO 8601.

        `about` is a `Scope`, or the variables alone, and then `now` must be given.

        Raises:
            ExpressionFailed: an operator or function could not work with these values.
        """
        value = self._value(about, answer, now)
        return text_of(value) if isinstance(value, date) else value

    def holds(
        self, about: Scope | Mapping[str, Any], *, answer: Any = "", now: datetime | None = None
    ) -> bool:
        """Whether the value is true in ODK's sense: not false, not 0, not NaN, not empty.

        Raises:
            ExpressionFailed: see `evaluate`.
        """
        return truth(self._value(about, answer, now))

    def choose(self, options: ChoiceList, scope: Scope) -> tuple[Row, ...]:
        """The options that a choice filter lets through, in their order.

        An equality of one column (`district = ${district}`) is looked up and not searched.

        Raises:
            ExpressionFailed: see `evaluate`.
        """
        if self._match is not None:
            column, run = self._match
            value = _guarded(run, scope)
            if type(value) is str:  # other kinds are equal to more than one text
                return tuple(options.where(column, value))
        return tuple(row for row in options.rows if self.holds(scope._replace(row=row)))

    def _value(self, about: Scope | Mapping[str, Any], answer: Any, now: datetime | None) -> Any:
        if type(about) is Scope:
            return _guarded(self._run, about)
        if now is None:
            raise TypeError("Give `now` with the variables, or a Scope.")
        return _guarded(self._run, Scope(about, now, answer))  # type: ignore[arg-type]


def _guarded(run: Run, scope: Scope) -> Any:
    try:
        return run(scope)
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        raise ExpressionFailed(_reason(error)) from error


def _reason(error: Exception) -> str:
    """Our own sentences say why, and repeat no answer; other errors might, so that only their kind is told."""
    return str(error) if isinstance(error, BadValue) else type(error).__name__


@lru_cache(maxsize=_COMPILED)
def compile_expression(text: str) -> Expression:
    """Compile an expression; the same text is compiled once.

    Raises:
        ExpressionInvalid: with the position and a sentence.
    """
    return _compiled(Grammar(text))


@lru_cache(maxsize=_COMPILED)
def compile_filter(text: str) -> Expression:
    """Compile a choice filter: a bare name is a column of the option, `${name}` an answer.

    Raises:
        ExpressionInvalid: with the position and a sentence.
    """
    return _compiled(Grammar(text, columns=True))


def _compiled(grammar: Grammar) -> Expression:
    part = grammar.parse()
    match = None if part.match is None else (part.match[0], part.match[1].run)
    return Expression(
        grammar.text,
        frozenset(grammar.names),
        frozenset(name for name, count in grammar.single.items() if count > 0),
        frozenset(grammar.lists),
        frozenset(grammar.columns),
        part.run,
        match,
    )
