"""Teams: members of staff who share a queue, a roster and a lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.models.organisations import Office, Team, TeamMember
from gateway.models.staff import Staff
from gateway.services.unfit import Unfit, filled


@dataclass(frozen=True, slots=True)
class Facts:
    """What a team is, and who is in it. `leads`: those members who lead it."""

    name: str
    office_id: UUID | None = None
    active: bool = True
    members: frozenset[UUID] = frozenset()
    leads: frozenset[UUID] = frozenset()

    def told(self) -> dict[str, Any]:
        """The same for the audit: ids, no names of persons."""
        return {
            "name": self.name,
            "office": str(self.office_id) if self.office_id else None,
            "active": self.active,
            "members": sorted(map(str, self.members)),
            "leads": sorted(map(str, self.leads)),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One team."""

    id: UUID
    facts: Facts
    office: str | None


def lines(connection: sa.Connection, organisation_id: UUID) -> list[Line]:
    """Return an organisation's teams, the closed ones last."""
    rows = connection.execute(
        sa.select(Team.id, Team.name, Team.office_id, Team.active, Office.name.label("office"))
        .outerjoin(Office, Office.id == Team.office_id)
        .where(Team.organisation_id == organisation_id)
        .order_by(Team.active.desc(), Team.name)
    ).all()
    members = _members(connection, [row.id for row in rows])
    return [Line(row.id, _facts(row, members.get(row.id, {})), row.office) for row in rows]


def find(connection: sa.Connection, organisation_id: UUID, team_id: UUID) -> Facts | None:
    """Return a team's facts; None when this organisation has no such team."""
    row = connection.execute(
        sa.select(Team.id, Team.name, Team.office_id, Team.active).where(
            Team.id == team_id, Team.organisation_id == organisation_id
        )
    ).first()
    return _facts(row, _members(connection, [team_id]).get(team_id, {})) if row else None


def of_staff(connection: sa.Connection, staff_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the names of the open teams that each of these people is in."""
    rows = connection.execute(
        sa.select(TeamMember.staff_id, Team.name)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.staff_id.in_(list(staff_ids)), Team.active)
        .order_by(Team.name)
    )
    found: dict[UUID, list[str]] = {}
    for staff_id, name in rows:
        found.setdefault(staff_id, []).append(name)
    return found


def add(connection: sa.Connection, organisation_id: UUID, facts: Facts) -> UUID:
    """Make a team.

    Raises:
        Unfit: a fact cannot be taken; `field` names it.
    """
    name = _check(connection, organisation_id, facts, but=None)
    team_id = ids.new()
    connection.execute(
        sa.insert(Team).values(
            id=team_id,
            organisation_id=organisation_id,
            name=name,
            office_id=facts.office_id,
            active=facts.active,
        )
    )
    _put(connection, team_id, facts)
    return team_id


def change(connection: sa.Connection, organisation_id: UUID, team_id: UUID, facts: Facts) -> None:
    """Change a team and who is in it, or close it.

    Raises:
        Unfit: a fact cannot be taken; `field` names it.
    """
    name = _check(connection, organisation_id, facts, but=team_id)
    connection.execute(
        sa.update(Team)
        .where(Team.id == team_id, Team.organisation_id == organisation_id)
        .values(name=name, office_id=facts.office_id, active=facts.active)
    )
    _put(connection, team_id, facts)


def _check(connection: sa.Connection, organisation_id: UUID, facts: Facts, *, but: UUID | None) -> str:
    name = filled(facts.name, field="name")
    taken = sa.select(Team.id).where(Team.organisation_id == organisation_id, Team.name == name)
    if connection.scalar(taken) not in {None, but}:
        raise Unfit("taken", field="name")
    if facts.office_id is not None:
        ours = sa.exists().where(Office.id == facts.office_id, Office.organisation_id == organisation_id)
        if not connection.scalar(sa.select(ours)):
            raise Unfit("unknown", field="office")
    _check_members(connection, organisation_id, facts)
    return name


def _check_members(connection: sa.Connection, organisation_id: UUID, facts: Facts) -> None:
    wanted = facts.members | facts.leads
    known = set(
        connection.scalars(
            sa.select(Staff.id).where(
                Staff.id.in_(list(wanted)), Staff.organisation_id == organisation_id, Staff.active
            )
        )
    )
    if wanted - known:
        raise Unfit("unknown", field="members")


def _put(connection: sa.Connection, team_id: UUID, facts: Facts) -> None:
    connection.execute(sa.delete(TeamMember).where(TeamMember.team_id == team_id))
    rows = [
        {"team_id": team_id, "staff_id": staff_id, "lead": staff_id in facts.leads}
        for staff_id in facts.members | facts.leads
    ]
    if rows:
        connection.execute(sa.insert(TeamMember), rows)


def _members(connection: sa.Connection, team_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, bool]]:
    rows = connection.execute(
        sa.select(TeamMember.team_id, TeamMember.staff_id, TeamMember.lead).where(
            TeamMember.team_id.in_(list(team_ids))
        )
    )
    found: dict[UUID, dict[UUID, bool]] = {}
    for team_id, staff_id, lead in rows:
        found.setdefault(team_id, {})[staff_id] = lead
    return found


def _facts(row: Any, members: dict[UUID, bool]) -> Facts:
    leads = frozenset(staff_id for staff_id, lead in members.items() if lead)
    return Facts(row.name, row.office_id, row.active, frozenset(members), leads)
