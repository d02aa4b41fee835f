"""Translations out to files and back: what a file would change is seen, row by row, before anything changes.

A row is judged by three wordings: the one in the file, the one in the flow now, and the one that stood in the flow when
the file was made (its digest is in the row). Changed here alone or there alone is no question; changed in both places
is a conflict, and somebody chooses. The same file twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from flows.definition import Flow
from gateway import ids, text_checks
from gateway.models.translations import FlowTextUpload
from gateway.services import flow_texts
from gateway.services.flow_texts import Line
from gateway.text_checks import Doubt, Term
from gateway.text_files import Entry, Row, Sheet, digest_of

KEPT_FOR = timedelta(days=1)  # a file that nobody decided about


class Kind(StrEnum):
    """What a row of a file would do."""

    NEW = "new"
    CHANGED = "changed"
    CONFLICT = "conflict"
    REFUSED = "refused"
    UNCHANGED = "unchanged"


# What a person looks at first.
ORDER = (Kind.CONFLICT, Kind.REFUSED, Kind.CHANGED, Kind.NEW, Kind.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row and what it would do. `reason`: why it is a conflict or refused; `doubts`: what to look at."""

    row: Row
    kind: Kind
    line: Line | None = None
    reason: str = ""
    doubts: tuple[Doubt, ...] = ()


# --- Out


def sheet(flow: Flow, lines: Sequence[Line], *, notes: Mapping[str, Sequence[str]] | None = None) -> Sheet:
    """Return what a file of one language holds. `notes`: more to know of a text, by its id, in the reader's words."""
    told = notes or {}
    language = lines[0].language if lines else flow.languages[0]
    return Sheet(flow.code, language, [_entry(line, told.get(line.slot.id, ())) for line in lines])


def _entry(line: Line, notes: Sequence[str]) -> Entry:
    return Entry(line.slot.id, line.source, line.target, line.state.value, tuple(notes), line.before)


# --- In


def compare(
    flow: Flow, lines: Iterable[Line], rows: Iterable[Row], *, terms: Sequence[Term] = ()
) -> list[Outcome]:
    """Say what each row would do, without doing it."""
    known = {line.slot.id: line for line in lines}
    seen: set[str] = set()
    outcomes = []
    for row in rows:
        twice = Outcome(row, Kind.REFUSED, reason="twice")
        outcomes.append(twice if row.id in seen else _outcome(flow, known, row, terms))
        seen.add(row.id)
    return outcomes


def _outcome(flow: Flow, known: Mapping[str, Line], row: Row, terms: Sequence[Term]) -> Outcome:
    line = known.get(row.id)
    if line is None:
        return Outcome(row, Kind.REFUSED, reason="no_such_text")
    if _says_nothing_new(line, row):
        return Outcome(row, Kind.UNCHANGED, line)
    return _change(flow, line, row, terms)


def _change(flow: Flow, line: Line, row: Row, terms: Sequence[Term]) -> Outcome:
    doubts = tuple(text_checks.check(flow_texts.pair_of(line, flow.languages[0], row.target, terms=terms)))
    refused = next((doubt for doubt in doubts if doubt.refused), None)
    if refused is not None:
        return Outcome(row, Kind.REFUSED, line, refused.code, doubts)
    if row.source and row.source != line.source:
        return Outcome(row, Kind.CONFLICT, line, "source_changed", doubts)
    if not line.target:
        return Outcome(row, Kind.NEW, line, doubts=doubts)
    if row.base == line.digest:
        return Outcome(row, Kind.CHANGED, line, doubts=doubts)
    return Outcome(row, Kind.CONFLICT, line, "both_changed" if row.base else "not_known_since", doubts)


def _says_nothing_new(line: Line, row: Row) -> bool:
    """An empty cell takes nothing away; what was not touched in the file does not undo what was done here."""
    return not row.target or row.target == line.target or row.base == digest_of(row.target)


def counts(outcomes: Iterable[Outcome]) -> dict[Kind, int]:
    """Return how many rows do what, in the order in which a person looks at them."""
    kinds = [outcome.kind for outcome in outcomes]
    return {kind: kinds.count(kind) for kind in ORDER}


def chosen(outcomes: Iterable[Outcome], takes: Collection[str]) -> dict[str, str]:
    """Return the wordings that are to be written, by text id: all that is no question, and the conflicts in `takes`."""
    return {
        it.row.id: it.row.target
        for it in outcomes
        if it.kind in {Kind.NEW, Kind.CHANGED} or (it.kind is Kind.CONFLICT and it.row.id in takes)
    }


# --- Files on their way in


def keep(
    connection: sa.Connection,
    organisation_id: UUID,
    flow_id: UUID,
    language: str,
    rows: Sequence[Row],
    *,
    by: UUID,
    now: datetime,
) -> UUID:
    """Keep a file's rows until somebody has looked at what they do; that person's older ones go."""
    connection.execute(
        sa.delete(FlowTextUpload).where(
            FlowTextUpload.organisation_id == organisation_id,
            sa.or_(FlowTextUpload.created_at < now - KEPT_FOR, FlowTextUpload.staff_id == by),
        )
    )
    upload_id = ids.new()
    connection.execute(
        sa.insert(FlowTextUpload).values(
            id=upload_id,
            organisation_id=organisation_id,
            staff_id=by,
            flow_id=flow_id,
            language=language,
            rows=[asdict(row) for row in rows],
            created_at=now,
        )
    )
    return upload_id


def kept(
    connection: sa.Connection, flow_id: UUID, language: str, upload_id: UUID, *, by: UUID, now: datetime
) -> list[Row] | None:
    """Return the rows that somebody handed in; None when there are none, or they are too old."""
    found: Any = connection.scalar(
        sa.select(FlowTextUpload.rows).where(
            FlowTextUpload.id == upload_id,
            FlowTextUpload.flow_id == flow_id,
            FlowTextUpload.language == language,
            FlowTextUpload.staff_id == by,
            FlowTextUpload.created_at >= now - KEPT_FOR,
        )
    )
    return None if found is None else [Row(**row) for row in found]


def drop(connection: sa.Connection, upload_id: UUID) -> None:
    """Forget a file's rows."""
    connection.execute(sa.delete(FlowTextUpload).where(FlowTextUpload.id == upload_id))
