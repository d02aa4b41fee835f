"""Tables as sheets of a workbook: headings in their order, cells as text whatever they look like."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from flows.readers.xlsform.book import Row, Sheet
from flows.readers.xlsform.book import read as read_book
from flows.readers.xlsform.headings import COLUMN

_FORMULA = ("=", "+", "-", "@")  # a cell that begins so would be computed by some programs
_ORDER = (
    *("type", "list_name", "name", "label", "sms_label", "sms_code", "hint", "guidance_hint", "required"),
    *("required_message", "relevant", "constraint", "constraint_message", "choice_filter", "default"),
    *("calculation", "repeat_count", "appearance", "parameters", "audio", "image", "video"),
)
_PLACES = {COLUMN: len(_ORDER) + 1}
_LONGEST_SHEET = 31  # characters of a sheet's name


def table(name: str, rows: Iterable[Mapping[str, str]]) -> Sheet:
    """A table as it would be read from a file, rows counted from 2."""
    shown = [{heading: text for heading, cell in row.items() if (text := _shown(cell))} for row in rows]
    columns = dict.fromkeys(headings(shown), "")
    return Sheet(name, columns, tuple(Row(number, row) for number, row in enumerate(shown, 2)))


def headings(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """The headings as forms have them in turn, then those that mean nothing to us, ours last."""
    found = list(dict.fromkeys(heading for row in rows for heading in row))
    order = {kind: place for place, kind in enumerate(_ORDER)}
    return sorted(
        found, key=lambda heading: order.get(heading.split("::")[0], _PLACES.get(heading, len(order)))
    )


def lines(rows: Iterable[Mapping[str, str]]) -> Iterator[list[str]]:
    """The rows as cells under their headings."""
    kept = list(rows)
    order = headings(kept)
    for row in kept:
        yield [row.get(heading, "") for heading in order]


def write_sheet(book: openpyxl.Workbook, name: str, written: Iterable[list[str]]) -> None:
    """Add a sheet to a workbook that is written only."""
    sheet = book.create_sheet(name[:_LONGEST_SHEET])
    for line in written:
        sheet.append([_cell(sheet, text) for text in line])


def _shown(text: str) -> str:
    """The text as a cell holds it and gives it back."""
    return ILLEGAL_CHARACTERS_RE.sub("", text).replace("\xa0", " ").replace("\r", "").strip()


def _cell(sheet: Any, written: str) -> Any:
    """A cell of text. What looks like a formula is marked as text, so that no program computes it."""
    text = _shown(written)
    if not text.startswith(_FORMULA):
        return text or None
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def others(original: bytes | None) -> Iterator[tuple[str, list[list[str]]]]:
    """The sheets of the original that are no part of a form: plans of analysis, sampling frames, notes."""
    if original is None:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(original), read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError):
        return  # it came as .xls or .csv, which have no other sheets that we keep
    known = set(read_book(original).sheets)
    for sheet in book.worksheets:
        if sheet.title.strip().lower() not in known:
            yield (
                sheet.title,
                [["" if value is None else str(value) for value in row] for row in sheet.values],
            )
    book.close()
