"""Figures for those who watch the machine: over all organisations, from rows, with nobody in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.db import Connection


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at one stage.

    Attributes:
        stage: "inbox" (no flow has seen it), "reply" or "bulk" (to be sent), "uncertain" (a provider may have it).
        kind: of the channel; "all" for the inbox.
        oldest_seconds: since the oldest was due; 0 when none is due yet.
    """

    stage: str
    kind: str
    waiting: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages of one kind of channel that stand alike. `direction`: "in" or "out"."""

    direction: str
    kind: str
    status: str
    reason: str
    messages: int


def waiting(connection: Connection) -> list[Waiting]:
    """What waits now, by stage and kind of channel."""
    return [Waiting(*row) for row in connection.execute("SELECT * FROM paigham_waiting()")]


def traffic(connection: Connection, *, since: datetime) -> list[Traffic]:
    """Messages that came and went since then, by how they stand now."""
    return [Traffic(*row) for row in connection.execute("SELECT * FROM paigham_traffic(%s)", [since])]


def send_seconds(connection: Connection, *, since: datetime) -> list[tuple[str, float, float]]:
    """How long messages written since then took to leave: (lane, quantile, seconds)."""
    return connection.execute("SELECT * FROM paigham_send_seconds(%s)", [since]).fetchall()


def finds(connection: Connection) -> list[tuple[str, int]]:
    """How often each sweeper found something that was left behind, since the beginning."""
    return connection.execute("SELECT name, found FROM sweeper_find ORDER BY name").fetchall()
