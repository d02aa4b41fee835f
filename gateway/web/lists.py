"""One way to build a list: columns that are declared, sorted, narrowed, paged, and kept as views.

The whole state of a list is its address: `?stage=work&sort=received&direction=desc&page=2`. What the address asks for
is checked against the declaration; what the declaration does not offer answers 404, as a page that does not exist.
Words that somebody searches for are never part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import abort, request, url_for

from gateway.services.listing import PAGE, Part
from gateway.web import page as frame

MOST_CHOSEN = 200  # rows in one bulk action
STATE = ("sort", "direction", "page")
LONGEST_VALUE = 64  # characters of a filter's value
LONGEST_QUERY = 500  # characters of a whole address

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `first`: in which direction its first sorting goes. `figure`: it holds numbers."""

    key: str
    label: str
    sortable: bool = False
    first: str = "asc"
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with a fixed set of values. `name_of` gives a value in the reader's words.

    Attributes:
        values: what may be asked for; None: any short code, where the rows decide what there is.
        default: what is meant when the address says nothing; None: the list is not narrowed.
        tabs: shown as tabs above the list instead of a field.
    """

    name: str
    label: str
    values: Sequence[str] | None = None
    default: str | None = None
    name_of: Callable[[str], str] = str
    tabs: bool = False
    kind: ClassVar[str] = "choice"

    def read(self, text: str) -> str:
        """Return the value; ValueError when there is no such."""
        if self.values is None:
            if not (text.isascii() and text.replace("_", "").isalnum() and len(text) <= LONGEST_VALUE):
                raise ValueError(self.name)
        elif text not in self.values:
            raise ValueError(self.name)
        return text


@dataclass(frozen=True, slots=True)
class Flag:
    """A filter that is on or off."""

    name: str
    label: str
    default: None = None
    tabs: bool = False
    kind: ClassVar[str] = "flag"

    def read(self, text: str) -> str:
        """Return "1"; ValueError for anything else."""
        if text != "1":
            raise ValueError(self.name)
        return text


@dataclass(frozen=True, slots=True)
class Day:
    """A filter by a day, as ISO writes it."""

    name: str
    label: str
    default: None = None
    tabs: bool = False
    kind: ClassVar[str] = "day"

    def read(self, text: str) -> str:
        """Return the day; ValueError when there is no such."""
        if (
            date.fromisoformat(text).isoformat() != text
        ):  # Python reads other forms too: one day, one address.
            raise ValueError(self.name)
        return text


Filter = Choice | Flag | Day


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of a list, checked."""

    sort: str
    direction: str
    page: int
    values: Mapping[str, str]
    size: int = PAGE

    @property
    def part(self) -> Part:
        """The same for services."""
        return Part(self.sort, self.direction == "desc", self.page, self.size)

    def value(self, name: str) -> str | None:
        """Return what the list is narrowed to; None: not narrowed."""
        return self.values.get(name)


@dataclass(frozen=True)
class Kind:
    """A list that there is. The first sort is its own order.

    Attributes:
        endpoint: the view that shows it; also the list's name where views are kept.
        columns: from the start of a row to its end.
        filters: by which it can be narrowed.
        sort: key of the column it is sorted by when nobody asks.
        direction: and in which direction.
        size: rows of a page.
    """

    endpoint: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    direction: str = "asc"
    size: int = PAGE

    def asked(self, arguments: Mapping[str, str] | None = None) -> Asked:
        """Read the address, of this request or as given. Aborts with 404 when the list offers no such thing."""
        given = request.args if arguments is None else arguments
        try:
            values = {item.name: _value(item, given.get(item.name)) for item in self.filters}
            sort, direction = self._order(given.get("sort") or self.sort, given.get("direction"))
        except ValueError:
            abort(404)
        number = frame.page_number(given.get("page"))
        return Asked(sort, direction, number, {name: it for name, it in values.items() if it}, self.size)

    def show(self, asked: Asked, rows: Sequence[Row], *, more: bool, **options: Any) -> Listed[Row]:
        """Return the list for its template. `options`: filter name to the values that there are."""
        return Listed(self, asked, rows, more, options)

    def state(self, asked: Asked) -> dict[str, str]:
        """Return what differs from the list as it comes, without the page: what a view keeps."""
        defaults = {item.name: item.default for item in self.filters}
        state = {name: value for name, value in asked.values.items() if value != defaults[name]}
        if (asked.sort, asked.direction) != (self.sort, self.direction):
            state |= {"sort": asked.sort, "direction": asked.direction}
        return state

    def query(self, text: str) -> str:
        """Return an address's query as this list would write it: only what it offers, in its order. Aborts with 404."""
        return urlencode(self.state(self.asked(parsed(text))))

    def _order(self, sort: str, direction: str | None) -> tuple[str, str]:
        if sort == self.sort and direction is None:
            return sort, self.direction
        column = next((column for column in self.columns if column.key == sort and column.sortable), None)
        if (column is None and sort != self.sort) or direction not in {None, "asc", "desc"}:
            raise ValueError(sort)
        return sort, direction or (column.first if column else self.direction)


