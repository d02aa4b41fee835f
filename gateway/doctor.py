"""`paigham doctor`: looks at everything the gateway rests on, and says how to mend what is not well.

Nothing is changed. No address, password or stored text is shown.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError

from gateway import clock, db, migrate, queue, vitals
from gateway.crypto import Keyring, key_path
from gateway.db import DatabaseRole
from gateway.errors import CannotDecrypt, CannotStart, KeyMissing
from gateway.services import search_index
from gateway.services.keys import COLUMNS
from gateway.settings import Settings, variable

LEAST_FREE = 200_000_000  # bytes on the data folder's disk: below it PostgreSQL may stop any moment
SCANT_FREE = 2_000_000_000
SMALL_SKEW, LARGE_SKEW = timedelta(seconds=2), timedelta(seconds=30)
OLD_BACKLOG = timedelta(minutes=2)  # a message that waits longer is not being worked on
OLD_CHECK = timedelta(days=2)  # the audit is verified once a day
LARGE_UNKNOWN = 5_000  # people who cannot be found yet: a sweep takes a few seconds for so many
LEAST_REDIS = (6, 2)
FULL = 0.8  # of Redis's memory
VALUES_TRIED = 20  # of each sealed column


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was looked at: what was found, and how to mend it."""

    name: str
    state: State
    sentence: str
    mend: str = ""


@dataclass
class Patient:
    """What is examined. Connections are opened once, and are None when they cannot be."""

    settings: Settings
    database: db.Connection | None = None
    redis: Redis | None = None


Examination = Callable[[Patient], Iterator[Result]]


def examine(settings: Settings) -> list[Result]:
    """Look at everything; one thing that is not well does not keep us from the others."""
    patient = Patient(settings)
    results: list[Result] = []
    with ExitStack() as stack:
        for look in EXAMINATIONS:
            results += look(patient)
        for opened in (patient.database, patient.redis):
            if opened is not None:
                stack.callback(opened.close)
    return results


def folder(patient: Patient) -> Iterator[Result]:
    """The data folder: there, ours to write, with room on its disk."""
    data = patient.settings.data
    if not data.is_dir():
        yield fault("folder", f"{data} does not exist.", "Run `paigham up`, or set PAIGHAM_DATA.")
        return
    if not os.access(data, os.W_OK | os.X_OK):
        yield fault("folder", f"{data} cannot be written.", "Give it to the account that runs Paigham.")
        return
    yield ok("folder", f"{data} can be written.")
    free = shutil.disk_usage(data).free
    told = f"{free / 1e9:.1f} GB free on its disk."
    if free < SCANT_FREE:
        state = fault if free < LEAST_FREE else warning
        yield state("disk", told, "Make room: PostgreSQL stops when the disk is full.")
    else:
        yield ok("disk", told)


def database(patient: Patient) -> Iterator[Result]:
    """PostgreSQL: reachable, new enough, durable, and at our revision."""
    if not patient.settings.database_url:
        yield fault(
            "database", "No database is set, and none runs here.", "Run `paigham up`, or set DATABASE_URL."
        )
        return
    began = time.perf_counter()
    try:
        patient.database = opened = db.connect(patient.settings, role=DatabaseRole.OWNER)
    except psycopg.Error as error:
        yield fault(
            "database", f"PostgreSQL does not answer ({type(error).__name__}).", "Check DATABASE_URL."
        )
        return
    opened.autocommit = True
    took = (time.perf_counter() - began) * 1000
    version = opened.info.server_version
    yield _judge(
        "database",
        f"PostgreSQL {version // 10_000}.{version % 10_000} answers in {took:.0f} ms.",
        version >= db.OLDEST,
        f"Upgrade to PostgreSQL {db.OLDEST // 10_000} or newer.",
    )
    yield _judge(
        "durability",
        f"synchronous_commit is {_show(opened, 'synchronous_commit')}, fsync {_show(opened, 'fsync')}.",
        "off" not in {_show(opened, "synchronous_commit"), _show(opened, "fsync")},
        "Set both on: else a power cut loses messages that were already acknowledged.",
    )
    yield from _revision(patient.settings)
    yield _skew(opened)


def _revision(settings: Settings) -> Iterator[Result]:
    stands, needed = migrate.revision(settings.database_dsn), migrate.head()
    yield _judge(
        "tables",
        f"The tables stand at revision {stands or 'none'}; this version needs {needed}.",
        stands == needed,
        "Run `paigham release`, or start `paigham up` again.",
    )


