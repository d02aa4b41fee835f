"""How fast the audit is written by many at once, and walked, beside what hashing alone costs."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from gateway import db, ids, migrate
from gateway.crypto import Keyring
from gateway.db import DatabaseRole
from gateway.embedded import Embedded
from gateway.services import audit, audit_check
from gateway.settings import Settings

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
WRITERS = 16
LINES = 60_000  # of the chain that is walked
AT_ONCE = 500  # lines of it that are written in one transaction


def measure(seconds: float = 4.0, lines: int = LINES) -> dict[str, float]:
    """Lines a second: written by 16 people of one organisation, each committed; walked; and only hashed."""
    with _operation() as (engine, ring):
        alone, together = _written(engine, ring, 1, seconds / 2), _written(engine, ring, WRITERS, seconds)
        bare = _bare(engine, seconds / 2)
        walked = _walked(engine, ring, lines)
    hashed = _hashed(ring, lines)
    return {
        "written_alone": alone,
        "written_together": together,
        "bare_together": bare,
        "walked": walked,
        "hashed": hashed,
        "walked_ratio": walked / hashed,
    }


@contextmanager
def _operation() -> Iterator[tuple[sa.Engine, Keyring]]:
    with (
        tempfile.TemporaryDirectory(prefix="paigham-bench-") as folder,
        Embedded(Path(folder), redis=False) as servers,
    ):
        migrate.upgrade(servers.database_url)
        engine = db.engine(
            Settings(database_url=servers.database_url), role=DatabaseRole.OWNER, pool_size=WRITERS
        )
        yield engine, Keyring.generate()
        engine.dispose()


def _organisation(engine: sa.Engine) -> UUID:
    organisation_id = ids.new()
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO organisation (id, code, name) VALUES (:id, :code, 'An operation')"),
            {"id": organisation_id, "code": organisation_id.hex},
        )
    return organisation_id


def _line(number: int) -> audit.Line:
    return audit.Line(
        str(ids.derive(UUID(int=1 << 76), f"staff {number % 40}")),
        "contact.read",
        f"contact {ids.derive(UUID(int=2 << 76), f'contact {number}')}",
        {"page": number},
    )


def _written(engine: sa.Engine, ring: Keyring, writers: int, seconds: float) -> float:
    organisation_id = _organisation(engine)

    def write(connection: sa.Connection, number: int) -> None:
        audit.write(connection, ring, organisation_id, [_line(number)], now=NOW)

    return _rate(engine, write, writers, seconds)


def _bare(engine: sa.Engine, seconds: float) -> float:
    """What the machine can do at the most: the same lock, one row, one commit."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS bare_line (number bigint)"))

    def write(connection: sa.Connection, number: int) -> None:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7)"))
        connection.execute(sa.text("INSERT INTO bare_line VALUES (:number)"), {"number": number})

    return _rate(engine, write, WRITERS, seconds)


def _rate(
    engine: sa.Engine, write_one: Callable[[sa.Connection, int], None], writers: int, seconds: float
) -> float:
    ended = threading.Event()

    def write(_: int) -> int:
        count = 0
        while not ended.is_set():
            with engine.begin() as connection:
                connection.execute(sa.text("SELECT 1"))  # a page has read something before
                write_one(connection, count)
            count += 1
        return count

    began = time.perf_counter()
    threading.Timer(seconds, ended.set).start()
    with ThreadPoolExecutor(writers) as pool:
        count = sum(pool.map(write, range(writers)))
    return count / (time.perf_counter() - began)


def _walked(engine: sa.Engine, ring: Keyring, lines: int) -> float:
    organisation_id = _organisation(engine)
    for start in range(0, lines, AT_ONCE):
        with engine.begin() as connection:
            some = [_line(number) for number in range(start, start + AT_ONCE)]
            audit.write(connection, ring, organisation_id, some, now=NOW)
    with engine.connect() as connection:
        began = time.perf_counter()
        walk = audit_check.verify(connection, ring, organisation_id)
        passed = time.perf_counter() - began
    if walk.faults or walk.lines != lines:
        raise AssertionError("the chain must be whole")
    return lines / passed


def _hashed(ring: Keyring, lines: int) -> float:
    key = audit.chain_key(ring)
    line = {
        "organisation_id": ids.new(),
        "at": NOW,
        "actor": str(ids.new()),
        "action": "contact.read",
        "object": f"contact {ids.new()}",
        "detail_sealed": bytes(45),
        "previous": bytes(32),
    }
    listed = f"contact {ids.new()}"
    began = time.perf_counter()
    for number in range(lines):
        line["previous"] = audit.digest(key, line | {"seq": number}, listed)
    return lines / (time.perf_counter() - began)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:,.2f}")
