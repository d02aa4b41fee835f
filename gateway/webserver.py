"""The web server: Granian, for each of the two applications one main process and as many workers as set."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.settings import Settings

WEBHOOKS, PAGES = "webhooks", "pages"
BACKLOG = 1024
COUNTS_FOLDER = "metrics"  # in the data folder: where processes share what they count
COUNTS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported
RESPAWN_SECONDS = 0.5
STOPS_WITHIN = 5  # seconds for requests in flight; the supervisor waits longer

# Granian would write out the exceptions of the application, and with them what people wrote.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"ours": {"class": "gateway.log.LibraryHandler"}},
    "loggers": {
        name: {"handlers": ["ours"], "level": "WARNING", "propagate": False}
        for name in ("_granian", "granian")
    },
}


@dataclass(frozen=True, slots=True)
class Listener:
    """What one of the two applications is served with."""

    target: str
    host: str
    port: int
    processes: int
    threads: int


def listener(part: str, settings: Settings) -> Listener:
    """How "webhooks" or "pages" are served."""
    if part == WEBHOOKS:
        processes, threads = settings.webhooks_processes, settings.webhooks_threads
        return Listener(
            "gateway.app:webhooks", settings.webhooks_host, settings.webhooks_port, processes, threads
        )
    processes, threads = settings.pages_processes, settings.pages_threads
    return Listener("gateway.app:pages", settings.host, settings.port, processes, threads)


def serve(part: str, settings: Settings) -> None:
    """Serve "webhooks" or "pages" until SIGTERM or SIGINT.

    Workers read their settings from the environment, so they are put there.
    """
    import os

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    os.environ.update(settings.environment())
    os.environ[COUNTS_VARIABLE] = str(_fresh(settings.data / COUNTS_FOLDER / part))
    wanted = listener(part, settings)
    Granian(
        wanted.target,
        address=wanted.host,
        port=wanted.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=wanted.processes,
        blocking_threads=wanted.threads,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=STOPS_WITHIN,
    ).serve()


def _fresh(folder: Path) -> Path:
    """An empty folder; counts of an earlier run are forgotten."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder.resolve()
