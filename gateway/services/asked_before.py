"""What was asked of the same people lately: the same indicator or the same words, in rounds of the last ninety days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

import flows
from flows.checks.safety import substance
from flows.definition import Ask
from flows.folding import fold
from gateway.models.flows import Flow, FlowRevision, Round
from gateway.models.sessions import Answer, Run

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


def people_asked_before(connection: sa.Connection, round_id: UUID) -> int:
    """Count the people of a round who answered one of its questions in another round within ninety days before."""
    here, there = aliased(Run), aliased(Run)
    mine, theirs = aliased(Answer), aliased(Answer)
    again = (
        sa.exists()
        .where(mine.run_id == here.id, theirs.run_id == there.id)
        .where(there.contact_id == here.contact_id, there.round_id.is_not(None), there.round_id != round_id)
        .where(there.started_at < here.started_at, there.started_at > here.started_at - LATELY)
        .where(
            sa.or_(
                mine.indicator == theirs.indicator,
                sa.and_(there.revision_id == here.revision_id, mine.question == theirs.question),
            )
        )
    )
    statement = sa.select(sa.func.count(sa.distinct(here.contact_id))).where(here.round_id == round_id, again)
    return connection.scalar(statement) or 0


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
