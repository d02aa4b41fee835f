"""What commands share: the --data option, settings, and the servers that a command talks to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gateway import settings as settings_module
from gateway.errors import CannotStart
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.db import Connection

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """Add `--data DIR`."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="Data folder (PAIGHAM_DATA; default: data).",
    )(command)


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON for machines.")(command)


def read_settings(**overrides: Any) -> Settings:
    """Read settings, with the command line's values winning, and begin to log."""
    from gateway import log

    settings = settings_module.read(**overrides)
    log.configure(settings.log_level)
    return settings


def with_running_servers(settings: Settings) -> Settings:
    """Fill in the addresses of what runs on the data folder, if `paigham up` does: its servers, and its own."""
    from gateway.supervisor import read_state

    state = read_state(settings.data) or {}
    addresses: dict[str, Any] = {
        name: str(state.get(name, getattr(settings, name)))
        for name in settings_module.ADDRESSES
        if settings_module.variable(name) not in os.environ
    }
    return replace(
        settings,
        **addresses,
        database_url=settings.database_url or str(state.get("database_url", "")),
        redis_url=settings.redis_url or str(state.get("redis_url", "")),
    )


def need_servers(settings: Settings, *names: str) -> Settings:
    """Like `with_running_servers`; an address that is still missing is one sentence."""
    settings = with_running_servers(settings)
    missing = [settings_module.variable(name) for name in names if not getattr(settings, name)]
    if missing:
        raise CannotStart(
            f"{' and '.join(missing)} must be set, unless `paigham up --data {settings.data}` is running."
        )
    return settings


@contextmanager
def database(data: Path | None) -> Iterator[tuple[Settings, Connection]]:
    """Open the database for one command, committed at a good end.

    It is the one that is set, or that of a running `paigham up`; else the embedded one is started for as long
    as the command takes.

    Raises:
        CannotStart: there is none, or it does not answer.
    """
    settings = with_running_servers(read_settings(data=data))
    if settings.database_url:
        with connected(settings) as connection:
            yield settings, connection
        return
    from gateway.embedded import Embedded

    if not (settings.data / "postgres").exists():
        raise CannotStart(
            f"{settings.data} holds no database yet: run `paigham up --data {settings.data}` first."
        )
    with Embedded(settings.data, redis=False) as servers:
        settings = replace(settings, database_url=servers.database_url)
        with connected(settings) as connection:
            yield settings, connection


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection of the database's owner, committed at a good end: there may be no tables, and no roles, yet.

    Raises:
        CannotStart: the server does not answer, or is too old.
    """
    import psycopg

    from gateway import db
    from gateway.db import DatabaseRole

    try:
        connection = db.connect(settings, role=DatabaseRole.OWNER)
    except psycopg.OperationalError as error:
        raise CannotStart(
            f"PostgreSQL does not take our connection: {_reason(error)}. Check DATABASE_URL."
        ) from error
    with connection:
        db.check_server(connection)
        yield connection


def _reason(error: Exception) -> str:
    """What libpq says after the address, which is left out: it may hold a password."""
    first = (str(error).strip() or "no reason given").splitlines()[0]
    return first.rpartition(" failed: ")[2].strip(" .")
