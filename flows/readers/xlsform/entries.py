"""The rows of the survey sheet in their blocks, each with a name that is free in a flow, before any is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from flows.definition import END
from flows.readers.xlsform.form import LONGEST_NAME, NAME, Cells, Form
from flows.readers.xlsform.headings import COLUMN, FIELD
from flows.readers.xlsform.report import SURVEY, Place, State
from flows.readers.xlsform.types import Kind, Part, kind

YES = frozenset({"yes", "true", "true()", "1"})
NO = frozenset({"no", "false", "false()", "0", ""})
DEEPEST = 10  # groups inside groups


@dataclass(eq=False, slots=True)
class Entry:
    """One row that becomes something, and the rows inside where it opens a group.

    Attributes:
        written: the name as the form has it, which `${…}` uses.
        name: the step's name.
    """

    cells: Cells
    kind: Kind
    written: str
    name: str = ""
    inside: list[Entry] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """The row."""
        return self.cells.place


@dataclass(slots=True)
class Outline:
    """The entries as a tree, and what became of the names.

    Attributes:
        names: written name -> step's name, of all that is in the flow.
        repeated: written names that several rows have: places.
        gone: written names of rows that are refused or left out: places.
        fields: facts about the contact, which stand as rows so that other programs know their names.
    """

    entries: list[Entry] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, list[Place]] = field(default_factory=dict)
    gone: dict[str, Place] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)


def every(entries: Iterable[Entry]) -> Iterator[Entry]:
    """All entries in their order, those inside groups too."""
    for entry in entries:
        yield entry
        yield from every(entry.inside)


def outline(form: Form, without: Collection[Place]) -> Outline:
    """The survey's rows as a tree; refused rows and those that are left out are not in it."""
    found = _Blocks(form, without).read()
    _name(form, found)
    return found


class _Blocks:
    """Goes through the rows once, with a stack of open blocks."""

    def __init__(self, form: Form, without: Collection[Place]) -> None:
        self._form = form
        self._without = without
        self._found = Outline()
        self._open: list[Entry] = []
        self._skipped: list[
            str
        ] = []  # kinds of open blocks that are not in the flow, with all that is inside

    def read(self) -> Outline:
        for row in self._form.book.sheet(SURVEY).rows:
            cells = self._form.cells(SURVEY, row)
            written = cells.value("type")
            if not written and not cells.value("name") and not cells.worded("label"):
                continue  # a comment
            self._row(cells, written)
        for entry in self._open:
            sentence = f"The block “{entry.written}” begins here and never ends."
            self._refuse(
                entry.cells, "never_ends", sentence, "Add a row “end_group” or “end_repeat”.", kind="type"
            )
        return self._found

    def _row(self, cells: Cells, written: str) -> None:
        name = cells.value("name")
        found = kind(written, appearance=cells.value("appearance"), parameters=cells.value("parameters"))
        self._form.report.begin(cells.place, name=name, kind=written)
        if self._skipped:
            self._skip(cells, found, written, name)
        elif cells.value(COLUMN) == FIELD and name:
            self._found.fields.append(name)
        elif cells.place in self._without or cells.value("disabled").lower() in YES - {"1"}:
            self._leave_out(cells, found, written, name)
        elif not written:
            self._refuse(cells, "missing_type", "The row has no type.", "Write what kind of question it is.")
        elif found.part is Part.REFUSED:
            self._refuse(cells, found.code, found.why, found.instead, kind="type")
            self._found.gone.setdefault(name, cells.place)
            if found.block:
                self._skipped.append(found.block)
        else:
            self._take(cells, found, written, name)

    def _skip(self, cells: Cells, found: Kind, written: str, name: str) -> None:
        """A row inside a block that is not in the flow."""
        word = _bare(written)
        if found.part in {Part.GROUP, Part.REPEAT} or found.block:
            self._skipped.append(found.block or word.removeprefix("begin "))
        elif word.startswith("end ") and word != "end time":
            self._skipped.pop()
        self._form.remark(cells, State.LEFT_OUT, "inside", "It belongs to a block that is left out.")
        self._found.gone.setdefault(name, cells.place)

    def _leave_out(self, cells: Cells, found: Kind, written: str, name: str) -> None:
        self._form.remark(cells, State.LEFT_OUT, "left_out", "The row is left out.")
        self._found.gone.setdefault(name, cells.place)
        if found.part in {Part.GROUP, Part.REPEAT} or found.block:
            self._skipped.append(found.block or _bare(written).removeprefix("begin "))

    def _take(self, cells: Cells, found: Kind, written: str, name: str) -> None:
        if found.part is Part.END:
            self._close(cells, written)
            return
        entry = Entry(cells, found, name)
        if not name and found.part not in {Part.SAY, Part.GROUP}:
            sentence = "The row has no name, so its answer could not be kept."
            self._refuse(cells, "missing_name", sentence, "Write a short name without spaces.", kind="name")
            return
        (self._open[-1].inside if self._open else self._found.entries).append(entry)
        if found.part in {Part.GROUP, Part.REPEAT}:
            if len(self._open) >= DEEPEST:
                sentence = f"More than {DEEPEST} groups are inside one another."
                self._refuse(cells, "too_deep", sentence, "Take some of the groups away.", kind="type")
            self._open.append(entry)

    def _close(self, cells: Cells, written: str) -> None:
        repeat = "repeat" in written.lower() or "looped" in written.lower()
        if not self._open:
            sentence = "It ends a block that never began."
            self._refuse(
                cells, "never_began", sentence, "Remove the row, or add the row that begins it.", kind="type"
            )
            return
        opened = self._open.pop()
        if (opened.kind.part is Part.REPEAT) is not repeat:
            kind_of = "repeat" if opened.kind.part is Part.REPEAT else "group"
            sentence = f"Row {opened.place.row} began the {kind_of} “{opened.written}”, and this ends something else."
            self._refuse(cells, "wrong_end", sentence, f"Write “end_{kind_of}”.", kind="type")

    def _refuse(self, cells: Cells, code: str, sentence: str, instead: str, *, kind: str = "") -> None:
        self._form.remark(cells, State.REFUSED, code, sentence, kind=kind, instead=instead)


