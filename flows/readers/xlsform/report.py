"""What becomes of each row of a form: mapped, mapped with a change, refused, or left out, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from flows.findings import Finding, Severity

SURVEY, CHOICES, SETTINGS, EXTERNAL = "survey", "choices", "settings", "external_choices"


class State(StrEnum):
    """What becomes of a row, from harmless to grave."""

    MAPPED = "mapped"
    CHANGED = "changed"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


_RANK = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One row of one sheet; rows count from 1 as the program that wrote the sheet shows them."""

    sheet: str
    row: int

    def __str__(self) -> str:
        return f"{self.sheet}:{self.row}"

    @staticmethod
    def of(text: str) -> Place:
        """The place that `str()` wrote.

        Raises:
            ValueError: it is none.
        """
        sheet, _, row = text.rpartition(":")
        if not sheet or not row.isascii() or not row.isdigit():
            raise ValueError(f"“{text[:40]}” is no row: write it like survey:12.")
        return Place(sheet, int(row))


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing said about a row.

    Attributes:
        column: its letter in the sheet, or "" for the whole row.
        heading: the column's heading.
        code: stable, for machines.
        sentence: what is the matter.
        instead: what to write instead, or "".
    """

    state: State
    code: str
    sentence: str
    column: str = ""
    heading: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the report: its place (None: the whole file), and its name and type as the form has them."""

    place: Place | None
    state: State
    name: str = ""
    kind: str = ""
    remarks: tuple[Remark, ...] = ()

    def findings(self) -> Iterable[Finding]:
        """The remarks as findings, with sheet, row and column in the sentence."""
        for remark in self.remarks:
            severity = Severity.ERROR if remark.state is State.REFUSED else Severity.WARNING
            said = " ".join(part for part in (remark.sentence, remark.instead) if part)
            where = self._where(remark)
            row = self.place.row if self.place else None
            yield Finding(severity, None, None, remark.code, f"{where}{said}", row)

    def _where(self, remark: Remark) -> str:
        if self.place is None:
            return ""
        column = f", column {remark.column} ({remark.heading})" if remark.column else ""
        return f"Sheet “{self.place.sheet}”, row {self.place.row}{column}: "


class Report:
    """Collects what is said about rows while a form is read."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._lines: dict[Place | None, tuple[str, str, list[Remark]]] = {}

    def begin(self, place: Place, *, name: str, kind: str) -> None:
        """A row that is looked at."""
        known = self._lines.get(place)
        self._lines[place] = (name, kind, known[2] if known else [])

    def note(self, place: Place | None, remark: Remark) -> None:
        """Say something about a row, once."""
        remarks = self._lines.setdefault(place, ("", "", []))[2]
        if remark not in remarks:
            remarks.append(remark)

    def refuses(self, place: Place | None) -> bool:
        """Whether something about this row is refused."""
        line = self._lines.get(place)
        return line is not None and any(remark.state is State.REFUSED for remark in line[2])

    def refuses_any(self) -> bool:
        """Whether anything is refused."""
        return any(map(self.refuses, self._lines))

    def silent(self) -> Report:
        """Another report that nobody reads: for what is said about a file as a whole."""
        return Report()

    def lines(self) -> tuple[Line, ...]:
        """Every line, the whole file first, then by sheet as they matter, and row."""
        order = {SETTINGS: 0, SURVEY: 1, CHOICES: 2}
        rows = [
            Line(place, _worst(remarks), name, kind, tuple(remarks))
            for place, (name, kind, remarks) in self._lines.items()
        ]
        return tuple(sorted(rows, key=lambda line: _key(line.place, order)))


def _key(place: Place | None, order: dict[str, int]) -> tuple[int, str, int]:
    return (-1, "", 0) if place is None else (order.get(place.sheet, 9), place.sheet, place.row)


def _worst(remarks: list[Remark]) -> State:
    return max((remark.state for remark in remarks), key=lambda state: _RANK[state], default=State.MAPPED)
