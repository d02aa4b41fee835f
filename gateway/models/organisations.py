"""Organisations of an operation and their offices."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Organisation(Base):
    """An agency or partner; every record belongs to one."""

    __tablename__ = "organisation"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    hotline: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[Created]


class Office(Base):
    """A place of work with its own zone and area."""

    __tablename__ = "office"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    area: Mapped[str | None]  # p-code, an opaque string
    created_at: Mapped[Created]
