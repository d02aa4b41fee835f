"""Connections to PostgreSQL: an engine for pages and commands, and a lean pool for the hot path.

The hot path (receiving, stepping flows, sending) uses psycopg directly in bulk statements; everything else uses
SQLAlchemy. Both speak to the same tables.
"""

from __future__ import annotations

import select
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from gateway.crypto import DATA, Keyring, key_of
from gateway.errors import CannotDecrypt, CannotStart, KeyMissing
from gateway.settings import Settings

OLDEST = 150000  # PostgreSQL 15

# The hot path's connection: a plain psycopg one. Services take it first and never commit.
Connection = psycopg.Connection[TupleRow]


class DatabaseRole(StrEnum):
    """As whom a process works in the database; `gateway.migrations.walls` tells what each may.

    The login that DATABASE_URL names is a member of all of them, or, where processes have logins of their own, of the
    one that it needs.
    """

    OWNER = ""  # the login itself: migrations, and looking a database over
    WORK = "paigham_work"
    PAGES = "paigham_pages"
    WEBHOOKS = "paigham_webhooks"


def engine(settings: Settings, *, role: DatabaseRole = DatabaseRole.WORK, **options: Any) -> sa.Engine:
    """Return an engine for pages and commands."""
    return sa.create_engine(
        settings.database_dsn, pool_pre_ping=True, connect_args=_as(settings, role), **options
    )


def dsn(settings: Settings) -> str:
    """The database address as psycopg reads it."""
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _as(settings: Settings, role: DatabaseRole) -> dict[str, Any]:
    """Return what makes a connection work as a role from its first statement on, and after each RESET."""
    if role is DatabaseRole.OWNER:
        return {}
    given = conninfo_to_dict(dsn(settings)).get("options") or ""
    return {"options": f"{given} -c role={role.value}".strip()}


def pool(
    settings: Settings, *, size: int, role: DatabaseRole = DatabaseRole.WORK
) -> ConnectionPool[Connection]:
    """Return a pool of autocommit connections; it opens them when first used, and again after a loss.

    An attempt to connect is given up soon: the next one is made when somebody wants a connection. A pool that goes on
    trying waits longer each time, and so comes back long after PostgreSQL did.
    """
    return ConnectionPool(
        dsn(settings),
        min_size=0,
        max_size=size,
        open=True,
        timeout=2,
        reconnect_timeout=1,
        max_idle=300,
        check=check_open,
        kwargs={"autocommit": True, "prepare_threshold": 2, "connect_timeout": 3, **_as(settings, role)},
    )


def check_open(connection: Connection) -> None:
    """Raise psycopg.OperationalError when the server has closed a connection that was lent out before.

    A server that goes away leaves something to read on an idle connection: its farewell, or the end. Looking for that
    costs a microsecond; asking the server would cost a round trip for each request.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        connection.close()
        raise psycopg.OperationalError("The server closed this connection.")


def connect(settings: Settings, *, role: DatabaseRole = DatabaseRole.WORK) -> Connection:
    """Open one connection. `autocommit` is off: entry points commit."""
    return psycopg.connect(dsn(settings), connect_timeout=3, prepare_threshold=2, **_as(settings, role))


def check_server(connection: Connection) -> None:
    """Raise CannotStart when the server is too old for us."""
    version = connection.info.server_version
    if version < OLDEST:
        raise CannotStart(
            f"PostgreSQL {version // 10000} is too old: Paigham needs {OLDEST // 10000} or newer. "
            "Upgrade the server, or leave DATABASE_URL unset to use the embedded one."
        )


KEY_CHECK = "key_check"
_PLACE = "setting.key_check"
_WORDS = "Paigham reads what Paigham wrote."
_ROW = UUID(int=0)


def check_keys(connection: Connection, ring: Keyring) -> None:
    """Raise CannotStart when the ring does not open this database; on a new database, remember the ring.

    The caller commits. Of two rings that meet on a new database the first to commit is remembered.
    """
    value = _check_value(connection)
    if value is None:
        _write_check(connection, ring, "DO NOTHING")
        value = _check_value(connection) or b""
    _open_check(value, ring)


def verify_keys(connection: Connection, ring: Keyring) -> None:
    """Raise CannotStart when the ring does not open this database, or none was remembered yet. Any role may ask."""
    row = connection.execute("SELECT value FROM key_check").fetchone()
    if row is None:
        raise CannotStart("The database has no key yet: run `paigham release` first.")
    _open_check(row[0], ring)


def _open_check(value: bytes, ring: Keyring) -> None:
    try:
        ring.open(_PLACE, _ROW, value)
    except (KeyMissing, CannotDecrypt):
        raise CannotStart(
            f"The key ring does not open this database (it was written under key {key_of(value)}). "
            "Give back the key file that belongs to it, or name it in PAIGHAM_KEY_FILE."
        ) from None


def remember_keys(connection: Connection, ring: Keyring) -> None:
    """Write the check value under the current data key. The caller commits."""
    _write_check(connection, ring, "DO UPDATE SET value = excluded.value")


def _check_value(connection: Connection) -> bytes | None:
    row = connection.execute("SELECT value FROM setting WHERE name = %s", [KEY_CHECK]).fetchone()
    return None if row is None else row[0]


def _write_check(connection: Connection, ring: Keyring, conflict: str) -> None:
    value = ring.seal(_PLACE, _ROW, _WORDS, key_class=DATA)
    connection.execute(
        f"INSERT INTO setting (name, value) VALUES (%s, %s) ON CONFLICT (name) {conflict}",  # noqa: S608 - two constants
        [KEY_CHECK, value],
    )


@dataclass(frozen=True)
class Table:
    """A table that is written in bulk: one statement for any number of rows.

    Attributes:
        name: the table.
        columns: PostgreSQL type of each column that is written.
        key: columns by which `update` finds a row.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ("id",)

    def insert(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows; those that are there already stay as they are."""
        if rows:
            connection.execute(self.insert_sql, list(map(list, zip(*rows, strict=True))), prepare=True)

    def put(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows, or set all columns of those that are there already. No key may come twice."""
        if rows:
            connection.execute(self._put, list(map(list, zip(*rows, strict=True))), prepare=True)

    def update(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Set all columns of the rows that the key names."""
        if rows:
            connection.execute(self._update, list(map(list, zip(*rows, strict=True))), prepare=True)

    @cached_property
    def insert_sql(self) -> str:
        """The statement that `insert` runs, with one array for each column."""
        names = ", ".join(self.columns)
        return f"INSERT INTO {self.name} ({names}) SELECT * FROM {self._rows} ON CONFLICT DO NOTHING"  # noqa: S608

    @cached_property
    def _put(self) -> str:
        names, keys = ", ".join(self.columns), ", ".join(self.key)
        sets = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in self.key)
        return (
            f"INSERT INTO {self.name} ({names}) SELECT * FROM {self._rows}"  # noqa: S608
            f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        )

    @cached_property
    def _update(self) -> str:
        names = ", ".join(self.columns)
        sets = ", ".join(f"{name} = new.{name}" for name in self.columns if name not in self.key)
        same = " AND ".join(f"old.{name} = new.{name}" for name in self.key)
        return f"UPDATE {self.name} old SET {sets} FROM {self._rows} AS new ({names}) WHERE {same}"  # noqa: S608

    @cached_property
    def _rows(self) -> str:
        return "unnest(" + ", ".join(f"%s::{kind}[]" for kind in self.columns.values()) + ")"
