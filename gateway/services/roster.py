"""Who is on duty for a team, and when nobody is.

Shifts are planned by the wall clock of the team's zone and kept as moments. A shift copied to the next week keeps its
hours on the wall, also over a night in which the clocks change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.errors import InvalidRequest
from gateway.models.grievances import Grievance
from gateway.models.notices import Alert, Handover, Notice, Shift
from gateway.models.organisations import Office, Team, TeamMember
from gateway.models.staff import Staff
from gateway.services import notices
from gateway.services.notice_settings import known_zone
from gateway.services.notices import BY_LEVEL, Event, Kind

LONGEST_SHIFT = timedelta(hours=24)
AHEAD = timedelta(days=14)  # gaps are looked for so far ahead
WEEK = timedelta(days=7)
HANDED_OVER_WITHIN = timedelta(days=14)  # what was raised earlier is no matter of this shift

Span = tuple[datetime, datetime]


class UnfitShift(InvalidRequest):
    """A shift that cannot be; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The shift does not fit: {code}.")
        self.code = code


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team with its zone, and whether the reader leads it or belongs to it."""

    id: UUID
    name: str
    zone: ZoneInfo
    member: bool
    lead: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """One shift."""

    id: UUID
    team_id: UUID
    staff_id: UUID
    backup_id: UUID | None
    starts_at: datetime
    ends_at: datetime


# ---------------------------------------------------------------------- pure


def gaps(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """Return the stretches between `start` and `end` that no span covers, in order."""
    found: list[Span] = []
    covered = start
    for begins, ends in sorted(spans):
        if begins >= end:
            break
        if begins > covered:
            found.append((covered, begins))
        covered = max(covered, ends)
    if covered < end:
        found.append((covered, end))
    return found


def span(day: date, begin: time, until: time, zone: ZoneInfo) -> Span:
    """Return the moments of a shift that begins on a day; an end that is not after the beginning is the next day's.

    Raises:
        UnfitShift: the clocks change so that nothing is left of it.
    """
    ends_on = day + timedelta(days=1) if until <= begin else day
    starts_at = datetime.combine(day, begin, zone).astimezone(UTC)
    ends_at = datetime.combine(ends_on, until, zone).astimezone(UTC)
    if starts_at >= ends_at:
        raise UnfitShift("empty")
    return starts_at, ends_at


def later(moment: datetime, zone: ZoneInfo, by: timedelta = WEEK) -> datetime:
    """Return the moment at which the wall clock shows the same some days later."""
    return (moment.astimezone(zone).replace(tzinfo=None) + by).replace(tzinfo=zone).astimezone(UTC)


def day_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the beginning of a day."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def week_of(day: date, zone: ZoneInfo) -> Span:
    """Return the beginning and the end of a day's week, Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return day_of(monday, zone), day_of(monday + WEEK, zone)


# ---------------------------------------------------------------------- reading


def teams(connection: sa.Connection, organisation_id: UUID, staff_id: UUID) -> list[TeamLine]:
    """Return an organisation's teams by name."""
    rows = connection.execute(
        _teams(staff_id).where(Team.organisation_id == organisation_id).order_by(Team.name)
    )
    return [_team(row) for row in rows]


def team(connection: sa.Connection, organisation_id: UUID, staff_id: UUID, team_id: UUID) -> TeamLine | None:
    """Return one team; None when the organisation has no such."""
    row = connection.execute(
        _teams(staff_id).where(Team.organisation_id == organisation_id, Team.id == team_id)
    ).first()
    return None if row is None else _team(row)


def _teams(staff_id: UUID) -> Any:
    mine = sa.and_(TeamMember.team_id == Team.id, TeamMember.staff_id == staff_id)
    return (
        sa.select(Team.id, Team.name, Office.timezone, TeamMember.staff_id, TeamMember.lead)
        .outerjoin(Office, Office.id == Team.office_id)
        .outerjoin(TeamMember, mine)
        .where(Team.active)
    )


def _team(row: Any) -> TeamLine:
    team_id, name, zone, member, lead = row
    return TeamLine(team_id, name, known_zone(zone or "UTC"), member is not None, bool(lead))


