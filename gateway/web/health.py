"""Whether the process lives, and whether it can do its work. Strangers learn yes or no, the log learns why."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sqlalchemy as sa
from flask import Blueprint, Response
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from gateway import db, log, migrate
from gateway.errors import PaighamError
from gateway.services.bridge import plain
from gateway.web.access import open_to_all
from gateway.web.resources import Resources, resources

blueprint = Blueprint("health", __name__)
logger = log.get(__name__)


class NotReady(PaighamError):
    """Something that the work rests on is missing."""


@blueprint.get("/healthz")
@open_to_all
def alive() -> Response:
    """Say that the process answers."""
    return _plain("alive")


@blueprint.get("/readyz")
@open_to_all
def ready() -> Response:
    """Say whether database, keys and Redis are there."""
    missing = [name for name, check in CHECKS.items() if not _holds(name, check)]
    return _plain("not ready", 503) if missing else _plain("ready")


def _holds(name: str, check: Callable[[Resources], None]) -> bool:
    try:
        check(resources())
    except (PaighamError, SQLAlchemyError, RedisError) as error:
        logger.warning("not_ready", check=name, exc_info=error)
        return False
    return True


def _database(parts: Resources) -> None:
    with parts.engine.connect() as connection:
        stands_at = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if stands_at != _needed():
        raise NotReady("The database stands at another revision.")


@cache
def _needed() -> str | None:
    return migrate.head()


def _keys(parts: Resources) -> None:
    with parts.engine.connect() as connection:
        db.check_keys(plain(connection), parts.ring)


def _redis(parts: Resources) -> None:
    parts.waker.redis.ping()


CHECKS: dict[str, Callable[[Resources], None]] = {"database": _database, "keys": _keys, "redis": _redis}


def _plain(text: str, status: int = 200) -> Response:
    return Response(text + "\n", status, content_type="text/plain; charset=utf-8")
