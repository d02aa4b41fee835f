"""How long workers' jobs take and how many rows each took: counted in Redis, where all workers of all hosts meet.

One hash holds whole histograms: a field for each bucket, named by the job's function, what was measured and the
bucket's upper end. No id, no organisation, nobody. A Redis that is away or emptied loses counts and nothing else: who
reads them takes a smaller number for a new beginning.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from gateway import log

KEY = "paigham:jobs"
SECONDS, ROWS = "seconds", "rows"
BUCKETS: Mapping[str, tuple[float, ...]] = {
    SECONDS: (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    ROWS: (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000),
}
BEYOND = "+Inf"  # the bucket of whatever is larger than all, as Prometheus calls it
SUM = "sum"

logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Histogram:
    """What one kind of job took. `buckets`: (upper end, how many up to there), the last of all of them."""

    job: str
    buckets: list[tuple[str, float]]
    total: float


def count(redis: Redis, job: str, *, seconds: float, rows: int | None) -> None:
    """Count one job that ended; `rows` None: it does not say how many."""
    values = {SECONDS: seconds} | ({} if rows is None else {ROWS: float(rows)})
    try:
        with redis.pipeline(transaction=False) as line:
            for what, value in values.items():
                line.hincrby(KEY, _name(job, what, _bucket(what, value)), 1)
                line.hincrbyfloat(KEY, _name(job, what, SUM), value)
            line.execute()
    except RedisError as error:
        logger.debug("job_not_counted", job=job, error=type(error).__name__)


def histograms(redis: Redis, what: str) -> Iterator[Histogram]:
    """Yield what was counted of `SECONDS` or `ROWS`, by job. Raises RedisError."""
    kept: Any = redis.hgetall(KEY)
    counts = {tuple(name.decode().split(" ")): float(value) for name, value in kept.items()}
    ends = [*map(_end, BUCKETS[what]), BEYOND]
    for job in sorted({name[0] for name in counts if len(name) == len(_PARTS) and name[1] == what}):
        reached, buckets = 0.0, []
        for end in ends:
            reached += counts.get((job, what, end), 0.0)
            buckets.append((end, reached))
        yield Histogram(job, buckets, counts.get((job, what, SUM), 0.0))


_PARTS = ("job", "what", "bucket")


def _name(job: str, what: str, bucket: str) -> str:
    return f"{job} {what} {bucket}"


def _bucket(what: str, value: float) -> str:
    ends = BUCKETS[what]
    place = bisect_left(ends, value)
    return _end(ends[place]) if place < len(ends) else BEYOND


def _end(value: float) -> str:
    return f"{value:g}"
