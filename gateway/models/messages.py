"""Messages in and out, the narrow queues beside them, and delivery reports.

A message waits exactly as long as its row in the queue table exists. The wide, sealed row is written once; taking
a message off the queue is the deletion of a few bytes.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy import Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to

QUEUE = {
    "postgresql_with": {
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_threshold": "2000",
        "autovacuum_vacuum_cost_delay": "0",
    }
}


class MessageIn(Base):
    """What a person sent. `text_sealed` holds JSON: text, choice, attachments, place."""

    __tablename__ = "message_in"
    __table_args__ = (
        UniqueConstraint("channel_id", "external_id"),
        Index("ix_message_in_contact", "contact_id", "id"),
        Index("ix_message_in_time", "received_at", postgresql_using="brin"),
        Index("ix_message_in_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True))
    urn_id: Mapped[UUID]
    external_id: Mapped[str]
    content_sealed: Mapped[bytes]
    sealed: Mapped[bool] = mapped_column(default=False, server_default="false")  # part of a sealed case
    sent_at: Mapped[datetime | None]  # the provider's clock
    received_at: Mapped[datetime]  # ours
    parked_at: Mapped[datetime | None]  # could not be handled: a person must look
    parked_code: Mapped[str | None]


class PendingIn(Base):
    """A message that no flow has seen yet."""

    __tablename__ = "pending_in"
    __table_args__ = (Index("ix_pending_in_contact", "contact_id"), QUEUE)

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    message_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    slot: Mapped[int] = mapped_column(SmallInteger)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    due_at: Mapped[datetime]


class Lane(IntEnum):
    """Who goes first on a channel."""

    REPLY = 0
    BULK = 1


class Status(StrEnum):
    """Where an outgoing message stands. The rank decides; see `RANK`."""

    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    OPTED_OUT = "opted_out"
    INVALID_NUMBER = "invalid_number"


# A status changes only to one of higher rank, whatever order the reports come in.
RANK: dict[Status, int] = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.UNCERTAIN: 2,
    Status.SENT: 3,
    Status.DELIVERED: 4,
    Status.FAILED: 4,
    Status.EXPIRED: 4,
    Status.CANCELLED: 4,
    Status.OPTED_OUT: 4,
    Status.INVALID_NUMBER: 4,
    Status.READ: 5,
}


class MessageOut(Base):
    """What we say to a person. `content_sealed` holds JSON: text and buttons."""

    __tablename__ = "message_out"
    __table_args__ = (
        Index("ix_message_out_contact", "contact_id", "id"),
        # For today's counts: rows come in the order of time, so a few kilobytes tell where to look.
        Index("ix_message_out_time", "created_at", postgresql_using="brin"),
        # No index holds the status: its changes stay within their page, which every message is spared twice.
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[Id]  # derived from what caused it, so that it can be written only once
    organisation_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True))
    urn_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    step: Mapped[str]  # step of the flow, or the system text's id
    language: Mapped[str]
    content_sealed: Mapped[bytes]
    segments: Mapped[int] = mapped_column(SmallInteger)
    lane: Mapped[int] = mapped_column(SmallInteger)
    after_stop: Mapped[bool] = mapped_column(
        default=False, server_default="false"
    )  # answers the person's own message
    sealed: Mapped[bool] = mapped_column(default=False, server_default="false")  # part of a sealed case
    status: Mapped[str] = mapped_column(default=Status.QUEUED, server_default="queued")
    rank: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    reason: Mapped[str | None]  # why it was held, failed or skipped; the provider's code or our word
    external_id: Mapped[str | None]
    resent: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class PendingOut(Base):
    """A message that has not left yet, or whose fate is not known yet."""

    __tablename__ = "pending_out"
    __table_args__ = (
        Index("ix_pending_out_claim", "channel_id", "lane", "organisation_id", "seq"),
        Index("ix_pending_out_contact", "contact_id", "seq"),
        Index("ix_pending_out_message", "message_id"),
        QUEUE,
    )

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    message_id: Mapped[UUID]
    channel_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    lane: Mapped[int] = mapped_column(SmallInteger)
    segments: Mapped[int] = mapped_column(SmallInteger)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]  # a sender has it in hand
    leased_at: Mapped[datetime | None]
    uncertain_since: Mapped[
        datetime | None
    ]  # the provider may have it: never sent again before that is settled


class DeliveryReport(Base):
    """What a provider said of a message, each thing once."""

    __tablename__ = "delivery_report"

    message_id: Mapped[UUID] = mapped_column(to("message_out.id", cascade=True), primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    provider_status: Mapped[str]
    code: Mapped[str | None]
    counted: Mapped[bool]  # False: it came too late to change anything
    provider_at: Mapped[datetime | None]
    received_at: Mapped[Created]
