"""Connections to PostgreSQL: an engine for pages and commands, and a lean pool for the hot path.

The hot path (receiving, stepping flows, sending) uses psycopg directly in bulk statements; everything else uses
SQLAlchemy. Both speak to the same tables.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from gateway.crypto import DATA, Keyring, key_of
from gateway.errors import CannotDecrypt, CannotStart, KeyMissing
from gateway.settings import Settings

OLDEST = 150000  # PostgreSQL 15

# The hot path's connection: a plain psycopg one. Services take it first and never commit.
Connection = psycopg.Connection[TupleRow]


def engine(settings: Settings, **options: Any) -> sa.Engine:
    """Return an engine for pages and commands."""
    return sa.create_engine(settings.database_dsn, pool_pre_ping=True, **options)


def dsn(settings: Settings) -> str:
    """The database address as psycopg reads it."""
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def pool(settings: Settings, *, size: int) -> ConnectionPool[Connection]:
    """Return a pool of autocommit connections; it opens them when first used, and again after a loss."""
    return ConnectionPool(
        dsn(settings),
        min_size=0,
        max_size=size,
        open=True,
        timeout=5,
        max_idle=300,
        check=ConnectionPool.check_connection,
        kwargs={"autocommit": True, "prepare_threshold": 2, "connect_timeout": 3},
    )


def connect(settings: Settings) -> Connection:
    """Open one connection. `autocommit` is off: entry points commit."""
    return psycopg.connect(dsn(settings), connect_timeout=3, prepare_threshold=2)


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
    """Raise CannotStart when the ring does not open this database; on a new database, remember the ring."""
    row = connection.execute("SELECT value FROM setting WHERE name = %s", [KEY_CHECK]).fetchone()
    if row is None:
        remember_keys(connection, ring)
        return
    try:
        ring.open(_PLACE, _ROW, row[0])
    except (KeyMissing, CannotDecrypt):
        raise CannotStart(
            f"The key ring does not open this database (it was written under key {key_of(row[0])}). "
            "Give back the key file that belongs to it, or name it in PAIGHAM_KEY_FILE."
        ) from None


def remember_keys(connection: Connection, ring: Keyring) -> None:
    """Write the check value under the current data key. The caller commits."""
    value = ring.seal(_PLACE, _ROW, _WORDS, key_class=DATA)
    connection.execute(
        "INSERT INTO setting (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [KEY_CHECK, value],
    )


def insert_many(connection: Connection, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Insert rows in one pipelined round trip; rows that are there already stay as they are."""
    if not rows:
        return
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
