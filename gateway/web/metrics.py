"""`/metrics` for Prometheus: what waits and for how long, what failed and why, what requests cost. Nobody is in it.

Numbers come from rows wherever rows know them, so that they survive restarts and are the same on every host. It answers
to a bearer token (PAIGHAM_METRICS_TOKEN), or to this machine itself when no proxy stands between; to others it does not
exist.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psycopg
from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from gateway import clock, log, queue, tally
from gateway.measures import Counted
from gateway.services import figures
from gateway.settings import Settings
from gateway.spool import ASIDE, SUFFIX
from gateway.web import edge
from gateway.web.access import open_to_all
from gateway.web.health import Vitals

EXTENSION = "paigham.metrics"
RECENT = timedelta(hours=1)
QUEUES = (queue.INBOX, queue.OUTBOX, queue.CARE)
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")

blueprint = Blueprint("metrics", __name__)
logger = log.get(__name__)


def install(app: Flask, settings: Settings, vitals: Vitals) -> None:
    """Give an application its figures."""
    app.extensions[EXTENSION] = Figures(settings, vitals)
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
@open_to_all
def metrics() -> Response:
    """Answer in Prometheus' text format."""
    found: Figures = current_app.extensions[EXTENSION]
    if not _may_read(found.settings.metrics_token):
        abort(404)
    return Response(
        exposition.generate_latest(found.registry),
        content_type=exposition.CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


def _may_read(token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), token.encode())
    return _comes_from_here()


def _comes_from_here() -> bool:
    """Whether this machine asks, by itself: a proxy on this machine asks for strangers."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        here = ip_address(request.environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return here and edge.bare_host(request.host) in LOCAL_NAMES


@dataclass(eq=False)
class Figures:
    """The figures of one process, looked up when somebody asks."""

    settings: Settings
    vitals: Vitals
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.registry.register(self)
        self.registry.register(Counted(self.settings.data))

    def describe(self) -> list[Any]:
        """Name nothing in advance: the registry would ask the database at the start."""
        return []

    def collect(self) -> Iterator[Any]:
        """Yield what is known; a source that does not answer is missing, and counted as down."""
        up = GaugeMetricFamily("paigham_up", "Whether a source of figures answers.", labels=["source"])
        for source, look in SOURCES.items():
            try:
                yield from list(look(self))
                up.add_metric([source], 1)
            except (psycopg.Error, SQLAlchemyError, RedisError, OSError) as error:
                logger.warning("figures_missing", source=source, exc_info=error)
                up.add_metric([source], 0)
        yield up
        build = GaugeMetricFamily("paigham_build", "Which version runs.", labels=["version"])
        build.add_metric([version("paigham")], 1)
        yield build


def _rows(of: Figures) -> Iterator[Any]:
    with of.vitals.lend() as connection:
        since = clock.now() - RECENT
        yield from _waiting(figures.waiting(connection))
        yield from _traffic(figures.traffic(connection, since=since))
        seconds = GaugeMetricFamily(
            "paigham_send_seconds",
            "From writing to sending, messages of the last hour.",
            labels=["lane", "quantile"],
        )
        for lane, quantile, took in figures.send_seconds(connection, since=since):
            seconds.add_metric([lane, f"{quantile:g}"], took)
        yield seconds
        finds = CounterMetricFamily(
            "paigham_sweeper_finds", "What sweepers found left behind.", labels=["sweeper"]
        )
        for name, found in figures.finds(connection):
            finds.add_metric([name], found)
        yield finds


def _waiting(rows: list[figures.Waiting]) -> Iterator[Any]:
    labels = ["stage", "kind"]
    count = GaugeMetricFamily("paigham_waiting_messages", "Messages that wait.", labels=labels)
    oldest = GaugeMetricFamily(
        "paigham_oldest_waiting_seconds", "How long the oldest has been due.", labels=labels
    )
    for row in rows:
        count.add_metric([row.stage, row.kind], row.waiting)
        oldest.add_metric([row.stage, row.kind], row.oldest_seconds)
    yield count
    yield oldest


def _traffic(rows: list[figures.Traffic]) -> Iterator[Any]:
    family = GaugeMetricFamily(
        "paigham_recent_messages",
        "Messages of the last hour, as they stand now.",
        labels=["direction", "kind", "status", "reason"],
    )
    for row in rows:
        family.add_metric([row.direction, row.kind, row.status, row.reason], row.messages)
    yield family


def _redis(of: Figures) -> Iterator[Any]:
    redis: Redis = of.vitals.redis
    length = GaugeMetricFamily("paigham_queue_jobs", "Wake-ups in line.", labels=["queue"])
    failed = GaugeMetricFamily("paigham_failed_jobs", "Wake-ups that failed within a day.", labels=["queue"])
    for name in QUEUES:
        line = Queue(name, connection=redis, serializer=JSONSerializer)
        length.add_metric([name], line.count)
        failed.add_metric([name], line.failed_job_registry.count)
    yield length
    yield failed
    yield from _jobs(redis)
    yield GaugeMetricFamily("paigham_workers", "Workers at work.", value=Worker.count(connection=redis))


def _jobs(redis: Redis) -> Iterator[Any]:
    """What workers counted; the last bucket is how many jobs there were."""
    for what, said in JOBS.items():
        family = HistogramMetricFamily(f"paigham_job_{what}", said, labels=["job"])
        for found in tally.histograms(redis, what):
            family.add_metric([found.job], found.buckets, found.total)
        yield family


JOBS = {tally.SECONDS: "How long workers' jobs took.", tally.ROWS: "How many rows each of them took."}


def _spool(of: Figures) -> Iterator[Any]:
    folder = of.settings.spool
    yield GaugeMetricFamily(
        "paigham_spooled_requests", "Requests kept on this host's disk.", value=_files(folder)
    )
    yield GaugeMetricFamily(
        "paigham_unreadable_requests",
        "Requests set aside, which nobody could open.",
        value=_files(folder / ASIDE),
    )


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.glob(f"*{SUFFIX}")) if folder.exists() else 0


SOURCES: dict[str, Callable[[Figures], Iterator[Any]]] = {"database": _rows, "redis": _redis, "spool": _spool}
