"""Who works here: the list of staff, invitations, and changes of role, some of which a second person must agree to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.organisations import Office
from gateway.models.staff import Role, RoleChange, Staff, StaffCredential, StaffSession
from gateway.services import notices, staff, teams
from gateway.services.notices import Kind
from gateway.services.unfit import Unfit, among, filled

# Roles that read what people said; a test compares them with the table of access.
CONTENT = frozenset(
    {
        Role.COMMUNITY_STAFF,
        Role.PARTNER,
        Role.PROTECTION_REVIEWER,
        Role.SENSITIVE_FOCAL_POINT,
        Role.IM_OFFICER,
    }
)
DECIDERS = frozenset({Role.ADMIN, Role.DATA_PROTECTION_OFFICER})
UNTIL_DECIDED = Role.VIEWER_AGGREGATE  # what somebody is who was invited into a role that waits


class State(StrEnum):
    """Whether an account can be used."""

    INVITED = "invited"  # has not set a password
    ACTIVE = "active"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Line:
    """One member of staff. `waits_for`: the role that a second person must agree to."""

    id: UUID
    name: str
    role: str
    office_id: UUID | None
    office: str | None
    teams: tuple[str, ...]
    state: State
    seen_at: datetime | None
    waits_for: str | None
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is to work here, as what, and where."""

    email: str
    name: str
    role: str
    office_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """An account that was made. `waits`: its role must be agreed to first."""

    staff_id: UUID
    link: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change of role that waits for a second person."""

    id: UUID
    staff_id: UUID
    name: str
    from_role: str
    to_role: str
    asked_by: UUID
    asker: str
    asked_at: datetime


def lines(connection: sa.Connection, ring: Keyring, organisation_id: UUID) -> list[Line]:
    """Return an organisation's staff: those who are here by name, then those who left."""
    rows = connection.execute(_listed().where(Staff.organisation_id == organisation_id)).all()
    in_teams = teams.of_staff(connection, [row.id for row in rows])
    found = [_line(ring, row, tuple(in_teams.get(row.id, ()))) for row in rows]
    return sorted(found, key=lambda line: (line.state is State.LEFT, line.name.casefold(), line.id))


def find(connection: sa.Connection, ring: Keyring, organisation_id: UUID, staff_id: UUID) -> Line | None:
    """Return one member of staff; None when this organisation has no such account."""
    row = connection.execute(
        _listed().where(Staff.organisation_id == organisation_id, Staff.id == staff_id)
    ).first()
    if row is None:
        return None
    return _line(ring, row, tuple(teams.of_staff(connection, [staff_id]).get(staff_id, ())))


def invite(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    invitation: Invitation,
    *,
    base_url: str,
    by: UUID,
    now: datetime,
) -> Invited:
    """Make an account and the link that lets its owner set a password.

    Raises:
        Unfit: a fact cannot be taken; staff.UnfitEmail: the address cannot be one, or is taken.
    """
    wanted = Role(among(invitation.role, Role, field="role"))
    _check_office(connection, organisation_id, invitation.office_id)
    waits = _needs_second(connection, organisation_id, staff_id=None, to_role=wanted, by=by)
    made = staff.create(
        connection,
        ring,
        organisation_id=organisation_id,
        email=invitation.email,
        name=filled(invitation.name, field="name"),
        role=UNTIL_DECIDED if waits else wanted,
    )
    connection.execute(sa.update(Staff).where(Staff.id == made).values(office_id=invitation.office_id))
    if waits:
        _ask(connection, organisation_id, made, UNTIL_DECIDED, wanted, by=by, now=now)
    return Invited(made, staff.link(connection, made, base_url, now=now), waits)


def set_office(
    connection: sa.Connection, organisation_id: UUID, staff_id: UUID, office_id: UUID | None
) -> None:
    """Let somebody work in an office of their organisation, or in none.

    Raises:
        Unfit: there is no such office.
    """
    _check_office(connection, organisation_id, office_id)
    connection.execute(
        sa.update(Staff)
        .where(Staff.id == staff_id, Staff.organisation_id == organisation_id)
        .values(office_id=office_id)
    )


