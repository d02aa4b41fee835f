"""When somebody leaves: everything that they could do ends, what they did stays, and their work goes to a colleague.

`STEPS` is the list of what ends. Each step counts what it would do, so that it can be shown beforehand, and does it.
Services that keep something for a person add a step of their own at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.crypto import Keyring
from gateway.models.api_keys import ApiKey
from gateway.models.organisations import TeamMember
from gateway.models.staff import (
    Role,
    RoleChange,
    Staff,
    StaffCredential,
    StaffLink,
    StaffRecoveryCode,
    StaffSession,
)
from gateway.services import handing_on, members
from gateway.services.members import State
from gateway.services.unfit import Unfit

# How much of cases a role reads; work is handed to somebody who may read as much.
CLEARED: Mapping[str, int] = {
    Role.COMMUNITY_STAFF: 1,
    Role.PARTNER: 1,
    Role.PROTECTION_REVIEWER: 2,
    Role.SENSITIVE_FOCAL_POINT: 3,
}


@dataclass(frozen=True, slots=True)
class Leaver:
    """Who leaves, and who takes over; `heir_id` None: nobody was named."""

    staff_id: UUID
    organisation_id: UUID
    heir_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that ends. `name`: a code with words of its own; `hands_over`: it goes to the heir, if there is one."""

    name: str
    count: Callable[[sa.Connection, Leaver], int]
    act: Callable[[sa.Connection, Leaver, datetime], None]
    hands_over: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What a step is going to do: how many things end, or go to the heir."""

    name: str
    count: int
    hands_over: bool


def preview(connection: sa.Connection, leaver: Leaver) -> list[Expected]:
    """Say what will happen, without doing it."""
    return [Expected(step.name, step.count(connection, leaver), step.hands_over) for step in STEPS]


def leave(connection: sa.Connection, leaver: Leaver, *, now: datetime) -> dict[str, int]:
    """End everything, hand over, and close the account; its name stays in the history.

    Returns:
        By step how many things ended or were handed over.

    Raises:
        Unfit: "unknown" account, "last_administrator", or an heir who may not read as much ("heir").
    """
    role = _lock(connection, leaver)
    if role == Role.ADMIN:
        members.check_another_administrator(connection, leaver.organisation_id, leaver.staff_id)
    if leaver.heir_id is not None:
        _check_heir(connection, leaver, role)
    done = {}
    for step in STEPS:
        done[step.name] = step.count(connection, leaver)
        step.act(connection, leaver, now)
    connection.execute(
        sa.update(Staff).where(Staff.id == leaver.staff_id).values(active=False, password_hash=None)
    )
    return done


def heirs(connection: sa.Connection, ring: Keyring, leaver: Leaver) -> dict[UUID, str]:
    """Return those who may take over, by name: active colleagues who read at least as much."""
    people = members.lines(connection, ring, leaver.organisation_id)
    role = next((person.role for person in people if person.id == leaver.staff_id), "")
    return {
        person.id: person.name
        for person in people
        if person.id != leaver.staff_id
        and person.state is State.ACTIVE
        and may_take_over(person.role, of=role)
    }


def may_take_over(role: str, *, of: str) -> bool:
    """Say whether somebody of one role may take over the work of another."""
    return role == of or CLEARED.get(role, 0) >= CLEARED.get(of, len(CLEARED))


def _lock(connection: sa.Connection, leaver: Leaver) -> str:
    role = connection.scalar(
        sa.select(Staff.role)
        .where(Staff.id == leaver.staff_id, Staff.organisation_id == leaver.organisation_id, Staff.active)
        .with_for_update()
    )
    if role is None:
        raise Unfit("unknown", field="staff")
    return role


def _check_heir(connection: sa.Connection, leaver: Leaver, role: str) -> None:
    found = connection.scalar(
        sa.select(Staff.role).where(
            Staff.id == leaver.heir_id,
            Staff.id != leaver.staff_id,
            Staff.organisation_id == leaver.organisation_id,
            Staff.active,
        )
    )
    if found is None or not may_take_over(found, of=role):
        raise Unfit("unfit_heir", field="heir")


# --- Steps


def _counted(model: type, *conditions: Callable[[Leaver], sa.ColumnElement[bool]]) -> Callable[..., int]:
    def count(connection: sa.Connection, leaver: Leaver) -> int:
        statement = sa.select(sa.func.count()).select_from(model)
        return connection.scalar(statement.where(*(condition(leaver) for condition in conditions))) or 0

    return count


def _end_sessions(connection: sa.Connection, leaver: Leaver, now: datetime) -> None:
    del now
    connection.execute(sa.delete(StaffSession).where(StaffSession.staff_id == leaver.staff_id))


def _end_links(connection: sa.Connection, leaver: Leaver, now: datetime) -> None:
    del now
    connection.execute(
        sa.delete(StaffLink).where(StaffLink.staff_id == leaver.staff_id, StaffLink.used_at.is_(None))
    )


def _count_factors(connection: sa.Connection, leaver: Leaver) -> int:
    app = sa.select(sa.func.count()).where(Staff.id == leaver.staff_id, Staff.totp_sealed.is_not(None))
    keys = sa.select(sa.func.count()).where(StaffCredential.staff_id == leaver.staff_id)
    return (connection.scalar(app) or 0) + (connection.scalar(keys) or 0)


def _remove_factors(connection: sa.Connection, leaver: Leaver, now: datetime) -> None:
    del now
    for model in (StaffCredential, StaffRecoveryCode):
        connection.execute(sa.delete(model).where(model.staff_id == leaver.staff_id))
    # The identity provider does not let them in either: nobody is found under its name any more.
    connection.execute(
        sa.update(Staff).where(Staff.id == leaver.staff_id).values(totp_sealed=None, sso_index=None)
    )


def _revoke_keys(connection: sa.Connection, leaver: Leaver, now: datetime) -> None:
    connection.execute(
        sa.update(ApiKey)
        .where(ApiKey.created_by == leaver.staff_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _withdraw_changes(connection: sa.Connection, leaver: Leaver, now: datetime) -> None:
    concerns = sa.or_(RoleChange.staff_id == leaver.staff_id, RoleChange.asked_by == leaver.staff_id)
    connection.execute(
        sa.update(RoleChange)
        .where(concerns, RoleChange.decided_at.is_(None))
        .values(decided_at=now, approved=False)
    )


def _hand_over_teams(connection: sa.Connection, leaver: Leaver, now: datetime) -> None:
    del now
    mine = sa.select(TeamMember.team_id, TeamMember.lead).where(TeamMember.staff_id == leaver.staff_id)
    rows = [(row.team_id, row.lead) for row in connection.execute(mine)]
    connection.execute(sa.delete(TeamMember).where(TeamMember.staff_id == leaver.staff_id))
    if leaver.heir_id is None or not rows:
        return
    values = [{"team_id": team, "staff_id": leaver.heir_id, "lead": lead} for team, lead in rows]
    joined = insert(TeamMember).values(values)
    # Whoever is in the team already keeps leading it, or begins to where the leaver did.
    connection.execute(
        joined.on_conflict_do_update(
            index_elements=[TeamMember.team_id, TeamMember.staff_id],
            set_={"lead": sa.or_(TeamMember.lead, joined.excluded.lead)},
        )
    )


STEPS: list[Step] = [
    Step(
        "sessions", _counted(StaffSession, lambda one: StaffSession.staff_id == one.staff_id), _end_sessions
    ),
    Step(
        "links",
        _counted(
            StaffLink,
            lambda one: StaffLink.staff_id == one.staff_id,
            lambda _: StaffLink.used_at.is_(None),
        ),
        _end_links,
    ),
    Step("factors", _count_factors, _remove_factors),
    Step(
        "api_keys",
        _counted(
            ApiKey, lambda one: ApiKey.created_by == one.staff_id, lambda _: ApiKey.revoked_at.is_(None)
        ),
        _revoke_keys,
    ),
    Step(
        "role_changes",
        _counted(
            RoleChange,
            lambda one: sa.or_(RoleChange.staff_id == one.staff_id, RoleChange.asked_by == one.staff_id),
            lambda _: RoleChange.decided_at.is_(None),
        ),
        _withdraw_changes,
    ),
    Step(
        "teams",
        _counted(TeamMember, lambda one: TeamMember.staff_id == one.staff_id),
        _hand_over_teams,
        hands_over=True,
    ),
    Step(
        "duties",
        lambda connection, one: handing_on.count_duties(connection, one.staff_id),
        lambda connection, one, now: handing_on.hand_on_duties(
            connection, one.staff_id, one.heir_id, now=now
        ),
        hands_over=True,
    ),
    Step(
        "notices",
        lambda connection, one: handing_on.count_notices(connection, one.staff_id),
        lambda connection, one, now: handing_on.hand_on_notices(
            connection, one.staff_id, one.heir_id, now=now
        ),
        hands_over=True,
    ),
]
