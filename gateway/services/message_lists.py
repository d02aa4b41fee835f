"""Messages that a person should look at, by status, with the reason and without a word of what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.models.channels import Channel
from gateway.models.contacts import ContactUrn
from gateway.models.messages import MessageIn, MessageOut, PendingIn, PendingOut, Status
from gateway.services.clearance import Clearance
from gateway.services.listing import Part, Query
from gateway.services.overview import ARRIVED, FAILED, LISTED_FOR

A_DAY = timedelta(days=1)


class Listing(StrEnum):
    """Which list."""

    UNCERTAIN = "uncertain"  # of the last seven days: the provider may have it; never silently sent again
    FAILED = "failed"  # of the last seven days
    PARKED = "parked"  # came in and could not be handled
    WAITING = "waiting"  # not sent yet
    UNREAD = "unread"  # came in and no flow has seen it yet
    WRITTEN = "written"  # of the last day: all that we wrote
    DELIVERED = "delivered"  # of the last day: what arrived


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message in a list. `language` and `segments` are known of outgoing ones only."""

    id: UUID
    contact_id: UUID
    scheme: str | None
    at: datetime
    channel: str | None
    status: str
    reason: str | None
    language: str | None = None
    segments: int | None = None
    attempts: int | None = None
    due_at: datetime | None = None


def read(
    connection: sa.Connection,
    organisation_id: UUID,
    clearance: Clearance,
    listing: Listing,
    part: Part,
    *,
    now: datetime,
) -> tuple[list[MessageLine], bool]:
    """Return one page of a list, by "at" (the time), and whether there are more behind it."""
    statement = _STATEMENTS[listing](organisation_id, clearance, now)
    rows = connection.execute(part.of(statement, {"at": _TIMES[listing]})).mappings().all()
    shown, more = part.cut(rows)
    return [MessageLine(**row) for row in shown], more


_OUT = (
    MessageOut.id,
    MessageOut.contact_id,
    ContactUrn.scheme,
    MessageOut.created_at.label("at"),
    Channel.name.label("channel"),
    MessageOut.status,
    MessageOut.reason,
    MessageOut.language,
    MessageOut.segments,
)
_IN = (
    MessageIn.id,
    MessageIn.contact_id,
    ContactUrn.scheme,
    MessageIn.received_at.label("at"),
    Channel.name.label("channel"),
    MessageIn.parked_code.label("reason"),
)


def _failed(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    return _lately(organisation_id, clearance, now, FAILED)


def _uncertain(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    return _lately(organisation_id, clearance, now, (Status.UNCERTAIN,))


def _written(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    return _lately(organisation_id, clearance, now, tuple(Status), within=A_DAY)


def _delivered(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    return _lately(organisation_id, clearance, now, ARRIVED, within=A_DAY)


def _lately(
    organisation_id: UUID,
    clearance: Clearance,
    now: datetime,
    statuses: tuple[Status, ...],
    *,
    within: timedelta = LISTED_FOR,
) -> Query:
    return _joined(sa.select(*_OUT), MessageOut).where(
        MessageOut.organisation_id == organisation_id,
        MessageOut.created_at >= now - within,
        MessageOut.status.in_(statuses),
        clearance.unsealed(MessageOut.sealed),
    )


def _waiting(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    del now
    selected = sa.select(*_OUT, PendingOut.attempts, PendingOut.due_at)
    return (
        _joined(selected, MessageOut)
        .join(PendingOut, PendingOut.message_id == MessageOut.id)
        .where(
            PendingOut.organisation_id == organisation_id,
            PendingOut.uncertain_since.is_(None),
            clearance.unsealed(MessageOut.sealed),
        )
    )


def _parked(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    del now
    return _joined(sa.select(*_IN, sa.literal("parked").label("status")), MessageIn).where(
        MessageIn.organisation_id == organisation_id,
        MessageIn.parked_at.is_not(None),
        clearance.unsealed(MessageIn.sealed),
    )


def _unread(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    del now
    selected = sa.select(*_IN, sa.literal("waiting").label("status"), PendingIn.attempts, PendingIn.due_at)
    return (
        _joined(selected, MessageIn)
        .join(PendingIn, PendingIn.message_id == MessageIn.id)
        .where(MessageIn.organisation_id == organisation_id, clearance.unsealed(MessageIn.sealed))
    )


def _joined(selected: Query, message: type[MessageIn | MessageOut]) -> Query:
    return (
        selected.select_from(message)
        .outerjoin(ContactUrn, ContactUrn.id == message.urn_id)
        .outerjoin(Channel, Channel.id == message.channel_id)
    )


# By the time of the index that each list follows; the last tells any two rows apart.
_TIMES: dict[Listing, tuple[sa.SQLColumnExpression[Any], ...]] = {
    Listing.UNCERTAIN: (MessageOut.created_at, MessageOut.id),
    Listing.FAILED: (MessageOut.created_at, MessageOut.id),
    Listing.PARKED: (MessageIn.parked_at, MessageIn.id),
    Listing.WAITING: (PendingOut.seq,),
    Listing.UNREAD: (PendingIn.seq,),
    Listing.WRITTEN: (MessageOut.created_at, MessageOut.id),
    Listing.DELIVERED: (MessageOut.created_at, MessageOut.id),
}
_STATEMENTS = {
    Listing.UNCERTAIN: _uncertain,
    Listing.FAILED: _failed,
    Listing.PARKED: _parked,
    Listing.WAITING: _waiting,
    Listing.UNREAD: _unread,
    Listing.WRITTEN: _written,
    Listing.DELIVERED: _delivered,
}
