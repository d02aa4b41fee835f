"""Reading the register of grievances: lists by the time that is left, and one case with its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.crypto import Keyring
from gateway.models.grievances import Grievance, GrievanceEvent, GrievanceNote
from gateway.models.organisations import Organisation
from gateway.services.cases import REFERENCE, TEXT
from gateway.services.clearance import Clearance
from gateway.services.listing import Orders, Part

PAGE = 50  # a person's cases
SOON = timedelta(hours=1)
TODAY = timedelta(hours=24)

# The states of the codebook by what staff have to do.
TO_TRIAGE = ("received", "acknowledged", "sealed")
CLOSED = ("closed", "duplicate", "spam", "withdrawn", "closed_handed_over", "closed_sealed")
PRIORITIES = ("P1", "P2", "P3", "P4")


class Stage(StrEnum):
    """Which part of the register a list shows."""

    TRIAGE = "triage"  # nobody has looked yet
    WORK = "work"  # looked at and open
    CLOSED = "closed"


class Clock(StrEnum):
    """What is due."""

    RECEIPT = "receipt"
    TRIAGE = "triage"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None: not narrowed."""

    stage: Stage = Stage.TRIAGE
    priority: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Ages:
    """Open cases by the time that is left for the first look; `work`: those that had it."""

    overdue: int
    soon: int
    today: int
    later: int
    work: int


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in a list. Of a sealed one only its clock is shown."""

    id: UUID
    sealed: bool
    reference: str | None
    type: str | None
    category: str | None
    sensitivity: str
    priority: str
    state: str
    language: str
    intake_channel: str
    received_at: datetime
    acknowledged_at: datetime | None
    clock: Clock | None
    due_at: datetime | None
    owner: str | None = None  # the organisation that shares it; None: our own, which we may change


@dataclass(frozen=True, slots=True)
class Note:
    """Words of a case. `question`: the flow's question that they answer."""

    question: str | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One step in a case's life. `actor`: "system", "person" or a staff id."""

    kind: str
    from_state: str | None
    to_state: str | None
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A case, read."""

    line: CaseLine
    contact_id: UUID | None
    receipt_due_at: datetime
    triage_due_at: datetime
    notes: list[Note]
    events: list[CaseEvent]

    @property
    def actors(self) -> set[UUID]:
        """Ids of the staff who appear in the history."""
        return {UUID(event.actor) for event in self.events if event.actor not in {"system", "person"}}


def ages(connection: sa.Connection, organisation_id: UUID, clearance: Clearance, *, now: datetime) -> Ages:
    """Count open cases by the time that is left."""
    waiting = Grievance.state.in_(TO_TRIAGE)
    due = Grievance.triage_due_at
    counts = connection.execute(
        sa.select(
            *(
                sa.func.count().filter(waiting, due > after, due <= until)
                for after, until in (
                    (datetime.min.replace(tzinfo=now.tzinfo), now),
                    (now, now + SOON),
                    (now + SOON, now + TODAY),
                )
            ),
            sa.func.count().filter(waiting, due > now + TODAY),
            sa.func.count().filter(sa.not_(waiting)),
        ).where(
            Grievance.organisation_id == organisation_id,
            Grievance.closed_at.is_(None),
            Grievance.state.not_in(CLOSED),
            clearance.cases(),
        )
    ).one()
    return Ages(*map(int, counts))


def cases(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    clearance: Clearance,
    *,
    filters: Filters,
    part: Part,
) -> tuple[list[CaseLine], bool]:
    """Return one page of a list, and whether there are more behind it.

    `part` sorts by "due", "received", "what" (priority, then type), "language" or "state".
    """
    statement = sa.select(*_LINE, _owner(organisation_id)).where(
        clearance.register(organisation_id), *_narrowed(filters)
    )
    shown, more = part.cut(connection.execute(part.of(statement, _ORDERS)).all())
    return [_line(ring, row) for row in shown], more


def of_contact(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, clearance: Clearance, contact_id: UUID
) -> list[CaseLine]:
    """Return a contact's cases, the newest first."""
    rows = connection.execute(
        sa.select(*_LINE, _owner(organisation_id))
        .where(
            Grievance.contact_id == contact_id,
            Grievance.organisation_id == organisation_id,
            clearance.cases(),
        )
        .order_by(Grievance.id.desc())
        .limit(PAGE)
    )
    return [_line(ring, row) for row in rows]


def languages(connection: sa.Connection, organisation_id: UUID, clearance: Clearance) -> list[str]:
    """Return the languages of open cases, for the filter."""
    rows = connection.scalars(
        sa.select(Grievance.language)
        .where(Grievance.closed_at.is_(None), clearance.register(organisation_id))
        .distinct()
    )
    return sorted(rows)


