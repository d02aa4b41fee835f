"""Rows that one batch of conversations wants to write, collected and written in a few bulk statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.db import Connection, Table
from gateway.services import dispositions, notices
from gateway.services.dispositions import Standing
from gateway.services.notices import Event

MESSAGES = Table(
    "message_out",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "channel_id": "uuid",
        "contact_id": "uuid",
        "urn_id": "uuid",
        "run_id": "uuid",
        "step": "text",
        "language": "text",
        "content_sealed": "bytea",
        "segments": "smallint",
        "lane": "smallint",
        "after_stop": "boolean",
        "sealed": "boolean",
        "status": "text",
        "rank": "smallint",
        "reason": "text",
        "created_at": "timestamptz",
    },
)
SESSIONS = Table(
    "session",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "contact_id": "uuid",
        "channel_id": "uuid",
        "urn_id": "uuid",
        "run_id": "uuid",
        "due_at": "timestamptz",
        "reminders": "jsonb",
        "started_at": "timestamptz",
        "ended_at": "timestamptz",
    },
)
SESSION_CHANGES = Table(
    "session",
    {
        "id": "uuid",
        "run_id": "uuid",
        "due_at": "timestamptz",
        "reminders": "jsonb",
        "ended_at": "timestamptz",
    },
)
RUNS = Table(
    "run",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "session_id": "uuid",
        "contact_id": "uuid",
        "parent_id": "uuid",
        "revision_id": "uuid",
        "round_id": "uuid",
        "language": "text",
        "state_sealed": "bytea",
        "disposition": "text",
        "started_at": "timestamptz",
        "ended_at": "timestamptz",
        "asked": "text",
        "asked_at": "timestamptz",
    },
)
RUN_CHANGES = Table(
    "run",
    {
        "id": "uuid",
        "language": "text",
        "state_sealed": "bytea",
        "disposition": "text",
        "ended_at": "timestamptz",
        "asked": "text",
        "asked_at": "timestamptz",
    },
)
ANSWERS = Table(
    "answer",
    {
        "run_id": "uuid",
        "question": "text",
        "id": "uuid",
        "round_id": "uuid",
        "position": "smallint",
        "indicator": "text",
        "type": "text",
        "value": "jsonb",
        "value_sealed": "bytea",
        "raw_sealed": "bytea",
        "matched": "text",
        "missing": "text",
        "language": "text",
        "message_id": "uuid",
        "answered_at": "timestamptz",
        "asked_at": "timestamptz",
    },
    key=("run_id", "question"),
)
CONSENTS = Table(
    "consent",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "contact_id": "uuid",
        "purpose": "text",
        "given": "boolean",
        "wording": "text",
        "language": "text",
        "channel_kind": "text",
        "run_id": "uuid",
        "created_at": "timestamptz",
    },
)
OPT_OUTS = Table(
    "opt_out",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "address_index": "bytea",
        "source": "text",
        "message_id": "uuid",
        "opted_out_at": "timestamptz",
    },
)
PROBLEMS = Table(
    "flow_problem",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "run_id": "uuid",
        "flow_code": "text",
        "step": "text",
        "code": "text",
        "detail": "text",
        "created_at": "timestamptz",
    },
)

MISREADINGS = Table(
    "misreading",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "run_id": "uuid",
        "revision_id": "uuid",
        "round_id": "uuid",
        "question": "text",
        "language": "text",
        "raw_sealed": "bytea",
        "message_id": "uuid",
        "at": "timestamptz",
    },
)
REQUESTS = Table(
    "service_request",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "run_id": "uuid",
        "contact_id": "uuid",
        "service": "text",
        "key": "text",
        "arguments_sealed": "bytea",
        "due_at": "timestamptz",
        "expires_at": "timestamptz",
    },
)
QUOTAS = Table(
    "quota_count", {"scope_id": "uuid", "name": "text", "taken": "bigint"}, key=("scope_id", "name")
)

# A message joins the queue only when it was really inserted: a repeated batch queues nothing twice. One that must not
# leave is written down too, with its reason, and joins no queue.
_QUEUE = """
WITH fresh AS ({insert} RETURNING id, channel_id, organisation_id, contact_id, lane, segments, status)
INSERT INTO pending_out (message_id, channel_id, organisation_id, contact_id, lane, segments, due_at, expires_at)
SELECT fresh.id, channel_id, organisation_id, contact_id, lane, segments, limits.due_at, limits.expires_at
FROM fresh JOIN unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
    AS limits (id, due_at, expires_at, place)
    ON limits.id = fresh.id
