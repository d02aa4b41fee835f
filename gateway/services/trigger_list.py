"""Triggers as staff see them: in a list, with the links that lead to them, and what a new one may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flows.definition import TriggerKind
from gateway.db import Connection
from gateway.services.trigger_book import all_words


@dataclass(frozen=True, slots=True)
class Line:
    """A trigger as staff see it."""

    id: UUID
    flow_id: UUID
    flow_code: str
    flow_title: str
    kind: TriggerKind
    words: Mapping[str, list[str]]
    during: bool
    event: str | None
    schedule: str | None
    channel: str | None
    group: str | None
    token: str | None
    busy: str
    active: bool
    declared: bool
    next_at: datetime | None


_LINES = """
SELECT t.id, t.flow_id, f.code, f.title, t.kind, t.words, t.during, t.event, t.schedule ->> 'when', c.name, g.code,
    t.token, t.busy, t.active, t.declared, t.next_at
FROM flow_trigger t JOIN flow f ON f.id = t.flow_id
LEFT JOIN channel c ON c.id = t.channel_id LEFT JOIN contact_group g ON g.id = t.group_id
WHERE t.organisation_id = %(organisation)s AND (%(flow)s::uuid IS NULL OR t.flow_id = %(flow)s)
    AND (%(one)s::uuid IS NULL OR t.id = %(one)s)
ORDER BY t.active DESC, f.title, t.created_at, t.id
"""


def lines(
    connection: Connection, organisation_id: UUID, *, flow_id: UUID | None = None, one: UUID | None = None
) -> list[Line]:
    """List an organisation's triggers, those of one flow, or a single one."""
    rows = connection.execute(_LINES, {"organisation": organisation_id, "flow": flow_id, "one": one})
    return [_line(row) for row in rows]


def _line(row: tuple[Any, ...]) -> Line:
    trigger_id, flow_id, code, title, kind, *rest = row
    return Line(trigger_id, flow_id, code, title, TriggerKind(kind), *rest)


@dataclass(frozen=True, slots=True)
class Way:
    """How people reach a trigger on one channel: `address` is what a link or a QR code holds."""

    channel: str
    kind: str
    address: str


# Links by kind of channel, as messengers and phones read them: {ours} our number or the bot's name, {text} the token
# or word. https://core.telegram.org/bots/features#deep-linking and RFC 5724 (sms:).
LINKS: Mapping[str, str] = {
    "telegram": "https://t.me/{ours}?start={text}",
    "twilio": "sms:{ours}?body={text}",
}


def ways(connection: Connection, organisation_id: UUID, line: Line) -> list[Way]:
    """Return how a trigger is reached on each channel that has links: by its token, else by its first word."""
    words = all_words(line.words)
    text = line.token or (words[0] if words else None)
    if text is None:
        return []
    rows = connection.execute(
        "SELECT name, kind, address FROM channel WHERE organisation_id = %s AND active AND kind = ANY(%s)"
        " ORDER BY name, id",
        [organisation_id, list(LINKS)],
    )
    found = [(name, kind, address, LINKS[kind]) for name, kind, address in rows]
    return [
        Way(name, kind, form.format(ours=quote(address, safe="+"), text=quote(text)))
        for name, kind, address, form in found
        if kind != "telegram" or line.token is not None  # A bot's link carries a token, never a word.
    ]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a trigger may name: flows that are live, channels, groups; each id with its name."""

    flows: Mapping[UUID, str]
    channels: Mapping[UUID, str]
    groups: Mapping[UUID, str]


def choices(connection: Connection, organisation_id: UUID) -> Choices:
    """Read what staff may choose from when they add a trigger."""
    flows_ = connection.execute(
        "SELECT f.id, f.title FROM flow f WHERE f.organisation_id = %s AND f.archived_at IS NULL"
        " AND EXISTS (SELECT FROM flow_revision r WHERE r.flow_id = f.id) ORDER BY f.title, f.id",
        [organisation_id],
    ).fetchall()
    channels = connection.execute(
        "SELECT id, name FROM channel WHERE organisation_id = %s AND active ORDER BY name, id",
        [organisation_id],
    ).fetchall()
    groups = connection.execute(
        "SELECT id, code FROM contact_group WHERE organisation_id = %s ORDER BY code, id", [organisation_id]
    ).fetchall()
    return Choices(dict(flows_), dict(channels), dict(groups))
