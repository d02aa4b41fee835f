"""Counts by organisation for the one that leads: whom each reaches, and who has gone silent. Nobody is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from gateway.models.organisations import Organisation
from gateway.services import suppression

SINCE = timedelta(days=30)  # what counts as new
SILENT = timedelta(days=14)  # without an entry for so long, somebody should ask


@dataclass(frozen=True, slots=True)
class Totals:
    """One organisation in counts; None: too small to show. `silent`: no entry for fourteen days."""

    id: UUID
    name: str
    contacts: int | None
    received: int | None
    sent: int | None
    cases_new: int | None
    cases_open: int | None
    cases_closed: int | None
    last_entry: datetime | None
    silent: bool


COUNTS = ("contacts", "received", "sent", "cases_new", "cases_open", "cases_closed")


def totals(connection: sa.Connection, *, now: datetime) -> list[Totals]:
    """Count each organisation; none for whoever does not lead. Small numbers are hidden in each column."""
    rows = connection.execute(
        sa.text(
            "SELECT t.*, o.name FROM paigham_totals(:since) t JOIN organisation o ON o.id = t.organisation_id"
        ),
        {"since": now - SINCE},
    ).all()
    shown = {name: _hidden([getattr(row, name) for row in rows]) for name in COUNTS}
    found = [
        Totals(
            id=row.organisation_id,
            name=row.name,
            **{name: shown[name][place] for name in COUNTS},
            last_entry=row.last_entry,
            silent=row.last_entry is None or row.last_entry < now - SILENT,
        )
        for place, row in enumerate(rows)
    ]
    return sorted(found, key=lambda one: one.name.casefold())


def leads(connection: sa.Connection, organisation_id: UUID) -> bool:
    """Say whether an organisation is the lead."""
    return bool(connection.scalar(sa.select(Organisation.lead).where(Organisation.id == organisation_id)))


def _hidden(counts: list[int]) -> list[int | None]:
    marks = suppression.hidden(counts)
    return [None if mark else count for mark, count in zip(marks, counts, strict=True)]
