"""Finding people without reading them: blind indexes of words of names and of ends of numbers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, to


class SearchTerm(Base):
    """One thing that a contact is found by. `term` is a keyed hash: without the key nobody knows of what."""

    __tablename__ = "search_term"

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), primary_key=True)
    term: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True), primary_key=True, index=True)


class SearchDue(Base):
    """A contact whose terms are to be written anew. Triggers fill it, so that no writer can forget to."""

    __tablename__ = "search_due"

    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
