"""Looking for what staff must be told although nothing happened: clocks that run out, hours without duty."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from gateway.db import Connection
from gateway.services import notices, roster
from gateway.services.notices import Event, Kind

BATCH = 200
# How long before a clock runs out staff are told, by priority.
BEFORE = {
    "P1": timedelta(minutes=15),
    "P2": timedelta(hours=2),
    "P3": timedelta(hours=4),
    "P4": timedelta(hours=4),
}
LOOK_BACK = timedelta(days=7)  # older ones are in the lists, and were told of long ago

# A case of an organisation that has nobody to be told is left out: it would come up at each look.
_CLOCKS = """
SELECT g.id, g.organisation_id, g.office_id, g.priority, g.sensitivity, g.sealed FROM grievance g
WHERE g.state IN ('received', 'acknowledged', 'sealed') AND g.triage_due_at > %(since)s
    AND g.triage_due_at <= %(until)s AND (%(priority)s::text IS NULL OR g.priority = %(priority)s)
    AND NOT EXISTS (SELECT FROM notice n WHERE n.object = 'grievance ' || g.id AND n.kind = %(kind)s)
    AND EXISTS (
        SELECT FROM staff p WHERE p.organisation_id = g.organisation_id AND p.active
            AND (g.office_id IS NULL OR p.office_id IS NULL OR p.office_id = g.office_id)
            AND p.role = CASE WHEN g.sealed OR g.sensitivity = 'S3' THEN 'sensitive_focal_point'
                ELSE 'protection_reviewer' END
    )
ORDER BY g.triage_due_at LIMIT %(limit)s
"""


def clocks(connection: Connection, *, now: datetime) -> int:
    """Tell of cases whose first look is late, or soon will be; the caller commits. Returns how many were told of."""
    late = _raise(connection, Kind.CASE_LATE, None, since=now - LOOK_BACK, until=now, now=now)
    soon = [
        _raise(connection, Kind.CASE_DUE, priority, since=now, until=now + before, now=now)
        for priority, before in BEFORE.items()
    ]
    return late + sum(soon)


def _raise(
    connection: Connection,
    kind: Kind,
    priority: str | None,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> int:
    asked = {"since": since, "until": until, "priority": priority, "kind": str(kind), "limit": BATCH}
    events = [
        Event(
            kind,
            f"grievance {case_id}",
            urgency,
            organisation_id,
            office_id=office_id,
            level="S3" if sealed else level,
        )
        for case_id, organisation_id, office_id, urgency, level, sealed in connection.execute(_CLOCKS, asked)
    ]
    notices.raise_all(connection, events, now=now)
    return len(events)


SOON = timedelta(hours=48)
_TEAMS = """
SELECT t.id, t.organisation_id FROM team t WHERE t.active AND EXISTS (
    SELECT FROM shift s WHERE s.team_id = t.id AND s.ends_at > %(since)s
)
"""
_SHIFTS = """
SELECT s.team_id, s.starts_at, s.ends_at FROM shift s JOIN staff p ON p.id = s.staff_id AND p.active
WHERE s.team_id = ANY(%(teams)s) AND s.ends_at > %(now)s AND s.starts_at < %(until)s
"""
_LEADS = """
SELECT m.team_id, m.staff_id FROM team_member m JOIN staff p ON p.id = m.staff_id AND p.active
WHERE m.lead AND m.team_id = ANY(%(teams)s)
"""


def duty_gaps(connection: Connection, *, now: datetime) -> int:
    """Tell leads, once a day, of hours in the next two weeks in which nobody is on duty. Returns of how many teams.

    A team that has had no shift for two weeks keeps no roster, and is left alone.
    """
    teams: dict[UUID, UUID] = dict(connection.execute(_TEAMS, {"since": now - roster.AHEAD}).fetchall())
    asked = {"teams": list(teams), "now": now, "until": now + roster.AHEAD}
    spans: dict[UUID, list[roster.Span]] = {team: [] for team in teams}
    for team, starts_at, ends_at in connection.execute(_SHIFTS, asked):
        spans[team].append((starts_at, ends_at))
    leads: dict[UUID, list[UUID]] = {}
    for team, lead in connection.execute(_LEADS, asked):
        leads.setdefault(team, []).append(lead)
    events = []
    for team, planned in spans.items():
        missing = roster.gaps(planned, now, now + roster.AHEAD)
        if missing and team in leads:
            urgency = "P2" if missing[0][0] < now + SOON else "P3"
            events.append(
                Event(
                    Kind.DUTY_GAP, f"team {team}", urgency, teams[team], leads[team], occasion=f"{now:%Y%m%d}"
                )
            )
    notices.raise_all(connection, events, now=now)
    return len(events)


# Days before the last one on which staff are told that an agreement ends, and how urgent it is then.
ENDS_IN = {3: "P2", 14: "P3", 30: "P4"}
_ENDING = """
SELECT a.id, p.organisation_id, a.valid_until - %(today)s, array_agg(p.id) FROM agreement a
JOIN staff p ON p.active AND (p.organisation_id, p.role) IN (
    (a.giver_id, 'data_protection_officer'), (a.receiver_id, 'admin')
)
JOIN organisation o ON o.id = p.organisation_id AND o.active
WHERE a.ended_at IS NULL AND a.valid_from <= %(today)s AND a.valid_until BETWEEN %(today)s AND %(today)s + %(days)s
GROUP BY a.id, p.organisation_id, a.valid_until
"""


def ending_agreements(connection: Connection, *, now: datetime) -> int:
    """Tell of agreements that end within 30, 14 and 3 days, once each; the caller commits. Returns how many were told.

    Told are the giver's data protection officers, who could make a new one, and the receiver's administrators.
    """
    rows = connection.execute(_ENDING, {"today": now.date(), "days": max(ENDS_IN)}).fetchall()
    events = []
    for agreement_id, organisation_id, left, people in rows:
        days = min(step for step in ENDS_IN if left <= step)
        events.append(
            Event(
                Kind.AGREEMENT_ENDS,
                f"agreement {agreement_id}",
                ENDS_IN[days],
                organisation_id,
                people,
                occasion=f"in-{days}",
            )
        )
    notices.raise_all(connection, events, now=now)
    return len(events)
