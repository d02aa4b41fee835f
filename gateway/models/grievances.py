"""Grievances: complaints and feedback with a life of their own, and every step of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Grievance(Base):
    """A case. Its words are sealed; a sealed case's under the key class `sealed`."""

    __tablename__ = "grievance"
    __table_args__ = (
        Index("uq_grievance_reference", "reference_index", unique=True),
        Index("ix_grievance_contact", "contact_id", "id"),
        Index("ix_grievance_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index(
            "ix_grievance_open",
            "organisation_id",
            "triage_due_at",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_grievance_first_look",
            "triage_due_at",
            postgresql_where=text("state IN ('received', 'acknowledged', 'sealed')"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    office_id: Mapped[UUID | None] = mapped_column(to("office.id"))
    contact_id: Mapped[UUID | None] = mapped_column(to("contact.id"))
    reference_index: Mapped[bytes]  # blind index of the reference that the person holds
    reference_sealed: Mapped[bytes]
    intake_channel: Mapped[str]  # codebook intake channel
    type: Mapped[str | None]  # codebook type; None: nobody has looked yet
    category: Mapped[str | None]
    sensitivity: Mapped[str]
    priority: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bool] = mapped_column(default=False, server_default="false")
    language: Mapped[str]
    codebook_version: Mapped[str]
    run_id: Mapped[UUID | None]
    received_at: Mapped[datetime]
    receipt_due_at: Mapped[datetime]
    triage_due_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class GrievanceNote(Base):
    """Words that belong to a case: the person's own, in their order."""

    __tablename__ = "grievance_note"
    __table_args__ = (Index("ix_grievance_note_case", "grievance_id", "id"),)

    id: Mapped[Id]
    grievance_id: Mapped[UUID] = mapped_column(to("grievance.id", cascade=True))
    message_id: Mapped[UUID | None]
    question: Mapped[str | None]  # the question it answers, if a flow asked
    text_sealed: Mapped[bytes]
    sealed: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[Created]


class GrievanceEvent(Base):
    """One step in a case's life. Append-only: a trigger refuses every change."""

    __tablename__ = "grievance_event"
    __table_args__ = (Index("ix_grievance_event_case", "grievance_id", "seq"),)

    seq: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    grievance_id: Mapped[UUID] = mapped_column(to("grievance.id", cascade=True))
    kind: Mapped[str]  # state, alert, assigned …
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    actor: Mapped[str]  # "system", "person" or a staff id
    reason: Mapped[str]
    at: Mapped[datetime]
