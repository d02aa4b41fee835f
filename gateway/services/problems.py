"""Mistakes in flows, met while people talked: what authors should mend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from gateway.models.flows import Flow, FlowProblem

LISTED = 100


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """The same mistake at the same step, however often it was met."""

    flow_code: str
    title: str | None
    step: str | None
    code: str
    detail: str
    times: int
    first_at: datetime
    last_at: datetime


def open_problems(connection: sa.Connection, organisation_id: UUID) -> list[ProblemLine]:
    """Return the mistakes that nobody has marked as seen, the latest first."""
    rows = connection.execute(
        sa.select(
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
        .order_by(sa.func.max(FlowProblem.created_at).desc())
        .limit(LISTED)
    )
    return [ProblemLine(*row) for row in rows]


def mark_seen(
    connection: sa.Connection,
    organisation_id: UUID,
    *,
    flow_code: str,
    code: str,
    step: str | None,
    now: datetime,
) -> int:
    """Mark a mistake as seen, wherever it was met so far; returns how many lines that were."""
    done = connection.execute(
        sa.update(FlowProblem)
        .where(
            FlowProblem.organisation_id == organisation_id,
            FlowProblem.flow_code == flow_code,
            FlowProblem.code == code,
            FlowProblem.step.is_(None) if step is None else FlowProblem.step == step,
            FlowProblem.seen_at.is_(None),
        )
        .values(seen_at=now)
    )
    return done.rowcount
