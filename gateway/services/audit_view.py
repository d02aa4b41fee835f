"""Reading the audit: who saw and did what, by person, by case, by member of staff, by kind and by time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from flows.folding import ascii_digits
from gateway import references, urns
from gateway.crypto import Keyring
from gateway.models.audit import Audit, AuditSubject
from gateway.models.contacts import ContactUrn
from gateway.models.grievances import Grievance
from gateway.models.staff import Staff
from gateway.services import staff as accounts
from gateway.services.audit import Kind, Subject, detail_of
from gateway.services.clearance import Clearance
from gateway.services.listing import Part
from gateway.urns import InvalidUrn

MOST = 1000  # lines that a page about one person or case holds
BATCH = 1000  # lines read at a time for an export
SCHEMES = ("tel", "telegram", "simulator", "short")


class Group(StrEnum):
    """Kinds of lines, as somebody looks for them."""

    SEEN = "seen"
    REVEALED = "revealed"
    REFUSED = "refused"
    EXPORTED = "exported"
    UNUSUAL = "unusual"
    ACCOUNTS = "accounts"
    AUDIT = "audit"
    OTHER = "other"


# Patterns of LIKE, by group. What fits no group is "other": changes, mostly.
PATTERNS: Mapping[Group, tuple[str, ...]] = {
    Group.SEEN: ("%.read", "%.listed", "%.opened", "search.made"),
    Group.REVEALED: ("%.revealed",),
    Group.REFUSED: ("%.refused", "%failed"),
    Group.EXPORTED: ("%.exported", "%.export\\_ended"),
    Group.UNUSUAL: ("audit.unusual", "audit.faulty"),
    Group.ACCOUNTS: ("staff.%", "session.%", "api\\_key.%", "role.%"),
    Group.AUDIT: ("audit.%",),
}
# What the lines of somebody who keeps the server may be about: never a person or what they wrote.
SECURITY = tuple(
    f"{noun}.%"
    for noun in (
        "staff",
        "session",
        "api\\_key",
        "role",
        "access",
        "audit",
        "channel",
        "organisation",
        "office",
        "team",
        "agreement",
    )
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What lines are narrowed to; None: not narrowed. `security`: lines without persons only."""

    group: Group | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    subject: Subject | None = None
    security: bool = False


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line. `detail` is opened where it is asked for; `reason` and `words`: why a name was shown."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    persons: int
    cases: int
    detail: Mapping[str, Any]
    previous: bytes
    hash: bytes

    @property
    def reason(self) -> str | None:
        """Code of the reason that was given."""
        return self.detail.get("reason")

    @property
    def words(self) -> str | None:
        """The reason in words."""
        return self.detail.get("words")


@dataclass(frozen=True, slots=True)
class Looker:
    """Somebody who saw a person: how often, and when first and last."""

    actor: str
    times: int
    revealed: int
    first: datetime
    last: datetime


def lines(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, filters: Filters, part: Part
) -> tuple[list[AuditLine], bool]:
    """Return one page of lines, the newest first, and whether there are more behind it. Details stay closed."""
    statement = _statement(organisation_id, filters).offset((part.page - 1) * part.size).limit(part.size + 1)
    rows, more = part.cut(connection.execute(statement).all())
    return [_line(ring, row, opened=False) for row in rows], more


def line(connection: sa.Connection, ring: Keyring, organisation_id: UUID, seq: int) -> AuditLine | None:
    """Return one line with its detail; None when there is none of this number."""
    row = connection.execute(_statement(organisation_id, Filters()).where(Audit.seq == seq)).first()
    return _line(ring, row, opened=True) if row is not None else None


def subjects(connection: sa.Connection, organisation_id: UUID, seq: int) -> list[Subject]:
    """Return whom a line is about."""
    rows = connection.execute(
        sa.select(AuditSubject.kind, AuditSubject.id)
        .where(AuditSubject.organisation_id == organisation_id, AuditSubject.seq == seq)
        .order_by(AuditSubject.kind, AuditSubject.id)
    )
    return [Subject(*row) for row in rows]


