"""Flows as staff see them: the list of all, and what heads the pages of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.models.flows import Flow, FlowRevision, Round

MOST_FLOWS = 2000  # of one organisation; a list of flows is sorted and narrowed in memory


@dataclass(frozen=True, slots=True)
class FlowHead:
    """What every page of a flow shows above its tabs.

    Attributes:
        number: of the newest revision; None: never published.
        published_at: when that was.
    """

    id: UUID
    code: str
    title: str
    revision_id: UUID | None
    number: int | None
    published_at: datetime | None


def head(connection: sa.Connection, organisation_id: UUID, flow_id: UUID) -> FlowHead | None:
    """Return one flow of an organisation; None when it has no such flow."""
    row = connection.execute(_heads(organisation_id).where(Flow.id == flow_id)).first()
    return FlowHead(*row) if row is not None else None


def heads(connection: sa.Connection, organisation_id: UUID) -> list[FlowHead]:
    """Return all flows of an organisation, by title."""
    statement = _heads(organisation_id).order_by(Flow.title, Flow.id).limit(MOST_FLOWS)
    return [FlowHead(*row) for row in connection.execute(statement)]


def open_rounds(connection: sa.Connection, organisation_id: UUID, *, now: datetime) -> dict[UUID, int]:
    """Return how many rounds that are not over ask each flow, by the flow's id."""
    statement = (
        sa.select(FlowRevision.flow_id, sa.func.count())
        .join(Round, Round.revision_id == FlowRevision.id)
        .where(
            Round.organisation_id == organisation_id, sa.or_(Round.closes_at.is_(None), Round.closes_at > now)
        )
        .group_by(FlowRevision.flow_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _heads(organisation_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    newest = (
        sa.select(FlowRevision.id, FlowRevision.number, FlowRevision.created_at)
        .where(FlowRevision.flow_id == Flow.id)
        .order_by(FlowRevision.number.desc())
        .limit(1)
        .lateral()
    )
    return (
        sa.select(Flow.id, Flow.code, Flow.title, newest.c.id, newest.c.number, newest.c.created_at)
        .outerjoin(newest, sa.true())
        .where(Flow.organisation_id == organisation_id)
    )