def _bare(written: str) -> str:
    return " ".join(written.replace("_", " ").lower().split())


# Names


def _name(form: Form, found: Outline) -> None:
    """Give every entry a name of its own: questions first, so that groups and notes make way for them."""
    entries = list(every(found.entries))
    _note_repeated(form, found, entries)
    order = {Part.SAY: 1, Part.GROUP: 2}
    taken: set[str] = {END}
    for entry in sorted(entries, key=lambda entry: order.get(entry.kind.part, 0)):
        entry.name = _free(entry, taken)
        taken.add(entry.name)
        if entry.name != entry.written:
            _note_renamed(form, entry)
    for entry in sorted(entries, key=lambda entry: order.get(entry.kind.part, 0), reverse=True):
        if entry.written:
            found.names[entry.written] = entry.name


def _note_repeated(form: Form, found: Outline, entries: list[Entry]) -> None:
    """A name may come again in another group, as long as nothing refers to it; in one group it may not."""
    by_name: dict[str, list[Place]] = {}
    for entry in entries:
        if entry.written and entry.kind.part not in {Part.GROUP, Part.SAY}:
            by_name.setdefault(entry.written, []).append(entry.place)
    found.repeated = {name: places for name, places in by_name.items() if len(places) > 1}
    for siblings in [found.entries, *(entry.inside for entry in entries if entry.inside)]:
        seen: dict[str, Place] = {}
        for entry in siblings:
            first = seen.setdefault(entry.written, entry.place)
            if entry.written and first != entry.place:
                sentence = f"The name “{entry.written}” is taken by row {first.row}."
                form.remark(
                    entry.cells,
                    State.REFUSED,
                    "duplicate_name",
                    sentence,
                    kind="name",
                    instead="Give it another name.",
                )


def _free(entry: Entry, taken: Collection[str]) -> str:
    """A name that a step may have and no other has."""
    bare = re.sub(r"[^A-Za-z0-9_]+", "_", entry.written)[:LONGEST_NAME]
    wish = bare if NAME.fullmatch(bare) else f"q_{bare}"[:LONGEST_NAME]
    if not entry.written:
        wish = f"{'group' if entry.kind.part is Part.GROUP else 'note'}_{entry.place.row}"
    if wish == END and entry.kind.part is Part.META:
        wish = "end_time"
    tail = "_group" if entry.kind.part is Part.GROUP else "_note" if entry.kind.part is Part.SAY else ""
    for number in range(1, len(taken) + 3):
        ending = "" if number == 1 else tail + ("" if tail and number == 2 else f"_{number}")  # noqa: PLR2004
        name = wish[: LONGEST_NAME - len(ending)] + ending
        if name not in taken:
            return name
    raise AssertionError  # one of so many names is always free


def _note_renamed(form: Form, entry: Entry) -> None:
    sentence = f"It is called “{entry.name}” here" + (
        ": it had no name." if not entry.written else ", and so is every reference to it."
    )
    form.remark(entry.cells, State.CHANGED, "renamed", sentence, kind="name")