def _skew(connection: db.Connection) -> Result:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a query without a table gives one row
    skew = abs(clock.now() - row[0])
    told = f"Our clock and the database's differ by {skew.total_seconds():.1f} s."
    mend = "Run a time service (chrony, systemd-timesyncd) on both machines."
    if skew > SMALL_SKEW:
        return (fault if skew > LARGE_SKEW else warning)("clock", told, mend)
    return ok("clock", told)


def keys(patient: Patient) -> Iterator[Result]:
    """The key ring: there, private, and able to open what is stored."""
    settings = patient.settings
    mend = f"Put the key file back at {key_path(settings)}, or set PAIGHAM_KEY_FILE or PAIGHAM_KEYS."
    try:
        ring = Keyring.of(settings)
    except CannotStart as error:
        yield fault("keys", str(error), mend)
        return
    yield ok("keys", f"The ring holds {len(ring.secrets_by_id)} keys.")
    if patient.database is not None:
        yield _opens(patient.database, ring, mend)


def _opens(connection: db.Connection, ring: Keyring, mend: str) -> Result:
    tried, columns = 0, [column for column in COLUMNS if not column.fixed]
    try:
        for column in columns:
            for row_id, value in _some_values(connection, column.table, column.row, column.name):
                ring.open(column.place, row_id, value)
                tried += 1
    except (KeyMissing, CannotDecrypt) as error:
        return fault("stored values", str(error), mend)
    except psycopg.errors.UndefinedTable:
        return warning("stored values", "The tables are not there yet.", "Run `paigham release`.")
    return ok("stored values", f"{tried} values of {len(columns)} columns were opened.")


def _some_values(connection: db.Connection, table: str, row: str, column: str) -> list[tuple[Any, ...]]:
    statement = sql.SQL("SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL LIMIT %s").format(
        row=sql.Identifier(row), column=sql.Identifier(column), table=sql.Identifier(table)
    )
    return connection.execute(statement, [VALUES_TRIED]).fetchall()


def redis(patient: Patient) -> Iterator[Result]:
    """Redis: reachable, new enough, never throwing keys away, not full."""
    if not patient.settings.redis_url:
        yield fault("redis", "No Redis is set, and none runs here.", "Run `paigham up`, or set REDIS_URL.")
        return
    client = queue.connect(patient.settings)
    began = time.perf_counter()
    try:
        info: dict[str, Any] = client.info()
    except RedisError as error:
        yield fault("redis", f"Redis does not answer ({type(error).__name__}).", "Check REDIS_URL.")
        return
    patient.redis = client
    took = (time.perf_counter() - began) * 1000
    version = str(info["redis_version"])
    yield _judge(
        "redis",
        f"Redis {version} answers in {took:.0f} ms.",
        tuple(map(int, version.split(".")[:2])) >= LEAST_REDIS,
        "Upgrade to Redis 6.2 or newer, or Valkey.",
    )
    policy = str(info.get("maxmemory_policy", "unknown"))
    yield _judge(
        "redis keeps",
        f"maxmemory-policy is {policy}.",
        policy == "noeviction",
        "Set maxmemory-policy to noeviction: another one throws wake-ups away.",
        otherwise=State.WARNING,
    )
    yield _memory(int(info["used_memory"]), int(info.get("maxmemory", 0)))


def _memory(used: int, most: int) -> Result:
    limit = f" of {most / 1e6:.0f} MB" if most else ", without a limit"
    return _judge(
        "redis memory",
        f"{used / 1e6:.0f} MB in use{limit}.",
        not most or used < FULL * most,
        "Give Redis more memory, or look what else lives in it.",
        otherwise=State.WARNING,
    )


def processes(patient: Patient) -> Iterator[Result]:
    """Workers and the scheduler: each kind alive, and no message waiting for them."""
    signs = vitals.signs(patient.redis, now=clock.now()) if patient.redis is not None else None
    for sign in signs or []:
        ticks = sign.name == vitals.SCHEDULER
        worker = "outbox" if sign.name == queue.OUTBOX else "inbox"
        yield _judge(
            sign.name if ticks else f"{sign.name} workers",
            f"{sign.alive} alive." if ticks else f"{sign.alive} alive, {sign.waiting} wake-ups wait.",
            sign.alive > 0,
            f"Start `paigham {'scheduler' if ticks else f'worker {worker}'}`, or `paigham up`.",
        )


