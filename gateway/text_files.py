"""Translations as files: PO for translators' programs, XLSX for everybody else. Pure: bytes in, rows out, and back.

Each row carries the digest of the translation as it was when the file was made. Whoever reads the file back can tell
a translation that was changed in the file from one that was changed in the house meanwhile, and from both.

Nothing in a cell is a formula: what begins with "=" is written as text, exactly as it stands. No name of a person is in
a file, and no address.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from flows.languages import LANGUAGES
from gateway import i18n

LARGEST = 8 * 1024 * 1024  # bytes of a file
LARGEST_INSIDE = 80 * 1024 * 1024  # bytes of a workbook once it is unpacked
MOST_ROWS = 50_000
LONGEST_CELL = 32_000  # characters; a cell of a spreadsheet holds 32,767
DIGEST = 16  # hexadecimal digits
BASE = "paigham-base:"  # stands before the digest in a PO file's comments
ZIP = b"PK\x03\x04"

HEADINGS = ("id", "source", "translation", "status", "notes", "base")
_WIDTHS = {"A": 34, "B": 60, "C": 60, "D": 14, "E": 44, "F": 20}


class Unreadable(ValueError):
    """A file that holds no translations. `code` says why, `row` where."""

    def __init__(self, code: str, *, row: int | None = None) -> None:
        super().__init__(code if row is None else f"{code} in row {row}")
        self.code = code
        self.row = row


@dataclass(frozen=True, slots=True)
class Row:
    """One text of a file. `place`: its row or line, from 1; `base`: digest of the translation when it was exported."""

    place: int
    id: str
    source: str
    target: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One text on its way out. `before`: the source as it was when it was translated, where it has changed since."""

    id: str
    source: str
    target: str
    status: str
    notes: tuple[str, ...] = ()
    before: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What belongs together: one flow in one language."""

    flow: str
    language: str
    entries: Sequence[Entry]


def digest_of(text: str) -> str:
    """Return a short hash of a wording; of none, nothing."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST] if text else ""


def clean(text: str) -> str:
    """Return a wording as it is compared and kept: composed, with plain line ends, no space around it.

    Joiners and marks of direction stay: they are spelling, or somebody must look at them.
    """
    plain = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", plain.encode("utf-8", "replace").decode("utf-8")).strip()


# --- PO


def to_po(sheet: Sheet) -> bytes:
    """Write one language as a PO file: the id as context, what to know as comments, what is stale as fuzzy."""
    locale = i18n.locale_of(sheet.language)
    catalog = Catalog(locale=locale, project=sheet.flow, version=sheet.language, fuzzy=False)
    catalog.header_comment = f"# {sheet.flow}, {LANGUAGES[sheet.language].name}."
    for entry in sheet.entries:
        catalog.add(
            entry.source,
            entry.target,
            context=entry.id,
            auto_comments=[*entry.notes, entry.status, f"{BASE} {digest_of(entry.target) or '-'}"],
            previous_id=[entry.before] if entry.before else [],
            flags=["fuzzy"] if entry.before else [],
        )
    written = io.BytesIO()
    write_po(written, catalog, width=0, include_previous=True)
    head, gap, rest = written.getvalue().partition(b"\n\n")
    return _NOBODY.sub(b"", head) + gap + rest


# Dates and people that the writer makes up: the same texts give the same file, and no name is in it.
_NOBODY = re.compile(
    rb'^"(?:Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team):[^\n]*"\n',
    re.MULTILINE,
)


def from_po(data: bytes, *, flow: str, language: str) -> list[Row]:
    """Read a PO file of a flow in a language.

    Raises:
        Unreadable: it is none, or it is of another flow or language.
    """
    _check_size(data)
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8") from None
    try:
        catalog = read_po(io.StringIO(_without_header(text)), abort_invalid=True)
    except PoFileError as error:
        raise Unreadable("not_po", row=_line_of(error)) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Unreadable("not_po") from None
    _check_header(text.partition("\n\n")[0], flow, language)
    messages = [message for message in catalog if message.id and message.context]
    if not messages:
        raise Unreadable("no_rows")
    return [_row(message) for message in messages[:MOST_ROWS]]


# Only our own line of the header is looked at: what it says of plurals and zones is nothing to a flow's texts, and
# a wrong one would stop the reader.
_HEADER_LINE = re.compile(r'^"(?!Content-Type)[A-Za-z-]+:[^"\n]*"\s*$', re.MULTILINE)
_PROJECT = re.compile(r'^"Project-Id-Version: (\S+) (\S+?)\\n"\s*$', re.MULTILINE)


def _without_header(text: str) -> str:
    """The file with what its header says taken out: the header is the first entry, and the one that has no msgid."""
    head, gap, rest = text.partition("\n\n")
    if "msgctxt" in head or _IS_HEADER.search(head) is None:
        return text
    return _HEADER_LINE.sub("", head) + gap + rest


_IS_HEADER = re.compile(r'^msgid ""\nmsgstr ""$', re.MULTILINE)


