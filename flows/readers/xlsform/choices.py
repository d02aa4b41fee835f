"""The sheet of choices, and lists in files beside the form -> named lists of options."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flows.definition import Option, Text
from flows.readers.common import CODE
from flows.readers.xlsform.book import MAX_BYTES, MAX_ROWS, Book, Row, Sheet, Unreadable, read_table
from flows.readers.xlsform.form import LONGEST_NAME, Cells, Form
from flows.readers.xlsform.headings import MEDIA
from flows.readers.xlsform.report import CHOICES, EXTERNAL, Place, Remark, State
from flows.readers.xlsform.wording import text as in_order

_NO_CODE = re.compile(r"[^A-Za-z0-9_.\-]+")
MOST_NUMBER = 20_000  # as the reader of flows takes
ORIGINAL = "label"  # the column of a file that holds the words, unless the form names another


@dataclass(slots=True)
class Lists:
    """The lists of a form.

    Attributes:
        options: by the list's name in the flow.
        columns: the further columns that some option of the list has.
        files: file's name as the form writes it -> its list.
    """

    options: dict[str, tuple[Option, ...]] = field(default_factory=dict)
    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


class _List:
    """One list while its rows come in."""

    def __init__(self) -> None:
        self.options: list[Option] = []
        self.rows: dict[str, int] = {}
        self.codes: set[str] = set()
        self.numbers: set[int] = set()

    def number(self, wanted: str) -> int | None:
        """The number that an SMS shows: the form's own, or the next one."""
        if not wanted:
            return max(self.numbers, default=0) + 1
        found = int(wanted) if wanted.isdecimal() and len(wanted) <= len(str(MOST_NUMBER)) else 0
        return found if 0 < found <= MOST_NUMBER and found not in self.numbers else None


def lists(form: Form, without: Collection[Place]) -> Lists:
    """The lists of the sheet “choices”, and of the old sheet “external_choices”."""
    found: dict[str, _List] = {}
    twice = form.settings.get("allow_choice_duplicates", "").lower() in {"yes", "true"}
    for sheet in (CHOICES, EXTERNAL):
        for row in form.book.sheet(sheet).rows:
            cells = form.cells(sheet, row)
            if not cells.value("list_name"):
                continue  # a comment, as pyxform sees it
            form.report.begin(cells.place, name=cells.value("name"), kind=cells.value("list_name"))
            if cells.place in without:
                form.remark(cells, State.LEFT_OUT, "left_out", "The choice is left out.")
            else:
                _take(
                    form,
                    cells,
                    found.setdefault(form.list_name(cells.value("list_name")), _List()),
                    twice=twice,
                )
    made = {
        name: tuple(_follow(form, option) for option in rows.options)
        for name, rows in found.items()
        if rows.options
    }
    return Lists(made, {name: _columns(options) for name, options in made.items()})


def _take(form: Form, cells: Cells, rows: _List, *, twice: bool) -> None:
    written = cells.value("name")
    fault = _fault(written, rows, twice=twice)
    if fault is not None:
        form.remark(cells, State.REFUSED, fault[0], fault[1], kind="name", instead=fault[2])
        return
    number = rows.number(cells.value("sms_code"))
    if number is None:
        sentence = f"“{cells.value('sms_code')}” is no number, or another choice of the list has it."
        form.remark(
            cells, State.REFUSED, "bad_number", sentence, kind="sms_code", instead="Write another number."
        )
        return
    name = _code(form, cells, rows, written)
    rows.rows.setdefault(written, cells.place.row)
    rows.codes.add(name)
    rows.numbers.add(number)
    rows.options.append(_option(form, cells, name, number))


def _fault(name: str, rows: _List, *, twice: bool) -> tuple[str, str, str] | None:
    """Why a choice cannot be taken: code, sentence, what to write instead."""
    if not name:
        return "missing_name", "The choice has no name, so it could not be kept.", "Write a short name."
    if name in rows.rows and not twice:
        sentence = f"The list has “{name[:40]}” already, in row {rows.rows[name]}."
        return "duplicate_choice", sentence, "Give it another name, or leave the row out."
    return None


def _code(form: Form, cells: Cells, rows: _List, written: str) -> str:
    """The name under which the choice is kept: without spaces, because several chosen names stand with spaces."""
    if CODE.fullmatch(written):
        return written
    if form.code_of(written) != written:
        return form.code_of(written)
    wish = _NO_CODE.sub("_", written)[: LONGEST_NAME - 4].strip("_") or f"choice_{cells.place.row}"
    wish = wish if CODE.fullmatch(wish) else f"_{wish}"
    code = next(
        name for name in (wish, *(f"{wish}_{number}" for number in range(2, 999))) if name not in rows.codes
    )
    form.recode(written, code)
    sentence = f"It is kept as “{code}”; conditions and filters that name it follow."
    form.remark(cells, State.CHANGED, "recoded", sentence, kind="name")
    return code


def _option(form: Form, cells: Cells, name: str, number: int) -> Option:
    listed = form.list_name(cells.value("list_name"))
    ident = f"{form.code}.list.{listed}.{name}"
    label = form.text(cells, "label", ident)
    if label is None:
        sentence = "The choice has no label: its name is shown."
        form.remark(cells, State.CHANGED, "no_label", sentence, kind="label", instead="Write its label.")
        label = Text(ident, {form.source: name})
    kinds = [kind for kind in MEDIA if cells.worded(kind)]
    rest = {heading: text for kind in kinds[1:] for heading, text in cells.others(kind).items()}
    media = form.media(cells, kinds[0]) if kinds else {}
    columns = {**cells.others(), **rest}
    if name != cells.value("name"):
        columns["original_name"] = cells.value("name")
    return Option(name, number, label, columns=columns, media=media)


