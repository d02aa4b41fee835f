"""The first administrator of an organisation: invited by the lead's, until somebody there has a password."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from gateway.crypto import Keyring
from gateway.models.organisations import Organisation
from gateway.models.staff import Role, Staff
from gateway.services import members, staff
from gateway.services.members import Invitation, Invited


def waits(connection: sa.Connection, organisation_id: UUID) -> bool:
    """Say whether an organisation that works in the operation has nobody yet who could sign in."""
    entered = sa.exists().where(
        Staff.organisation_id == Organisation.id, Staff.active, Staff.password_hash.is_not(None)
    )
    nobody = sa.select(sa.exists().where(Organisation.id == organisation_id, Organisation.active, ~entered))
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
) -> Invited | None:
    """Make the account of an organisation's first administrator, and its link; None when somebody is there already.

    Whoever was invited before and let the link run out gets a new one. Nobody else could agree yet, so no second
    person is asked; from the first password on, the organisation looks after its own accounts.

    Raises:
        Unfit: the name cannot be taken; staff.UnfitEmail: the address cannot, or somebody else's account has it.
    """
    # Two who invite at once: the second waits here.
    connection.execute(
        sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update()
    ).first()
    if not waits(connection, organisation_id):
        return None
    known = _invited(connection, ring, organisation_id, email)
    if known is not None:
        return Invited(known, staff.link(connection, known, base_url, now=now), waits=False)
    wanted = Invitation(email, name, Role.ADMIN)
    return members.invite(connection, ring, organisation_id, wanted, base_url=base_url, by=by, now=now)


def _invited(connection: sa.Connection, ring: Keyring, organisation_id: UUID, email: str) -> UUID | None:
    return connection.scalar(
        sa.select(Staff.id).where(
            Staff.email_index == staff.index(ring, email),
            Staff.organisation_id == organisation_id,
            Staff.active,
            Staff.role == Role.ADMIN,
        )
    )
