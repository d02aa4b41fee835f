"""The scheduler process: RQ's cron, whose ticks are wake-ups like any other."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError
from rq.cron import CronJob, CronScheduler
from rq.exceptions import SchedulerNotFound
from rq.utils import now

from gateway import log, queue, settings
from gateway.errors import PaighamError
from gateway.queue import Waker
from workers import jobs

SWEEP_SECONDS = 1
FIRE_SECONDS = 2
ASK_SECONDS = 2
INDEX_SECONDS = 2
RECONCILE_SECONDS = 300
TIDY_SECONDS = 3600
AUDIT_SECONDS = 3600  # looks whether a chain was verified today already
WATCH_SECONDS = 5
DELIVER_SECONDS = 30


class Schedule(CronScheduler):
    """RQ's cron. A tick enqueues nothing while the same job still waits, and survives a Redis that is away.

    What RQ notes about us in Redis is for `paigham doctor` alone: the next heartbeat makes up for a lost note.
    """

    def __init__(self, waker: Waker) -> None:
        super().__init__(connection=waker.redis, logging_level=logging.WARNING)
        self._waker = waker

    def enqueue_jobs(self) -> list[CronJob]:
        """Wake every job that is due."""
        due = [job for job in self.get_jobs() if job.should_run()]
        at = now()
        for job in due:
            self._waker.care(job.func_name.rpartition(".")[2], queue=job.queue_name)
            job.set_enqueue_time(at)
        return due

    def register_birth(self) -> None:
        """Make ourselves known."""
        with suppress(RedisError):
            super().register_birth()

    def save(self, pipeline: Any = None) -> None:
        """Note when each job ran."""
        with suppress(RedisError):
            super().save(pipeline)

    def heartbeat(self) -> None:
        """Give a sign of life, and be known again to a Redis that was emptied."""
        with suppress(RedisError):
            super().heartbeat()

    def register_death(self, pipeline: Any = None) -> None:
        """Take our leave, if anybody knows us."""
        with suppress(RedisError, SchedulerNotFound):
            super().register_death(pipeline)


def build(given: settings.Settings) -> Schedule:
    """Make the schedule with all its jobs."""
    schedule = Schedule(Waker.of(given))
    every: dict[Any, tuple[str, int]] = {
        jobs.sweep: (queue.CARE, SWEEP_SECONDS),
        jobs.ask_services: (queue.OUTBOX, ASK_SECONDS),
        jobs.fire: (queue.CARE, FIRE_SECONDS),
        jobs.index_search: (queue.CARE, INDEX_SECONDS),
        jobs.reconcile: (queue.OUTBOX, RECONCILE_SECONDS),
        jobs.tidy: (queue.CARE, TIDY_SECONDS),
        jobs.check_audit: (queue.CARE, AUDIT_SECONDS),
        jobs.watch: (queue.CARE, WATCH_SECONDS),
        jobs.deliver: (queue.OUTBOX, DELIVER_SECONDS),
    }
    for job, (name, seconds) in every.items():
        schedule.register(job, name, interval=seconds)
    return schedule


def main() -> int:
    """Tick until told to stop."""
    try:
        given = settings.read()
        log.configure(given.log_level)
        build(given).start()  # type: ignore[no-untyped-call]  # RQ has no types here
    except PaighamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
