"""An organisation's glossary: how a word is said in a language, and how it must not be said.

One row for each term and language pair; "Cash" and "cash" are one term. Nothing personal is in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from flows.definition import Ask, Flow
from flows.folding import fold
from flows.languages import LANGUAGES, SOURCE
from gateway import i18n, ids
from gateway.models.translations import GlossaryTerm
from gateway.services import flow_store
from gateway.services.unfit import Unfit, filled
from gateway.text_checks import Term
from gateway.text_files import clean

LONGEST_TERM = 100  # characters
LONGEST_NOTE = 500
MOST_FORBIDDEN = 20
LONGEST_SEED = 3  # words of a library text that is a term
LARGEST_CSV = 1024 * 1024  # bytes
MOST_ROWS = 5_000
# Answers that are everyday words: each "no" in a text would ask for its translation.
NO_TERMS = frozenset(
    {"yes", "no", "partly", "other", "none", "unknown", "dont_know", "skip", "later", "both"}
)
COLUMNS = ("term", "translation", "note", "forbidden")
PARTS = ";"  # between forbidden words in one cell
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for the beginning of a formula


@dataclass(frozen=True, slots=True)
class Entry:
    """One term as somebody wrote it."""

    term: str
    translation: str
    note: str = ""
    forbidden: tuple[str, ...] = ()

    def checked(self) -> Entry:
        """Return the same, trimmed. Raises Unfit, by the field."""
        note = clean(self.note)
        if len(note) > LONGEST_NOTE:
            raise Unfit("too_long", field="note")
        words = tuple(dict.fromkeys(word for each in self.forbidden if (word := clean(each))))
        if len(words) > MOST_FORBIDDEN or any(len(word) > LONGEST_TERM for word in words):
            raise Unfit("too_long", field="forbidden")
        translation = clean(self.translation)
        if len(translation) > LONGEST_TERM:
            raise Unfit("too_long", field="translation")
        if not translation and not words:
            raise Unfit("empty", field="translation")
        return Entry(filled(self.term, field="term", longest=LONGEST_TERM), translation, note, words)

    def told(self) -> dict[str, Any]:
        """Return the facts as the audit keeps them."""
        return {
            "term": self.term,
            "translation": self.translation,
            "note": self.note,
            "forbidden": list(self.forbidden),
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """A term as it stands in the glossary."""

    id: UUID
    language: str
    entry: Entry
    changed_by: UUID | None
    changed_at: datetime


class Change(StrEnum):
    """What a row of a file would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of a file, what it would do, and why not where it is refused. `before`: what stands there now."""

    place: int
    change: Change
    entry: Entry
    reason: str = ""
    before: Entry | None = None


# --- Reading


def entries(
    connection: sa.Connection, organisation_id: UUID, language: str, *, source: str = SOURCE
) -> list[Kept]:
    """Return the glossary of a language pair, by term."""
    rows = connection.execute(
        sa.select(*GlossaryTerm.__table__.c)
        .where(*_pair(organisation_id, source, language))
        .order_by(GlossaryTerm.folded)
    )
    return [_kept(row) for row in rows]


def terms(
    connection: sa.Connection, organisation_id: UUID, language: str, *, source: str = SOURCE
) -> tuple[Term, ...]:
    """Return the same as `text_checks` wants it."""
    found = (kept.entry for kept in entries(connection, organisation_id, language, source=source))
    return tuple(Term(it.term, it.translation, it.forbidden, it.note) for it in found)


def find(connection: sa.Connection, organisation_id: UUID, term_id: UUID) -> Kept | None:
    """Return one term; None when the organisation has no such."""
    row = connection.execute(
        sa.select(*GlossaryTerm.__table__.c).where(
            GlossaryTerm.id == term_id, GlossaryTerm.organisation_id == organisation_id
        )
    ).first()
    return None if row is None else _kept(row)


def counts(connection: sa.Connection, organisation_id: UUID) -> dict[str, int]:
    """Return how many terms there are in each language."""
    rows = connection.execute(
        sa.select(GlossaryTerm.language, sa.func.count().label("terms"))
        .where(GlossaryTerm.organisation_id == organisation_id)
        .group_by(GlossaryTerm.language)
    )
    return {row.language: row.terms for row in rows}


def _pair(organisation_id: UUID, source: str, language: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        GlossaryTerm.organisation_id == organisation_id,
        GlossaryTerm.source_language == source,
        GlossaryTerm.language == language,
    )


def _kept(row: Any) -> Kept:
    entry = Entry(row.term, row.translation, row.note, tuple(row.forbidden))
    return Kept(row.id, row.language, entry, row.changed_by, row.changed_at)


# --- Writing


def save(
    connection: sa.Connection,
    organisation_id: UUID,
    language: str,
    entry: Entry,
    *,
    source: str = SOURCE,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Put a term into the glossary, or change the one of the same words. Raises Unfit."""
    if language not in LANGUAGES or source not in LANGUAGES or language == source:
        raise Unfit("unknown", field="language")
    checked = entry.checked()
    told = {
        "term": checked.term,
        "translation": checked.translation,
        "note": checked.note,
        "forbidden": list(checked.forbidden),
        "changed_by": by,
        "changed_at": now,
    }
    key = {"organisation_id": organisation_id, "source_language": source, "language": language}
    statement = insert(GlossaryTerm).values(id=ids.new(), folded=fold(checked.term), **key, **told)
    found: UUID = connection.execute(
        statement.on_conflict_do_update(constraint="uq_glossary_term_words", set_=told).returning(
            GlossaryTerm.id
        )
    ).scalar_one()
    return found


