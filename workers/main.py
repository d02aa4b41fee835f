"""A worker process: `python -m workers.main inbox` steps flows, `python -m workers.main outbox` sends.

RQ's SimpleWorker runs jobs in this process, so that connections and caches live on between them.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from rq import Queue, SimpleWorker, worker_registration
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from rq.worker import DequeueStrategy

from gateway import log, queue, settings
from gateway.errors import PaighamError

# What each kind of worker listens to. Upkeep is everybody's who steps flows; asking providers is the senders'.
QUEUES = {"inbox": (queue.INBOX, queue.CARE), "outbox": (queue.OUTBOX,)}
MAINTENANCE_SECONDS = 600


class Worker(SimpleWorker):
    """RQ's worker without a fork. Jobs end by themselves; RQ's alarm is only the last resort."""

    death_penalty_class = TimerDeathPenalty

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


def main(kind: str) -> int:
    """Work until told to stop."""
    try:
        given = settings.read()
        log.configure(given.log_level)
        logging.getLogger("rq").setLevel(logging.WARNING)
        worker = build(kind, given)
        worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
    except PaighamError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "inbox"))
