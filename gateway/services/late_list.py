"""Reading what came too late: which question, what it would have answered, and when. No person stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.models.flows import Flow, FlowRevision, Round
from gateway.models.respondents import LateReply
from gateway.services.listing import Orders, Part


@dataclass(frozen=True, slots=True)
class Late:
    """One answer that came too late. `answer` None: it was a personal one, and stays sealed."""

    id: UUID
    flow: str
    round: str | None
    question: str
    answer: Any
    language: str
    ended_at: datetime
    at: datetime


_ORDERS: Orders = {"at": (LateReply.at, LateReply.id), "flow": (Flow.title, LateReply.at, LateReply.id)}


def page(connection: sa.Connection, organisation_id: UUID, part: Part) -> tuple[list[Late], bool]:
    """Return one page of an organisation's late answers, and whether there are more behind it."""
    asked = (
        sa.select(
            LateReply.id,
            Flow.title,
            Round.name,
            LateReply.question,
            LateReply.value,
            LateReply.language,
            LateReply.ended_at,
            LateReply.at,
        )
        .join(FlowRevision, FlowRevision.id == LateReply.revision_id)
        .join(Flow, Flow.id == FlowRevision.flow_id)
        .outerjoin(Round, Round.id == LateReply.round_id)
        .where(LateReply.organisation_id == organisation_id)
    )
    rows, more = part.cut(connection.execute(part.of(asked, _ORDERS)).all())
    return [Late(*row) for row in rows], more
