"""The audit: who did or saw what, append-only and chained by hashes, and what verifying it last found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, to


class Audit(Base):
    """One line. `hash` covers it, its subjects and the hash before it, so that a missing or changed line shows."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor", "organisation_id", "actor", "seq"),
        Index("ix_audit_action", "organisation_id", "action", "seq"),
        Index("ix_audit_at", "organisation_id", "at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]  # "system", "cli" or a staff id
    action: Mapped[str]  # "contact.read", "staff.signed_in" …
    object: Mapped[str]  # kind and id of what it was done to
    detail_sealed: Mapped[bytes | None]
    previous: Mapped[bytes]
    hash: Mapped[bytes]
    keyed: Mapped[bool] = mapped_column(default=False, server_default="false")  # False: of the first version


class AuditSubject(Base):
    """A person, case or account that a line is about: of a list, everybody whom it showed.

    There is no foreign key to the line: checking it would lock the line for each subject, and verifying the chain finds
    subjects without a line.
    """

    __tablename__ = "audit_subject"
    __table_args__ = (Index("ix_audit_subject_who", "organisation_id", "kind", "id", "seq"),)

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # contact, case or staff
    id: Mapped[UUID] = mapped_column(primary_key=True)


class AuditCheck(Base):
    """How far the verification of a chain has come, and what the last whole one found.

    Not part of the chain: whoever can change this row can hide a fault from the page, not from `paigham audit verify`.
    """

    __tablename__ = "audit_check"

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), primary_key=True)
    began_at: Mapped[datetime | None]  # None: nothing is being walked
    walked_seq: Mapped[int]
    walked_hash: Mapped[bytes]
    walked_keyed: Mapped[bool]
    found: Mapped[list[str]]  # faults so far, the first few
    ended_at: Mapped[datetime | None]  # of the last whole walk
    lines: Mapped[int] = mapped_column(default=0, server_default="0")
    faults: Mapped[list[str] | None]
    anchored_at: Mapped[datetime | None]
    anchored_seq: Mapped[int | None]
