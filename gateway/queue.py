"""Wake-ups: RQ jobs that say "look again", never what to look at.

Rows in PostgreSQL are the truth. A wake-up sets a flag in Redis and enqueues one job only when the flag was clear.
The job drains until it finds nothing, clears the flag, and looks once more: a row that was committed while the flag
stood is seen by that last look, and whoever commits later wakes anew. A Redis that loses everything loses nothing:
sweepers find the rows. Arguments are shard numbers and ids.

A flag holds the id of the job that it stands for. Sweepers, who cannot know whether that job was lost, do not trust
the flag: they look whether the job still stands in line, and enqueue another one only when it does not. So work that
waits for long (for a channel's rate, say) does not fill the line with wake-ups that others' messages wait behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from gateway import log
from gateway.settings import Settings

INBOX = "inbox"
OUTBOX = "outbox"
CARE = "care"  # sweepers and schedules

# A flag outlives a crashed job by this many seconds at the most; sweepers do not trust it anyway.
FLAG_SECONDS = 30
JOB_SECONDS = 120
FAILURE_SECONDS = 86_400
CAUSE = "woken_by"  # in a job's meta: the id of the request that woke it, random and of nobody

logger = log.get(__name__)


def connect(settings: Settings) -> Redis:
    """Open Redis as workers and the web use it; nothing is sent before the first command."""
    client: Redis = Redis.from_url(
        settings.redis_url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=30
    )
    return client


def flag(name: str, key: str) -> str:
    """The Redis key of a wake flag."""
    return f"paigham:wake:{name}:{key}"


@dataclass(frozen=True)
class Waker:
    """Wakes workers. A Redis that is away is no error here: the rows are stored, and a sweeper will find them."""

    redis: Redis
    shards: int

    @classmethod
    def of(cls, settings: Settings) -> Waker:
        """Build one with a connection of its own."""
        return cls(connect(settings), settings.shards)

    def inbox(self, slot: int) -> None:
        """Wake the shard that drains a contact's slot (0 … 1023)."""
        self.shard(slot % self.shards)

    def shard(self, shard: int, *, force: bool = False) -> bool:
        """Wake one shard of the inbox. With `force` the flag is not trusted. False when it is awake already."""
        return self._wake(INBOX, str(shard), "workers.jobs.drain_inbox", shard, force=force)

    def outbox(self, channel_id: UUID | str, *, force: bool = False) -> bool:
        """Wake the sender of a channel. With `force` the flag is not trusted. False when it is awake already."""
        return self._wake(OUTBOX, str(channel_id), "workers.jobs.drain_outbox", str(channel_id), force=force)

    def settle(self, channel_id: UUID | str) -> None:
        """Have a channel's uncertain messages settled. Only sweepers ask for it."""
        self._wake(OUTBOX, f"settle:{channel_id}", "workers.jobs.settle", str(channel_id), force=True)

    def care(self, job: str, *, queue: str = CARE) -> None:
        """Run a job of upkeep, by name, unless it stands in line already. One that asks providers is the senders'."""
        self._wake(queue, job, f"workers.jobs.{job}", force=True)

    def _wake(self, queue: str, key: str, job: str, *arguments: Any, force: bool = False) -> bool:
        name, job_id = flag(queue, key), uuid4().hex
        try:
            if force and self._stands_in_line(queue, name):
                return False
            if not self.redis.set(name, job_id, nx=not force, ex=FLAG_SECONDS):
                return False
            self._enqueue(queue, job_id, job, arguments)
        except RedisError as error:
            logger.warning("wake_failed", queue=queue, error=type(error).__name__)
            return False
        return True

    def _stands_in_line(self, queue: str, name: str) -> bool:
        job_id: Any = self.redis.get(name)
        line = Queue(queue, connection=self.redis, serializer=JSONSerializer)
        return job_id is not None and self.redis.lpos(line.key, job_id) is not None

    def _enqueue(self, queue: str, job_id: str, job: str, arguments: tuple[Any, ...]) -> None:
        Queue(queue, connection=self.redis, serializer=JSONSerializer).enqueue(
            job,
            args=arguments,
            job_id=job_id,
            result_ttl=0,
            failure_ttl=FAILURE_SECONDS,
            job_timeout=JOB_SECONDS,
            meta={CAUSE: cause} if (cause := log.cause()) else None,
        )

    def clear(self, queue: str, key: str) -> None:
        """Clear a flag: whoever writes a row from now on wakes again."""
        try:
            self.redis.delete(flag(queue, key))
        except RedisError as error:
            logger.warning("flag_not_cleared", queue=queue, error=type(error).__name__)
