"""Deciding which notices leave by mail now, and which wait for a digest or for the morning.

One transaction plans: it writes a mail and ties its notices to it. A process that dies before the commit has planned
nothing, one that dies after it has planned everything: no notice is lost, and none is in two mails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway import ids, quiet
from gateway.db import Connection
from gateway.services import notice_settings
from gateway.services.notice_settings import Wishes

BATCH = 500


@dataclass(frozen=True, slots=True)
class Due:
    """A notice whose mail is to be decided."""

    id: UUID
    staff_id: UUID
    organisation_id: UUID
    kind: str
    priority: str
    raised_at: datetime
    read: bool


@dataclass
class Plan:
    """What becomes of the notices of one person.

    Attributes:
        now: notices that leave in one mail.
        later: when to think again, by notice.
        never: notices that need no mail.
    """

    now: list[Due] = field(default_factory=list)
    later: dict[UUID, datetime] = field(default_factory=dict)
    never: list[UUID] = field(default_factory=list)


# People first, so that all that waits for one person leaves in one mail. Another planner's people are left to it.
_DUE = """
WITH people AS (
    SELECT id FROM staff p WHERE EXISTS (SELECT FROM notice n WHERE n.staff_id = p.id AND n.mail_at <= %(now)s)
    ORDER BY id LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED
)
SELECT n.id, n.staff_id, n.organisation_id, n.kind, n.priority, n.raised_at, n.read_at IS NOT NULL
FROM notice n JOIN people ON people.id = n.staff_id WHERE n.mail_at <= %(now)s
ORDER BY n.raised_at, n.id LIMIT %(limit)s
"""
_ON_DUTY = """
SELECT DISTINCT staff_id FROM shift WHERE staff_id = ANY(%s) AND starts_at <= %s AND ends_at > %s
"""
_MAIL = """
INSERT INTO mail (id, organisation_id, staff_id, priority, due_at, created_at) VALUES (%s, %s, %s, %s, %s, %s)
"""
_LATER = """
UPDATE notice n SET mail_at = given.at FROM unnest(%s::uuid[], %s::timestamptz[]) AS given (id, at)
WHERE n.id = given.id
"""


def plan(connection: Connection, *, now: datetime) -> tuple[int, int]:
    """Decide one batch; the caller commits. Returns how many notices were looked at and how many mails written."""
    due = [Due(*row) for row in connection.execute(_DUE, {"now": now, "limit": BATCH})]
    if not due:
        return 0, 0
    people = {item.staff_id for item in due}
    wishes = notice_settings.of(connection, people)
    awake = {row[0] for row in connection.execute(_ON_DUTY, [list(people), now, now])}
    plans = [
        decide(
            [item for item in due if item.staff_id == person],
            wishes[person],
            on_duty=person in awake,
            now=now,
        )
        for person in people
    ]
    _write(connection, plans, now)
    return len(due), sum(bool(made.now) for made in plans)


def settle(connection: Connection, *, now: datetime) -> None:
    """Decide that nothing leaves by mail: there is no mail server, and a later one shall not send what is long past."""
    connection.execute("UPDATE notice SET mail_at = NULL WHERE mail_at <= %s", [now])


def decide(due: Sequence[Due], wishes: Wishes, *, on_duty: bool, now: datetime) -> Plan:
    """Sort one person's notices into those that leave now, later and never. Each stands in exactly one place."""
    made = Plan()
    for item in due:
        if item.read or not wishes.wants(item.kind):
            made.never.append(item.id)
            continue
        at = quiet.send_at(
            wishes.habits, raised_at=item.raised_at, priority=item.priority, on_duty=on_duty, now=now
        )
        if at is None:
            made.now.append(item)
        else:
            made.later[item.id] = at
    return made


def _write(connection: Connection, plans: Sequence[Plan], now: datetime) -> None:
    later: Mapping[UUID, datetime] = {key: at for made in plans for key, at in made.later.items()}
    if later:
        connection.execute(_LATER, [list(later), list(later.values())])
    never = [key for made in plans for key in made.never]
    if never:
        connection.execute("UPDATE notice SET mail_at = NULL WHERE id = ANY(%s)", [never])
    for made in plans:
        if made.now:
            _write_mail(connection, made.now, now)


def _write_mail(connection: Connection, items: Sequence[Due], now: datetime) -> None:
    mail_id, first = ids.new(), items[0]
    priority = min(item.priority for item in items)
    connection.execute(_MAIL, [mail_id, first.organisation_id, first.staff_id, priority, now, now])
    connection.execute(
        "UPDATE notice SET mail_at = NULL, mail_id = %s WHERE id = ANY(%s)",
        [mail_id, [item.id for item in items]],
    )
