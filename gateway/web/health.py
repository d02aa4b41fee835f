"""Whether the process lives, and whether it can do its work. Strangers learn yes or no, the log learns why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache

import psycopg
from flask import Blueprint, Flask, Response, current_app
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from gateway import db, log, migrate
from gateway.crypto import Keyring
from gateway.errors import PaighamError
from gateway.web.access import open_to_all

EXTENSION = "paigham.health"
HOLDS_SECONDS = 1.0  # an answer is good for so long: asking us often must not keep the database busy

blueprint = Blueprint("health", __name__)
logger = log.get(__name__)


class NotReady(PaighamError):
    """Something that the work rests on is missing."""


@dataclass
class Vitals:
    """What a process works with, whichever part of the gateway it serves.

    Attributes:
        lend: opens a connection for the length of a `with`.
        checks: what must hold, by a name for the log; each raises when it does not.
    """

    ring: Keyring = field(repr=False)
    redis: Redis = field(repr=False)
    lend: Callable[[], AbstractContextManager[db.Connection]]
    checks: Mapping[str, Check] = field(default_factory=lambda: CHECKS)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: tuple[float, bool] = (float("-inf"), False)

    def ready(self) -> bool:
        """Look at everything, or say again what was seen a moment ago."""
        with self._lock:
            at, found = self._last
            if time.monotonic() - at > HOLDS_SECONDS:
                found = not [name for name, check in self.checks.items() if not self._holds(name, check)]
                self._last = (time.monotonic(), found)
            return found

    def _holds(self, name: str, check: Check) -> bool:
        try:
            check(self)
        except (PaighamError, SQLAlchemyError, psycopg.Error, RedisError) as error:
            logger.warning("not_ready", check=name, exc_info=error)
            return False
        return True


def install(app: Flask, vitals: Vitals) -> None:
    """Give an application its health."""
    app.extensions[EXTENSION] = vitals
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@open_to_all
def alive() -> Response:
    """Say that the process answers."""
    return _plain("alive")


@blueprint.get("/readyz")
@open_to_all
def ready() -> Response:
    """Say whether database, keys and Redis are there."""
    vitals: Vitals = current_app.extensions[EXTENSION]
    return _plain("ready") if vitals.ready() else _plain("not ready", 503)


def _database(vitals: Vitals) -> None:
    with vitals.lend() as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None or row[0] != _needed():
        raise NotReady("The database stands at another revision.")


@cache
def _needed() -> str | None:
    return migrate.head()


def _keys(vitals: Vitals) -> None:
    with vitals.lend() as connection:
        db.verify_keys(connection, vitals.ring)


def _redis(vitals: Vitals) -> None:
    vitals.redis.ping()


Check = Callable[[Vitals], None]
CHECKS: Mapping[str, Check] = {"database": _database, "keys": _keys, "redis": _redis}


def _plain(text: str, status: int = 200) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")