@dataclass(frozen=True)
class Listed(Generic[Row]):
    """One page of a list, as templates show it."""

    kind: Kind
    asked: Asked
    rows: Sequence[Row]
    more: bool
    options: Mapping[str, Iterable[str]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns, from the start of a row."""
        return self.kind.columns

    @property
    def sort(self) -> str:
        """Key of the column that it is sorted by."""
        return self.asked.sort

    @property
    def direction(self) -> str:
        """Either "asc" or "desc"."""
        return self.asked.direction

    @property
    def page(self) -> int:
        """Which page this is, from 1."""
        return self.asked.page

    @property
    def name(self) -> str:
        """The list's name, under which views are kept."""
        return self.kind.endpoint

    @property
    def query(self) -> str:
        """What differs from the list as it comes, as a query; empty: nothing."""
        return urlencode(self.kind.state(self.asked))

    @property
    def narrowed(self) -> bool:
        """Whether a filter leaves rows out, tabs aside."""
        tabs = {item.name for item in self.kind.filters if item.tabs}
        return bool(self.kind.state(self.asked).keys() - tabs - set(STATE))

    @property
    def hidden(self) -> dict[str, str]:
        """What a form of filters carries along: the tab and the order."""
        fields = {item.name for item in self.kind.filters if not item.tabs}
        return {name: value for name, value in self.kind.state(self.asked).items() if name not in fields}

    def url(self, **changes: Any) -> str:
        """Return this list's address with changes; None takes out. All changes but the page's lead to page 1."""
        state: dict[str, Any] = self.kind.state(self.asked)
        if changes.keys() <= {"page"}:
            state["page"] = self.page if self.page > 1 else None
        state |= changes
        if (state.get("sort"), state.get("direction")) == (self.kind.sort, self.kind.direction):
            state |= {"sort": None, "direction": None}
        defaults = {item.name: item.default for item in self.kind.filters} | {"page": 1}
        kept = {name: it for name, it in state.items() if it not in {None, ""} and it != defaults.get(name)}
        return url_for(self.kind.endpoint, **kept)

    def plain_address(self) -> str:
        """Return the address of the list as it comes."""
        return url_for(self.kind.endpoint)

    def plain_url(self) -> str:
        """Return the address of the whole list: the same tab and order, nothing left out."""
        fields = [item.name for item in self.kind.filters if not item.tabs]
        return self.url(**dict.fromkeys(fields))

    def sort_url(self, column: Column) -> str:
        """Return the address that sorts by a column, or turns its direction round."""
        if column.key != self.sort:
            return self.url(sort=column.key, direction=column.first)
        return self.url(sort=column.key, direction="asc" if self.direction == "desc" else "desc")

    def fields(self) -> list[tuple[Filter, str, list[tuple[str, str]]]]:
        """Return each filter that is a field: it, its value, and its choices as (value, words)."""
        return [
            (item, self.asked.value(item.name) or "", self._choices(item))
            for item in self.kind.filters
            if not item.tabs
        ]

    def tabs(self) -> list[tuple[str, str, bool]]:
        """Return (address, words, whether it is this one) of the filter that is shown as tabs."""
        item = next((item for item in self.kind.filters if item.tabs), None)
        if item is None:
            return []
        return [
            (self.url(**{item.name: value}), words, value == self.asked.value(item.name))
            for value, words in self._choices(item)
        ]

    def _choices(self, item: Filter) -> list[tuple[str, str]]:
        if not isinstance(item, Choice):
            return []
        values = self.options.get(item.name, item.values or ())
        return [(str(value), item.name_of(str(value))) for value in values]


def parsed(query: str) -> dict[str, str]:
    """Return the values of a query; the last of a name counts."""
    return dict(parse_qsl(query))


def chosen(name: str = "id") -> list[UUID]:
    """Return the ids that were chosen in a list, each once. Aborts with 404 for what is no id, or too many."""
    texts = request.form.getlist(name)
    if len(texts) > MOST_CHOSEN:
        abort(404)
    try:
        return list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError:
        abort(404)


def words(table: str) -> Callable[[str], str]:
    """Return what names a code in the reader's words, from a table of `gateway.web.words`."""
    from gateway.web.words import word

    return lambda code: word(code, table)


def _value(item: Filter, text: str | None) -> str | None:
    return item.read(text) if text else item.default
