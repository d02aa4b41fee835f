"""Who was asked, and how far each came: one row a respondent, with its history; replies that came too late."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Id, to


class Respondent(Base):
    """One contact in one round; outside of rounds, one contact in one run. Its id is derived from both."""

    __tablename__ = "respondent"
    __table_args__ = (
        # Without the state, so that a change of it touches no index.
        Index("ix_respondent_round_id", "round_id", postgresql_where=text("round_id IS NOT NULL")),
        Index("ix_respondent_revision_id", "revision_id"),
        Index("ix_respondent_contact_id", "contact_id"),
        Index("ix_respondent_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    revision_id: Mapped[UUID]
    round_id: Mapped[UUID | None]
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True))
    run_id: Mapped[UUID | None]  # the latest, where the flow was offered more than once
    channel_id: Mapped[UUID | None]
    state: Mapped[str]  # a word of services.dispositions.State
    rank: Mapped[int] = mapped_column(SmallInteger)  # states only go up, but for a reason
    why: Mapped[str | None]  # of the latest change, where it needs one
    history: Mapped[list[Any]] = mapped_column(JSONB)  # [state, time, why] of each change, oldest first
    changed_at: Mapped[datetime]
    contacted_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    offers: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    next_at: Mapped[datetime | None]  # when the flow is offered again


class AnswerChange(Base):
    """What an answer was before it was corrected. A trigger of the database writes it, whoever corrects."""

    __tablename__ = "answer_change"
    __table_args__ = (Index("ix_answer_change_run_id", "run_id", "question"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    run_id: Mapped[UUID] = mapped_column(to("run.id", cascade=True))
    question: Mapped[str]
    answer_id: Mapped[UUID]  # what the sealed values are tied to
    value: Mapped[Any | None] = mapped_column(JSONB)
    value_sealed: Mapped[bytes | None]
    raw_sealed: Mapped[bytes]
    matched: Mapped[str | None]
    missing: Mapped[str | None]
    language: Mapped[str]
    message_id: Mapped[UUID | None]
    answered_at: Mapped[datetime]
    replaced_at: Mapped[datetime]


class LateReply(Base):
    """An answer to a question whose time was over: kept for staff, and no answer of the run."""

    __tablename__ = "late_reply"
    __table_args__ = (Index("ix_late_reply_list", "organisation_id", "at", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    run_id: Mapped[UUID] = mapped_column(to("run.id", cascade=True), index=True)
    round_id: Mapped[UUID | None]
    revision_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    question: Mapped[str]
    type: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSONB)
    raw_sealed: Mapped[bytes]
    matched: Mapped[str]
    language: Mapped[str]
    message_id: Mapped[UUID] = mapped_column(unique=True)
    ended_at: Mapped[datetime]  # when the conversation was given up
    at: Mapped[datetime]


class Misreading(Base):
    """A reply that answered nothing: the question was asked again, or given up. Settled: a flow knows it now."""

    __tablename__ = "misreading"
    __table_args__ = (Index("ix_misreading_revision_id", "revision_id", "at"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    run_id: Mapped[UUID] = mapped_column(to("run.id", cascade=True), index=True)
    revision_id: Mapped[UUID]
    round_id: Mapped[UUID | None]
    question: Mapped[str]
    language: Mapped[str]
    raw_sealed: Mapped[bytes]
    message_id: Mapped[UUID | None]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]


class QuotaCount(Base):
    """How many places of a quota are taken: in a round, or else in a revision."""

    __tablename__ = "quota_count"

    scope_id: Mapped[UUID] = mapped_column(primary_key=True)  # of the round or the revision
    name: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
