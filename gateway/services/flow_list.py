"""Flows as staff see them: the list of all, and what heads the pages of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

import flows
from flows.checks.parts import spoken
from flows.checks.safety import substance
from gateway.models.flows import Flow, FlowDraft, FlowRevision, Round
from gateway.models.triggers import FlowTrigger

MOST_FLOWS = 2000  # of one organisation; a list of flows is sorted and narrowed in memory


@dataclass(frozen=True, slots=True)
class FlowHead:
    """What every page of a flow shows above its tabs.

    Attributes:
        kind: "survey", "menu" or "message".
        state: "draft", "live" or "archived".
        revision_id, number, published_at: of the newest revision; None: never published.
        changed_at: when the draft was changed last; None: nobody has edited it.
    """

    id: UUID
    code: str
    title: str
    kind: str
    state: str
    owner_id: UUID | None
    revision_id: UUID | None
    number: int | None
    published_at: datetime | None
    changed_at: datetime | None

    @property
    def edited(self) -> bool:
        """Whether the draft was changed since the newest revision."""
        changed, published = self.changed_at, self.published_at
        return changed is not None and (published is None or changed > published)


def head(connection: sa.Connection, organisation_id: UUID, flow_id: UUID) -> FlowHead | None:
    """Return one flow of an organisation; None when it has no such flow."""
    row = connection.execute(_heads(organisation_id).where(Flow.id == flow_id)).first()
    return FlowHead(*row) if row is not None else None


def heads(
    connection: sa.Connection, organisation_id: UUID, *, state: str | None = None, kind: str | None = None
) -> list[FlowHead]:
    """Return flows of an organisation by title, of a state and a kind; without a state all but archived ones."""
    statement = _heads(organisation_id).order_by(Flow.title, Flow.id).limit(MOST_FLOWS)
    statement = statement.where(Flow.state == state if state else Flow.state != "archived")
    if kind:
        statement = statement.where(Flow.kind == kind)
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


def triggers(connection: sa.Connection, organisation_id: UUID) -> dict[UUID, list[str]]:
    """Return the kinds of what begins each flow, by the flow's id."""
    found: dict[UUID, list[str]] = {}
    rows = connection.execute(
        sa.select(FlowTrigger.flow_id, FlowTrigger.kind)
        .where(FlowTrigger.organisation_id == organisation_id, FlowTrigger.active)
        .distinct()
        .order_by(FlowTrigger.kind)
    )
    for flow_id, kind in rows:
        found.setdefault(flow_id, []).append(kind)
    return found


def rounds_of(connection: sa.Connection, flow_id: UUID) -> list[tuple[UUID, str, datetime]]:
    """Return a flow's rounds as (id, name, opened), the newest first, at most twenty."""
    statement = (
        sa.select(Round.id, Round.name, Round.opens_at)
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .where(FlowRevision.flow_id == flow_id)
        .order_by(Round.opens_at.desc())
        .limit(20)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]


def completeness(flow: flows.Flow) -> Mapping[str, int]:
    """Return for each language of a flow how many of a hundred texts there are in it, rounded down."""
    texts = [said.text.by_language for said in spoken(flow)]
    return {
        code: 100
        * sum(bool(text.get(code, "").strip() or text.get("mul")) for text in texts)
        // max(len(texts), 1)
        for code in flow.languages
    }


def indicators(flow: flows.Flow) -> list[str]:
    """Return the indicators that a flow's questions answer, each once."""
    return list(dict.fromkeys(item.indicator for item in substance(flow) if item.indicator))


def _heads(organisation_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    newest = (
        sa.select(FlowRevision.id, FlowRevision.number, FlowRevision.created_at)
        .where(FlowRevision.flow_id == Flow.id)
        .order_by(FlowRevision.number.desc())
        .limit(1)
        .lateral()
    )
    revision = (newest.c.id, newest.c.number, newest.c.created_at)
    facts = (Flow.id, Flow.code, Flow.title, Flow.kind, Flow.state, Flow.owner_id)
    return (
        sa.select(*facts, *revision, FlowDraft.changed_at)
        .select_from(Flow)
        .outerjoin(newest, sa.true())
        .outerjoin(FlowDraft, FlowDraft.flow_id == Flow.id)
        .where(Flow.organisation_id == organisation_id)
    )
