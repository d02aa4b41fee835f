"""What an expression may see: answers, the moment, the place in a repeat, and the flow's lists of choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Repeated(tuple[Any, ...]):
    """The values of a repeated question, one for each repetition: what ODK calls a node-set.

    Repeats inside repeats give `Repeated` values inside one another. A plain list or tuple is something else: the
    codes of one answer to a question with several choices.
    """

    __slots__ = ()


class Row(NamedTuple):
    """One option of a list.

    Attributes:
        code: the option's name.
        label: in the language of the conversation.
        columns: the other columns of its row.
    """

    code: str
    label: str
    columns: Mapping[str, str] = _NOTHING

    def column(self, name: str) -> str:
        """The cell of a column; "" where there is none. The code is called `name`, as in XLSForm."""
        if name == "name":
            return self.code
        return self.label if name == "label" else self.columns.get(name, "")


class ChoiceList:
    """A list of options in one language, ready to be looked up; thousands of rows are usual.

    Build it once for each list and language: it keeps an index for each column that is asked for.
    """

    __slots__ = ("_indexes", "rows")

    def __init__(self, rows: Iterable[Row]) -> None:
        """Take the rows in the order in which they are shown."""
        self.rows = tuple(rows)
        self._indexes: dict[str, dict[str, list[Row]]] = {}

    def where(self, column: str, value: str) -> Sequence[Row]:
        """The rows whose cell in the column is exactly this text, in their order."""
        index = self._indexes.get(column)
        if index is None:
            index = self._indexes[column] = {}
            for row in self.rows:
                index.setdefault(row.column(column), []).append(row)
        return index.get(value, ())

    def label(self, code: str) -> str:
        """The label of an option, or "" where the list has no such option."""
        return next((row.label for row in self.where("name", code)), "")


class Scope(NamedTuple):
    """Everything that an expression may read; only the first two are always there.

    Attributes:
        variables: what `${name}` means here: inside a repeat the present repetition's value, outside it a `Repeated`.
            The name of a repeat itself is a `Repeated` with one value for each repetition.
        now: the moment, in the zone of the operation.
        answer: what `.` means: the answer that is checked, or the present value of what is calculated.
        language: of the conversation, ISO 639-3; names of months and days are written in it.
        seed: for `random()`, `uuid()` and `randomize()`: the same for the whole run.
        key: what else their values rest on: the step and its place in repeats.
        lists: named lists of the flow, for `instance()` and `pulldata()`.
        options: the options of a question by the question's name, for `jr:choice-name()`.
        repeated: all values of each repeated question, wherever the conversation stands, for `indexed-repeat()`.
        places: the groups and repeats around the step, outermost first, each with the number of its present
            repetition from 1; a plain group has 1.
        row: the option that a choice filter looks at; its columns are bare names there.
    """

    variables: Mapping[str, Any]
    now: datetime
    answer: Any = ""
    language: str = "eng"
    seed: int = 0
    key: str = ""
    lists: Mapping[str, ChoiceList] = _NOTHING
    options: Mapping[str, ChoiceList] = _NOTHING
    repeated: Mapping[str, Repeated] = _NOTHING
    places: tuple[tuple[str, int], ...] = ()
    row: Row | None = None
