"""The audit: who did or saw what, append-only and chained by hashes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, to


class Audit(Base):
    """One line. `hash` covers the line and the hash before it, so that a missing or changed line shows."""

    __tablename__ = "audit"

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # "system", "cli" or a staff id
    action: Mapped[str]  # "contact.read", "staff.signed_in" …
    object: Mapped[str]  # kind and id of what it was done to
    detail_sealed: Mapped[bytes | None]
    previous: Mapped[bytes]
    hash: Mapped[bytes]
