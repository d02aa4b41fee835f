"""Conversations under way: a session is a contact's open conversation, a run is one flow within it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Session(Base):
    """One conversation with one contact on one address. A contact has one open session at the most.

    `run_id` is the run that waits for a reply; when it ends, its parent goes on.
    """

    __tablename__ = "session"
    __table_args__ = (
        Index("uq_session_open", "contact_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_session_due", "due_at", postgresql_where=text("ended_at IS NULL")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True))
    channel_id: Mapped[UUID]
    urn_id: Mapped[UUID]
    run_id: Mapped[UUID | None]
    due_at: Mapped[datetime | None]  # the next reminder, or the expiry of the wait
    reminders: Mapped[list[str]] = mapped_column(
        JSONB, default=list, server_default="[]"
    )  # later reminders, ISO times
    started_at: Mapped[Created]
    ended_at: Mapped[datetime | None]


class Run(Base):
    """One flow for one contact, with its revision frozen. `state_sealed` is the engine's session as JSON."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_revision_id", "revision_id"),
        Index("ix_run_round", "round_id", "disposition", postgresql_where=text("round_id IS NOT NULL")),
        Index(
            "ix_run_expired",
            "contact_id",
            "ended_at",
            # What is asked changes with each answer: named here, it would cost each answer every index of the row.
            postgresql_where=text("disposition = 'expired'"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    session_id: Mapped[UUID] = mapped_column(to("session.id", cascade=True), index=True)
    contact_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    revision_id: Mapped[UUID]
    round_id: Mapped[UUID | None]
    language: Mapped[str]
    state_sealed: Mapped[bytes | None]  # None once the run is over
    disposition: Mapped[str | None]  # None while it runs
    started_at: Mapped[Created]
    ended_at: Mapped[datetime | None]
    asked: Mapped[str | None]  # the question that waits, or waited last; never of a sealed conversation
    asked_at: Mapped[datetime | None]


class Answer(Base):
    """One answer to one question of one run; its key makes a second writing impossible."""

    __tablename__ = "answer"
    __table_args__ = (
        Index("ix_answer_round", "round_id", "question", postgresql_where=text("round_id IS NOT NULL")),
    )

    run_id: Mapped[UUID] = mapped_column(to("run.id", cascade=True), primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]  # the row that sealed values are tied to
    round_id: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(SmallInteger)  # order within the run
    indicator: Mapped[str | None]
    type: Mapped[str | None]
    value: Mapped[Any | None] = mapped_column(
        JSONB
    )  # code, codes, number or date; None when personal or missing
    value_sealed: Mapped[bytes | None]  # free text and other personal values
    raw_sealed: Mapped[bytes]  # what the person really wrote
    matched: Mapped[str | None]
    missing: Mapped[str | None]
    language: Mapped[str]
    message_id: Mapped[UUID | None]
    answered_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]  # when the question was put first; None: before that was kept
