"""`instance('list')/root/item[condition]/column`: the rows of a list that meet conditions, as a node-set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flows.functions.choices import choice_list
from flows.functions.parts import Part
from flows.functions.values import BadValue, known, truth
from flows.scope import ChoiceList, Repeated, Row, Scope

MAX_NESTED = 50  # rows that a path may find when it is looked up for each row of another list


class Path(NamedTuple):
    """A list, the conditions on its rows in their order, and the column whose cells are taken.

    `nested`: it stands in a condition or filter, which is asked for each row of another list.
    """

    name: str
    conditions: tuple[Part, ...]
    column: str
    nested: bool


def nodes_of(path: Path) -> Part:
    """The cells; as one value there must be one at most."""

    def run(scope: Scope) -> Repeated:
        options = choice_list(scope, path.name)
        rows: Sequence[Row] = options.rows
        for place, condition in enumerate(path.conditions):
            rows = _rows(options if place == 0 else None, rows, condition, scope)
            if path.nested and len(rows) > MAX_NESTED:
                raise BadValue("Too many rows for a condition inside a condition.")
        return Repeated(row.column(path.column) for row in rows)

    return Part(lambda scope: known(run(scope)), run)


def _rows(whole: ChoiceList | None, rows: Sequence[Row], condition: Part, scope: Scope) -> Sequence[Row]:
    """The rows that meet a condition; an equality on the whole list is looked up."""
    if whole is not None and condition.match is not None:
        column, wanted = condition.match
        value = wanted.run(scope)
        if type(value) is str:
            return whole.where(column, value)
    return [row for place, row in enumerate(rows, 1) if _meets(condition, place, scope._replace(row=row))]


def _meets(condition: Part, place: int, scope: Scope) -> bool:
    """A number is a place, from 1; anything else is true or false."""
    value = condition.run(scope)
    return value == place if type(value) is float else truth(value)
