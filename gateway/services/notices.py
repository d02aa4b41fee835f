"""Telling staff that something waits for them: raised in the transaction of what happened, read on their own list.

A notice holds a kind, an id, a priority and a time. Whoever raises one gives no words, because there is no place for
any: the database refuses an object that is not a kind and an id.

`raise_` takes the connection of a page (SQLAlchemy) or of a worker (psycopg). Told are, for kinds that a team's duty
answers, those who are on duty now; where nobody is, everybody of the roles that the kind is for. Only those are ever
told who may see the object.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.db import Connection
from gateway.models.notices import Notice
from gateway.models.staff import Role

PAGE = 50


class Kind(StrEnum):
    """What a notice tells. Each has its rule in `RULES` and its words in `gateway.web.words`."""

    NEW_CASE = "new_case"
    SEALED_CASE = "sealed_case"
    CASE_DUE = "case_due"  # its clock runs out soon
    CASE_LATE = "case_late"
    CHANNEL_FAULTY = "channel_faulty"
    MESSAGE_PARKED = "message_parked"
    FLOW_PROBLEM = "flow_problem"
    MAIL_FAILED = "mail_failed"
    INVITATION_ACCEPTED = "invitation_accepted"
    ROLE_CHANGE = "role_change"  # it waits for a second person
    FLOW_EXCEPTION = "flow_exception"  # a wording that the check refuses waits for both who decide
    UNUSUAL = "unusual"  # the audit shows something out of the ordinary
    DUTY_GAP = "duty_gap"
    HANDED_OVER = "handed_over"
    AGREEMENT_ENDS = "agreement_ends"  # soon, and with it what it opens


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is told of a kind.

    Attributes:
        roles: whoever of the organisation has one of these; empty: only those who are named when it is raised.
        duty: those who are on duty come first, whatever their role, as long as it is in `seers`.
        seers: roles that may see the object; `roles` unless given.
    """

    roles: tuple[Role, ...] = ()
    duty: bool = False
    seers: tuple[Role, ...] = ()

    @property
    def may_see(self) -> tuple[Role, ...]:
        """Roles of whom anybody may be told at all."""
        return self.seers or self.roles


_PROTECTION = (Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT)
_REGISTER = (*_PROTECTION, Role.COMMUNITY_STAFF, Role.PARTNER)
_CASE = Rule((Role.PROTECTION_REVIEWER,), duty=True, seers=_REGISTER)
# A case above the register's level has fewer readers.
_SENSITIVE_CASE = Rule((Role.PROTECTION_REVIEWER,), duty=True, seers=_PROTECTION)
# No duty, no backup, no lead: a sealed case is nobody's but the focal points'.
_SEALED_CASE = Rule((Role.SENSITIVE_FOCAL_POINT,))

RULES: Mapping[Kind, Rule] = {
    Kind.NEW_CASE: _CASE,
    Kind.SEALED_CASE: _SEALED_CASE,
    Kind.CASE_DUE: _CASE,
    Kind.CASE_LATE: _CASE,
    Kind.CHANNEL_FAULTY: Rule((Role.ADMIN,)),
    Kind.MESSAGE_PARKED: Rule((Role.COMMUNITY_STAFF, Role.PROTECTION_REVIEWER)),
    Kind.FLOW_PROBLEM: Rule((Role.IM_OFFICER,)),
    Kind.MAIL_FAILED: Rule((Role.ADMIN,)),
    Kind.INVITATION_ACCEPTED: Rule((Role.ADMIN,)),
    Kind.ROLE_CHANGE: Rule((Role.ADMIN, Role.DATA_PROTECTION_OFFICER)),
    Kind.FLOW_EXCEPTION: Rule((Role.DATA_PROTECTION_OFFICER, Role.SENSITIVE_FOCAL_POINT)),
    Kind.UNUSUAL: Rule((Role.DATA_PROTECTION_OFFICER,)),
    Kind.DUTY_GAP: Rule(),
    Kind.HANDED_OVER: Rule(),
    # Whom depends on the side: officers of the giver, administrators of the receiver.
    Kind.AGREEMENT_ENDS: Rule(seers=(Role.ADMIN, Role.DATA_PROTECTION_OFFICER)),
}
CASE_KINDS = frozenset({Kind.NEW_CASE, Kind.SEALED_CASE, Kind.CASE_DUE, Kind.CASE_LATE})
BY_LEVEL: Mapping[str, Rule] = {"S0": _CASE, "S1": _CASE, "S2": _SENSITIVE_CASE, "S3": _SEALED_CASE}


