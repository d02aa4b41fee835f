"""Mistakes in flows, met while people talked: what authors should mend."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from gateway.models.flows import Flow, FlowProblem
from gateway.services.listing import Orders, Part

LATEST = Part("last", descending=True)
_FIRST = sa.cast(sa.func.min(sa.cast(FlowProblem.id, sa.Text)), sa.Uuid)
_ORDERS: Orders = {
    "last": (sa.func.max(FlowProblem.created_at), _FIRST),
    "times": (sa.func.count(), _FIRST),
    "flow": (FlowProblem.flow_code, FlowProblem.step, _FIRST),
    "mistake": (FlowProblem.code, _FIRST),
}


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """The same mistake at the same step, however often it was met. `id`: of the first time that is still open."""

    id: UUID
    flow_code: str
    title: str | None
    step: str | None
    code: str
    detail: str
    times: int
    first_at: datetime
    last_at: datetime


def open_problems(
    connection: sa.Connection, organisation_id: UUID, part: Part = LATEST, *, flow: str | None = None
) -> tuple[list[ProblemLine], bool]:
    """Return one page of the mistakes that nobody has marked as seen, and whether there are more behind it.

    `part` sorts by "last", "times", "flow" or "mistake"; `flow`: those of one flow only.
    """
    statement = (
        sa.select(
            _FIRST.label("id"),
            FlowProblem.flow_code,
            Flow.title,
            FlowProblem.step,
            FlowProblem.code,
            FlowProblem.detail,
            sa.func.count(),
            sa.func.min(FlowProblem.created_at),
            sa.func.max(FlowProblem.created_at),
        )
        .outerjoin(
            Flow,
            sa.and_(Flow.organisation_id == FlowProblem.organisation_id, Flow.code == FlowProblem.flow_code),
        )
        .where(FlowProblem.organisation_id == organisation_id, FlowProblem.seen_at.is_(None))
        .group_by(FlowProblem.flow_code, Flow.title, FlowProblem.step, FlowProblem.code, FlowProblem.detail)
    )
    if flow:
        statement = statement.where(FlowProblem.flow_code == flow)
    shown, more = part.cut(connection.execute(part.of(statement, _ORDERS)).all())
    return [ProblemLine(*row) for row in shown], more


def flows_with_problems(connection: sa.Connection, organisation_id: UUID) -> list[str]:
    """Return the codes of the flows with mistakes that nobody has marked as seen, for the filter."""
    statement = sa.select(FlowProblem.flow_code).where(
        FlowProblem.organisation_id == organisation_id, FlowProblem.seen_at.is_(None)
    )
    return sorted(connection.scalars(statement.distinct()))


def mark_seen(
    connection: sa.Connection, organisation_id: UUID, ids: Collection[UUID], *, now: datetime
) -> list[tuple[str, str]]:
    """Mark mistakes as seen, wherever they were met so far; returns (flow, mistake) of each that was marked."""
    named = aliased(FlowProblem)
    done = connection.execute(
        sa.update(FlowProblem)
        .where(
            named.id.in_(ids),
            named.organisation_id == organisation_id,
            FlowProblem.organisation_id == organisation_id,
            FlowProblem.flow_code == named.flow_code,
            FlowProblem.code == named.code,
            FlowProblem.step.is_not_distinct_from(named.step),
            FlowProblem.seen_at.is_(None),
        )
        .values(seen_at=now)
        .returning(FlowProblem.flow_code, FlowProblem.code)
    )
    return sorted({(row.flow_code, row.code) for row in done})
