"""Looking for what staff must be told although nothing happened: clocks that run out, hours without duty."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.db import Connection
from gateway.services import notices
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
