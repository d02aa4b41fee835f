"""What pyxform, ODK's own converter, has against a form: its errors as remarks with sheet, row and column.

It stops at the first error. So that an author sees all at once, what it complains about is taken out of its sight,
and it is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import DefinitionData

from flows.readers.xlsform.book import Book, Row
from flows.readers.xlsform.form import Form
from flows.readers.xlsform.headings import COLUMN
from flows.readers.xlsform.report import CHOICES, EXTERNAL, SETTINGS, SURVEY, Place, Remark, State
from flows.readers.xlsform.types import Part, kind

MOST_ROUNDS = 25
_ROW = re.compile(r"\[row : (?P<row>\d+)\]\s*(?P<text>[^\n]*(?:\n(?!\[row)[^\n]*)*)")
_PLACE = re.compile(
    r"On the '(?P<sheet>[^']*)' sheet, (?:the '(?P<column>[^']*)' value[^.]*? is (?:invalid|problematic)\. )?"
)
_MORE = re.compile(r"\s*Learn more: \S+")
_MISSING = re.compile("Could not find the name '([^']*)'")
_LONGEST = 400  # characters of one of its sentences
_STANDS_FOR = {"type": "hidden"}  # a row that was taken out: its name stays, so that references to it hold


def check(form: Form, without: Collection[Place], brought: Collection[str]) -> None:
    """Add to the report what pyxform refuses and we have not said already.

    `brought`: names of questions that come with `or_other`; it makes them, and then does not know them.
    """
    sheets = {
        name: [row for row in form.book.sheet(name).rows if Place(name, row.number) not in without]
        for name in (SURVEY, CHOICES, EXTERNAL, SETTINGS)
    }
    sheets[SURVEY] = _without_blocks(form, sheets[SURVEY])
    hidden = {line.place for line in form.report.lines() if line.place and form.report.refuses(line.place)}
    for _ in range(MOST_ROUNDS):
        fault = _fault(form.book, {name: _seen(name, rows, hidden) for name, rows in sheets.items()})
        if fault is None:
            return
        places = _note(form, fault, sheets, hidden, brought)
        if not places:
            return
        hidden |= places


def _fault(book: Book, sheets: Mapping[str, list[Mapping[str, str]]]) -> str | None:
    """What pyxform says about these rows, or None."""
    data = DefinitionData(
        survey=sheets[SURVEY],
        survey_header=[dict.fromkeys(book.sheet(SURVEY).columns)],
        choices=sheets[CHOICES],
        choices_header=[dict.fromkeys(book.sheet(CHOICES).columns)],
        external_choices=sheets[EXTERNAL],
        external_choices_header=[dict.fromkeys(book.sheet(EXTERNAL).columns)],
        settings=sheets[SETTINGS][:1],
        settings_header=[dict.fromkeys(book.sheet(SETTINGS).columns)],
        sheet_names=list(book.names),
    )
    try:
        workbook_to_json(data, form_name="data", fallback_form_name="form", warnings=[])
    except PyXFormError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever its thousands of lines meet in a broken form
        return f"ODK's converter cannot understand this form ({type(error).__name__})."
    return None


def _note(
    form: Form, fault: str, sheets: Mapping[str, list[Row]], hidden: set[Place], brought: Collection[str]
) -> set[Place]:
    """Say what pyxform said; returns the rows that it complained about and that can be taken out of its sight."""
    places = set()
    for match in _ROW.finditer(fault):
        where = _PLACE.match(match["text"])
        sheet = where["sheet"] if where and where["sheet"] in sheets else SURVEY
        place = _place(sheet, int(match["row"]), sheets)
        if place is None or place in hidden:
            continue
        sentence = _MORE.sub("", match["text"][where.end() if where else 0 :]).strip()[:_LONGEST]
        missing = _MISSING.search(sentence)
        if missing is None or missing[1] not in brought:
            _remark(form, place, sentence, column=where["column"] if where else None)
        places.add(place)
    if not places and not hidden:
        form.report.note(None, Remark(State.REFUSED, "odk", _MORE.sub("", fault).strip()[:_LONGEST]))
    return places


def _remark(form: Form, place: Place, sentence: str, *, column: str | None) -> None:
    row = next(row for row in form.book.sheet(place.sheet).rows if row.number == place.row)
    cells = form.cells(place.sheet, row)
    form.report.begin(place, name=cells.value("name"), kind=cells.value("type") or cells.value("list_name"))
    form.remark(cells, State.REFUSED, "odk", sentence, kind=(column or "").split("::")[0])


def _place(sheet: str, number: int, sheets: Mapping[str, list[Row]]) -> Place | None:
    """Its rows are counted in the list it was given, from 2."""
    rows = sheets[sheet]
    return Place(sheet, rows[number - 2].number) if 0 <= number - 2 < len(rows) else None


def _seen(sheet: str, rows: Iterable[Row], hidden: Collection[Place]) -> list[Mapping[str, str]]:
    return [_stand_in(row) if Place(sheet, row.number) in hidden else _theirs(row) for row in rows]


def _theirs(row: Row) -> dict[str, str]:
    """The row without the column that is ours alone."""
    return {heading: text for heading, text in row.cells.items() if heading != COLUMN}


def _stand_in(row: Row) -> dict[str, str]:
    """A row that was refused: blocks stay blocks, a question leaves its name, a choice goes."""
    written = row.cells.get("type", "")
    if kind(written).part in {Part.GROUP, Part.REPEAT, Part.END}:
        return {name: text for name, text in row.cells.items() if name in {"type", "name"}}
    name = row.cells.get("name", "")
    return {**_STANDS_FOR, "name": name} if written and re.fullmatch(r"[A-Za-z_][\w.-]*", name) else {}


def _without_blocks(form: Form, rows: list[Row]) -> list[Row]:
    """The rows but for those of blocks that are not in the flow."""
    gone = {line.place for line in form.report.lines() if line.state is State.LEFT_OUT}
    return [row for row in rows if Place(SURVEY, row.number) not in gone]
