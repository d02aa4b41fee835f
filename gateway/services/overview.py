"""The first page: what goes on in an operation, in counts. No person is in it.

Each count is one statement over an index or a queue table, so that the page stays quick on a busy day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from gateway.models.channels import Channel
from gateway.models.flows import FlowProblem
from gateway.models.grievances import Grievance
from gateway.models.messages import MessageIn, MessageOut, PendingIn, PendingOut, Status
from gateway.models.notices import Alert, Mail, MailState, Notice, Shift
from gateway.models.organisations import Team, TeamMember
from gateway.services import agreements, audit_check, grievances_view, round_list
from gateway.services.audit_check import Checked
from gateway.services.clearance import Clearance

Found = TypeVar("Found")

FAILED = (Status.FAILED, Status.EXPIRED, Status.INVALID_NUMBER)
LISTED_FOR = timedelta(days=7)  # a week after it was written, a message leaves the lists
ARRIVED = (Status.DELIVERED, Status.READ)

DUTY_AHEAD = timedelta(days=14)
MAIL_TROUBLE = (MailState.UNCERTAIN, MailState.REFUSED, MailState.FAILED)

# Ids carry the time at which a message was stored. A day of grace covers what was spooled meanwhile.
GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Today:
    """Messages since midnight of the reader's zone. `arrived`: those of ours that were delivered or read."""

    received: int
    sent: int
    arrived: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue: how many messages wait in it, and since when the oldest does."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Messages that a person should look at, by the list they stand in."""

    uncertain: int
    failed: int
    parked: int


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel's health, and how many messages wait for it."""

    id: UUID
    name: str
    kind: str
    active: bool
    health: str
    health_code: str | None
    paused_until: datetime | None
    waiting: int


class Part(StrEnum):
    """What the page may show beside today's messages; each role gets its parts, and the others are not even read."""

    DELIVERY = "delivery"
    PROBLEMS = "problems"
    CASES = "cases"
    SEALED = "sealed"
    ROUNDS = "rounds"
    CHANNELS = "channels"
    MAILS = "mails"
    AUDIT = "audit"
    AGREEMENTS = "agreements"


@dataclass(frozen=True, slots=True)
class Mine:
    """What is the reader's own.

    Attributes:
        unread: notices by priority.
        duty: their present shift, or their next one within two weeks: (team, its name, from, until).
        unanswered: alerts of their teams that nobody looked at: (team, its name, how many).
    """

    unread: dict[str, int]
    duty: tuple[UUID, str, datetime, datetime] | None
    unanswered: list[tuple[UUID, str, int]]


@dataclass(frozen=True, slots=True)
class Mails:
    """Mails to staff: how many wait, and how many did not arrive or may not have."""

    waiting: int
    trouble: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows; None: the reader's role has no such part."""

    mine: Mine
    today: Today
    inbox: Waiting
    outbox: Waiting
    trouble: Trouble | None
    channels: list[ChannelState] | None
    rounds: list[round_list.Progress] | None
    cases: grievances_view.Ages | None
    sealed: int | None
    problems: int | None
    mails: Mails | None
    audit: Checked | None
    agreements: int | None


def read(
    connection: sa.Connection,
    organisation_id: UUID,
    clearance: Clearance,
    parts: Collection[Part],
    *,
    staff_id: UUID,
    midnight: datetime,
    now: datetime,
) -> Overview:
    """Count what the parts hold; cases within the clearance only. `midnight` is the beginning of the reader's day."""
    waiting = _waiting_by_channel(connection, organisation_id)

    def part(name: Part, count: Callable[[], Found]) -> Found | None:
        return count() if name in parts else None

    return Overview(
        mine=_mine(connection, staff_id, now),
        today=_today(connection, organisation_id, midnight),
        inbox=_inbox(connection, organisation_id),
        outbox=_outbox(connection, organisation_id, sum(waiting.values())),
        trouble=part(Part.DELIVERY, lambda: _trouble(connection, organisation_id, clearance, now)),
        channels=part(Part.CHANNELS, lambda: _channels(connection, organisation_id, waiting)),
        rounds=part(Part.ROUNDS, lambda: round_list.running(connection, organisation_id, now=now)),
        cases=part(Part.CASES, lambda: grievances_view.ages(connection, organisation_id, clearance, now=now)),
        sealed=part(Part.SEALED, lambda: _sealed(connection, organisation_id)),
        problems=part(Part.PROBLEMS, lambda: _problems(connection, organisation_id)),
        mails=part(Part.MAILS, lambda: _mails(connection, organisation_id)),
        audit=part(Part.AUDIT, lambda: audit_check.latest(connection, organisation_id)),
        agreements=part(Part.AGREEMENTS, lambda: len(agreements.soon_over(connection, today=now.date()))),
    )


def stored_since(moment: datetime) -> UUID:
    """Return the smallest id of a message that was stored at `moment` or later."""
    return UUID(int=int((moment - GRACE).timestamp() * 1000) << 80)


def _today(connection: sa.Connection, organisation_id: UUID, midnight: datetime) -> Today:
    received = connection.scalar(
        sa.select(sa.func.count()).where(
            MessageIn.id >= stored_since(midnight),
            MessageIn.organisation_id == organisation_id,
            MessageIn.received_at >= midnight,
        )
    )
    sent, arrived = connection.execute(
        sa.select(sa.func.count(), sa.func.count().filter(MessageOut.status.in_(ARRIVED))).where(
            MessageOut.organisation_id == organisation_id, MessageOut.created_at >= midnight
        )
    ).one()
    return Today(received or 0, sent, arrived)