def remove(connection: sa.Connection, organisation_id: UUID, term_id: UUID) -> Entry | None:
    """Take a term out; returns what it was."""
    kept = find(connection, organisation_id, term_id)
    if kept is not None:
        connection.execute(sa.delete(GlossaryTerm).where(GlossaryTerm.id == term_id))
    return None if kept is None else kept.entry


def seed(
    connection: sa.Connection, organisation_id: UUID, language: str, *, by: UUID | None, now: datetime
) -> int:
    """Add the words that the flows that ship use for answers, in one language; what is there already stays."""
    have = {fold(kept.entry.term) for kept in entries(connection, organisation_id, language)}
    fresh = [entry for entry in library_terms(language) if fold(entry.term) not in have]
    for entry in fresh:
        save(connection, organisation_id, language, entry, by=by, now=now)
    return len(fresh)


def library_terms(language: str) -> list[Entry]:
    """Return the short answers of the library's flows with their translations, each term once."""
    catalog = i18n.catalog(i18n.FLOWS, language)
    found: dict[str, Entry] = {}
    for label in _labels(flow_store.library()):
        translated = catalog.get(label, "")
        if translated and len(label.split()) <= LONGEST_SEED and not any(map(str.isdigit, label)):
            found.setdefault(fold(label), Entry(label, translated))
    return sorted(found.values(), key=lambda entry: fold(entry.term))


def _labels(library: Iterable[Flow]) -> Iterator[str]:
    for flow in library:
        for step in flow.steps:
            if isinstance(step, Ask):
                named = (option for option in step.options if option.code not in NO_TERMS)
                yield from (option.label.by_language.get(SOURCE, "") for option in named)


# --- As a table


def to_csv(found: Sequence[Kept]) -> bytes:
    """Write a glossary as CSV in UTF-8; an apostrophe stands before what a spreadsheet would take for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for kept in found:
        it = kept.entry
        cells = (it.term, it.translation, it.note, f"{PARTS} ".join(it.forbidden))
        writer.writerow([_safe(cell) for cell in cells])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def from_csv(data: bytes) -> list[tuple[int, Entry]]:
    """Read a glossary from CSV: the number of each row, and what it says.

    Raises:
        Unfit: "too_large", "not_csv" or "no_headings"; the field is "file".
    """
    if len(data) > LARGEST_CSV:
        raise Unfit("too_large", field="file")
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Unfit("not_csv", field="file") from None
    head = [clean(cell).casefold() for cell in rows[0]] if rows else []
    if not {"term", "translation"} <= set(head):
        raise Unfit("no_headings", field="file")
    if len(rows) > MOST_ROWS:
        raise Unfit("too_large", field="file")
    return [(place, _read(head, row)) for place, row in enumerate(rows[1:], 2) if any(map(clean, row))]


def _read(head: Sequence[str], row: Sequence[str]) -> Entry:
    cells = {name: _plain(cell) for name, cell in zip(head, row, strict=False)}
    forbidden = tuple(word for word in map(clean, cells.get("forbidden", "").split(PARTS)) if word)
    return Entry(cells.get("term", ""), cells.get("translation", ""), cells.get("note", ""), forbidden)


def _plain(cell: str) -> str:
    words = clean(cell)
    return words[1:] if words.startswith("'") and words[1:].startswith(FORMULA) else words


def compare(kept: Iterable[Kept], rows: Iterable[tuple[int, Entry]]) -> list[Outcome]:
    """Say what a file would do, row by row, without doing it."""
    have: Mapping[str, Entry] = {fold(it.entry.term): it.entry for it in kept}
    seen: set[str] = set()
    outcomes = []
    for place, entry in rows:
        outcome = _outcome(place, entry, have, seen)
        seen.add(fold(entry.term))
        outcomes.append(outcome)
    return outcomes


def _outcome(place: int, entry: Entry, have: Mapping[str, Entry], seen: set[str]) -> Outcome:
    try:
        checked = entry.checked()
    except Unfit as error:
        return Outcome(place, Change.REFUSED, entry, f"{error.field}_{error.code}")
    if fold(checked.term) in seen:
        return Outcome(place, Change.REFUSED, checked, "twice")
    before = have.get(fold(checked.term))
    if before is None:
        return Outcome(place, Change.NEW, checked)
    return Outcome(place, Change.UNCHANGED if before == checked else Change.CHANGED, checked, before=before)