def members(connection: sa.Connection, team_id: UUID) -> dict[UUID, bool]:
    """Return a team's active members, and whether each leads it."""
    rows = connection.execute(
        sa.select(TeamMember.staff_id, TeamMember.lead)
        .join(Staff, Staff.id == TeamMember.staff_id)
        .where(TeamMember.team_id == team_id, Staff.active)
        .order_by(TeamMember.staff_id)
    )
    return {row.staff_id: row.lead for row in rows}


def shifts(
    connection: sa.Connection, team_ids: Collection[UUID], start: datetime, end: datetime
) -> list[Duty]:
    """Return the shifts of teams that touch a stretch of time, by beginning. Who left the house is on no duty."""
    rows = connection.execute(
        sa.select(Shift.id, Shift.team_id, Shift.staff_id, Shift.backup_id, Shift.starts_at, Shift.ends_at)
        .join(Staff, Staff.id == Shift.staff_id)
        .where(Shift.team_id.in_(team_ids), Shift.starts_at < end, Shift.ends_at > start, Staff.active)
        .order_by(Shift.starts_at, Shift.id)
    )
    return [Duty(*row) for row in rows]


def missing(connection: sa.Connection, team_id: UUID, *, now: datetime) -> list[Span]:
    """Return when nobody is on duty in the next two weeks."""
    planned = shifts(connection, [team_id], now, now + AHEAD)
    return gaps([(item.starts_at, item.ends_at) for item in planned], now, now + AHEAD)


def unanswered(connection: sa.Connection, team_id: UUID) -> list[tuple[UUID, str, int, datetime]]:
    """Return the alerts of a team that nobody looked at yet: (id, priority, step, since), the oldest first."""
    rows = connection.execute(
        sa.select(Alert.id, Alert.priority, Alert.step, Alert.raised_at)
        .where(Alert.team_id == team_id, Alert.next_at.is_not(None))
        .order_by(Alert.raised_at)
        .limit(50)
    )
    return [(row.id, row.priority, row.step, row.raised_at) for row in rows]


# ---------------------------------------------------------------------- planning


def plan(
    connection: sa.Connection,
    team: TeamLine,
    *,
    organisation_id: UUID,
    staff_id: UUID,
    backup_id: UUID | None,
    spans: Sequence[Span],
) -> int:
    """Put somebody on duty; a shift that is planned already stays. Returns how many shifts are new.

    Raises:
        UnfitShift: not a member, the same person twice, too long, or on top of their other shift.
    """
    known = members(connection, team.id)
    if staff_id not in known or (backup_id is not None and backup_id not in known):
        raise UnfitShift("not_a_member")
    if staff_id == backup_id:
        raise UnfitShift("same_person")
    for starts_at, ends_at in spans:
        _check(connection, team.id, staff_id, (starts_at, ends_at))
    return sum(
        _write(connection, organisation_id, Duty(ids.new(), team.id, staff_id, backup_id, *planned))
        for planned in spans
    )


def _check(connection: sa.Connection, team_id: UUID, staff_id: UUID, wanted: Span) -> None:
    starts_at, ends_at = wanted
    if ends_at - starts_at > LONGEST_SHIFT + timedelta(hours=1):  # an hour more where the clocks are put back
        raise UnfitShift("too_long")
    clash = sa.exists().where(
        Shift.team_id == team_id,
        Shift.staff_id == staff_id,
        Shift.starts_at < ends_at,
        Shift.ends_at > starts_at,
        Shift.starts_at != starts_at,
    )
    if connection.scalar(sa.select(clash)):
        raise UnfitShift("overlap")


def _write(connection: sa.Connection, organisation_id: UUID, item: Duty) -> int:
    statement = insert(Shift).values(
        id=item.id,
        organisation_id=organisation_id,
        team_id=item.team_id,
        staff_id=item.staff_id,
        backup_id=item.backup_id,
        starts_at=item.starts_at,
        ends_at=item.ends_at,
    )
    return connection.execute(statement.on_conflict_do_nothing()).rowcount


def remove(connection: sa.Connection, team_id: UUID, shift_id: UUID) -> bool:
    """Take a shift off the roster. False when the team has no such."""
    statement = sa.delete(Shift).where(Shift.id == shift_id, Shift.team_id == team_id)
    return connection.execute(statement).rowcount > 0


