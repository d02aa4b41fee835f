"""What all rows of a form share: its languages, its settings, its columns, and what was said about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flows.definition import Text
from flows.readers.xlsform import tongues, wording
from flows.readers.xlsform.book import Book, Row
from flows.readers.xlsform.headings import COLUMN, Column, columns, languages
from flows.readers.xlsform.report import CHOICES, EXTERNAL, SETTINGS, SURVEY, Place, Remark, Report, State

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
LONGEST_NAME = 64
LANGUAGES = (
    "paigham_languages"  # "English=eng; Dari=prs": which language each heading means, as somebody confirmed
)
_QUOTED = re.compile(r"""(['"])((?:(?!\1).)*)\1""")


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language's heading in the form, what it means, and whether somebody should confirm that."""

    heading: str
    code: str | None
    sure: bool


class Cells:
    """One row by what its columns hold."""

    def __init__(self, row: Row, place: Place, by_kind: Mapping[str, tuple[Column, ...]]) -> None:
        """Take a row; `by_kind` are the sheet's columns by their kind, "" for those that mean nothing to us."""
        self.place = place
        self._cells = row.cells
        self._columns = by_kind

    def value(self, kind: str) -> str:
        """The text of a column, or "". Of two old spellings in one sheet the filled one counts."""
        return next((self._cells[column.heading] for column in self._filled(kind)), "")

    def column(self, kind: str) -> Column:
        """Where that text stands."""
        found = next(self._filled(kind), None) or next(iter(self._columns.get(kind, ())), None)
        return found or Column("", "", kind)

    def worded(self, kind: str) -> Mapping[str, str]:
        """The texts of a column by the language's heading."""
        return {column.language or "": self._cells[column.heading] for column in self._filled(kind)}

    def others(self, *kinds: str) -> dict[str, str]:
        """The columns that mean nothing to us, and those of some kinds, by their headings."""
        return {
            column.heading: self._cells[column.heading]
            for kind in ("", *kinds)
            for column in self._filled(kind)
        }

    def _filled(self, kind: str) -> Iterator[Column]:
        return (column for column in self._columns.get(kind, ()) if column.heading in self._cells)


class Form:
    """A form that is being read."""

    def __init__(
        self, book: Book, report: Report, *, stem: str, chosen: Mapping[str, str], code: str | None = None
    ) -> None:
        """Find the languages and the settings. `chosen` says which language a heading means."""
        self.book = book
        self.report = report
        self._sheets = {
            name: _by_kind(columns(CHOICES if name == EXTERNAL else name, book.sheet(name).columns))
            for name in (SURVEY, CHOICES, EXTERNAL, SETTINGS)
        }
        self.settings = self._settings()
        self._default = self.settings.get("default_language", "")
        self._lists: dict[str, str] = {}
        self._recoded: dict[str, str] = {}
        known = confirmed(self.settings.get(LANGUAGES, ""))
        self.tongues = tuple(self._tongue(heading, {**known, **chosen}) for heading in self._headings())
        self._codes = {tongue.heading: tongue.code for tongue in self.tongues if tongue.code}
        self.languages = self._ordered()
        self.code = code or _code(self.settings.get("form_id", "") or stem)
        self.title = self.settings.get("form_title", "") or self.settings.get("form_id", "") or stem

    @property
    def source(self) -> str:
        """The flow's first language."""
        return self.languages[0]

    def cells(self, sheet: str, row: Row) -> Cells:
        """One row by what its columns hold."""
        return Cells(row, Place(sheet, row.number), self._sheets[sheet])

    def has(self, sheet: str, kind: str) -> bool:
        """Whether a sheet has a column of this kind."""
        return kind in self._sheets[sheet]

    def unknown(self, sheet: str) -> tuple[str, ...]:
        """The headings of a sheet that mean nothing to us."""
        return tuple(column.heading for column in self._sheets[sheet].get("", ()))

    def remark(
        self, cells: Cells, state: State, code: str, sentence: str, *, kind: str = "", instead: str = ""
    ) -> None:
        """Say something about a row, or about its cell of a kind."""
        column = cells.column(kind) if kind else Column("", "", "")
        remark = Remark(state, code, sentence, column.letter, column.heading, instead)
        self.report.note(cells.place, remark)

    def text(
        self, cells: Cells, kind: str, name: str, names: Mapping[str, str] = MappingProxyType({})
    ) -> Text | None:
        """The words of a row in every language, or None where it has none."""
        words: dict[str, str] = {}
        for heading, written in cells.worded(kind).items():
            code = self._codes.get(heading)
            shown = wording.renamed(wording.plain(written), names)
            if shown != written.strip() and wording.plain(written) != written.strip().replace("\r", ""):
                sentence = "Marks for bold, colours or headings are taken out: a phone shows plain words."
                self.remark(cells, State.CHANGED, "markup", sentence, kind=kind)
            if code and shown and (heading or code not in words):
                words[code] = shown
        if words and self.source not in words:
            first = next(iter(words))
            words[self.source] = words[first]
            sentence = f"There are no words in the form's first language ({self.source}); those in “{first}” stand in."
            self.remark(cells, State.CHANGED, "no_source", sentence, kind=kind, instead="Write them.")
        return wording.text(name, words, self.source) if words else None

    def media(self, cells: Cells, kind: str) -> dict[str, str]:
        """The references of one kind of medium by language."""
        found = {self._codes.get(heading): reference for heading, reference in cells.worded(kind).items()}
        return {code: reference for code, reference in found.items() if code}

    def list_name(self, written: str) -> str:
        """The flow's name of a list: the form's own where a flow may have it."""
        if written not in self._lists:
            wish = _identifier(written, "list")
            number = 2
            while wish in self._lists.values():
                wish, number = f"{_identifier(written, 'list')[: LONGEST_NAME - 5]}_{number}", number + 1
            self._lists[written] = wish
        return self._lists[written]

    def recode(self, written: str, code: str) -> None:
        """Remember that a choice is kept under another name than the form has for it."""
        self._recoded[written] = code

    def code_of(self, written: str) -> str:
        """The name under which a choice is kept, where a cell names one."""
        return self._recoded.get(written, written)

    def recoded(self, expression: str) -> str:
        """An expression whose quoted names of choices follow their new names."""
        if not self._recoded:
            return expression
        return _QUOTED.sub(lambda match: f"{match[1]}{self.code_of(match[2])}{match[1]}", expression)

    def refuse_all(self, code: str, sentence: str, instead: str = "") -> None:
        """Say something that keeps the whole form from being taken."""
        self.report.note(None, Remark(State.REFUSED, code, sentence, instead=instead))

    def headings(self) -> str:
        """The languages' headings as the form has them, for the way back; "" where they are those that we write."""
        found: dict[str, str] = {}
        for tongue in sorted(self.tongues, key=lambda tongue: not tongue.heading):
            if tongue.code is not None and tongue.code in self.languages:
                found.setdefault(tongue.code, tongue.heading)
        if all(heading == tongues.heading(code) for code, heading in found.items()):
            return ""
        return "; ".join(f"{found[code]}={code}" for code in self.languages)

    def _settings(self) -> dict[str, str]:
        """The first row of the settings; our own column goes on in the rows below it, as cells have an end."""
        rows = self.book.sheet(SETTINGS).rows
        found: dict[str, str] = {}
        for column in (column for kinds in self._sheets[SETTINGS].values() for column in kinds):
            if rows and column.heading in rows[0].cells:
                found.setdefault(column.kind, rows[0].cells[column.heading])
        if COLUMN in found:
            found[COLUMN] += "".join(self.cells(SETTINGS, row).value(COLUMN) for row in rows[1:])
        return found

    def _headings(self) -> tuple[str, ...]:
        """The languages' headings whose columns hold any text; at least one."""
        found: dict[str, None] = {}
        for sheet in (SURVEY, CHOICES, EXTERNAL):
            worded = [
                column
                for kinds in self._sheets[sheet].values()
                for column in kinds
                if column.language is not None
            ]
            filled = {heading for row in self.book.sheet(sheet).rows for heading in row.cells}
            found |= dict.fromkeys(languages(column for column in worded if column.heading in filled))
        named = [heading for heading in found if heading]
        if "" in found and self._default and self._matching(named):
            return tuple(dict.fromkeys([*named, ""]))
        return tuple(found) or ("",)

    def _matching(self, named: list[str]) -> str | None:
        """The heading that `default_language` means; forms write it with and without its code."""
        wanted = self._default.lower()
        exact = [heading for heading in named if heading.lower() == wanted]
        return next(
            iter(exact + [heading for heading in named if heading.lower().split("(")[0].strip() == wanted]),
            None,
        )

    def _tongue(self, heading: str, chosen: Mapping[str, str]) -> Tongue:
        if heading in chosen:
            return Tongue(heading, chosen[heading], sure=True)
        if not heading and self._default:
            if self._default in chosen:
                return Tongue(heading, chosen[self._default], sure=True)
            found = tongues.meant(self._default)
            return Tongue(heading, found.code, found.sure)
        found = tongues.meant(heading)
        return Tongue(heading, found.code, found.sure)

    def _ordered(self) -> tuple[str, ...]:
        """The languages, the source first: the default one, or the first column's."""
        codes = list(dict.fromkeys(self._codes.values()))
        default = self._matching([tongue.heading for tongue in self.tongues])
        first = self._codes.get(default) if default is not None else self._codes.get("")
        first = first or next(iter(codes), "eng")
        return (first, *(code for code in codes if code != first))


def _by_kind(found: tuple[Column, ...]) -> Mapping[str, tuple[Column, ...]]:
    kinds: dict[str, tuple[Column, ...]] = {}
    for column in found:
        kinds[column.kind] = (*kinds.get(column.kind, ()), column)
    return kinds


def confirmed(text: str) -> dict[str, str]:
    """Heading -> code, as `headings` wrote them."""
    pairs = [part.rpartition("=") for part in text.split(";")]
    return {heading.strip(): code.strip() for heading, sign, code in pairs if sign}


def _code(text: str) -> str:
    """A name for the flow out of the form's."""
    return _identifier(text, "form")


def _identifier(text: str, before: str) -> str:
    bare = re.sub(r"[^A-Za-z0-9_]+", "_", text)[:LONGEST_NAME]
    return bare if NAME.fullmatch(bare) else f"{before}_{bare}"[:LONGEST_NAME]
