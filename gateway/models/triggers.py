"""What begins a conversation by itself: words, links, times and events, and those that are due."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class FlowTrigger(Base):
    """One way in which a flow begins. What each kind needs stands in `services.triggers.Kind`."""

    __tablename__ = "flow_trigger"
    __table_args__ = (
        Index("ix_flow_trigger_next_at", "next_at", postgresql_where=text("active AND next_at IS NOT NULL")),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    flow_id: Mapped[UUID] = mapped_column(to("flow.id"))
    kind: Mapped[str]
    words: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")  # by language
    during: Mapped[bool] = mapped_column(default=False, server_default="false")  # wins over an open question
    event: Mapped[str | None]
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    group_id: Mapped[UUID | None] = mapped_column(to("contact_group.id", cascade=True))
    channel_id: Mapped[UUID | None] = mapped_column(to("channel.id"))
    token: Mapped[str | None] = mapped_column(unique=True)  # in a link or a QR code: public, nobody's secret
    busy: Mapped[str] = mapped_column(default="queue", server_default="queue")  # or "refuse"
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    declared: Mapped[bool] = mapped_column(default=False, server_default="false")  # stands in the flow itself
    next_at: Mapped[datetime | None]
    made_by: Mapped[UUID | None]
    created_at: Mapped[Created]


class TriggerFiring(Base):
    """One due time of a schedule; its key makes a second firing impossible."""

    __tablename__ = "trigger_firing"
    __table_args__ = (Index("ix_trigger_firing_open", "due_at", postgresql_where=text("done_at IS NULL")),)

    trigger_id: Mapped[UUID] = mapped_column(to("flow_trigger.id", cascade=True), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    round_id: Mapped[UUID]
    after: Mapped[UUID | None]  # contacts up to this id were looked at
    asked: Mapped[int] = mapped_column(default=0, server_default="0")
    found_at: Mapped[datetime]
    next_at: Mapped[datetime]  # when a worker looks at it; later after a failure
    done_at: Mapped[datetime | None]


class TriggerEvent(Base):
    """Something that happened to a contact and begins a flow, until that was done."""

    __tablename__ = "trigger_event"
    __table_args__ = (
        UniqueConstraint("organisation_id", "kind", "object_id", "contact_id"),
        Index("ix_trigger_event_due_at", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_trigger_event_contact_id", "contact_id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    kind: Mapped[str]  # a word of services.triggers.Happening
    object_id: Mapped[UUID]  # of what it happened to: the same thing happens once
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True))
    channel_id: Mapped[UUID | None]
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # started, no_trigger, refused, too_late …