def backlog(patient: Patient) -> Iterator[Result]:
    """Messages that came in and wait: they should not, for longer than a moment."""
    if patient.database is None:
        return
    try:
        row = patient.database.execute(
            "SELECT count(*), min(due_at) FROM pending_in WHERE due_at < now()"
        ).fetchone()
    except psycopg.Error:
        return
    assert row is not None  # noqa: S101 - an aggregate gives one row
    count, oldest = row
    waited = clock.now() - oldest if oldest else timedelta()
    yield _judge(
        "inbox",
        f"{count} messages wait, the oldest for {waited.total_seconds():.0f} s.",
        waited < OLD_BACKLOG,
        "Look at the inbox worker's log, and at the page “Problems”.",
        otherwise=State.WARNING,
    )


def record(patient: Patient) -> Iterator[Result]:
    """The audit: every chain verified lately, and whole."""
    if patient.database is None:
        return
    try:
        row = patient.database.execute(_CHAINS, [OLD_CHECK]).fetchone()
    except psycopg.Error:
        return
    assert row is not None  # noqa: S101 - an aggregate gives one row
    chains, broken, unchecked = row
    if broken:
        yield fault(
            "audit",
            f"{broken} of {chains} chains are not whole.",
            "Change nothing. Run `paigham audit verify`.",
        )
        return
    yield _judge(
        "audit",
        f"{chains - unchecked} of {chains} chains were verified lately.",
        not unchecked,
        "Look whether the scheduler and the inbox worker run; `paigham audit verify` does it at once.",
        otherwise=State.WARNING,
    )


def search(patient: Patient) -> Iterator[Result]:
    """People whom the search does not know yet, or not as they are called now."""
    if patient.database is None:
        return
    try:
        count = search_index.waiting(patient.database)
    except psycopg.Error:
        return
    yield _judge(
        "search",
        f"{count} people wait to be found by the search.",
        count < LARGE_UNKNOWN,
        "After an upgrade or an import this passes by itself, at some thousand a second. If the number does not fall, "
        "look at the log of the workers that do the upkeep.",
        otherwise=State.WARNING,
    )


_CHAINS = """
SELECT count(*), count(*) FILTER (WHERE c.faults <> '[]'),
    count(*) FILTER (WHERE coalesce(c.ended_at, o.created_at) < now() - %s)
FROM organisation o LEFT JOIN audit_check c ON c.organisation_id = o.id
"""


def sign_in(patient: Patient) -> Iterator[Result]:
    """Signing in: a second factor where content is read."""
    policy, name = patient.settings.second_factor, variable("second_factor")
    if policy == "off":
        yield warning(
            "second factor",
            "Nobody needs a second factor: right for a demonstration, and for nothing else.",
            f"Unset {name}, or set it to by_role or all.",
        )
    else:
        yield ok("second factor", f"{name} is {policy}.")


def public_address(patient: Patient) -> Iterator[Result]:
    """The address under which providers reach us: theirs to reach, and encrypted."""
    parts = urlsplit(patient.settings.public_url)
    if _is_here(parts.hostname or ""):
        yield warning(
            "public address",
            f"{patient.settings.public_url} is this machine: no provider can reach it.",
            "Set PAIGHAM_PUBLIC_URL to the address of your proxy. For a trial here it does not matter.",
        )
        return
    yield _judge(
        "public address",
        f"{parts.scheme}://{parts.hostname}",
        parts.scheme == "https" and parts.path in {"", "/"},
        "It must be https:// and a host without a path: providers sign exactly this address.",
    )
    yield _judge(
        "cookies",
        f"Cookies are {'' if patient.settings.secure_cookies else 'not '}kept to HTTPS.",
        patient.settings.secure_cookies,
        "Set PAIGHAM_SECURE_COOKIES=1 behind a TLS proxy.",
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return host == "localhost"


def ok(name: str, sentence: str) -> Result:
    """A thing that is well."""
    return Result(name, State.OK, sentence)


def warning(name: str, sentence: str, mend: str) -> Result:
    """A thing to look after."""
    return Result(name, State.WARNING, sentence, mend)


def fault(name: str, sentence: str, mend: str) -> Result:
    """A thing that keeps the gateway from its work."""
    return Result(name, State.FAULT, sentence, mend)


def _judge(name: str, sentence: str, well: bool, mend: str, *, otherwise: State = State.FAULT) -> Result:  # noqa: FBT001
    return ok(name, sentence) if well else Result(name, otherwise, sentence, mend)


def _show(connection: db.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None  # noqa: S101 - it raises on an unknown name
    return str(row[0])


EXAMINATIONS: tuple[Examination, ...] = (
    folder,
    database,
    keys,
    redis,
    processes,
    backlog,
    record,
    search,
    public_address,
    sign_in,
)