WHERE fresh.status = 'queued'
ORDER BY limits.place
"""

Row = tuple[Any, ...]


@dataclass
class Batch:
    """Rows by table, in the order in which they must be written."""

    sessions: list[Row] = field(default_factory=list)
    session_changes: dict[UUID, Row] = field(default_factory=dict)
    runs: list[Row] = field(default_factory=list)
    run_changes: dict[UUID, Row] = field(default_factory=dict)
    # Answers by run and question. One that is corrected within the batch goes into the next dict, and is written after.
    answers: list[dict[tuple[UUID, str], Row]] = field(default_factory=list)
    respondents: dict[UUID, Standing] = field(default_factory=dict)
    messages: list[Row] = field(default_factory=list)
    due: list[datetime] = field(
        default_factory=list
    )  # of each message: when it may leave, and when it is stale
    expiries: list[datetime] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    opt_outs: list[Row] = field(default_factory=list)
    problems: list[Row] = field(default_factory=list)
    statements: list[tuple[str, list[Any]]] = field(default_factory=list)
    channels: set[UUID] = field(default_factory=set)
    misreadings: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)  # to services
    quotas: dict[UUID, dict[str, int]] = field(default_factory=dict)  # counts by scope, locked
    quota_changes: set[tuple[UUID, str]] = field(default_factory=set)
    slots: set[int] = field(default_factory=set)  # shards of the inbox to wake again
    events: dict[tuple[str, str, str], tuple[Event, datetime]] = field(default_factory=dict)

    def answer(self, row: Row) -> None:
        """Write an answer down. An earlier one to the same question is written before it, and so is kept."""
        key = (row[0], row[1])
        for wave in self.answers:
            if key not in wave:
                wave[key] = row
                return
        self.answers.append({key: row})

    def forget_answers(self, run_id: UUID) -> None:
        """Keep none of a run's answers, and none of those that were corrected."""
        self.answers = [{key: row for key, row in wave.items() if key[0] != run_id} for wave in self.answers]
        self.then("DELETE FROM answer WHERE run_id = %s", run_id)
        self.then("DELETE FROM answer_change WHERE run_id = %s", run_id)
        self.then("DELETE FROM late_reply WHERE run_id = %s", run_id)
        self.misreadings = [row for row in self.misreadings if row[2] != run_id]
        self.then("DELETE FROM misreading WHERE run_id = %s", run_id)

    def then(self, statement: str, *values: Any) -> None:
        """Add a statement that is rare enough to go alone."""
        self.statements.append((statement, list(values)))

    def tell(self, event: Event, *, now: datetime) -> None:
        """Have staff told of something; the same thing of the same occasion once."""
        self.events.setdefault((event.kind, event.object, event.occasion), (event, now))

    def write(self, connection: Connection) -> None:
        """Write everything in one round trip, in one transaction of the caller's."""
        with connection.pipeline():
            SESSION_CHANGES.update(connection, list(self.session_changes.values()))
            SESSIONS.insert(connection, self.sessions)
            RUN_CHANGES.update(connection, list(self.run_changes.values()))
            RUNS.insert(connection, self.runs)
            for wave in self.answers:
                ANSWERS.put(connection, list(wave.values()))
            dispositions.write(connection, list(self.respondents.values()))
            MISREADINGS.insert(connection, self.misreadings)
            REQUESTS.insert(connection, self.requests)
            QUOTAS.update(
                connection, [(scope, name, self.quotas[scope][name]) for scope, name in self.quota_changes]
            )
            CONSENTS.insert(connection, self.consents)
            OPT_OUTS.insert(connection, self.opt_outs)
            PROBLEMS.insert(connection, self.problems)
            for statement, values in self.statements:
                connection.execute(statement, values)
            if self.events:
                told, times = zip(*self.events.values(), strict=True)
                connection.execute(*notices.statement(told, now=max(times)))
            self._queue(connection)

    def _queue(self, connection: Connection) -> None:
        if not self.messages:
            return
        columns = list(map(list, zip(*self.messages, strict=True)))
        connection.execute(
            _QUEUE.format(insert=MESSAGES.insert_sql),
            [*columns, columns[0], self.due, self.expiries],
            prepare=True,
        )