def kinds_of(role: Role) -> frozenset[Kind]:
    """Return the kinds that somebody of a role may be told of; those without roles are told to anybody who is named."""
    return frozenset(
        kind for kind, rule in RULES.items() if not rule.may_see or role in {*rule.may_see, *rule.roles}
    )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that staff are to be told.

    Attributes:
        kind: what it is.
        object: kind and id of what it is about, "grievance 0190…", as in the audit.
        priority: P1 to P4.
        organisation_id: whose staff.
        to: staff ids that are told too, whatever their role; the caller knows that they may see the object.
        office_id: when set, staff and teams of other offices are not told.
        level: sensitivity of a case, S0 to S3: decides who may see it. Not needed for other kinds.
        but: somebody who knows already, because they did it.
        occasion: a lower-case word or time that tells this event from an earlier one about the same object.
    """

    kind: Kind
    object: str
    priority: str
    organisation_id: UUID
    to: Collection[UUID] = ()
    office_id: UUID | None = None
    level: str | None = None
    occasion: str = ""
    but: UUID | None = None

    @property
    def rule(self) -> Rule:
        """Who is told."""
        return BY_LEVEL[self.level] if self.level is not None else RULES[self.kind]


_EVENTS = """
event AS (
    SELECT organisation_id, office_id, kind, object, occasion, priority, at, n, duty,
        string_to_array(roles, ',') AS roles, string_to_array(seers, ',') AS seers,
        string_to_array(people, ',')::uuid[] AS people, but
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
        %s::boolean[], %s::text[], %s::text[], %s::text[], %s::uuid[])
        WITH ORDINALITY AS e (organisation_id, office_id, kind, object, occasion, priority, at, duty, roles, seers,
            people, but, n)
)
"""
# Teams that keep a roster answer; a team without any shift ahead of it is not asked.
_RAISE = f"""
WITH {_EVENTS},
answering AS (
    SELECT e.n, t.id FROM event e JOIN team t ON t.organisation_id = e.organisation_id AND t.active
    WHERE e.duty AND (t.office_id IS NULL OR e.office_id IS NULL OR t.office_id = e.office_id)
        AND EXISTS (
            SELECT FROM shift s JOIN staff p ON p.id = s.staff_id AND p.active AND p.role = ANY(e.seers)
            WHERE s.team_id = t.id AND s.ends_at > e.at
        )
),
duty AS (
    SELECT DISTINCT e.n, s.team_id, p.id FROM event e JOIN answering a ON a.n = e.n
    JOIN shift s ON s.team_id = a.id AND s.starts_at <= e.at AND s.ends_at > e.at
    JOIN staff p ON p.id = s.staff_id AND p.active AND p.role = ANY(e.seers)
),
told AS (
    SELECT n, id FROM duty
    UNION
    SELECT e.n, p.id FROM event e JOIN staff p ON p.id = ANY(e.people) AND p.active
    UNION
    SELECT e.n, p.id FROM event e JOIN staff p ON p.organisation_id = e.organisation_id AND p.active
        AND p.role = ANY(e.roles) AND p.id IS DISTINCT FROM e.but
        AND (e.office_id IS NULL OR p.office_id IS NULL OR p.office_id = e.office_id)
    WHERE NOT EXISTS (SELECT FROM duty d WHERE d.n = e.n)
),
alerts AS (
    INSERT INTO alert (id, organisation_id, team_id, kind, object, occasion, priority, roles, raised_at, next_at)
    SELECT gen_random_uuid(), e.organisation_id, a.id, e.kind, e.object, e.occasion, e.priority, to_jsonb(e.seers),
        e.at, e.at + CASE WHEN EXISTS (SELECT FROM duty d WHERE d.n = e.n AND d.team_id = a.id)
            THEN make_interval(mins => coalesce(w.backup_after, standard.minutes)) ELSE interval '0' END
    FROM event e JOIN answering a ON a.n = e.n
    JOIN (VALUES ('P1', 15), ('P2', 240)) AS standard (priority, minutes) ON standard.priority = e.priority
    LEFT JOIN patience w ON w.organisation_id = e.organisation_id AND w.priority = e.priority
    ON CONFLICT DO NOTHING
)
INSERT INTO notice (id, organisation_id, staff_id, kind, object, occasion, priority, step, raised_at, mail_at)
SELECT gen_random_uuid(), p.organisation_id, p.id, e.kind, e.object, e.occasion, e.priority, 0, e.at, e.at
FROM told JOIN event e ON e.n = told.n JOIN staff p ON p.id = told.id
ON CONFLICT DO NOTHING
"""  # noqa: S608 - put together from constants


def raise_(  # noqa: PLR0913 - what happened has many sides
    connection: sa.Connection | Connection,
    *,
    kind: Kind,
    object: str,  # noqa: A002 - the audit's own word
    priority: str,
    organisation_id: UUID,
    to: Collection[UUID] = (),
    office_id: UUID | None = None,
    level: str | None = None,
    occasion: str = "",
    but: UUID | None = None,
    now: datetime,
) -> None:
    """Tell staff of one thing, in the caller's transaction. Telling twice tells once. See `Event` for the arguments."""
    raise_all(
        connection,
        [Event(kind, object, priority, organisation_id, to, office_id, level, occasion, but)],
        now=now,
    )


def raise_all(connection: sa.Connection | Connection, events: Sequence[Event], *, now: datetime) -> None:
    """Tell staff of several things in one statement."""
    if events:
        driver(connection).execute(*statement(events, now=now))


