"""Which of the gateway's processes give signs of life. Redis knows; one that is away knows nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.cron import CronScheduler

from gateway import queue

SILENT_AFTER = timedelta(minutes=10)  # RQ's workers and scheduler give a sign of life more often than that
SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of process: how many live, and how many wake-ups wait for them."""

    name: str
    alive: int
    waiting: int


def signs(client: Redis, *, now: datetime) -> list[Sign] | None:
    """Return every kind of process that there should be; None when Redis does not answer."""
    try:
        living = [item for item in Worker.all(connection=client) if recent(item.last_heartbeat, now=now)]
        found = [
            Sign(
                name, sum(name in item.queue_names() for item in living), Queue(name, connection=client).count
            )
            for name in (queue.INBOX, queue.OUTBOX, queue.CARE)
        ]
        ticking = sum(recent(item.last_heartbeat, now=now) for item in CronScheduler.all(client))
    except RedisError:
        return None
    return [*found, Sign(SCHEDULER, ticking, 0)]


def recent(moment: Any, *, now: datetime) -> bool:
    """Say whether a sign of life is recent; RQ's times may lack their zone, which is UTC."""
    if moment is None:
        return False
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return bool(now - aware < SILENT_AFTER)