def _check_header(head: str, flow: str, language: str) -> None:
    found = _PROJECT.search(head)
    if found is not None and found[1] != flow:
        raise Unreadable("other_flow")
    if found is not None and found[2] != language:
        raise Unreadable("other_language")


def _row(message: Message) -> Row:
    target = message.string if isinstance(message.string, str) else "".join(message.string or ())
    source = message.id if isinstance(message.id, str) else message.id[0]
    noted = (
        comment.removeprefix(BASE).strip() for comment in message.auto_comments if comment.startswith(BASE)
    )
    return Row(
        message.lineno or 0,
        clean(str(message.context)),
        clean(source),
        clean(target),
        next(noted, ""),
    )


def _line_of(error: PoFileError) -> int | None:
    line = getattr(error, "lineno", None)
    return line + 1 if isinstance(line, int) else None


# --- XLSX


def to_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """Write languages as a workbook, one sheet for each, in the direction of its language."""
    book = Workbook()
    for name in book.sheetnames:
        del book[name]
    for sheet in sheets:
        _fill(book.create_sheet(sheet.language), sheet)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _fill(page: Worksheet, sheet: Sheet) -> None:
    for column, width in _WIDTHS.items():
        page.column_dimensions[column].width = width
    page.freeze_panes = "C2"
    page.append(HEADINGS)
    for cell in page[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E0EFEC")
    right = LANGUAGES[sheet.language].direction == "rtl"
    page.sheet_view.rightToLeft = right
    for place, entry in enumerate(sheet.entries, 2):
        base = digest_of(entry.target) or "-"
        values = (entry.id, entry.source, entry.target, entry.status, "\n".join(entry.notes), base)
        for at, value in enumerate(values, 1):
            _write(page, place, at, value, right=right and at == _TARGET)


_TARGET = HEADINGS.index("translation") + 1
_RIGHT_TO_LEFT, _LEFT_TO_RIGHT = 2, 1  # how a spreadsheet calls the order in which a cell is read


def _write(page: Worksheet, row: int, column: int, value: str, *, right: bool) -> None:
    cell = page.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL]
    cell.data_type = "s"  # Text, whatever it begins with.
    cell.quotePrefix = True  # And it stays text when somebody edits it.
    order = _RIGHT_TO_LEFT if right else _LEFT_TO_RIGHT
    cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=order)


def from_xlsx(data: bytes, *, language: str) -> list[Row]:
    """Read one language's sheet of a workbook; the only sheet there is where none has the language's name.

    Raises:
        Unreadable: it is no workbook, or has no such sheet, or the sheet has not our headings.
    """
    _check_size(data)
    _check_zip(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            return list(_rows(_values(_sheet_of(book, language))))
        finally:
            book.close()
    except Unreadable:
        raise
    except _BROKEN:
        raise Unreadable("not_xlsx") from None


# What openpyxl raises on files that are no workbooks: it reads them without checking them first.
_BROKEN = (
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, SyntaxError),
    *(RuntimeError, NotImplementedError, OverflowError, zipfile.BadZipFile, zlib.error, InvalidFileException),
)


def _sheet_of(book: Any, language: str) -> Any:
    if language in book.sheetnames:
        return book[language]
    known = [name for name in book.sheetnames if name in LANGUAGES]
    if known or len(book.sheetnames) != 1:
        raise Unreadable("other_language")
    return book[book.sheetnames[0]]


def _values(page: Any) -> Iterator[list[str]]:
    for place, row in enumerate(page.iter_rows(max_col=30, values_only=True)):
        if place > MOST_ROWS:
            raise Unreadable("too_many_rows")
        yield ["" if value is None else str(value)[:LONGEST_CELL] for value in row]


def _rows(values: Iterator[list[str]]) -> Iterator[Row]:
    head = [clean(value).casefold() for value in next(values, [])]
    if not {"id", "translation"} <= set(head):
        raise Unreadable("no_headings")
    columns = {name: head.index(name) for name in HEADINGS if name in head}
    found = False
    for place, row in enumerate(values, 2):
        cells = {name: clean(row[at]) if at < len(row) else "" for name, at in columns.items()}
        if cells["id"]:
            found = True
            yield _from_cells(place, cells)
    if not found:
        raise Unreadable("no_rows")


def _from_cells(place: int, cells: Mapping[str, str]) -> Row:
    return Row(place, cells["id"], cells.get("source", ""), cells["translation"], cells.get("base", ""))


def read(data: bytes, *, flow: str, language: str) -> list[Row]:
    """Read a file of either kind, told by its content. Raises Unreadable."""
    if not data.strip():
        raise Unreadable("empty")
    if data.startswith(ZIP):
        return from_xlsx(data, language=language)
    return from_po(data, flow=flow, language=language)


def _check_size(data: bytes) -> None:
    if len(data) > LARGEST:
        raise Unreadable("too_large")


def _check_zip(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        raise Unreadable("not_xlsx") from None
    if inside > LARGEST_INSIDE:
        raise Unreadable("too_large")
