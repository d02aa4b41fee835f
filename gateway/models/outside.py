"""Services outside of the house that flows may ask, and what they were asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class OutsideService(Base):
    """One service that an organisation's flows may ask: the allow-list."""

    __tablename__ = "outside_service"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    code: Mapped[str]
    url: Mapped[str]
    secret_sealed: Mapped[bytes]  # signs each request
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[Created]


class ServiceRequest(Base):
    """One question to a service, from the moment a flow asks until its run went on. The id is derived from both."""

    __tablename__ = "service_request"
    __table_args__ = (Index("ix_service_request_due_at", "due_at", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    run_id: Mapped[UUID] = mapped_column(to("run.id", cascade=True), index=True)
    contact_id: Mapped[UUID]
    service: Mapped[str]
    key: Mapped[str]  # the engine's, unique in its run
    arguments_sealed: Mapped[bytes]
    answer_sealed: Mapped[bytes | None]
    outcome: Mapped[str | None]  # answered, refused, too_late, not_allowed
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_at: Mapped[Created]
    done_at: Mapped[datetime | None]
