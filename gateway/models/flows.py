"""Flows, their frozen revisions, rounds, and what went wrong in them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class FlowKind(StrEnum):
    """What a flow is for."""

    SURVEY = "survey"
    MENU = "menu"
    MESSAGE = "message"


class FlowState(StrEnum):
    """Where a flow is in its life."""

    DRAFT = "draft"  # never published
    LIVE = "live"
    ARCHIVED = "archived"


class Flow(Base):
    """A conversation by name; what is asked stands in its revisions, what will be asked in its draft."""

    __tablename__ = "flow"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    code: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="survey")
    state: Mapped[str] = mapped_column(server_default="live")
    owner_id: Mapped[UUID | None] = mapped_column(to("staff.id"))
    archived_at: Mapped[datetime | None]
    from_form: Mapped[bytes | None]  # the workbook it was made of, as it came
    created_at: Mapped[Created]


class FlowDraft(Base):
    """The text that people edit. `version` grows by one with each change."""

    __tablename__ = "flow_draft"

    flow_id: Mapped[UUID] = mapped_column(to("flow.id", cascade=True), primary_key=True)
    source: Mapped[str]
    version: Mapped[int]
    base_revision_id: Mapped[UUID | None] = mapped_column(to("flow_revision.id"))
    changed_by: Mapped[UUID | None] = mapped_column(to("staff.id"))
    changed_at: Mapped[datetime]


class FlowDraftChange(Base):
    """One change: how the text was before it (compressed), what was done, and by whom."""

    __tablename__ = "flow_draft_change"

    flow_id: Mapped[UUID] = mapped_column(to("flow_draft.flow_id", cascade=True), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the draft's, after it
    source_before: Mapped[bytes]
    edit: Mapped[dict[str, Any]]
    undoes: Mapped[int | None]  # the version that this one took back
    changed_by: Mapped[UUID | None] = mapped_column(to("staff.id"))
    changed_at: Mapped[datetime]


class FlowPresence(Base):
    """Who has a draft open, and at which step; forgotten after a minute."""

    __tablename__ = "flow_presence"

    flow_id: Mapped[UUID] = mapped_column(to("flow.id", cascade=True), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), primary_key=True)
    step: Mapped[str | None]
    seen_at: Mapped[datetime]


class FlowRevision(Base):
    """One published wording of a flow. A trigger refuses every change."""

    __tablename__ = "flow_revision"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: Mapped[Id]
    flow_id: Mapped[UUID] = mapped_column(to("flow.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]]
    digest: Mapped[str]  # SHA-256 of the definition, to see whether anything changed
    created_at: Mapped[Created]


class Round(Base):
    """One asking of a flow: which revision, to whom, from when to when."""

    __tablename__ = "survey_round"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    office_id: Mapped[UUID | None] = mapped_column(to("office.id"))
    revision_id: Mapped[UUID] = mapped_column(to("flow_revision.id"))
    name: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    under_age: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # all that is kept of children who answered
    created_at: Mapped[Created]


class FlowProblem(Base):
    """An author's mistake met at run time, for staff."""

    __tablename__ = "flow_problem"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    run_id: Mapped[UUID | None]
    flow_code: Mapped[str]
    step: Mapped[str | None]
    code: Mapped[str]
    detail: Mapped[str]
    created_at: Mapped[Created]
    seen_at: Mapped[datetime | None]