def case(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, clearance: Clearance, case_id: UUID
) -> Case | None:
    """Read one case with its words; None when there is none, or it is not for this reader."""
    row = connection.execute(
        sa.select(*_LINE, _owner(organisation_id), Grievance.contact_id, Grievance.receipt_due_at).where(
            Grievance.id == case_id, clearance.register(organisation_id)
        )
    ).first()
    if row is None:
        return None
    return Case(
        line=_line(ring, row, whole=True),
        contact_id=row.contact_id if row.owner is None else None,  # People are never shared.
        receipt_due_at=row.receipt_due_at,
        triage_due_at=row.triage_due_at,
        notes=_notes(connection, ring, case_id),
        events=_events(connection, case_id),
    )


_LINE = (
    Grievance.id,
    Grievance.sealed,
    Grievance.reference_sealed,
    Grievance.type,
    Grievance.category,
    Grievance.sensitivity,
    Grievance.priority,
    Grievance.state,
    Grievance.language,
    Grievance.intake_channel,
    Grievance.received_at,
    Grievance.acknowledged_at,
    Grievance.receipt_due_at,
    Grievance.triage_due_at,
)

# The first of these follows the index over open cases.
_ORDERS: Orders = {
    "due": (Grievance.triage_due_at, Grievance.id),
    "received": (Grievance.received_at, Grievance.id),
    "what": (Grievance.priority, Grievance.type, Grievance.id),
    "language": (Grievance.language, Grievance.id),
    "state": (Grievance.state, Grievance.id),
}
_STAGE: dict[Stage, tuple[sa.ColumnElement[bool], ...]] = {
    Stage.TRIAGE: (Grievance.closed_at.is_(None), Grievance.state.in_(TO_TRIAGE)),
    Stage.WORK: (Grievance.closed_at.is_(None), Grievance.state.not_in((*TO_TRIAGE, *CLOSED))),
    Stage.CLOSED: (Grievance.state.in_(CLOSED),),
}


def _owner(organisation_id: UUID) -> sa.ColumnElement[Any]:
    """The name of the organisation that a case belongs to, where it is not the reader's."""
    name = sa.select(Organisation.name).where(Organisation.id == Grievance.organisation_id).scalar_subquery()
    return sa.case((Grievance.organisation_id == organisation_id, sa.null()), else_=name).label("owner")


def _narrowed(filters: Filters) -> list[sa.ColumnElement[bool]]:
    conditions = list(_STAGE[filters.stage])
    if filters.priority:
        conditions.append(Grievance.priority == filters.priority)
    if filters.language:
        conditions.append(Grievance.language == filters.language)
    return conditions


def _line(ring: Keyring, row: Any, *, whole: bool = False) -> CaseLine:
    shown = whole or not row.sealed
    clock, due_at = _clock(row)
    return CaseLine(
        id=row.id,
        sealed=row.sealed,
        reference=ring.open(REFERENCE, row.id, row.reference_sealed) if shown else None,
        type=row.type if shown else None,
        category=row.category if shown else None,
        sensitivity=row.sensitivity,
        priority=row.priority,
        state=row.state,
        language=row.language,
        intake_channel=row.intake_channel,
        received_at=row.received_at,
        acknowledged_at=row.acknowledged_at,
        clock=clock,
        due_at=due_at,
        owner=row.owner,
    )


def _clock(row: Any) -> tuple[Clock | None, datetime | None]:
    """The clock that runs out first. A sealed case has no receipt: others could read it."""
    if row.state not in TO_TRIAGE:
        return None, None
    if row.state == "received" and row.acknowledged_at is None and row.receipt_due_at < row.triage_due_at:
        return Clock.RECEIPT, row.receipt_due_at
    return Clock.TRIAGE, row.triage_due_at


def _notes(connection: sa.Connection, ring: Keyring, case_id: UUID) -> list[Note]:
    rows = connection.execute(
        sa.select(
            GrievanceNote.id, GrievanceNote.question, GrievanceNote.text_sealed, GrievanceNote.created_at
        )
        .where(GrievanceNote.grievance_id == case_id)
        .order_by(GrievanceNote.created_at, GrievanceNote.id)
    )
    return [Note(row.question, ring.open(TEXT, row.id, row.text_sealed), row.created_at) for row in rows]


def _events(connection: sa.Connection, case_id: UUID) -> list[CaseEvent]:
    rows = connection.execute(
        sa.select(
            GrievanceEvent.kind,
            GrievanceEvent.from_state,
            GrievanceEvent.to_state,
            GrievanceEvent.actor,
            GrievanceEvent.reason,
            GrievanceEvent.at,
        )
        .where(GrievanceEvent.grievance_id == case_id)
        .order_by(GrievanceEvent.seq)
    )
    return [CaseEvent(*row) for row in rows]