def about(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, subject: Subject
) -> tuple[list[AuditLine], bool]:
    """Return the newest lines about a person or a case with their details, and whether there are older ones."""
    statement = _statement(organisation_id, Filters(subject=subject)).limit(MOST + 1)
    rows = connection.execute(statement).all()
    return [_line(ring, row, opened=True) for row in rows[:MOST]], len(rows) > MOST


def lookers(connection: sa.Connection, organisation_id: UUID, subject: Subject) -> list[Looker]:
    """Return everybody who saw a person or a case, who looked last first. Refused looks saw nothing."""
    revealed = sa.func.count().filter(_like(PATTERNS[Group.REVEALED])).label("revealed")
    rows = connection.execute(
        sa.select(
            Audit.actor,
            sa.func.count().label("times"),
            revealed,
            sa.func.min(Audit.at).label("first"),
            sa.func.max(Audit.at).label("last"),
        )
        .where(
            Audit.organisation_id == organisation_id,
            _is_about(subject),
            sa.not_(_like(PATTERNS[Group.REFUSED])),
        )
        .group_by(Audit.actor)
        .order_by(sa.func.max(Audit.at).desc())
    )
    return [Looker(*row) for row in rows]


def find(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, clearance: Clearance, text: str
) -> Subject | None:
    """Find whom somebody means: by the id of a person or case, a case's reference, or a number.

    Whoever is known by the audit alone, because their record was erased, is found by their id.
    """
    return (
        _by_id(connection, organisation_id, text)
        or _by_reference(connection, ring, organisation_id, clearance, text)
        or _by_address(connection, ring, organisation_id, text)
    )


def names(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, actors: Iterable[str] | None = None
) -> dict[str, str]:
    """Return names of staff by their id as text: of those who are asked for, or of all."""
    if actors is None:
        found = connection.scalars(sa.select(Staff.id).where(Staff.organisation_id == organisation_id))
        return _named(connection, ring, found.all())
    return _named(connection, ring, [staff_id for actor in set(actors) if (staff_id := _uuid(actor))])


def export(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, filters: Filters, *, opened: bool
) -> Iterator[tuple[AuditLine, list[Subject]]]:
    """Give lines with whom they are about, the oldest first, read as they are taken."""
    statement = _statement(organisation_id, filters, ascending=True)
    rows = connection.execute(statement, execution_options={"yield_per": BATCH})
    for some in rows.partitions():
        about_them = _subjects_of(connection, organisation_id, [row.seq for row in some])
        for row in some:
            yield _line(ring, row, opened=opened), about_them.get(row.seq, [])


def _statement(
    organisation_id: UUID, filters: Filters, *, ascending: bool = False
) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Audit.organisation_id,
            Audit.seq,
            Audit.at,
            Audit.actor,
            Audit.action,
            Audit.object,
            Audit.detail_sealed,
            Audit.previous,
            Audit.hash,
            _count(Kind.CONTACT).label("persons"),
            _count(Kind.CASE).label("cases"),
        )
        .where(Audit.organisation_id == organisation_id, *_narrowed(filters))
        .order_by(Audit.seq.asc() if ascending else Audit.seq.desc())
    )


def _narrowed(filters: Filters) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.group is Group.OTHER:
        conditions.append(sa.not_(_like([one for some in PATTERNS.values() for one in some])))
    elif filters.group is not None:
        conditions.append(_like(PATTERNS[filters.group]))
    if filters.actor is not None:
        conditions.append(Audit.actor == filters.actor)
    if filters.since is not None:
        conditions.append(Audit.at >= filters.since)
    if filters.until is not None:
        conditions.append(Audit.at < filters.until)
    if filters.subject is not None:
        conditions.append(_is_about(filters.subject))
    if filters.security:
        conditions += [_like(SECURITY), sa.not_(_names_somebody())]
    return conditions