def _follow(form: Form, option: Option) -> Option:
    """Columns that name a choice of another list follow its new name; the old one is kept where it was its own."""
    if not any(form.code_of(text) != text for text in option.columns.values()):
        return option
    columns = {
        name: text if name == "original_name" else form.code_of(text) for name, text in option.columns.items()
    }
    return replace(option, columns=columns)


def _columns(options: Iterable[Option]) -> frozenset[str]:
    return frozenset(column for option in options for column in option.columns)


# Files beside the form


def from_files(
    form: Form, wanted: Mapping[str, Mapping[str, str]], attached: Mapping[str, bytes], known: Lists
) -> None:
    """Add the lists of files that types name. `wanted`: file's name -> its parameters (value, label)."""
    for name, parameters in wanted.items():
        content = next((data for given, data in attached.items() if given.lower() == name.lower()), None)
        if content is None:
            continue  # said where the question is
        try:
            rows = _rows(name, content, parameters)
        except Unreadable as error:
            remark = Remark(State.REFUSED, error.code, f"The file “{name[:60]}”: {error}")
            form.report.note(None, remark)
            continue
        listed = _free(name, known.options)
        options = _file_options(form, name, listed, rows)
        if options:
            known.options[listed] = options
            known.columns[listed] = _columns(options)
            known.files[name] = listed


def _free(name: str, taken: Mapping[str, Any]) -> str:
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", name.rsplit(".", 1)[0]).strip("_")[: LONGEST_NAME - 4] or "list"
    stem = stem if not stem[0].isdigit() else f"list_{stem}"
    return next(
        wish for wish in (stem, *(f"{stem}_{number}" for number in range(2, 999))) if wish not in taken
    )


def _rows(name: str, content: bytes, parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a file, with `name` and `label` among their columns."""
    geojson = name.lower().endswith(".geojson")
    rows = _features(content) if geojson else [dict(row.cells) for row in read_table(content).rows]
    value = parameters.get("value") or ("id" if geojson else "name")
    label = parameters.get("label") or ("title" if geojson else ORIGINAL)
    if rows and not any(value in row for row in rows):
        raise Unreadable("no_column", f"has no column “{value}”. Name it in the parameters: value=…")
    return [{**row, "name": row.get(value, ""), "label": row.get(label, row.get(value, ""))} for row in rows]


def _features(content: bytes) -> list[dict[str, str]]:
    """The features of a GeoJSON file by their properties; places and shapes are not kept."""
    if len(content) > MAX_BYTES:
        raise Unreadable("too_large", "is too large.")
    try:
        found = json.loads(content)
        features = found["features"]
        rows = [
            {"id": str(feature.get("id", ""))}
            | {str(key): str(text) for key, text in feature["properties"].items()}
            for feature in features[: MAX_ROWS + 1]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("not_geojson", "is no GeoJSON file with features.") from error
    if len(rows) > MAX_ROWS:
        raise Unreadable("too_large", f"has more than {MAX_ROWS:,} entries.")
    return rows


def _file_options(form: Form, name: str, listed: str, rows: list[dict[str, str]]) -> tuple[Option, ...]:
    """The options of a file; what cannot be taken is said once for the file, with the rows."""
    table = Sheet(CHOICES, _letters(rows), tuple(Row(number, row) for number, row in enumerate(rows, 2)))
    small = Form(Book({CHOICES: table}), form.report.silent(), stem=form.code, chosen={"": form.source})
    made, faults = _List(), []
    for row in table.rows:
        cells = small.cells(CHOICES, Row(row.number, {**row.cells, "list_name": listed}))
        written = cells.value("name")
        if _fault(written, made, twice=False) is not None:
            faults.append(f"{row.number}")
            continue
        code = _code(form, cells, made, written)
        made.rows[written] = row.number
        made.codes.add(code)
        made.options.append(_option_in(form, small, cells, code, len(made.options) + 1))
    if faults:
        shown = ", ".join(faults[:20]) + (" …" if len(faults) > 20 else "")  # noqa: PLR2004 - enough to mend the file
        sentence = f"The file “{name[:60]}”: rows {shown} have no good name, or one that stands twice."
        form.report.note(None, Remark(State.REFUSED, "bad_list", sentence, instead="Mend these rows."))
    return tuple(made.options)


def _option_in(form: Form, small: Form, cells: Cells, code: str, number: int) -> Option:
    """An option of a file; its labels may come in several languages of the form, as `label::English (en)`."""
    ident = f"{form.code}.list.{cells.value('list_name')}.{code}"
    found = small.text(cells, "label", ident)
    words = {
        language: text
        for language, text in (found.by_language if found else {}).items()
        if language in form.languages
    }
    words.setdefault(form.source, next(iter(words.values()), cells.value("name")))
    return Option(code, number, in_order(ident, words, form.source), columns=cells.others())


def _letters(rows: list[dict[str, str]]) -> dict[str, str]:
    headings = dict.fromkeys(heading for row in rows for heading in row)
    return {**dict.fromkeys(headings, ""), "list_name": ""}
