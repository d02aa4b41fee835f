"""Filters over the options of a list: XLSForm's `choice_filter`, where a bare name is a column of the option.

`province = ${province}` keeps the options whose column "province" is the answer. `name` is the option's code.
A filter is an expression in which each bare name became a variable of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from flows.definition import Option
from flows.expressions import Expression, compile_expression

COLUMN = "_column."
_WORDS = frozenset({"and", "or", "div", "mod"})
_PIECE = re.compile(
    r"""(?P<kept>'[^']*' | "[^"]*" | \$\{[^}]*\} | \d[\d.]* | [A-Za-z_][\w-]*(?=\s*\())
      | (?P<name>[A-Za-z_][\w.-]*)""",
    re.VERBOSE | re.ASCII,
)
_SIMPLE = re.compile(
    r"\s*(?:(?P<column>[A-Za-z_][\w.-]*)\s*=\s*\$\{\s*(?P<answer>[A-Za-z_][\w.-]*)\s*\}"
    r"|\$\{\s*(?P<answer2>[A-Za-z_][\w.-]*)\s*\}\s*=\s*(?P<column2>[A-Za-z_][\w.-]*))\s*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter; `names` are the answers that it reads, `columns` those of the options.

    `simple` is the column and the answer of the usual form, which needs no evaluation.
    """

    expression: Expression
    names: frozenset[str]
    columns: frozenset[str]
    simple: tuple[str, str] | None = None


@lru_cache(maxsize=1024)
def compile_filter(text: str) -> Filter:
    """Compile a filter.

    Raises:
        ExpressionInvalid: with a position, counted in the filter with its columns written as variables.
    """
    expression = compile_expression(_PIECE.sub(_as_variable, text))
    columns = {name.removeprefix(COLUMN) for name in expression.names if name.startswith(COLUMN)}
    names = frozenset(name for name in expression.names if not name.startswith(COLUMN))
    usual = _SIMPLE.fullmatch(text)
    simple = None
    if usual is not None:
        simple = (usual["column"] or usual["column2"], usual["answer"] or usual["answer2"])
    return Filter(expression, names, frozenset(columns), simple)


def _as_variable(piece: re.Match[str]) -> str:
    name = piece["name"]
    return piece.group() if name is None or name in _WORDS else f"${{{COLUMN}{name}}}"


@dataclass(slots=True, eq=False)
class Filtered:
    """The options of a question with its filter: which of them fit the answers given so far."""

    options: Sequence[Option]
    filter: Filter
    _index: Mapping[str, frozenset[int]] | None = field(default=None)

    def fitting(self, variables: Mapping[str, Any], now: datetime) -> frozenset[int]:
        """The places of the options that fit.

        Raises:
            ExpressionFailed: the filter cannot work with these values.
        """
        if self.filter.simple is not None:
            return self._indexed(*self.filter.simple, variables)
        known = dict(variables)
        return frozenset(place for place, option in enumerate(self.options) if self._fits(option, known, now))

    def _fits(self, option: Option, known: dict[str, Any], now: datetime) -> bool:
        for column in self.filter.columns:
            known[COLUMN + column] = value_of(option, column)
        return self.filter.expression.holds(known, now=now)

    def _indexed(self, column: str, answer: str, variables: Mapping[str, Any]) -> frozenset[int]:
        """The usual form by a table that is made once: thousands of options cost no more than ten."""
        if self._index is None:
            places: defaultdict[str, set[int]] = defaultdict(set)
            for place, option in enumerate(self.options):
                places[value_of(option, column)].add(place)
            self._index = {value: frozenset(found) for value, found in places.items()}
        value = variables.get(answer)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        words = " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        return self._index.get(words, frozenset()) if words else frozenset()


def value_of(option: Option, column: str) -> str:
    """What an option has in a column; `name` is its code unless it has a column of that name."""
    return option.columns.get(column, option.code if column in {"name", "code"} else "")
