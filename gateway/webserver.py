"""The web server: Granian, one main process and as many workers as set."""

from __future__ import annotations

from typing import Any

from gateway.settings import Settings

TARGET = "gateway.app:application"
BACKLOG = 1024
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


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Workers read their settings from the environment, so they are put there."""
    import os

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    os.environ.update(settings.environment())
    Granian(
        TARGET,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=STOPS_WITHIN,
    ).serve()
