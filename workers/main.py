"""A worker process: `python -m workers.main inbox` steps flows, `python -m workers.main outbox` sends.

RQ's SimpleWorker runs jobs in this process, so that connections and caches live on between them.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from rq.worker import DequeueStrategy

from gateway import log, queue, settings
from gateway.errors import PaighamError

# What each kind of worker listens to. Upkeep is everybody's who steps flows; asking providers is the senders'.
QUEUES = {"inbox": (queue.INBOX, queue.CARE), "outbox": (queue.OUTBOX,)}
MAINTENANCE_SECONDS = 600
AGAIN_SECONDS = 0.5

logger = log.get(__name__)


class Worker(SimpleWorker):
    """RQ's worker without a fork. Jobs end by themselves; RQ's alarm is only the last resort."""

    death_penalty_class = TimerDeathPenalty
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End after the present job."""
        self.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no types here

    def teardown(self) -> None:
        """Take our leave. The thread that listens for commands ends even when Redis is away."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]
        finally:
            if self.pubsub_thread is not None:
                self.pubsub_thread.stop()

    def procline(self, message: str) -> None:
        """Leave the process title alone: it would change twice for each job."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Give a sign of life. A Redis that was emptied is told again who we are, or nobody would know of us."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None and not self.connection.hexists(self.key, "birth"):
            self.connection.hset(self.key, mapping=self.serialize())
            worker_registration.register(self)


def build(kind: str, given: settings.Settings) -> Worker:
    """Make a worker of one kind."""
    connection: Any = queue.connect(given)
    queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES[kind]]
    return Worker(
        queues,
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )


def _work(kind: str, given: settings.Settings) -> bool:
    """Work until told to stop, or until RQ gives up because Redis went away. True when there is more to do.

    This process lives on, and with it what its senders have in hand and could not write down yet.
    """
    worker = None
    with suppress(StopRequested):
        try:
            worker = build(kind, given)
            worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
        except RedisError as error:
            logger.warning("redis_away", error=type(error).__name__)
        if worker is None or not worker.told_to_stop:
            time.sleep(AGAIN_SECONDS)
    return worker is None or not worker.told_to_stop


def main(kind: str) -> int:
    """Work until told to stop."""
    try:
        given = settings.read()
        log.configure(given.log_level)
        logging.getLogger("rq").setLevel(logging.WARNING)
        while _work(kind, given):
            pass
    except PaighamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "inbox"))
