"""Flows, their frozen revisions, rounds, and what went wrong in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Flow(Base):
    """A conversation by name; what is asked stands in its revisions."""

    __tablename__ = "flow"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    code: Mapped[str]
    title: Mapped[str]
    created_at: Mapped[Created]


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
