"""Rounds in a list: how far each has come. A reader finds their own, and those that agreements open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.models.flows import Flow as FlowRow
from gateway.models.flows import FlowRevision, Round
from gateway.models.organisations import Organisation
from gateway.models.sessions import Run
from gateway.services.agreements import Reach
from gateway.services.listing import Orders, Part

ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round has come. `started`: answered at least once."""

    id: UUID
    name: str
    title: str
    opens_at: datetime
    closes_at: datetime | None
    sent: int
    completed: int
    running: int
    owner: str | None = None  # the organisation that shares it; None: our own


def running(connection: sa.Connection, organisation_id: UUID, *, now: datetime) -> list[Progress]:
    """Return the rounds that are open now."""
    return progress(
        connection,
        Round.organisation_id == organisation_id,
        Round.opens_at <= now,
        sa.or_(Round.closes_at.is_(None), Round.closes_at > now),
    )


def rounds(
    connection: sa.Connection, organisation_id: UUID, part: Part, *, shared: frozenset[Reach] = frozenset()
) -> tuple[list[Progress], bool]:
    """Return one page of the rounds, by "opens" or "name", and whether there are more behind it."""
    asked = sa.select(Round.id).where(readable(organisation_id, shared))
    shown, more = part.cut(connection.scalars(part.of(asked, _ORDERS)).all())
    place = {round_id: number for number, round_id in enumerate(shown)}
    found = (
        progress(connection, Round.id.in_(shown), most=len(shown), reader=organisation_id) if shown else []
    )
    return sorted(found, key=lambda progress: place[progress.id]), more


_ORDERS: Orders = {
    "opens": (Round.opens_at, Round.id),
    "name": (Round.name, Round.id),
}


def readable(organisation_id: UUID, shared: frozenset[Reach]) -> sa.ColumnElement[bool]:
    """Return the condition under which a round may be read: the reader's own, or shared with them."""
    return sa.or_(
        Round.organisation_id == organisation_id,
        *(
            sa.and_(
                Round.organisation_id == reach.organisation_id,
                Round.office_id == reach.office_id if reach.office_id is not None else sa.true(),
            )
            for reach in shared
        ),
    )


def progress(
    connection: sa.Connection,
    *conditions: sa.ColumnElement[bool],
    most: int = ROUNDS,
    reader: UUID | None = None,
) -> list[Progress]:
    """Return the rounds under these conditions, the latest first."""
    counts = (
        sa.select(
            Run.round_id,
            sa.func.count().label("sent"),
            sa.func.count().filter(Run.disposition == "completed").label("completed"),
            sa.func.count().filter(Run.disposition.is_(None)).label("running"),
        )
        .where(Run.round_id.in_(sa.select(Round.id).where(*conditions)))
        .group_by(Run.round_id)
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            Round.id,
            Round.name,
            FlowRow.title,
            Round.opens_at,
            Round.closes_at,
            sa.func.coalesce(counts.c.sent, 0),
            sa.func.coalesce(counts.c.completed, 0),
            sa.func.coalesce(counts.c.running, 0),
            _owner(reader),
        )
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .join(FlowRow, FlowRow.id == FlowRevision.flow_id)
        .outerjoin(counts, counts.c.round_id == Round.id)
        .where(*conditions)
        .order_by(Round.opens_at.desc(), Round.id.desc())
        .limit(most)
    )
    return [Progress(*row) for row in rows]


def _owner(reader: UUID | None) -> sa.ColumnElement[Any]:
    """The name of the organisation that a round belongs to, where it is not the reader's."""
    if reader is None:
        return sa.null()
    name = sa.select(Organisation.name).where(Organisation.id == Round.organisation_id).scalar_subquery()
    return sa.case((Round.organisation_id == reader, sa.null()), else_=name)
