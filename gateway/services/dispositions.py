"""How far each respondent came, with its history: from the list of a round to the end of the conversation.

A respondent is one contact in one round; a conversation outside of rounds has a respondent of its own. States go up
and never back, unless there is a reason, which is kept. Conversations whose flow is sealed (S3) leave no row here,
and those that ended because of a disclosure stand among the broken off: no count shows that words were sealed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from flows.events import Disposition
from gateway import ids
from gateway.db import Connection


class State(StrEnum):
    """Where a respondent stands. The last nine are ends."""

    REGISTERED = "registered"  # on the list of a round
    CONTACTED = "contacted"  # the first words are on their way
    STARTED = "started"  # answered at least once
    PARTIAL = "partial"  # fell silent after some answers
    COMPLETED = "completed"
    REFUSED = "refused"
    INELIGIBLE = "ineligible"
    UNRESPONSIVE = "unresponsive"  # never answered
    BROKEN_OFF = "broken_off"
    FAILED = "failed"
    OPTED_OUT = "opted_out"
    QUOTA_FULL = "quota_full"


_FIRST = (State.REGISTERED, State.CONTACTED, State.STARTED)
END_RANK = len(_FIRST)
RANK: Mapping[State, int] = {state: _FIRST.index(state) if state in _FIRST else END_RANK for state in State}
ENDS = frozenset(state for state, rank in RANK.items() if rank == END_RANK)


class Cause(StrEnum):
    """Why a respondent moved back, or from one end to another."""

    OFFERED_AGAIN = "offered_again"
    NOT_DELIVERED = "not_delivered"


_OF: Mapping[str, State] = {
    Disposition.COMPLETED: State.COMPLETED,
    Disposition.REFUSED: State.REFUSED,
    Disposition.INELIGIBLE: State.INELIGIBLE,
    Disposition.BROKEN_OFF: State.BROKEN_OFF,
    Disposition.HANDED_OVER: State.BROKEN_OFF,
    Disposition.OPTED_OUT: State.OPTED_OUT,
    Disposition.FAILED: State.FAILED,
}


def of(disposition: str, *, answered: bool, reached: bool = True) -> State:
    """The state that a run's end comes to; silence is told apart by what was answered, and what arrived at all."""
    if disposition == Disposition.EXPIRED:
        silent = State.UNRESPONSIVE if reached else State.FAILED
        return State.PARTIAL if answered else silent
    return _OF.get(disposition) or State(disposition)


def respondent_id(contact_id: UUID, *, run_id: UUID, round_id: UUID | None) -> UUID:
    """The one id of a contact in a round, or of a conversation outside of rounds."""
    return (
        ids.derive(run_id, "respondent")
        if round_id is None
        else ids.derive(round_id, f"respondent:{contact_id}")
    )


def may_follow(old: State, new: State, why: Cause | None = None) -> bool:
    """Whether a respondent may go from one state to another."""
    return RANK[new] > RANK[old] or why is not None


# ---------------------------------------------------------------------- kept by conversations


@dataclass(slots=True)
class Standing:
    """What one batch of conversations did to one respondent: several moves are one row."""

    id: UUID
    organisation_id: UUID
    revision_id: UUID
    round_id: UUID | None
    contact_id: UUID
    run_id: UUID
    channel_id: UUID
    state: State
    at: datetime
    why: Cause | None = None
    history: list[list[str | None]] = field(default_factory=list)
    reached: dict[State, datetime] = field(default_factory=dict)
    ended_at: datetime | None = None
    offers: int = 0
    next_at: datetime | None = None

    def move(self, state: State, *, at: datetime, why: Cause | None = None) -> None:
        """Go to a state. What would be a step back without a reason changes nothing."""
        if self.history and not may_follow(self.state, state, why):
            return
        self.state, self.at, self.why = state, at, why or self.why
        self.history.append([state.value, at.isoformat(), why.value if why else None])
        self.reached.setdefault(state, at)
        self.ended_at = at if state in ENDS else None
        self.offers += state is State.CONTACTED

    def row(self) -> dict[str, Any]:
        """The values of `_PUT` by column, as JSON has them."""
        reached = self.reached
        return {
            "id": str(self.id),
            "organisation_id": str(self.organisation_id),
            "revision_id": str(self.revision_id),
            "round_id": self.round_id and str(self.round_id),
            "contact_id": str(self.contact_id),
            "run_id": str(self.run_id),
            "channel_id": str(self.channel_id),
            "state": self.state.value,
            "rank": RANK[self.state],
            "why": self.why and self.why.value,
            "history": self.history,
            "changed_at": self.at.isoformat(),
            "contacted_at": _iso(reached.get(State.CONTACTED)),
            "started_at": _iso(reached.get(State.STARTED)),
            "ended_at": _iso(self.ended_at),
            "offers": self.offers,
            "next_at": _iso(self.next_at),
        }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


