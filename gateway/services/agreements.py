"""Agreements on sharing information: the register, what each opens today, and which run out.

Only the organisation whose records are seen registers and ends an agreement. What one opens is decided by PostgreSQL
(`paigham_reach`), for the services and for the walls alike; people and their addresses are never shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.models.organisations import Agreement, AgreementKind, Organisation, Shared
from gateway.services.unfit import Unfit, among, filled

SOON = timedelta(days=30)
LEVELS = ("S0", "S1", "S2")
LONGEST = timedelta(days=5 * 366)  # an agreement is looked at again within five years


@dataclass(frozen=True, slots=True)
class Reach:
    """What an agreement opens: records of one organisation and level; `office_id` None: of all its offices."""

    organisation_id: UUID
    sensitivity: str
    office_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed. `areas`: p-codes, none for everywhere. `valid_until`: the last day."""

    receiver_id: UUID
    kind: str
    reference: str
    purpose: str
    objects: tuple[str, ...]
    highest: str
    areas: tuple[str, ...]
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Line:
    """One agreement in the register. `state`: "valid", "soon" (runs out within 30 days), "coming", "over", "ended"."""

    id: UUID
    giver_id: UUID
    giver: str
    receiver: str
    terms: Terms
    ended_at: datetime | None
    state: str


def reach(connection: sa.Connection, shared: Shared) -> frozenset[Reach]:
    """Return what agreements open today to the organisation that this connection is bound to."""
    rows = connection.execute(
        sa.text("SELECT organisation_id, sensitivity, office_id FROM paigham_reach(:object)"),
        {"object": shared.value},
    )
    return frozenset(Reach(*row) for row in rows)


def register(
    connection: sa.Connection, giver_id: UUID, terms: Terms, *, by: UUID | None, now: datetime
) -> UUID:
    """Write down an agreement; it opens what it says on its days.

    Raises:
        Unfit: a fact is missing or cannot be; `field` names it.
    """
    _check(connection, giver_id, terms)
    agreement_id = ids.new()
    connection.execute(
        sa.insert(Agreement).values(
            id=agreement_id,
            giver_id=giver_id,
            receiver_id=terms.receiver_id,
            kind=terms.kind,
            reference=filled(terms.reference, field="reference"),
            purpose=filled(terms.purpose, field="purpose", longest=500),
            objects=list(terms.objects),
            highest=terms.highest,
            areas=list(terms.areas),
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            created_by=by,
            created_at=now,
        )
    )
    return agreement_id


def end(connection: sa.Connection, giver_id: UUID, agreement_id: UUID, *, now: datetime) -> bool:
    """End an agreement before its time; False when there is none that this organisation could end."""
    done = connection.execute(
        sa.update(Agreement)
        .where(Agreement.id == agreement_id, Agreement.giver_id == giver_id, Agreement.ended_at.is_(None))
        .values(ended_at=now)
    )
    return bool(done.rowcount)


def lines(connection: sa.Connection, *, today: date) -> list[Line]:
    """Return the agreements that this connection may see, those that run out first at the top."""
    giver, receiver = sa.orm.aliased(Organisation), sa.orm.aliased(Organisation)
    rows = connection.execute(
        sa.select(*Agreement.__table__.c, giver.name.label("giver"), receiver.name.label("receiver"))
        .join(giver, giver.id == Agreement.giver_id)
        .join(receiver, receiver.id == Agreement.receiver_id)
        .order_by(Agreement.ended_at.is_not(None), Agreement.valid_until, Agreement.id)
    )
    return [_line(row, today) for row in rows]


def soon_over(connection: sa.Connection, *, today: date) -> list[Line]:
    """Return the agreements that run out within 30 days."""
    return [line for line in lines(connection, today=today) if line.state == "soon"]


def state(row: Any, today: date) -> str:
    """Say in one word how an agreement stands on a day."""
    if row.ended_at is not None:
        return "ended"
    if row.valid_until < today:
        return "over"
    if row.valid_from > today:
        return "coming"
    return "soon" if row.valid_until <= today + SOON else "valid"


def _line(row: Any, today: date) -> Line:
    terms = Terms(
        row.receiver_id,
        row.kind,
        row.reference,
        row.purpose,
        tuple(row.objects),
        row.highest,
        tuple(row.areas),
        row.valid_from,
        row.valid_until,
    )
    return Line(row.id, row.giver_id, row.giver, row.receiver, terms, row.ended_at, state(row, today))


def _check(connection: sa.Connection, giver_id: UUID, terms: Terms) -> None:
    among(terms.kind, AgreementKind, field="kind")
    among(terms.highest, LEVELS, field="highest")
    if not terms.objects:
        raise Unfit("empty", field="objects")
    for shared in terms.objects:
        among(shared, Shared, field="objects")
    if terms.valid_until < terms.valid_from:
        raise Unfit("before_it_begins", field="valid_until")
    if terms.valid_until - terms.valid_from > LONGEST:
        raise Unfit("too_long", field="valid_until")
    if terms.receiver_id == giver_id or not _exists(connection, terms.receiver_id):
        raise Unfit("unknown", field="receiver")


def _exists(connection: sa.Connection, organisation_id: UUID) -> bool:
    found = sa.select(sa.exists().where(Organisation.id == organisation_id, Organisation.active))
    return bool(connection.scalar(found))
