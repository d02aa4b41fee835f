"""Jobs by name. Arguments are ids and shard numbers; an error leaves nothing in Redis but its type."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

from rq import get_current_job

from gateway import clock, log, queue, settings, tally
from gateway.audit_care import AuditCare
from gateway.drain import Drains
from gateway.due import Due
from gateway.post import Post

logger = log.get(__name__)


class JobFailed(Exception):
    """A job did not end well. The log has the details; rows are the truth, and a sweeper tries again."""


@cache
def drains() -> Drains:
    """The work of this process."""
    return Drains.of(settings.read())


@cache
def post() -> Post:
    """The telling of staff, by this process."""
    return Post.of(settings.read())


def _guarded(work: Callable[..., Any], *arguments: Any) -> None:
    with log.scope(**_cause()):
        _counted(work, *arguments)


def _counted(work: Callable[..., Any], *arguments: Any) -> None:
    began, found = time.perf_counter(), None
    try:
        found = work(*arguments)
    except Exception as error:
        logger.error("job_failed", exc_info=error, job=work.__name__)
        # RQ keeps the text of an exception in Redis: it must not be one that quotes a row.
        raise JobFailed(type(error).__name__) from None
    finally:
        _count(work.__name__, time.perf_counter() - began, found)


def _count(job: str, seconds: float, found: object) -> None:
    """Count a job; what it returned is how many rows it took, where that is a number."""
    rows = found if isinstance(found, int) else None
    tally.count(drains().waker.redis, job, seconds=seconds, rows=rows)


def _cause() -> dict[str, str]:
    """The request that woke this job, for its log lines; the rows that it finds may be others' too."""
    job = get_current_job()
    woken_by = job.meta.get(queue.CAUSE) if job is not None else None
    return {queue.CAUSE: woken_by} if isinstance(woken_by, str) else {}


def drain_inbox(shard: int) -> None:
    """Step the conversations of one shard."""
    _guarded(drains().inbox, shard)


def drain_outbox(channel_id: str) -> None:
    """Send what waits on one channel."""
    _guarded(drains().outbox, UUID(channel_id))


def settle(channel_id: str) -> None:
    """Settle one channel's uncertain messages."""
    _guarded(drains().settle, UUID(channel_id))


def sweep() -> None:
    """Find what was left behind."""
    _guarded(drains().sweep)


def fire() -> None:
    """Begin flows whose time has come, or whose event happened."""
    _guarded(Due(drains()).fire)


def ask_services() -> None:
    """Ask services what flows want to know."""
    _guarded(Due(drains()).ask_services)


def reconcile() -> None:
    """Fetch what people sent while our webhooks could not be reached."""
    _guarded(drains().reconcile_all)


def index_search() -> None:
    """Let the search know whoever is new or changed."""
    _guarded(drains().index_search)


def tidy() -> None:
    """End what has run out: sign-ins and links of staff."""
    _guarded(drains().tidy, clock.now())


def watch() -> None:
    """Find what staff must be told: clocks that run out, alerts that nobody looked at, mails to write."""
    _guarded(post().watch)


def check_audit() -> None:
    """Verify and anchor the audit, a slice at a time."""
    _guarded(AuditCare.of(settings.read()).check)


def deliver() -> None:
    """Send the mails that wait."""
    _guarded(post().deliver)
