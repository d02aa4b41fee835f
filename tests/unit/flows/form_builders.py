"""Forms as files, out of small tables in text: `| type | name |` lines, the first one the headings."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

import openpyxl

from flows.readers import xlsform
from flows.readers.xlsform import Import


def table(text: str) -> list[list[str]]:
    """The cells of a table in text; `\\n` in a cell is a line break."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return [[cell.strip().replace("\\n", "\n") for cell in line.strip("|").split("|")] for line in lines]


def workbook(
    survey: str, choices: str = "", settings: Mapping[str, str] | None = None, **others: list[list[object]]
) -> bytes:
    """An .xlsx file of these sheets."""
    sheets = {"survey": table(survey), "choices": table(choices) if choices else []}
    if settings:
        sheets["settings"] = [list(settings), list(settings.values())]
    return saved({**sheets, **others})


def saved(sheets: Mapping[str, list[list[object]]]) -> bytes:
    """An .xlsx file of these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        if rows:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append([cell if cell != "" else None for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def csv_form(survey: str, choices: str = "") -> bytes:
    """The same as one CSV file."""
    lines = []
    for name, text in (("survey", survey), ("choices", choices)):
        lines.append(f"{name},")
        lines += ["," + ",".join(f'"{cell}"' for cell in row) for row in table(text)] if text else []
    return "\n".join(lines).encode()


def read(survey: str, choices: str = "", settings: Mapping[str, str] | None = None, **more: object) -> Import:
    """What a form of these tables comes to."""
    return xlsform.read(workbook(survey, choices, settings), "form.xlsx", **more)


def said(found: Import) -> list[tuple[str, str, str]]:
    """What was said: (sheet:row, column, code), but for what is only good to know."""
    return [
        (str(line.place or ""), remark.column, remark.code)
        for line in found.lines
        for remark in line.remarks
        if remark.state is not xlsform.State.MAPPED
    ]


def refused(found: Import) -> list[tuple[str, str, str]]:
    """What keeps the form from being taken: (sheet:row, column, code)."""
    return [
        (str(line.place or ""), remark.column, remark.code)
        for line in found.lines
        for remark in line.remarks
        if remark.state is xlsform.State.REFUSED
    ]


def old_workbook(**sheets: str) -> bytes:
    """An .xls file of text cells (BIFF8 in a compound document), as programs wrote it before 2007."""
    stream = _biff({name: table(text) for name, text in sheets.items()})
    return _compound(stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0"))


def _biff(sheets: Mapping[str, list[list[str]]]) -> bytes:
    ends = [_record(0x0A, b"")]
    bodies = [
        b"".join(
            [
                _bof(0x10),
                *(_label(y, x, cell) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell),
                *ends,
            ]
        )
        for rows in sheets.values()
    ]
    heads = [_bof(0x05), _record(0x42, struct.pack("<H", 1200))]
    size = sum(map(len, heads)) + sum(len(_boundsheet(0, name)) for name in sheets) + len(ends[0])
    places = [size + sum(map(len, bodies[:number])) for number in range(len(bodies))]
    return b"".join(
        [
            *heads,
            *(_boundsheet(place, name) for place, name in zip(places, sheets, strict=True)),
            *ends,
            *bodies,
        ]
    )


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def _bof(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 1997, 0, 6))


def _boundsheet(place: int, name: str) -> bytes:
    return _record(0x85, struct.pack("<IBBBB", place, 0, 0, len(name), 1) + name.encode("utf-16-le"))


def _label(row: int, column: int, text: str) -> bytes:
    return _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def _compound(stream: bytes) -> bytes:
    """One stream “Workbook”: a sector of allocations, one of names, then the stream."""
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table_of_sectors = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    names = _entry("Root Entry", 5, child=1, start=0xFFFFFFFE, size=0) + _entry(
        "Workbook", 2, child=0xFFFFFFFF, start=2, size=len(stream)
    )
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + b"\0" * 6
    )
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    return head.ljust(512, b"\xff") + table_of_sectors + names.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    head = written.ljust(64, b"\0") + struct.pack(
        "<HBBIII", len(written), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child
    )
    return head + b"\0" * 36 + struct.pack("<III", start, size, 0)
