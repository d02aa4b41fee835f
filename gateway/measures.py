"""What the web's processes count as they serve: requests by route and status, and how long they took.

Processes of one host share what they count through files in `<data>/metrics/<part>`: the multi-process mode of
`prometheus_client`, which the environment switches on before this module is loaded. Without it each process counts
for itself, as in tests.

No label holds anything that a stranger chose: routes are templates, methods are known ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.webserver import COUNTS_FOLDER, COUNTS_VARIABLE

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds

registry = CollectorRegistry()
_requests = Counter(
    "paigham_requests", "Requests served.", ["part", "method", "route", "status"], registry=registry
)
_seconds = Histogram(
    "paigham_request_seconds",
    "Time until an answer was ready.",
    ["part", "route"],
    buckets=BUCKETS,
    registry=registry,
)


def count_request(part: str, *, method: str, route: str, status: int, seconds: float) -> None:
    """Count one request that was served."""
    _requests.labels(part, method if method in METHODS else "other", route, str(status)).inc()
    _seconds.labels(part, route).observe(seconds)


class Counted:
    """Everything that the web's processes of this host have counted, as a collector."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def collect(self) -> Iterator[Any]:
        """Yield the metrics, those of both parts in one."""
        if COUNTS_VARIABLE not in os.environ:
            yield from registry.collect()
            return
        files = [str(path) for path in (self.data / COUNTS_FOLDER).glob("*/*.db")]
        yield from MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
