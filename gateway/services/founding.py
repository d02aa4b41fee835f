"""The first administrator of an organisation: invited by the lead's, until somebody there has come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from gateway.crypto import Keyring
from gateway.models.organisations import Organisation
from gateway.models.staff import Role, Staff, StaffLink
from gateway.services import members, staff
from gateway.services.members import Invitation
from gateway.services.organisations import ENTERED


@dataclass(frozen=True, slots=True)
class Founder:
    """The account that waits for its owner, its link, and the accounts that waited before and are closed."""

    staff_id: UUID
    link: str
    replaced: tuple[UUID, ...]


def waits(connection: sa.Connection, organisation_id: UUID) -> bool:
    """Say whether an organisation that works in the operation has nobody yet who has come in."""
    somebody = sa.exists().where(Staff.organisation_id == Organisation.id, Staff.active, ENTERED)
    nobody = sa.select(sa.exists().where(Organisation.id == organisation_id, Organisation.active, ~somebody))
    return bool(connection.scalar(nobody))


def invite(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    *,
    email: str,
    name: str,
    base_url: str,
    by: UUID,
    now: datetime,
) -> Founder | None:
    """Make the account of an organisation's first administrator, and its link; None when somebody is there already.

    Whoever was invited before and let the link run out gets a new one. One at a time waits: whoever was invited before
    them comes in no more, or the lead could leave a second door open for later. Nobody else could agree yet, so no
    second person is asked; once somebody came in, the organisation looks after its own accounts.

    Raises:
        Unfit: the name cannot be taken; staff.UnfitEmail: the address cannot, or somebody else's account has it.
    """
    # Two who invite at once: the second waits here.
    connection.execute(
        sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update()
    ).first()
    if not waits(connection, organisation_id):
        return None
    known = _known(connection, ring, organisation_id, email)
    if known is None:
        wanted = Invitation(email, name, Role.ADMIN)
        known = members.invite(
            connection, ring, organisation_id, wanted, base_url=base_url, by=by, now=now
        ).staff_id
    replaced = _close_others(connection, organisation_id, known)
    connection.execute(sa.update(Staff).where(Staff.id == known).values(active=True))
    return Founder(known, staff.link(connection, known, base_url, now=now), replaced)


def _known(connection: sa.Connection, ring: Keyring, organisation_id: UUID, email: str) -> UUID | None:
    """The account of this address, if it was invited into this organisation before and nobody came in by it."""
    return connection.scalar(
        sa.select(Staff.id).where(
            Staff.email_index == staff.index(ring, email),
            Staff.organisation_id == organisation_id,
            Staff.role == Role.ADMIN,
            ~ENTERED,
        )
    )


def _close_others(connection: sa.Connection, organisation_id: UUID, but: UUID) -> tuple[UUID, ...]:
    closed = tuple(
        connection.scalars(
            sa.update(Staff)
            .where(
                Staff.organisation_id == organisation_id,
                Staff.active,
                Staff.role == Role.ADMIN,
                Staff.id != but,
                ~ENTERED,
            )
            .values(active=False)
            .returning(Staff.id)
        )
    )
    connection.execute(
        sa.delete(StaffLink).where(StaffLink.staff_id.in_(closed), StaffLink.used_at.is_(None))
    )
    return closed