def copy_week(connection: sa.Connection, team: TeamLine, organisation_id: UUID, week: Span) -> int:
    """Copy the shifts of the week before into a week, hour by hour on the wall. Who left the team is left out.

    A shift that would lie on another of the same person is left out. Returns how many shifts are new.
    """
    before = week_of((week[0].astimezone(team.zone) - timedelta(days=1)).date(), team.zone)
    known = members(connection, team.id)
    copied = 0
    for item in shifts(connection, [team.id], *before):
        if item.staff_id not in known or item.starts_at < before[0]:
            continue
        moved = (later(item.starts_at, team.zone), later(item.ends_at, team.zone))
        backup = item.backup_id if item.backup_id in known else None
        try:
            _check(connection, team.id, item.staff_id, moved)
        except UnfitShift:
            continue
        copied += _write(connection, organisation_id, Duty(ids.new(), team.id, item.staff_id, backup, *moved))
    return copied


# ---------------------------------------------------------------------- handing over


@dataclass(frozen=True, slots=True)
class Open:
    """A case that somebody was told of and that goes on: its id and its priority, nothing else."""

    object: str
    priority: str
    raised_at: datetime


def going_on(connection: sa.Connection, staff_id: UUID, *, now: datetime) -> list[Open]:
    """Return the open cases that a person was told of lately, the most urgent first."""
    case = "grievance " + sa.cast(Grievance.id, sa.Text)
    rows = connection.execute(
        sa.select(Notice.object, sa.func.min(Notice.priority), sa.func.min(Notice.raised_at))
        .join(Grievance, case == Notice.object)
        .where(
            Notice.staff_id == staff_id,
            Notice.raised_at > now - HANDED_OVER_WITHIN,
            Grievance.closed_at.is_(None),
        )
        .group_by(Notice.object)
        .order_by(sa.func.min(Notice.priority), sa.func.min(Notice.raised_at))
        .limit(100)
    )
    return [Open(*row) for row in rows]


def hand_over(
    connection: sa.Connection,
    team: TeamLine,
    *,
    organisation_id: UUID,
    staff_id: UUID,
    next_id: UUID,
    objects: Collection[str],
    now: datetime,
) -> tuple[int, int]:
    """Leave what goes on to the next person, who is told of each case. Returns how many, and how many could not be.

    Only cases that the giver was told of, and that the next person's role may see: a sealed one goes to a focal point
    or to nobody.

    Raises:
        UnfitShift: the next person is not in the team.
    """
    if next_id not in members(connection, team.id) or next_id == staff_id:
        raise UnfitShift("not_a_member")
    mine = {item.object: item.priority for item in going_on(connection, staff_id, now=now)}
    wanted = {item: mine[item] for item in objects if item in mine}
    fit = _visible(connection, next_id, wanted)
    handover_id = ids.new()
    row = {
        "id": handover_id,
        "organisation_id": organisation_id,
        "team_id": team.id,
        "staff_id": staff_id,
        "next_id": next_id,
        "objects": sorted(fit),
        "at": now,
    }
    connection.execute(sa.insert(Handover).values(**row))
    events = [
        Event(Kind.HANDED_OVER, item, wanted[item], organisation_id, to=[next_id], occasion=handover_id.hex)
        for item in sorted(fit)
    ]
    notices.raise_all(connection, events, now=now)
    return len(fit), len(wanted) - len(fit)


def _visible(connection: sa.Connection, staff_id: UUID, objects: Mapping[str, str]) -> set[str]:
    role = connection.scalar(sa.select(Staff.role).where(Staff.id == staff_id))
    rows = connection.execute(
        sa.select(Grievance.id, Grievance.sensitivity, Grievance.sealed).where(
            Grievance.id.in_([UUID(item.partition(" ")[2]) for item in objects])
        )
    )
    levels = {f"grievance {row.id}": "S3" if row.sealed else row.sensitivity for row in rows}
    return {
        item for item, level in levels.items() if role in {*BY_LEVEL[level].roles, *BY_LEVEL[level].may_see}
    }


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """What was left to whom, as a number."""

    staff_id: UUID
    next_id: UUID
    count: int
    at: datetime


def handovers(connection: sa.Connection, team_id: UUID) -> list[HandoverLine]:
    """Return a team's latest hand-overs."""
    rows = connection.execute(
        sa.select(Handover.staff_id, Handover.next_id, Handover.objects, Handover.at)
        .where(Handover.team_id == team_id)
        .order_by(Handover.at.desc())
        .limit(10)
    )
    return [HandoverLine(row.staff_id, row.next_id, len(row.objects), row.at) for row in rows]
