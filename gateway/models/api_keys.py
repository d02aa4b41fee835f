"""Keys with which programs read counts: no person is behind them, and they see no person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class ApiKey(Base):
    """A key of one organisation. The database holds the SHA-256 of its secret, which is shown once."""

    __tablename__ = "api_key"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    name: Mapped[str]  # what it is for; never a person's name
    scopes: Mapped[list[str]]  # of services.api_keys.Scope
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    created_by: Mapped[UUID] = mapped_column(to("staff.id"), index=True)
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
