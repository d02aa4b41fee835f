"""How each member of staff wants to read the pages."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, to


class StaffPreference(Base):
    """One person's choices; whoever has no row chose nothing. The language stands in `staff`, where mails need it."""

    __tablename__ = "staff_preference"

    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    timezone: Mapped[str | None]  # IANA name; None: the office's
    calendar: Mapped[str] = mapped_column(default="gregorian", server_default="gregorian")
    digits: Mapped[str] = mapped_column(default="latin", server_default="latin")
    theme: Mapped[str] = mapped_column(default="device", server_default="device")
    shortcuts: Mapped[bool] = mapped_column(default=True, server_default="true")
