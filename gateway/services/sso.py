"""Whose account it is that an identity provider vouches for.

An account is found by who the provider says it is (issuer and subject, as a keyed hash). The first time it is found by
the invited address, and remembers the subject from then on: an address that later goes to somebody else leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from gateway.crypto import Keyring
from gateway.models.organisations import Organisation
from gateway.models.staff import Role, Staff
from gateway.services import staff
from gateway.services.staff import UnfitEmail


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for. `email`: an address that it has verified."""

    issuer: str
    subject: str
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The account. `how`: "known", "linked" (for the first time) or "made"."""

    staff_id: UUID
    organisation_id: UUID
    how: str


def find(connection: sa.Connection, ring: Keyring, who: Vouched, *, create: bool) -> Found | None:
    """Return the open account of somebody, and link it the first time; None: nobody of ours.

    `create`: make an account that sees counts only for somebody whom nobody invited.
    """
    subject = _index(ring, who)
    known = connection.execute(_select().where(Staff.sso_index == subject)).first()
    if known is not None:
        return Found(known.id, known.organisation_id, "known") if known.active else None
    invited = connection.execute(
        _select().where(Staff.email_index == staff.index(ring, who.email)).with_for_update()
    ).first()
    if invited is not None:
        if not invited.active or invited.sso_index is not None:
            return None
        _link(connection, invited.id, subject)
        return Found(invited.id, invited.organisation_id, "linked")
    return _make(connection, ring, who, subject) if create else None


def owner(connection: sa.Connection, ring: Keyring, who: Vouched) -> UUID | None:
    """Return whose account a subject leads to already; None: nobody's."""
    return connection.scalar(sa.select(Staff.id).where(Staff.sso_index == _index(ring, who)))


def _make(connection: sa.Connection, ring: Keyring, who: Vouched, subject: bytes) -> Found | None:
    organisation_id = connection.scalar(
        sa.select(Organisation.id)
        .where(Organisation.active)
        .order_by(Organisation.lead.desc(), Organisation.id)
        .limit(1)
    )
    if organisation_id is None:
        return None
    try:
        made = staff.create(
            connection,
            ring,
            organisation_id=organisation_id,
            email=who.email,
            name=who.name,
            role=Role.VIEWER_AGGREGATE,
        )
    except UnfitEmail:
        return None
    _link(connection, made, subject)
    return Found(made, organisation_id, "made")


def _link(connection: sa.Connection, staff_id: UUID, subject: bytes) -> None:
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(sso_index=subject))


def _select() -> sa.Select[UUID, UUID, bool, bytes | None]:
    return sa.select(Staff.id, Staff.organisation_id, Staff.active, Staff.sso_index)


def _index(ring: Keyring, who: Vouched) -> bytes:
    return ring.index(f"sso:{who.issuer}\n{who.subject}")