def _like(patterns: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(Audit.action.like(pattern, escape="\\") for pattern in patterns))


def _is_about(subject: Subject) -> sa.ColumnElement[bool]:
    return Audit.seq.in_(
        sa.select(AuditSubject.seq).where(
            AuditSubject.organisation_id == Audit.organisation_id,
            AuditSubject.kind == subject.kind,
            AuditSubject.id == subject.id,
        )
    )


def _names_somebody() -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(
            AuditSubject.organisation_id == Audit.organisation_id,
            AuditSubject.seq == Audit.seq,
            AuditSubject.kind.in_((Kind.CONTACT, Kind.CASE)),
        )
        .correlate(Audit)
    )


def _count(kind: Kind) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(
            AuditSubject.organisation_id == Audit.organisation_id,
            AuditSubject.seq == Audit.seq,
            AuditSubject.kind == kind,
        )
        .correlate(Audit)
        .scalar_subquery()
    )


def _line(ring: Keyring, row: Any, *, opened: bool) -> AuditLine:
    blob = row.detail_sealed if opened else None
    return AuditLine(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        action=row.action,
        object=row.object,
        persons=row.persons,
        cases=row.cases,
        detail=detail_of(ring, row.organisation_id, row.seq, blob) if blob is not None else {},
        previous=row.previous,
        hash=row.hash,
    )


def _subjects_of(
    connection: sa.Connection, organisation_id: UUID, seqs: list[int]
) -> dict[int, list[Subject]]:
    rows = connection.execute(
        sa.select(AuditSubject.seq, AuditSubject.kind, AuditSubject.id)
        .where(AuditSubject.organisation_id == organisation_id, AuditSubject.seq.in_(seqs))
        .order_by(AuditSubject.seq, AuditSubject.kind, AuditSubject.id)
    )
    found: dict[int, list[Subject]] = {}
    for row in rows:
        found.setdefault(row.seq, []).append(Subject(row.kind, row.id))
    return found


def _by_id(connection: sa.Connection, organisation_id: UUID, text: str) -> Subject | None:
    id_ = _uuid(text)
    if id_ is None:
        return None
    kind = connection.scalar(
        sa.select(AuditSubject.kind)
        .where(
            AuditSubject.organisation_id == organisation_id,
            AuditSubject.kind.in_((Kind.CONTACT, Kind.CASE)),
            AuditSubject.id == id_,
        )
        .limit(1)
    )
    return Subject(kind, id_) if kind is not None else None


def _by_reference(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, clearance: Clearance, text: str
) -> Subject | None:
    reference = references.read(text)
    if reference is None:
        return None
    found = connection.scalar(
        sa.select(Grievance.id).where(
            Grievance.organisation_id == organisation_id,
            Grievance.reference_index == ring.index("reference:" + reference),
            clearance.unsealed(Grievance.sealed),
        )
    )
    return Subject(Kind.CASE, found) if found is not None else None


def _by_address(connection: sa.Connection, ring: Keyring, organisation_id: UUID, text: str) -> Subject | None:
    plain = ascii_digits(text).strip()
    indexes = [ring.index(urn) for scheme in SCHEMES if (urn := _urn(scheme, plain))]
    found = connection.scalar(
        sa.select(ContactUrn.contact_id)
        .where(ContactUrn.organisation_id == organisation_id, ContactUrn.address_index.in_(indexes))
        .limit(1)
    )
    return Subject(Kind.CONTACT, found) if found is not None else None


def _urn(scheme: str, text: str) -> str | None:
    try:
        return urns.normalise(scheme, text)
    except InvalidUrn:
        return None


def _named(connection: sa.Connection, ring: Keyring, staff_ids: Iterable[UUID]) -> dict[str, str]:
    return {str(staff_id): name for staff_id, name in accounts.names(connection, ring, staff_ids).items()}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