def change_role(
    connection: sa.Connection,
    organisation_id: UUID,
    staff_id: UUID,
    *,
    to: str,
    by: UUID | None,
    now: datetime,
) -> bool:
    """Give somebody a role; False when that waits for a second person now. `by` None: by a command.

    Sealed cases are opened to nobody, content to nobody's own account, and the administration to nobody while
    there is somebody else to ask, by one person alone.

    Raises:
        Unfit: there is no such role, or the last administrator would be gone.
    """
    wanted = Role(among(to, Role, field="role"))
    row = connection.execute(
        sa.select(Staff.role)
        .where(Staff.id == staff_id, Staff.organisation_id == organisation_id, Staff.active)
        .with_for_update()
    ).first()
    if row is None:
        raise Unfit("unknown", field="staff")
    _withdraw(connection, staff_id, now=now)
    if row.role == wanted:
        return True
    if row.role == Role.ADMIN:
        check_another_administrator(connection, organisation_id, staff_id)
    if by and _needs_second(connection, organisation_id, staff_id=staff_id, to_role=wanted, by=by):
        _ask(connection, organisation_id, staff_id, row.role, wanted, by=by, now=now)
        return False
    _give(connection, staff_id, wanted)
    return True


def waiting(connection: sa.Connection, ring: Keyring, organisation_id: UUID) -> list[Waiting]:
    """Return the changes of role that wait, the oldest first."""
    rows = connection.execute(
        sa.select(*RoleChange.__table__.c)
        .where(RoleChange.organisation_id == organisation_id, RoleChange.decided_at.is_(None))
        .order_by(RoleChange.asked_at)
    ).all()
    names = staff.names(connection, ring, {row.staff_id for row in rows} | {row.asked_by for row in rows})
    return [
        Waiting(
            row.id,
            row.staff_id,
            names.get(row.staff_id, ""),
            row.from_role,
            row.to_role,
            row.asked_by,
            names.get(row.asked_by, ""),
            row.asked_at,
        )
        for row in rows
    ]