def statement(events: Sequence[Event], *, now: datetime) -> tuple[str, list[Any]]:
    """Return the statement that tells, for whoever writes in bulk."""
    rows = [_row(event, now) for event in events]
    return _RAISE, list(map(list, zip(*rows, strict=True)))


def _row(event: Event, now: datetime) -> tuple[Any, ...]:
    rule = event.rule
    return (
        event.organisation_id,
        event.office_id,
        str(event.kind),
        event.object,
        event.occasion,
        event.priority,
        now,
        rule.duty,
        ",".join(rule.roles),
        ",".join(rule.may_see),
        ",".join(map(str, event.to)),
        event.but,
    )


def driver(connection: sa.Connection | Connection) -> Connection:
    """Return psycopg's connection under a page's, inside the same transaction."""
    if isinstance(connection, sa.Connection):
        found: Connection = connection.connection.driver_connection  # type: ignore[assignment]
        return found
    return connection


def withdraw(connection: sa.Connection | Connection, object: str, *, but: Collection[Role] = ()) -> int:  # noqa: A002
    """Take back what was told of an object, and end its alerts; for a case that is sealed, or erased.

    A notice that leads to nothing any more would say that something happened to the case. Those of the roles in `but`
    keep theirs. Returns how many were taken back.
    """
    taken = driver(connection).execute(
        "DELETE FROM notice n USING staff p WHERE n.object = %s AND p.id = n.staff_id AND p.role <> ALL(%s)",
        [object, [str(role) for role in but]],
    )
    driver(connection).execute("DELETE FROM alert WHERE object = %s", [object])
    return taken.rowcount


# ---------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Line:
    """One notice on its reader's list. `step`: 0 they were the first, 1 the backup, 2 the last to be asked."""

    id: UUID
    kind: str
    object: str
    priority: str
    step: int
    raised_at: datetime
    read_at: datetime | None

    @property
    def object_kind(self) -> str:
        """The first word of the object."""
        return self.object.partition(" ")[0]

    @property
    def object_id(self) -> UUID:
        """The id in the object."""
        return UUID(self.object.partition(" ")[2])


_COLUMNS = (
    Notice.id,
    Notice.kind,
    Notice.object,
    Notice.priority,
    Notice.step,
    Notice.raised_at,
    Notice.read_at,
)


def unread(connection: sa.Connection, staff_id: UUID) -> int:
    """Count what a person has not read; one look into a small index."""
    return (
        connection.scalar(
            sa.select(sa.func.count()).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
        )
        or 0
    )


def of(
    connection: sa.Connection, staff_id: UUID, *, only_unread: bool = False, page: int = 1
) -> tuple[list[Line], bool]:
    """Return a page of a person's notices, the latest first, and whether there are more."""
    statement = sa.select(*_COLUMNS).where(Notice.staff_id == staff_id)
    if only_unread:
        statement = statement.where(Notice.read_at.is_(None))
    rows = connection.execute(
        statement.order_by(Notice.raised_at.desc(), Notice.id).limit(PAGE + 1).offset((page - 1) * PAGE)
    ).all()
    return [Line(*row) for row in rows[:PAGE]], len(rows) > PAGE


def one(connection: sa.Connection, staff_id: UUID, notice_id: UUID) -> Line | None:
    """Return a person's own notice; None when it is somebody else's, or nobody's."""
    row = connection.execute(
        sa.select(*_COLUMNS).where(Notice.id == notice_id, Notice.staff_id == staff_id)
    ).first()
    return None if row is None else Line(*row)


def mark_read(
    connection: sa.Connection, staff_id: UUID, notice_ids: Collection[UUID] | None = None, *, now: datetime
) -> int:
    """Mark a person's notices as read, or all of them; returns how many were unread. Who looks ends an alert."""
    statement = sa.update(Notice).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    if notice_ids is not None:
        statement = statement.where(Notice.id.in_(notice_ids))
    return connection.execute(statement.values(read_at=now)).rowcount


KEPT_READ_DAYS = 90
KEPT_DAYS = 365


def tidy(connection: Connection, *, now: datetime) -> None:
    """Delete notices and mails that nobody needs any more."""
    connection.execute(
        "DELETE FROM notice WHERE (read_at IS NOT NULL AND raised_at < %(at)s - make_interval(days => %(read)s))"
        " OR raised_at < %(at)s - make_interval(days => %(all)s)",
        {"at": now, "read": KEPT_READ_DAYS, "all": KEPT_DAYS},
    )
    connection.execute(
        "DELETE FROM mail m WHERE m.created_at < %(at)s - make_interval(days => %(read)s)"
        " AND NOT EXISTS (SELECT FROM notice n WHERE n.mail_id = m.id)",
        {"at": now, "read": KEPT_READ_DAYS},
    )
    connection.execute(
        "DELETE FROM alert WHERE next_at IS NULL AND raised_at < %(at)s - make_interval(days => %(read)s)",
        {"at": now, "read": KEPT_READ_DAYS},
    )
