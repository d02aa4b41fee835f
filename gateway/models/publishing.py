"""Who published which revision and why, and who let out what the check refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Id, to


class FlowPublication(Base):
    """How a revision came to be. Rows are only added."""

    __tablename__ = "flow_publication"

    revision_id: Mapped[UUID] = mapped_column(to("flow_revision.id"), primary_key=True)
    by: Mapped[UUID | None] = mapped_column(to("staff.id"))
    why: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}"
    )  # to doubts, by their key
    instead: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}"
    )  # language with missing texts -> the languages that were named to be read instead
    override_id: Mapped[UUID | None] = mapped_column(to("flow_override.id"))
    back_to: Mapped[int | None]  # the number of the older revision that it repeats
    at: Mapped[datetime]


class FlowOverride(Base):
    """Somebody asks that one wording may go out although the check refuses it."""

    __tablename__ = "flow_override"

    id: Mapped[Id]
    flow_id: Mapped[UUID] = mapped_column(to("flow.id", cascade=True), index=True)
    digest: Mapped[str]  # of the frozen wording: one letter more, and it is another
    definition: Mapped[dict[str, Any]]  # the wording itself, for those who decide
    asked_by: Mapped[UUID] = mapped_column(to("staff.id"))
    reason: Mapped[str]
    audience: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]


class FlowOverrideVoice(Base):
    """What one role says to it, and why. Rows are only added."""

    __tablename__ = "flow_override_voice"
    __table_args__ = (UniqueConstraint("override_id", "staff_id"),)

    override_id: Mapped[UUID] = mapped_column(to("flow_override.id", cascade=True), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(to("staff.id"))
    agrees: Mapped[bool]
    reason: Mapped[str]
    at: Mapped[datetime]
