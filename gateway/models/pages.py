"""What the staff pages remember of a person's work in them: forms that were sent, and views of lists."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class FormAnswer(Base):
    """A form that was acted on, for a day: sent a second time, it is answered as before and acts no more."""

    __tablename__ = "form_answer"

    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of the form's key, path and fields
    location: Mapped[str | None]  # the page that the answer led to; None: being acted on
    at: Mapped[datetime]


class SavedView(Base):
    """A list as somebody likes it, under a name of their own. Its query holds codes and days, never words."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("staff_id", "list", "query"),)

    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    list: Mapped[str]  # the list's name: the endpoint that shows it
    query: Mapped[str]
    name_sealed: Mapped[bytes]
    created_at: Mapped[Created]
