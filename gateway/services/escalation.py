"""Asking the next person while nobody has looked: whoever is on duty, then the backup, then the team's lead.

Nothing is moved: who was told first still has it on their list. An alert is over when one of those who were told has
looked, when the case is no longer waiting for its first look, or when there is nobody left to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

from gateway.db import Connection

BATCH = 100
# Minutes before the backup is told, and then before the lead is; an organisation may set its own.
MOST_MINUTES = 10_080  # a week
PATIENCE = {"P1": (15, 15), "P2": (240, 240)}


class Step(IntEnum):
    """Who has been told."""

    DUTY = 0
    BACKUP = 1
    LEAD = 2


@dataclass(frozen=True, slots=True)
class Around:
    """Who is there to be asked. `others`: everybody whose role may see the object, where no lead may."""

    backups: tuple[UUID, ...]
    leads: tuple[UUID, ...]
    others: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """What happens next: the step that the alert stands at now, whom to tell, and whether that was the last."""

    step: Step
    people: tuple[UUID, ...]
    last: bool


def move(step: Step, around: Around) -> Move:
    """Decide whom to ask next. A step without anybody is passed over; the last one asks everybody if need be."""
    if step is Step.DUTY and around.backups:
        return Move(Step.BACKUP, around.backups, last=False)
    return Move(Step.LEAD, around.leads or around.others, last=True)


_SEEN = """
UPDATE alert a SET next_at = NULL, seen_at = looked.at FROM alert due CROSS JOIN LATERAL (
    SELECT min(n.read_at) AS at FROM notice n
    WHERE n.object = due.object AND n.kind = due.kind AND n.occasion = due.occasion AND n.read_at IS NOT NULL
) looked
WHERE a.id = due.id AND due.next_at <= %(now)s AND looked.at IS NOT NULL
"""
_DONE = """
UPDATE alert a SET next_at = NULL WHERE a.next_at <= %(now)s AND a.object LIKE 'grievance %%' AND NOT EXISTS (
    SELECT FROM grievance g WHERE g.id = split_part(a.object, ' ', 2)::uuid
        AND g.state IN ('received', 'acknowledged') AND NOT g.sealed
)
"""
_DUE = """
SELECT a.id, a.organisation_id, a.team_id, a.kind, a.object, a.occasion, a.priority, a.step, a.roles,
    coalesce(w.lead_after, CASE a.priority WHEN 'P1' THEN %(p1)s ELSE %(p2)s END), t.office_id
FROM alert a JOIN team t ON t.id = a.team_id
LEFT JOIN patience w ON w.organisation_id = a.organisation_id AND w.priority = a.priority
WHERE a.next_at <= %(now)s ORDER BY a.next_at LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED
"""
_BACKUPS = """
SELECT DISTINCT p.id FROM shift s JOIN staff p ON p.id = s.backup_id AND p.active AND p.role = ANY(%(roles)s)
WHERE s.team_id = %(team)s AND s.starts_at <= %(now)s AND s.ends_at > %(now)s
"""
_LEADS = """
SELECT p.id FROM team_member m JOIN staff p ON p.id = m.staff_id AND p.active AND p.role = ANY(%(roles)s)
WHERE m.team_id = %(team)s AND m.lead
"""
_OTHERS = """
SELECT p.id FROM staff p WHERE p.organisation_id = %(organisation)s AND p.active AND p.role = ANY(%(roles)s)
    AND (%(office)s::uuid IS NULL OR p.office_id IS NULL OR p.office_id = %(office)s)
"""
_TELL = """
INSERT INTO notice (id, organisation_id, staff_id, kind, object, occasion, priority, step, raised_at, mail_at)
SELECT gen_random_uuid(), p.organisation_id, p.id, %(kind)s, %(object)s, %(occasion)s, %(priority)s, %(step)s, %(now)s,
    %(now)s
FROM staff p WHERE p.id = ANY(%(people)s) ON CONFLICT DO NOTHING
"""


def escalate(connection: Connection, *, now: datetime) -> int:
    """Take every alert that is due one step further; the caller commits. Returns how many steps were taken."""
    connection.execute(_SEEN, {"now": now})
    connection.execute(_DONE, {"now": now})
    values = {"now": now, "limit": BATCH, "p1": PATIENCE["P1"][1], "p2": PATIENCE["P2"][1]}
    due = connection.execute(_DUE, values).fetchall()
    for row in due:
        _advance(connection, row, now)
    return len(due)


def _advance(connection: Connection, row: tuple[Any, ...], now: datetime) -> None:
    alert_id, organisation, team, kind, object_, occasion, priority, step, roles, minutes, office = row
    asked = {"roles": roles, "team": team, "organisation": organisation, "office": office, "now": now}
    around = Around(*(_people(connection, query, asked) for query in (_BACKUPS, _LEADS, _OTHERS)))
    decided = move(Step(step), around)
    told = {
        "kind": kind,
        "object": object_,
        "occasion": occasion,
        "priority": priority,
        "step": int(decided.step),
        "people": list(decided.people),
        "now": now,
    }
    connection.execute(_TELL, told)
    next_at = None if decided.last else now + timedelta(minutes=minutes)
    connection.execute(
        "UPDATE alert SET step = %s, next_at = %s WHERE id = %s", [int(decided.step), next_at, alert_id]
    )


def _people(connection: Connection, query: str, values: dict[str, Any]) -> tuple[UUID, ...]:
    return tuple(row[0] for row in connection.execute(query, values))


def patience(connection: Connection, organisation_id: UUID) -> dict[str, tuple[int, int]]:
    """Return the minutes before the backup and before the lead are told, by priority."""
    rows = connection.execute(
        "SELECT priority, backup_after, lead_after FROM patience WHERE organisation_id = %s",
        [organisation_id],
    )
    return PATIENCE | {row[0]: (row[1], row[2]) for row in rows}


def set_patience(
    connection: Connection, organisation_id: UUID, priority: str, *, backup_after: int, lead_after: int
) -> None:
    """Set an organisation's minutes for a priority."""
    connection.execute(
        "INSERT INTO patience (organisation_id, priority, backup_after, lead_after) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (organisation_id, priority) DO UPDATE SET backup_after = excluded.backup_after,"
        " lead_after = excluded.lead_after",
        [organisation_id, priority, backup_after, lead_after],
    )