def _inbox(connection: sa.Connection, organisation_id: UUID) -> Waiting:
    count, oldest = connection.execute(
        sa.select(sa.func.count(), sa.func.min(MessageIn.received_at))
        .join(PendingIn, PendingIn.message_id == MessageIn.id)
        .where(MessageIn.organisation_id == organisation_id)
    ).one()
    return Waiting(count, oldest)


def _outbox(connection: sa.Connection, organisation_id: UUID, count: int) -> Waiting:
    if not count:
        return Waiting(0, None)
    oldest = connection.scalar(
        sa.select(MessageOut.created_at)
        .join(PendingOut, PendingOut.message_id == MessageOut.id)
        .where(PendingOut.organisation_id == organisation_id, PendingOut.uncertain_since.is_(None))
        .order_by(PendingOut.seq)
        .limit(1)
    )
    return Waiting(count, oldest)


def _waiting_by_channel(connection: sa.Connection, organisation_id: UUID) -> Mapping[UUID, int]:
    rows = connection.execute(
        sa.select(PendingOut.channel_id, sa.func.count().label("waiting"))
        .where(PendingOut.organisation_id == organisation_id, PendingOut.uncertain_since.is_(None))
        .group_by(PendingOut.channel_id)
    )
    return {row.channel_id: row.waiting for row in rows}


def _trouble(
    connection: sa.Connection, organisation_id: UUID, clearance: Clearance, now: datetime
) -> Trouble:
    uncertain, failed = connection.execute(
        sa.select(
            sa.func.count().filter(MessageOut.status == Status.UNCERTAIN),
            sa.func.count().filter(MessageOut.status.in_(FAILED)),
        ).where(
            MessageOut.organisation_id == organisation_id,
            MessageOut.created_at >= now - LISTED_FOR,
            MessageOut.status.in_((Status.UNCERTAIN, *FAILED)),
            clearance.unsealed(MessageOut.sealed),
        )
    ).one()
    parked = connection.scalar(
        sa.select(sa.func.count()).where(
            MessageIn.organisation_id == organisation_id,
            MessageIn.parked_at.is_not(None),
            clearance.unsealed(MessageIn.sealed),
        )
    )
    return Trouble(uncertain, failed, parked or 0)


def _channels(
    connection: sa.Connection, organisation_id: UUID, waiting: Mapping[UUID, int]
) -> list[ChannelState]:
    rows = connection.execute(
        sa.select(
            Channel.id,
            Channel.name,
            Channel.kind,
            Channel.active,
            Channel.health,
            Channel.health_code,
            Channel.paused_until,
        )
        .where(Channel.organisation_id == organisation_id)
        .order_by(Channel.active.desc(), Channel.name)
    )
    return [ChannelState(*row, waiting=waiting.get(row.id, 0)) for row in rows]


def _problems(connection: sa.Connection, organisation_id: UUID) -> int:
    count = connection.scalar(
        sa.select(sa.func.count()).where(
            FlowProblem.organisation_id == organisation_id, FlowProblem.seen_at.is_(None)
        )
    )
    return count or 0


def _mine(connection: sa.Connection, staff_id: UUID, now: datetime) -> Mine:
    unread = connection.execute(
        sa.select(Notice.priority, sa.func.count())
        .where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
        .group_by(Notice.priority)
        .order_by(Notice.priority)
    )
    return Mine(
        {row[0]: row[1] for row in unread},
        _duty(connection, staff_id, now),
        _unanswered(connection, staff_id),
    )


def _duty(
    connection: sa.Connection, staff_id: UUID, now: datetime
) -> tuple[UUID, str, datetime, datetime] | None:
    row = connection.execute(
        sa.select(Team.id, Team.name, Shift.starts_at, Shift.ends_at)
        .join(Team, Team.id == Shift.team_id)
        .where(
            Shift.staff_id == staff_id, Shift.ends_at > now, Shift.starts_at < now + DUTY_AHEAD, Team.active
        )
        .order_by(Shift.starts_at)
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def _unanswered(connection: sa.Connection, staff_id: UUID) -> list[tuple[UUID, str, int]]:
    rows = connection.execute(
        sa.select(Team.id, Team.name, sa.func.count())
        .join(TeamMember, TeamMember.team_id == Team.id)
        .join(Alert, Alert.team_id == Team.id)
        .where(TeamMember.staff_id == staff_id, Alert.next_at.is_not(None), Team.active)
        .group_by(Team.id, Team.name)
        .order_by(Team.name)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _sealed(connection: sa.Connection, organisation_id: UUID) -> int:
    count = connection.scalar(
        sa.select(sa.func.count()).where(
            Grievance.organisation_id == organisation_id,
            Grievance.closed_at.is_(None),
            Grievance.sealed,
            Grievance.state == "sealed",
        )
    )
    return count or 0


def _mails(connection: sa.Connection, organisation_id: UUID) -> Mails:
    waiting, trouble = connection.execute(
        sa.select(
            sa.func.count().filter(Mail.state.in_((MailState.WAITING, MailState.SENDING))),
            sa.func.count().filter(Mail.state.in_(MAIL_TROUBLE)),
        ).where(
            Mail.organisation_id == organisation_id,
            Mail.state.in_((MailState.WAITING, MailState.SENDING, *MAIL_TROUBLE)),
        )
    ).one()
    return Mails(waiting, trouble)
