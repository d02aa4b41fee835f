"""Finding what was left behind: whatever a crash, a lost wake-up or a lost Redis can leave lying.

Everything found is counted, so that staff see a system that needs its sweepers too often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway.db import Connection
from gateway.services import outbox

# What waits for less than this is in good hands: its wake-up is on the way.
PATIENCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Found:
    """Whom to wake."""

    shards: list[int]
    channels: list[UUID]
    doubtful: list[UUID]
    leases: int


_SHARDS = "SELECT DISTINCT slot %% %s FROM pending_in WHERE due_at <= %s"
_CHANNELS = """
SELECT c.id FROM channel c WHERE c.active AND (c.paused_until IS NULL OR c.paused_until <= %(now)s) AND EXISTS (
    SELECT 1 FROM pending_out p WHERE p.channel_id = c.id AND p.due_at <= %(before)s
        AND p.leased_until IS NULL AND p.uncertain_since IS NULL
)
"""
_DOUBTFUL = "SELECT DISTINCT channel_id FROM pending_out WHERE uncertain_since <= %s AND due_at <= %s"
_COUNT = """
INSERT INTO sweeper_find (name, found, last_at) VALUES (%s, %s, %s)
ON CONFLICT (name) DO UPDATE SET found = sweeper_find.found + excluded.found, last_at = excluded.last_at
"""


def find(connection: Connection, *, shards: int, settle_after: int, now: datetime) -> Found:
    """Look at every queue once."""
    before = now - PATIENCE
    left_in = [row[0] for row in connection.execute(_SHARDS, [shards, before])]
    expired = outbox.expire_leases(connection, now=now)
    left_out = [row[0] for row in connection.execute(_CHANNELS, {"now": now, "before": before})]
    settle_before = now - timedelta(seconds=settle_after)
    doubtful = [row[0] for row in connection.execute(_DOUBTFUL, [settle_before, now])]
    return Found(left_in, left_out, doubtful, expired)


def count(connection: Connection, found: Mapping[str, int], *, now: datetime) -> None:
    """Count what had really been left: whatever a worker had in hand was not woken."""
    for name, number in found.items():
        if number:
            connection.execute(_COUNT, [name, number, now])


KEEP_USED_LINKS = timedelta(days=30)
KEEP_FORMS = timedelta(hours=24)


def tidy(connection: Connection, *, now: datetime) -> None:
    """Delete what staff cannot use any more."""
    connection.execute("DELETE FROM staff_session WHERE expires_at < %s", [now])
    connection.execute("DELETE FROM staff_link WHERE expires_at < %s", [now - KEEP_USED_LINKS])
    connection.execute("DELETE FROM form_answer WHERE at < %s", [now - KEEP_FORMS])
    connection.execute("DELETE FROM deep_link WHERE expires_at < %s", [now - KEEP_USED_LINKS])
