"""A file as sheets of rows of text: `.xlsx`, `.xls` and `.csv` out of memory, bounded, nothing ever computed.

A formula gives the value that was last shown for it, and stands there as text where none was kept. Cells become
text as pyxform makes them text, so that both of us read the same form.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import xlrd
from openpyxl.utils import get_column_letter
from pyxform.xls2json_backends import is_empty, xls_value_to_unicode, xlsx_value_to_str

from flows.readers.xlsform.report import CHOICES, EXTERNAL, SETTINGS, SURVEY, Place, Remark, State

MAX_BYTES = 10 * 1024 * 1024  # of a file
MAX_INSIDE = 60 * 1024 * 1024  # bytes of a workbook once it is unpacked
MAX_PARTS = 2_000  # files in a workbook
MAX_ROWS = 20_000  # of one sheet
MAX_COLUMNS = 300
MAX_CELL = 32_767  # characters; a spreadsheet holds no more either
EMPTY_ROWS = 60  # in a row: the sheet is over (pyxform: get_excel_rows)
EMPTY_COLUMNS = 20
SHEETS = frozenset({SURVEY, CHOICES, SETTINGS, EXTERNAL})

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MERGED = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MOST_REMARKS = 50  # about merged cells and formulas: enough to see what is wrong
_SPACES = re.compile(r" +")
_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"})


class Unreadable(ValueError):
    """A file that is no form at all. The text says why, and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the headings: its number in the file, and its text by heading. Empty cells are not there."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: the letter of each heading's column, and the rows, empty ones left out."""

    name: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a form by their lower-case names, the names of all sheets, and what was odd."""

    sheets: Mapping[str, Sheet]
    names: tuple[str, ...] = ()
    remarks: tuple[tuple[Place, Remark], ...] = ()

    def sheet(self, name: str) -> Sheet:
        """A sheet, or an empty one."""
        return self.sheets.get(name) or Sheet(name, {}, ())


@dataclass(slots=True)
class _Notes:
    """What is odd in the cells of one sheet."""

    sheet: str
    letters: Mapping[str, str] = field(default_factory=dict)
    found: list[tuple[Place, Remark]] = field(default_factory=list)

    def note(self, row: int, heading: str, code: str, sentence: str, instead: str, *, refused: bool) -> None:
        state = State.REFUSED if refused else State.CHANGED
        letter = self.letters.get(heading, "")
        self.found.append((Place(self.sheet, row), Remark(state, code, sentence, letter, heading, instead)))


def read(data: bytes) -> Book:
    """The sheets of a file, told by its content.

    Raises:
        Unreadable: it is no spreadsheet, too large, protected or broken.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", f"The file has more than {MAX_BYTES // 1024 // 1024} megabytes.")
    if not data.strip():
        raise Unreadable("empty", "The file is empty.")
    try:
        if data.startswith(_ZIP):
            return _xlsx(data)
        return _xls(data) if data.startswith(_OLE) else _csv(data)
    except Unreadable:
        raise
    except Exception as error:  # The libraries raise whatever a broken file makes them meet.
        raise Unreadable(
            "broken",
            f"The file is broken and cannot be read ({type(error).__name__}). Save it again as .xlsx.",
        ) from error


def read_table(data: bytes) -> Sheet:
    """The first sheet of a file, or a CSV with headings in its first line: a list of choices beside a form.

    Raises:
        Unreadable: see `read`.
    """
    if not data.startswith((_ZIP, _OLE)):
        if len(data) > MAX_BYTES:
            raise Unreadable("too_large", "The file is too large.")
        try:
            rows = list(enumerate(csv.reader(io.StringIO(_decoded(data), newline="")), 1))
        except csv.Error as error:
            raise Unreadable("not_csv", "This is no table as text (CSV).") from error
        return _sheet(CHOICES, rows, _Notes(CHOICES), {})
    book = read(data)
    sheet = next(iter(book.sheets.values()), None)
    if sheet is None:
        raise Unreadable("no_sheet", "A file with a list holds one sheet only.")
    return sheet


# .xlsx


def _xlsx(data: bytes) -> Book:
    parts = _parts(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and page headers, which are nothing to us
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            names = tuple(sheet.title for sheet in book.worksheets)
            sheets: dict[str, Sheet] = {}
            found: list[tuple[Place, Remark]] = []
            for sheet in book.worksheets:
                key = _key(sheet.title, names)
                if key in SHEETS and key not in sheets:
                    content = parts.get(getattr(sheet, "_worksheet_path", "").lstrip("/"), b"")
                    formulas = _formulas(data, sheet.title) if b"<f" in content else {}
                    notes = _Notes(key)
                    sheets[key] = _sheet(key, _values(sheet), notes, formulas)
                    _note_merged(content, notes)
                    found += notes.found
        finally:
            book.close()
    return Book(sheets, names, tuple(found))


def _parts(data: bytes) -> dict[str, bytes]:
    """The worksheets' XML, once the archive is known to be small, whole and without entities of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.infolist()
            if len(inside) > MAX_PARTS or sum(item.file_size for item in inside) > MAX_INSIDE:
                raise Unreadable("too_large", "The workbook is too large once it is unpacked.")
            texts = {
                item.filename: archive.read(item)
                for item in inside
                if item.filename.endswith((".xml", ".rels"))
            }
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise Unreadable(
            "broken", "This is no Excel file (.xlsx), or it is damaged. Save it again."
        ) from error
    if "xl/workbook.xml" not in texts:
        raise Unreadable("not_xlsx", "This is no Excel file (.xlsx). Save the form as .xlsx, .xls or .csv.")
    if any(b"<!" in content[:4096].replace(b"\0", b"").replace(b"<!--", b"") for content in texts.values()):
        raise Unreadable("broken", "The workbook holds declarations that no spreadsheet program writes.")
    return {name: content for name, content in texts.items() if name.startswith("xl/worksheets/")}


def _key(title: str, names: Sequence[str]) -> str:
    """The sheet's name as we know it. A file of one sheet is its survey, whatever the sheet is called."""
    key = title.strip().lower()
    return SURVEY if len(names) == 1 and key not in SHEETS else key


def _values(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    return enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), 1)


def _formulas(data: bytes, title: str) -> dict[tuple[int, int], str]:
    """The formulas of one sheet as text, by row and column."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
    try:
        return {
            (number, column): str(cell.value)
            for number, row in zip(
                range(1, MAX_ROWS + 2), book[title].iter_rows(max_col=MAX_COLUMNS), strict=False
            )
            for column, cell in enumerate(row)
            if cell.data_type == "f"
        }
    finally:
        book.close()


def _note_merged(content: bytes, notes: _Notes) -> None:
    for match in _MERGED.findall(content)[:_MOST_REMARKS]:
        left, top, right, bottom = (part.decode() for part in match)
        sentence = f"The cells {left}{top} to {right}{bottom} are merged: only the first one holds the text."
        instead = "Undo the merge, and write the text into each row that needs it."
        row = int(top)
        notes.found.append(
            (Place(notes.sheet, row), Remark(State.CHANGED, "merged", sentence, left, "", instead))
        )


# .xls


def _xls(data: bytes) -> Book:
    try:
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), on_demand=True)
    except xlrd.XLRDError as error:
        sentence = "This Excel file is protected by a password, or damaged. Save it again without one."
        raise Unreadable("protected", sentence) from error
    names = tuple(book.sheet_names())
    sheets: dict[str, Sheet] = {}
    found: list[tuple[Place, Remark]] = []
    for title in names:
        key = _key(title, names)
        if key in SHEETS and key not in sheets:
            notes = _Notes(key)
            sheets[key] = _sheet(key, _xls_values(book, book.sheet_by_name(title)), notes, {})
            found += notes.found
    return Book(sheets, names, tuple(found))


def _xls_values(book: xlrd.Book, sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    for number in range(sheet.nrows):
        cells = sheet.row(number)[:MAX_COLUMNS]
        yield number + 1, [_xls_value(cell, book.datemode) for cell in cells]


def _xls_value(cell: Any, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    return "" if is_empty(cell.value) else xls_value_to_unicode(cell.value, cell.ctype, datemode)


# .csv


def _csv(data: bytes) -> Book:
    """Sheets one below the other: a line with the sheet's name in the first column, then headings, then rows."""
    text = _decoded(data)
    blocks: dict[str, list[tuple[int, Sequence[str]]]] = {}
    names: list[str] = []
    current: list[tuple[int, Sequence[str]]] | None = None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            first = row[0].strip() if row else ""
            if first:
                names.append(first)
                current = blocks.setdefault(first.lower(), [])
            if current is not None and any(cell.strip() for cell in row[1:]):
                current.append((reader.line_num, ["", *row[1 : MAX_COLUMNS + 1]]))
    except csv.Error as error:
        raise Unreadable("not_csv", f"Line {reader.line_num} is no line of a table as text (CSV).") from error
    if SURVEY not in blocks:
        sentence = (
            "As CSV, a form has the word “survey” alone in the first column of its first line, and the headings "
            "from the second column on in the line below. Or save the form as .xlsx."
        )
        raise Unreadable("not_csv", sentence)
    sheets, found = {}, []
    for key, rows in blocks.items():
        if key in SHEETS:
            notes = _Notes(key)
            sheets[key] = _sheet(key, rows, notes, {})
            found += notes.found
    return Book(sheets, tuple(names), tuple(found))


def _decoded(data: bytes) -> str:
    coding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as error:
        sentence = (
            "This is neither an Excel file nor a table as text in UTF-8. Save it as .xlsx or “CSV UTF-8”."
        )
        raise Unreadable("not_utf8", sentence) from error
    if "\0" in text:
        raise Unreadable("not_csv", "This is neither an Excel file nor a table as text (CSV).")
    return text


# Any table


def _sheet(
    name: str,
    rows: Iterable[tuple[int, Sequence[Any]]],
    notes: _Notes,
    formulas: Mapping[tuple[int, int], str],
) -> Sheet:
    """The headings and the rows below; the sheet is over after many empty rows."""
    headings: list[str] = []
    kept: list[Row] = []
    empty = 0
    for number, values in rows:
        if not headings:
            headings = _headings(values, number, notes)
            continue
        cells = _cells(headings, values, number, notes, formulas)
        empty = 0 if cells else empty + 1
        if empty > EMPTY_ROWS:
            break
        if cells:
            kept.append(Row(number, cells))
        if len(kept) > MAX_ROWS:
            raise Unreadable("too_large", f"The sheet “{name}” has more than {MAX_ROWS:,} rows.")
    return Sheet(name, notes.letters, tuple(kept))


def _headings(values: Sequence[Any], number: int, notes: _Notes) -> list[str]:
    """The headings with their spaces in order; "" where there is none, or where one comes a second time."""
    headings: list[str] = []
    letters: dict[str, str] = {}
    empty = 0
    for place, value in enumerate(values, 1):
        heading = "" if is_empty(value) else _SPACES.sub(" ", _text(value).strip())
        empty = 0 if heading else empty + 1
        if empty > EMPTY_COLUMNS:
            break
        if heading in letters:
            letter = get_column_letter(place)
            sentence = f"The heading “{heading}” stands twice; the column {letter} is not read."
            remark = Remark(
                State.REFUSED, "duplicate_heading", sentence, letter, heading, "Rename or remove one."
            )
            notes.found.append((Place(notes.sheet, number), remark))
            heading = ""
        headings.append(heading)
        if heading:
            letters[heading] = get_column_letter(place)
    notes.letters = letters
    return headings if letters else []


def _cells(
    headings: Sequence[str],
    values: Sequence[Any],
    number: int,
    notes: _Notes,
    formulas: Mapping[tuple[int, int], str],
) -> dict[str, str]:
    cells = {}
    for place, (heading, value) in enumerate(zip(headings, values, strict=False)):
        if not heading:
            continue
        formula = formulas.get((number, place)) if formulas else None
        if formula is not None:
            value = _shown(value, formula, number, heading, notes)  # noqa: PLW2901 - what the cell shows
        if value is None or is_empty(value):
            continue
        text = _text(value).strip()[:MAX_CELL]
        if text in _ERRORS:
            sentence = f"The cell shows {text}, an error of the spreadsheet."
            notes.note(number, heading, "cell_error", sentence, "Write the text itself.", refused=True)
            continue
        cells[heading] = text
    return cells


def _shown(value: Any, formula: str, number: int, heading: str, notes: _Notes) -> Any:
    """What a cell with a formula last showed; the formula's own text where that was not kept."""
    if len(notes.found) < _MOST_REMARKS:
        sentence = "The cell holds a formula. " + (
            "It was never computed, so its text is taken as it stands."
            if value is None
            else "What it last showed is taken."
        )
        notes.note(number, heading, "formula", sentence, "Write the text itself.", refused=False)
    return formula if value is None else value


def _text(value: Any) -> str:
    return str(xlsx_value_to_str(value))