def decide(
    connection: sa.Connection,
    organisation_id: UUID,
    change_id: UUID,
    *,
    by: UUID,
    approve: bool,
    now: datetime,
) -> RoleChange | None:
    """Agree to a change of role, or refuse it. None: there is none that waits, or it is not for this person to say.

    Neither who asked nor whom it concerns decides; nor does anybody who does not keep accounts.
    """
    decided = connection.execute(
        sa.update(RoleChange)
        .where(
            RoleChange.id == change_id,
            RoleChange.organisation_id == organisation_id,
            RoleChange.decided_at.is_(None),
            RoleChange.asked_by != by,
            RoleChange.staff_id != by,
            sa.exists().where(
                Staff.id == by,
                Staff.organisation_id == organisation_id,
                Staff.active,
                Staff.role.in_(DECIDERS),
            ),
        )
        .values(decided_by=by, decided_at=now, approved=approve)
        .returning(*RoleChange.__table__.c)
    ).first()
    if decided is None:
        return None
    found = RoleChange(**decided._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
    if approve:
        _give(connection, found.staff_id, Role(found.to_role))
    return found


def check_another_administrator(connection: sa.Connection, organisation_id: UUID, staff_id: UUID) -> None:
    """Raise Unfit when nobody else administers the organisation."""
    # Two administrators who dismiss one another at once: the second waits here and finds itself the last.
    others = connection.execute(
        sa.select(Staff.id)
        .where(Staff.organisation_id == organisation_id, Staff.active, Staff.role == Role.ADMIN)
        .order_by(Staff.id)
        .with_for_update()
    ).scalars()
    if set(others) <= {staff_id}:
        raise Unfit("last_administrator", field="role")


def _needs_second(
    connection: sa.Connection, organisation_id: UUID, *, staff_id: UUID | None, to_role: Role, by: UUID
) -> bool:
    if to_role is Role.SENSITIVE_FOCAL_POINT or (staff_id == by and to_role in CONTENT):
        return True
    return to_role in DECIDERS and _somebody_else(connection, organisation_id, {by, staff_id})


def _somebody_else(connection: sa.Connection, organisation_id: UUID, but: set[UUID | None]) -> bool:
    conditions = (
        Staff.organisation_id == organisation_id,
        Staff.active,
        Staff.password_hash.is_not(None),
        Staff.role.in_(DECIDERS),
        Staff.id.not_in([staff_id for staff_id in but if staff_id is not None]),
    )
    return bool(connection.scalar(sa.select(sa.exists().where(*conditions))))


def _ask(
    connection: sa.Connection,
    organisation_id: UUID,
    staff_id: UUID,
    from_role: str,
    to_role: Role,
    *,
    by: UUID,
    now: datetime,
) -> None:
    change_id = ids.new()
    values = {
        "id": change_id,
        "organisation_id": organisation_id,
        "staff_id": staff_id,
        "from_role": from_role,
        "to_role": to_role,
        "asked_by": by,
        "asked_at": now,
    }
    connection.execute(insert(RoleChange).values(**values))
    notices.raise_(
        connection,
        kind=Kind.ROLE_CHANGE,
        object=f"staff {staff_id}",
        priority="P3",
        organisation_id=organisation_id,
        occasion=change_id.hex,
        but=by,
        now=now,
    )


def _withdraw(connection: sa.Connection, staff_id: UUID, *, now: datetime) -> None:
    """A new wish takes the place of one that waits."""
    connection.execute(
        sa.update(RoleChange)
        .where(RoleChange.staff_id == staff_id, RoleChange.decided_at.is_(None))
        .values(decided_at=now, approved=False)
    )


def _give(connection: sa.Connection, staff_id: UUID, role: Role) -> None:
    """Whoever has another role signs in anew: open pages were drawn for the old one."""
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(role=role))
    connection.execute(sa.delete(StaffSession).where(StaffSession.staff_id == staff_id))


def _check_office(connection: sa.Connection, organisation_id: UUID, office_id: UUID | None) -> None:
    if office_id is None:
        return
    ours = sa.exists().where(Office.id == office_id, Office.organisation_id == organisation_id, Office.active)
    if not connection.scalar(sa.select(ours)):
        raise Unfit("unknown", field="office")


def _listed() -> sa.Select[Any]:
    seen = (
        sa.select(sa.func.max(StaffSession.seen_at))
        .where(StaffSession.staff_id == Staff.id)
        .scalar_subquery()
    )
    waits = (
        sa.select(RoleChange.to_role)
        .where(RoleChange.staff_id == Staff.id, RoleChange.decided_at.is_(None))
        .scalar_subquery()
    )
    passkey = sa.exists().where(StaffCredential.staff_id == Staff.id)
    return sa.select(
        Staff.id,
        Staff.name_sealed,
        Staff.role,
        Staff.office_id,
        Staff.active,
        Staff.password_hash.is_not(None).label("entered"),
        Office.name.label("office"),
        seen.label("seen_at"),
        waits.label("waits_for"),
        sa.or_(Staff.totp_sealed.is_not(None), passkey).label("second_factor"),
    ).outerjoin(Office, Office.id == Staff.office_id)


def _line(ring: Keyring, row: Any, in_teams: tuple[str, ...]) -> Line:
    state = State.LEFT if not row.active else State.ACTIVE if row.entered else State.INVITED
    return Line(
        row.id,
        ring.open(staff.NAME, row.id, row.name_sealed),
        row.role,
        row.office_id,
        row.office,
        in_teams,
        state,
        row.seen_at,
        row.waits_for,
        row.second_factor,
    )
