"""The first page: what goes on in an operation, in counts. No person is in it.

Each count is one statement over an index or a queue table, so that the page stays quick on a busy day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from gateway.models.channels import Channel
from gateway.models.flows import FlowProblem
from gateway.models.messages import MessageIn, MessageOut, PendingIn, PendingOut, Status
from gateway.services import grievances_view, rounds_view
from gateway.services.clearance import Clearance

FAILED = (Status.FAILED, Status.EXPIRED, Status.INVALID_NUMBER)
LISTED_FOR = timedelta(days=7)  # a week after it was written, a message leaves the lists
ARRIVED = (Status.DELIVERED, Status.READ)

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


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the first page shows."""

    today: Today
    inbox: Waiting
    outbox: Waiting
    trouble: Trouble
    channels: list[ChannelState]
    rounds: list[rounds_view.Progress]
    cases: grievances_view.Ages
    problems: int


def read(
    connection: sa.Connection,
    organisation_id: UUID,
    clearance: Clearance,
    *,
    midnight: datetime,
    now: datetime,
) -> Overview:
    """Count everything; cases within the clearance only. `midnight` is the beginning of the reader's day."""
    waiting = _waiting_by_channel(connection, organisation_id)
    return Overview(
        today=_today(connection, organisation_id, midnight),
        inbox=_inbox(connection, organisation_id),
        outbox=_outbox(connection, organisation_id, sum(waiting.values())),
        trouble=_trouble(connection, organisation_id, clearance, now),
        channels=_channels(connection, organisation_id, waiting),
        rounds=rounds_view.running(connection, organisation_id, now=now),
        cases=grievances_view.ages(connection, organisation_id, clearance, now=now),
        problems=_problems(connection, organisation_id),
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
