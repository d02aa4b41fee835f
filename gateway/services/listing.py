"""Which part of a list is wanted: its order and its page. Shared by every service that lists something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

PAGE = 50  # rows

Row = TypeVar("Row")
Query = sa.Select[*tuple[Any, ...]]
Orders = Mapping[str, tuple[sa.SQLColumnExpression[Any], ...]]
RowOrders = Mapping[str, Callable[[Row], Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a list in one order.

    Attributes:
        sort: key of the column that the list is sorted by; empty: the service's own order.
        descending: the largest or latest first.
        page: from 1.
        size: rows of a page.
    """

    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = PAGE

    def of(self, statement: Query, orders: Orders) -> Query:
        """Return a statement for this part, and for one row more, which tells whether there is more behind it.

        Args:
            statement: what is listed.
            orders: by key the columns to sort by; the last of them tells any two rows apart. The first key is
                the service's own order.
        """
        columns = orders[self.sort or next(iter(orders))]
        ordered = [
            column.desc().nulls_last() if self.descending else column.asc().nulls_last() for column in columns
        ]
        return statement.order_by(*ordered).offset((self.page - 1) * self.size).limit(self.size + 1)

    def of_rows(self, rows: Iterable[Row], orders: RowOrders[Row]) -> tuple[list[Row], bool]:
        """Return this part of rows that are at hand, and whether there are more behind it: for short lists.

        Args:
            rows: all of them, in an order that decides between equals.
            orders: by key what to sort by; rows where that is None come last in both directions. The first key is
                the list's own order.
        """
        key = orders[self.sort or next(iter(orders))]
        everything = list(rows)
        known = sorted((row for row in everything if key(row) is not None), key=key, reverse=self.descending)
        unknown = [row for row in everything if key(row) is None]
        begin = (self.page - 1) * self.size
        return self.cut([*known, *unknown][begin : begin + self.size + 1])

    def cut(self, rows: Sequence[Row]) -> tuple[list[Row], bool]:
        """Return the rows of this page, and whether there are more behind it."""
        return list(rows[: self.size]), len(rows) > self.size