_COLUMNS: Mapping[str, str] = {
    "id": "uuid",
    "organisation_id": "uuid",
    "revision_id": "uuid",
    "round_id": "uuid",
    "contact_id": "uuid",
    "run_id": "uuid",
    "channel_id": "uuid",
    "state": "text",
    "rank": "smallint",
    "why": "text",
    "history": "jsonb",
    "changed_at": "timestamptz",
    "contacted_at": "timestamptz",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "offers": "smallint",
    "next_at": "timestamptz",
}
_PUT = f"""
INSERT INTO respondent AS r ({", ".join(_COLUMNS)})
SELECT * FROM jsonb_to_recordset(%s::jsonb) AS new ({", ".join(map(" ".join, _COLUMNS.items()))}) ORDER BY id
ON CONFLICT (id) DO UPDATE SET state = excluded.state, rank = excluded.rank, why = excluded.why,
    history = r.history || excluded.history, changed_at = excluded.changed_at, run_id = excluded.run_id,
    revision_id = excluded.revision_id, channel_id = excluded.channel_id,
    contacted_at = coalesce(r.contacted_at, excluded.contacted_at),
    started_at = coalesce(r.started_at, excluded.started_at), ended_at = excluded.ended_at,
    offers = r.offers + excluded.offers, next_at = excluded.next_at
WHERE excluded.rank > r.rank OR excluded.why IS NOT NULL
"""  # noqa: S608 - the table above


def write(connection: Connection, standings: Sequence[Standing]) -> None:
    """Write what a batch did to its respondents, in one statement."""
    if not standings:
        return
    # One document is written and read faster than an array for each of so many columns.
    rows = json.dumps([standing.row() for standing in standings])
    connection.execute(_PUT, [rows], prepare=True)


_REGISTER = """
INSERT INTO respondent (id, organisation_id, revision_id, round_id, contact_id, state, rank, history, changed_at)
SELECT ids.id, %s, %s, %s, ids.contact_id, 'registered', 0,
    jsonb_build_array(jsonb_build_array('registered', %s::text, NULL)), %s
FROM unnest(%s::uuid[], %s::uuid[]) AS ids (id, contact_id)
ON CONFLICT DO NOTHING
"""


def register(
    connection: Connection,
    organisation_id: UUID,
    contact_ids: Sequence[UUID],
    *,
    revision_id: UUID,
    round_id: UUID,
    now: datetime,
) -> None:
    """Put contacts on the list of a round; those who are on it stay where they are."""
    if contact_ids:
        keys = [respondent_id(contact, run_id=round_id, round_id=round_id) for contact in contact_ids]
        values = [organisation_id, revision_id, round_id, now.isoformat(), now, keys, list(contact_ids)]
        connection.execute(_REGISTER, values)


_NOT_DELIVERED = """
UPDATE respondent r SET state = 'failed', rank = %(end)s, why = %(why)s, changed_at = %(now)s, ended_at = %(now)s,
    history = r.history || jsonb_build_array(jsonb_build_array('failed', %(text)s::text, %(why)s::text))
FROM message_out m
WHERE m.id = ANY(%(messages)s) AND r.contact_id = m.contact_id AND r.run_id = m.run_id AND r.state = 'contacted'
"""


def not_delivered(connection: Connection, message_ids: Sequence[UUID], *, now: datetime) -> None:
    """Note that respondents could not be reached: their first words came back, and they never wrote."""
    values = {
        "messages": list(message_ids),
        "now": now,
        "text": now.isoformat(),
        "why": Cause.NOT_DELIVERED.value,
        "end": END_RANK,
    }
    connection.execute(_NOT_DELIVERED, values)


_UNREACHED = """
SELECT run_id FROM message_out WHERE contact_id = ANY(%s) AND run_id = ANY(%s)
GROUP BY run_id HAVING bool_and(status IN ('failed', 'invalid_number', 'expired'))
"""


def unreached(connection: Connection, contact_ids: Sequence[UUID], run_ids: Sequence[UUID]) -> set[UUID]:
    """Return those runs of which no word arrived, as far as providers say: reports come after the sending."""
    if not run_ids:
        return set()
    return {row[0] for row in connection.execute(_UNREACHED, [list(contact_ids), list(run_ids)])}


# ---------------------------------------------------------------------- offered again

_AGAIN = """
SELECT id, organisation_id, contact_id, revision_id, round_id, channel_id FROM respondent
WHERE next_at <= %s ORDER BY next_at LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Again:
    """A respondent to whom a flow is offered once more."""

    id: UUID
    organisation_id: UUID
    contact_id: UUID
    revision_id: UUID
    round_id: UUID | None
    channel_id: UUID


def due_again(connection: Connection, *, limit: int, now: datetime) -> list[Again]:
    """Find respondents to whom a flow is to be offered again, the longest due first."""
    return [Again(*row) for row in connection.execute(_AGAIN, [now, limit])]


def put_off(connection: Connection, respondent_ids: Sequence[UUID], *, until: datetime | None) -> None:
    """Offer a flow again later, or never."""
    connection.execute("UPDATE respondent SET next_at = %s WHERE id = ANY(%s)", [until, list(respondent_ids)])
