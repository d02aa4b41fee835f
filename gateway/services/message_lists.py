"""Messages that a person should look at, by status, with the reason and without a word of what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.models.channels import Channel
from gateway.models.contacts import ContactUrn
from gateway.models.messages import MessageIn, MessageOut, PendingIn, PendingOut, Status
from gateway.services.clearance import Clearance
from gateway.services.overview import FAILED, LISTED_FOR

PAGE = 50

Query = sa.Select[*tuple[Any, ...]]


class Listing(StrEnum):
    """Which list."""

    UNCERTAIN = "uncertain"  # of the last seven days: the provider may have it; never silently sent again
    FAILED = "failed"  # of the last seven days
    PARKED = "parked"  # came in and could not be handled
    WAITING = "waiting"  # not sent yet
    UNREAD = "unread"  # came in and no flow has seen it yet


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
    *,
    page: int,
    now: datetime,
) -> tuple[list[MessageLine], bool]:
    """Return one page of a list, and whether there are more behind it."""
    statement = _STATEMENTS[listing](organisation_id, clearance, now)
    rows = connection.execute(statement.offset((page - 1) * PAGE).limit(PAGE + 1)).mappings().all()
    return [MessageLine(**row) for row in rows[:PAGE]], len(rows) > PAGE


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


def _lately(
    organisation_id: UUID, clearance: Clearance, now: datetime, statuses: tuple[Status, ...]
) -> Query:
    return (
        _joined(sa.select(*_OUT), MessageOut)
        .where(
            MessageOut.organisation_id == organisation_id,
            MessageOut.created_at >= now - LISTED_FOR,
            MessageOut.status.in_(statuses),
            clearance.unsealed(MessageOut.sealed),
        )
        .order_by(MessageOut.created_at.desc(), MessageOut.id.desc())
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
        .order_by(PendingOut.seq)
    )


def _parked(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    del now
    return (
        _joined(sa.select(*_IN, sa.literal("parked").label("status")), MessageIn)
        .where(
            MessageIn.organisation_id == organisation_id,
            MessageIn.parked_at.is_not(None),
            clearance.unsealed(MessageIn.sealed),
        )
        .order_by(MessageIn.parked_at.desc(), MessageIn.id.desc())
    )


def _unread(organisation_id: UUID, clearance: Clearance, now: datetime) -> Query:
    del now
    selected = sa.select(*_IN, sa.literal("waiting").label("status"), PendingIn.attempts, PendingIn.due_at)
    return (
        _joined(selected, MessageIn)
        .join(PendingIn, PendingIn.message_id == MessageIn.id)
        .where(MessageIn.organisation_id == organisation_id, clearance.unsealed(MessageIn.sealed))
        .order_by(PendingIn.seq)
    )


def _joined(selected: Query, message: type[MessageIn | MessageOut]) -> Query:
    return (
        selected.select_from(message)
        .outerjoin(ContactUrn, ContactUrn.id == message.urn_id)
        .outerjoin(Channel, Channel.id == message.channel_id)
    )


_STATEMENTS = {
    Listing.UNCERTAIN: _uncertain,
    Listing.FAILED: _failed,
    Listing.PARKED: _parked,
    Listing.WAITING: _waiting,
    Listing.UNREAD: _unread,
}
