"""Channels: configured connections to a provider."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Double
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class ChannelHealth(StrEnum):
    """Whether a channel sends."""

    OK = "ok"
    FAULTY = "faulty"  # the provider refuses our account or settings; messages wait


class Channel(Base):
    """A connection. `config_sealed` is JSON with credentials and addresses of the provider."""

    __tablename__ = "channel"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    kind: Mapped[str]  # a name in gateway.channels.ADAPTERS
    name: Mapped[str]
    address: Mapped[str]  # our own number or bot name, public
    config_sealed: Mapped[bytes]
    default_region: Mapped[str | None]  # ISO 3166, for national numbers
    default_language: Mapped[str] = mapped_column(default="eng", server_default="eng")
    rate: Mapped[float] = mapped_column(Double, default=10.0, server_default="10")  # segments a second
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    health: Mapped[str] = mapped_column(default=ChannelHealth.OK, server_default="ok")
    health_code: Mapped[str | None]  # the provider's code behind a fault
    paused_until: Mapped[datetime | None]  # the provider asked us to wait
    reconciled_until: Mapped[datetime | None]  # inbound was compared with the provider's list up to here
    created_at: Mapped[Created]
