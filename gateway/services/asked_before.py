"""What was asked of the same people lately: the same indicator or the same words, in rounds of the last ninety days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

import flows
from flows.checks.safety import substance
from flows.definition import Ask
from flows.folding import fold
from gateway.models.flows import Flow, FlowRevision, Round

LATELY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A question that a round of the last ninety days asked of the same audience. `same`: "indicator" or "words"."""

    question: str
    indicator: str | None
    same: str
    round_id: UUID
    round_name: str
    flow_title: str
    opened_at: datetime


def asked_before(
    connection: sa.Connection,
    organisation_id: UUID,
    flow: flows.Flow,
    *,
    now: datetime,
    but: UUID | None = None,
) -> list[AskedBefore]:
    """Return what other rounds of the last ninety days asked of the same audience, the latest first. `but`: a round."""
    rows = connection.execute(
        sa.select(Round.id, Round.name, Flow.title, Round.opens_at, FlowRevision.definition)
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .join(Flow, Flow.id == FlowRevision.flow_id)
        .where(Round.organisation_id == organisation_id, Round.opens_at > now - LATELY, Round.opens_at <= now)
        .order_by(Round.opens_at.desc(), Round.id)
    )
    return [
        AskedBefore(question.name, question.indicator, same, row.id, row.name, row.title, row.opens_at)
        for row in rows
        if row.id != but and _same_audience(other := flows.from_dict(row.definition), flow)
        for question, same in _again(flow, other)
    ]


def of_round(connection: sa.Connection, organisation_id: UUID, round_id: UUID) -> list[AskedBefore]:
    """Return what other rounds asked of the same audience in the ninety days before a round was opened."""
    row = connection.execute(
        sa.select(Round.opens_at, FlowRevision.definition)
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .where(Round.id == round_id, Round.organisation_id == organisation_id)
    ).first()
    if row is None:
        return []
    flow = flows.from_dict(row.definition)
    return asked_before(connection, organisation_id, flow, now=row.opens_at, but=round_id)


def _again(flow: flows.Flow, other: flows.Flow) -> Iterator[tuple[Ask, str]]:
    """The questions of a flow that another one asks too."""
    indicators = {question.indicator for question in substance(other) if question.indicator}
    words = {_words(question) for question in substance(other)}
    for question in substance(flow):
        if question.indicator in indicators:
            yield question, "indicator"
        elif _words(question) in words:
            yield question, "words"


def _same_audience(one: flows.Flow, other: flows.Flow) -> bool:
    """Whether two flows ask the same people; one that does not say whom may ask anybody."""
    return not (one.audience and other.audience) or fold(one.audience) == fold(other.audience)


def _words(question: Ask) -> str:
    return fold(next(iter(question.text.by_language.values()), ""))
