"""Reading a gazetteer: a CSV file of places, whatever its columns are called, and what is wrong with it.

Two shapes are read. *Long*: one place a row, with the code of its parent. *Wide*: one lowest place a row, with a
code and names for each level above it, as in the common operational datasets. Codes are opaque strings: lengths,
prefixes and dashes differ by country. Cells that a spreadsheet would take for a formula are kept as text.

No I/O: a file is a sequence of bytes, and a place is a frozen value.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from flows.languages import LANGUAGES, SOURCE
from gateway.errors import InvalidRequest

MOST_ROWS = 300_000
MOST_COLUMNS = 100
LONGEST_CELL = 300  # characters
DEEPEST = 12  # levels; cycles are found before this
MOST_PROBLEMS = 200  # told one by one; the rest is counted

CODE, PARENT, LEVEL, NAME, NOTHING = "code", "parent", "level", "name", ""
_ROLE = re.compile(r"(code|name)(?:@(\d{1,2}))?(?::([a-z]{3}))?|parent|level|")
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class Unreadable(InvalidRequest):
    """A file that is no table of text; `code` says why, `row` where."""

    def __init__(self, code: str, *, row: int | None = None) -> None:
        super().__init__(f"The file cannot be read: {code}" + (f", row {row}." if row else "."))
        self.code = code
        self.row = row


@dataclass(frozen=True, slots=True)
class Place:
    """One area. `names`: by language (ISO 639-3). `row`: where it stands in the file, counted from 1."""

    code: str
    parent: str | None
    level: int
    names: Mapping[str, str]
    row: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a stable code, the row and column where it stands, and the cell."""

    code: str
    row: int
    column: str
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of text, each with its number in the file, counted from 1; empty rows are left out."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file comes to.

    Attributes:
        places: parents before their children; nothing is to be written while there are faults.
        faults: by row, the first MOST_PROBLEMS of them.
        found: how many faults there are in all.
    """

    places: tuple[Place, ...]
    faults: tuple[Fault, ...]
    found: int = 0

    @property
    def levels(self) -> dict[int, int]:
        """How many places stand on each level."""
        return dict(sorted(Counter(place.level for place in self.places).items()))

    @property
    def languages(self) -> dict[str, int]:
        """How many places have a name in each language."""
        return dict(sorted(Counter(code for place in self.places for code in place.names).items()))


# --- The file


def table(content: bytes, *, header: bool = True) -> Table:
    """Read a file as a table. A byte order mark is taken off; comma, semicolon and tab are found out.

    Raises:
        Unreadable: "encoding" (it is not UTF-8), "binary", "empty", "too_long", "too_wide", "quotes".
    """
    text = _text(content)
    rows = list(_rows(text))
    if not rows:
        raise Unreadable("empty")
    width = max(len(row) for _, row in rows)
    names = rows[0][1] if header else tuple(str(place + 1) for place in range(width))
    body = rows[1:] if header else rows
    body = body[1:] if body and _is_hxl(body[0][1]) else body
    if not body:
        raise Unreadable("empty")
    return Table((*names, *(str(place + 1) for place in range(len(names), width))), tuple(body))


def _text(content: bytes) -> str:
    if content.startswith(_BOMS):
        raise Unreadable("encoding")
    if b"\0" in content:
        raise Unreadable("binary")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", row=content.count(b"\n", 0, error.start) + 1) from None


def _rows(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(lines, 1):
            _check_size(number, cells)
            row = tuple(cell.strip() for cell in cells)
            if any(row):
                yield number, row
    except csv.Error as error:
        raise Unreadable("quotes", row=number + 1) from error


def _check_size(number: int, cells: list[str]) -> None:
    if number > MOST_ROWS:
        raise Unreadable("too_long", row=number)
    if len(cells) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in cells):
        raise Unreadable("too_wide", row=number)


def _delimiter(text: str) -> str:
    line = text.partition("\n")[0]
    return max(",;\t", key=line.count)


def _is_hxl(row: tuple[str, ...]) -> bool:
    """The row of hashtags that the Humanitarian Exchange Language puts below the header."""
    tags = [cell for cell in row if cell]
    return bool(tags) and all(cell.startswith("#") and cell[1:2].isalpha() for cell in tags)


# --- What the columns hold


def guess(header: Sequence[str]) -> tuple[str, ...]:
    """Say for each column what it seems to hold: "code", "parent", "level", "name:eng"; in wide files "code@1"."""
    wide = _wide(header)
    if wide is not None:
        return wide
    taken: set[str] = set()
    roles = []
    for cell in header:
        role = _long_role(_plain(cell))
        roles.append(role if role not in taken else NOTHING)
        taken.add(role)
    return tuple(roles)


def check_roles(roles: Sequence[str]) -> str | None:
    """Return the code of what is wrong with a mapping, or None.

    "unknown_role", "twice", "no_code", "no_name", "mixed" (long and wide columns in one mapping), "no_code_of_level".
    """
    used = [role for role in roles if role]
    if any(_ROLE.fullmatch(role) is None or not _language_known(role) for role in used):
        return "unknown_role"
    if len(set(used)) != len(used):
        return "twice"
    return _check_shape(used)


def _check_shape(used: Sequence[str]) -> str | None:
    levels = {_level_of(role) for role in used if role.startswith((CODE, NAME))}
    coded = {_level_of(role) for role in used if role.startswith(CODE)}
    if not coded:
        return "no_code"
    if not any(role.startswith(NAME) for role in used):
        return "no_name"
    if (None in levels and len(levels) > 1) or (None not in levels and {PARENT, LEVEL} & set(used)):
        return "mixed"
    return "no_code_of_level" if levels - coded else None


def role_of(kind: str, *, level: int | None = None, language: str | None = None) -> str:
    """Write a role: `role_of("name", level=1, language="mya")` is "name@1:mya"."""
    return kind + (f"@{level}" if level is not None else "") + (f":{language}" if language else "")


_LONG = (
    (CODE, re.compile(r"(p ?code|code|area code|place code|id|adm pcode|#adm(in)? ?code)")),
    (PARENT, re.compile(r"(parent.*|.*parent( p ?code| code| id)?|belongs to|part of)")),
    (LEVEL, re.compile(r"(adm(in)? ?)?level|adm(in)?")),
)
_WIDE = re.compile(r"#?(?:adm|admin|level) ?(\d) ?(.*)")
_CODES = frozenset({"pcode", "p code", "code", "id", "pcod"})
_NAMED = re.compile(
    r"(?:(?:area|place|site|location|alt|ref)? ?names?)(?: i)?(?: (?:in )?(\w+))?|(\w+)(?: i)? names?"
)


def _wide(header: Sequence[str]) -> tuple[str, ...] | None:
    roles, taken = [], set()
    for cell in header:
        match = _WIDE.fullmatch(_plain(cell))
        role = _wide_role(int(match[1]), match[2]) if match and not match[2].startswith("parent") else NOTHING
        roles.append(role if role not in taken else NOTHING)
        taken.add(role)
    coded = {_level_of(role) for role in roles if role.startswith(CODE)}
    named = {_level_of(role) for role in roles if role.startswith(NAME)}
    if not coded & named:
        return None
    return tuple(role if _level_of(role) in coded else NOTHING for role in roles)


def _wide_role(level: int, rest: str) -> str:
    if rest in _CODES or rest.endswith("code"):
        return role_of(CODE, level=level)
    language = _language(rest.removeprefix("name").removesuffix("name").strip() or SOURCE)
    return role_of(NAME, level=level, language=language) if language else NOTHING


def _long_role(cell: str) -> str:
    for role, pattern in _LONG:
        if pattern.fullmatch(cell):
            return role
    match = _NAMED.fullmatch(cell)
    if match:
        return role_of(NAME, language=_language(match[1] or match[2] or SOURCE) or SOURCE)
    language = _language(cell)
    return role_of(NAME, language=language) if language else NOTHING


def _plain(cell: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", re.sub(r"[\s_\-.()\[\]:+/]+", " ", cell).casefold())
    return re.sub(r"\b(adm|admin|level) (?=\d)", r"\1", spaced).strip()


@cache
def _languages() -> Mapping[str, str]:
    known = {
        row.babel.split("_")[0].casefold(): code
        for code, row in reversed(list(LANGUAGES.items()))
        if row.babel
    }
    known |= {row.name.casefold(): code for code, row in LANGUAGES.items()}
    known |= {row.endonym.casefold(): code for code, row in LANGUAGES.items()}
    return known | {code: code for code in LANGUAGES} | {"en": SOURCE, "mm": "mya", "burmese": "mya"}


def _language(word: str) -> str | None:
    return _languages().get(word.removeprefix("i ").strip())


def _language_known(role: str) -> bool:
    language = role.partition(":")[2]
    return not language or language in LANGUAGES


def _level_of(role: str) -> int | None:
    level = role.partition(":")[0].partition("@")[2]
    return int(level) if level else None


# --- The places


@dataclass(slots=True)
class _Draft:
    """The reading as it grows: places by code as they were first met, and what is wrong."""

    header: Sequence[str]
    places: dict[str, Place] = field(default_factory=dict)
    levels: dict[str, int | None] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    found: int = 0

    def fault(self, code: str, row: int, column: str, cell: str = "") -> None:
        self.found += 1
        if len(self.faults) < MOST_PROBLEMS:
            self.faults.append(Fault(code, row, column, cell[:80]))


@dataclass(frozen=True, slots=True)
class _Part:
    """Where one place stands in a row: columns of its code, parent, level and names."""

    code: int
    parent: int | None
    level: int | None
    names: Mapping[str, int]
    fixed: int | None  # the level, where the file is wide


def read(source: Table, roles: Sequence[str]) -> Reading:
    """Read all places, and say by row and column what is wrong.

    Faults: "no_code", "no_name", "bad_level", "duplicate" (the code stands twice with different facts, or in a long
    file at all), "orphan" (no row has the parent's code), "own_parent", "cycle", "not_above" (the parent's level is
    not above the place's), "too_deep".

    Raises:
        Unreadable: the mapping is wrong; `code` is one of `check_roles`.
    """
    wrong = check_roles(roles)
    if wrong is not None:
        raise Unreadable(wrong)
    draft = _Draft(source.header)
    parts = _parts(roles)
    for row, cells in source.rows:
        _take(draft, parts, row, cells)
    _check_parents(draft)
    ordered = _in_order(draft)
    draft.faults.sort(key=lambda fault: fault.row)
    return Reading(ordered, tuple(draft.faults), draft.found)


def _parts(roles: Sequence[str]) -> list[_Part]:
    where = {role: place for place, role in enumerate(roles) if role}
    levels = sorted({_level_of(role) or 0 for role in where if role.startswith(CODE + "@")})
    if not levels:
        return [_Part(where[CODE], where.get(PARENT), where.get(LEVEL), _names(where, None), None)]
    found: list[_Part] = []
    for level in levels:
        above = found[-1].code if found else None
        found.append(_Part(where[role_of(CODE, level=level)], above, None, _names(where, level), level))
    return found


def _names(where: Mapping[str, int], level: int | None) -> dict[str, int]:
    return {
        role.partition(":")[2] or SOURCE: place
        for role, place in where.items()
        if role.startswith(NAME) and _level_of(role) == level
    }


def _take(draft: _Draft, parts: Sequence[_Part], row: int, cells: tuple[str, ...]) -> None:
    for part in parts:
        code = _cell(cells, part.code)
        if not code:
            if part.fixed is None or part is parts[0]:
                draft.fault("no_code", row, draft.header[part.code])
            continue
        _keep(draft, part, row, cells)


def _keep(draft: _Draft, part: _Part, row: int, cells: tuple[str, ...]) -> None:
    code = _cell(cells, part.code)
    names = {language: _cell(cells, place) for language, place in part.names.items() if _cell(cells, place)}
    parent = _cell(cells, part.parent) or None
    place = Place(code, parent, part.fixed or 0, names, row)
    known = draft.places.get(code)
    if known is not None:
        # A wide file repeats the places above in every row; that is no duplicate unless the facts differ.
        if part.fixed is None or _facts(known) != _facts(place):
            draft.fault("duplicate", row, draft.header[part.code], code)
        return
    if not names:
        draft.fault("no_name", row, draft.header[min(part.names.values())], code)
    draft.places[code] = place
    draft.columns[code] = draft.header[part.parent if part.parent is not None else part.code]
    draft.levels[code] = _level(draft, part, row, cells)


def _facts(place: Place) -> tuple[object, ...]:
    return place.parent, place.level, place.names


def _level(draft: _Draft, part: _Part, row: int, cells: tuple[str, ...]) -> int | None:
    if part.fixed is not None or part.level is None:
        return part.fixed
    cell = _cell(cells, part.level)
    digits = re.fullmatch(r"(?:adm|admin|level)? ?(\d{1,2})", cell.casefold())
    if digits is None or int(digits[1]) > DEEPEST:
        draft.fault("bad_level", row, draft.header[part.level], cell)
        return None
    return int(digits[1])


def _check_parents(draft: _Draft) -> None:
    stated = [level for level in draft.levels.values() if level is not None]
    top = min(stated, default=None)
    for code, place in draft.places.items():
        parent = place.parent
        if parent is None:
            continue
        if parent == code:
            draft.fault("own_parent", place.row, draft.columns[code], parent)
        elif parent in draft.places:
            _check_level(draft, place, parent)
        elif top is None or draft.levels[code] != top:
            # The places of the highest level may belong to something that the file leaves out: a country.
            draft.fault("orphan", place.row, draft.columns[code], parent)


def _check_level(draft: _Draft, place: Place, parent: str) -> None:
    above, own = draft.levels[parent], draft.levels[place.code]
    if above is not None and own is not None and above >= own:
        draft.fault("not_above", place.row, draft.columns[place.code], parent)


def _in_order(draft: _Draft) -> tuple[Place, ...]:
    """Parents first; places whose parents go round in a circle, or go too deep, are faults."""
    depth: dict[str, int] = {}
    for code in draft.places:
        _measure(draft, code, depth)
    shift = 0 if any(level is not None for level in draft.levels.values()) else 1
    ordered = sorted(depth, key=lambda code: depth[code])
    return tuple(_placed(draft, code, depth[code] + shift) for code in ordered)


def _measure(draft: _Draft, code: str, depth: dict[str, int]) -> None:
    way: list[str] = []
    seen: set[str] = set()
    at: str | None = code
    while at is not None and at not in depth and at not in seen:
        seen.add(at)
        way.append(at)
        parent = draft.places[at].parent
        at = parent if parent in draft.places and parent != at else None
    if at is not None and at in seen:
        _tell_circle(draft, way, at, depth)
        return
    below = depth[at] + 1 if at is not None else 0
    for step, each in enumerate(reversed(way)):
        depth[each] = below + step
        if depth[each] >= DEEPEST:
            draft.fault("too_deep", draft.places[each].row, draft.columns[each], each)


def _tell_circle(draft: _Draft, way: Sequence[str], start: str, depth: dict[str, int]) -> None:
    circle = way[way.index(start) :]
    for each in circle:
        draft.fault("cycle", draft.places[each].row, draft.columns[each], draft.places[each].parent or "")
    for each in way:
        depth[each] = 0  # They are told once; nothing is written while there are faults.


def _placed(draft: _Draft, code: str, depth: int) -> Place:
    place, stated = draft.places[code], draft.levels[code]
    parent = place.parent if place.parent in draft.places and place.parent != code else None
    return replace(place, parent=parent, level=depth if stated is None else stated)


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def languages_of(places: Iterable[Place]) -> set[str]:
    """Return the languages in which at least one place has a name."""
    return {code for place in places for code in place.names}
