"""How long a search takes among a million people, as the staff pages' database role, and how fast the index fills.

Names follow a crowd's: a few are very common, most are rare. `PAIGHAM_BENCH_PEOPLE` makes the crowd smaller.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import sqlalchemy as sa

from gateway import db, ids, migrate, names
from gateway.crypto import Keyring
from gateway.db import DatabaseRole
from gateway.embedded import Embedded
from gateway.services import search, search_index
from gateway.services.inbox import ADDRESS, NAME
from gateway.settings import Settings

PEOPLE = int(os.environ.get("PAIGHAM_BENCH_PEOPLE", "1000000"))
BATCH = 20_000
REPEATS = 60
COMMON = ["Muhammad", "Fatima", "Ahmad", "Khan", "Ali", "Gul", "Bibi", "Abdul", "Noor", "Wali"]
SYLLABLES = [
    "ba",
    "da",
    "fa",
    "ga",
    "ha",
    "ja",
    "ka",
    "la",
    "ma",
    "na",
    "pa",
    "qa",
    "ra",
    "sa",
    "ta",
    "wa",
    "ya",
    "za",
    "shi",
    "kho",
    "ghu",
    "lai",
    "mir",
    "zar",
    "nor",
    "pash",
    "tan",
    "gul",
]

CONTACTS = db.Table("contact", {"id": "uuid", "organisation_id": "uuid", "name_sealed": "bytea"})
URNS = db.Table(
    "contact_urn",
    {
        "id": "uuid",
        "organisation_id": "uuid",
        "contact_id": "uuid",
        "scheme": "text",
        "address_index": "bytea",
        "address_sealed": "bytea",
        "slot": "smallint",
    },
)


def measure() -> dict[str, float]:
    """Milliseconds by kind of search, p50 and p95; people indexed a second; bytes of the index for each person."""
    with (
        tempfile.TemporaryDirectory(prefix="paigham-bench-") as folder,
        Embedded(Path(folder), redis=False) as servers,
    ):
        settings = Settings(database_url=servers.database_url, data=Path(folder))
        migrate.upgrade(db.dsn(settings))
        ring, organisation_id = Keyring.generate(), ids.new()
        filled = _fill(settings, ring, organisation_id)
        return filled | _search(settings, ring, organisation_id)


def _fill(settings: Settings, ring: Keyring, organisation_id: UUID) -> dict[str, float]:
    chance = random.Random(7)
    with db.connect(settings) as connection:
        connection.execute(
            "INSERT INTO organisation (id, code, name) VALUES (%s, 'bench', 'Bench')", [organisation_id]
        )
        for start in range(0, PEOPLE, BATCH):
            people = [
                _person(ring, organisation_id, number, chance)
                for number in range(start, min(start + BATCH, PEOPLE))
            ]
            CONTACTS.insert(connection, [contact for contact, _ in people])
            URNS.insert(connection, [urn for _, urn in people])
            connection.commit()
        began = time.perf_counter()
        while search_index.fill(connection, ring):
            connection.commit()
        took = time.perf_counter() - began
        size = connection.execute("SELECT pg_total_relation_size('search_term')").fetchone()
    with db.connect(settings, role=DatabaseRole.OWNER) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE search_term, contact, contact_urn")
    return {"indexed_per_second": PEOPLE / took, "bytes_a_person": (size[0] if size else 0) / PEOPLE}


def _person(
    ring: Keyring, organisation_id: UUID, number: int, chance: random.Random
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    contact_id, urn_id, urn = ids.new(), ids.new(), f"tel:+92300{number:07}"
    contact = (contact_id, organisation_id, ring.seal(NAME, contact_id, _name(chance)))
    address = (ring.index(urn), ring.seal(ADDRESS, urn_id, urn))
    return contact, (urn_id, organisation_id, contact_id, "tel", *address, number % 1024)


def _name(chance: random.Random) -> str:
    first = chance.choice(COMMON) if chance.random() < 0.5 else _rare(chance)
    last = chance.choice(COMMON) if chance.random() < 0.3 else _rare(chance)
    return f"{first} {last}"


def _rare(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=3)).capitalize()


def _asked(chance: random.Random) -> dict[str, Iterator[str]]:
    return {
        "rare_name": iter(lambda: _rare(chance), None),
        "common_name": iter(lambda: chance.choice(COMMON), None),
        "two_common": iter(lambda: " ".join(chance.sample(COMMON, 2)), None),
        "common_and_rare": iter(lambda: f"{chance.choice(COMMON)} {_rare(chance)}", None),
        "three_letters": iter(lambda: _rare(chance)[:3], None),
        "four_digits": iter(lambda: f"{chance.randrange(10**4):04}", None),
        "six_digits": iter(lambda: f"{chance.randrange(10**6):06}", None),
        "full_number": iter(lambda: f"+92300{chance.randrange(PEOPLE):07}", None),
        "nobody": iter(
            lambda: (
                "Xylqwort" + str(chance.random())[2:4].translate(str.maketrans("0123456789", "abcdefghij"))
            ),
            None,
        ),
    }


def _search(settings: Settings, ring: Keyring, organisation_id: UUID) -> dict[str, float]:
    engine = db.engine(settings, role=DatabaseRole.PAGES)
    with engine.begin() as connection:
        connection.execute(
            sa.text("SELECT set_config('paigham.organisation', :id, true)"), {"id": str(organisation_id)}
        )
        server = psutil.Process(connection.scalar(sa.text("SELECT pg_backend_pid()")) or 0)
        found, busy = {}, {}
        for kind, texts in _asked(random.Random(11)).items():
            before = _busy(server)
            found[kind] = _times(connection, ring, organisation_id, texts)
            busy[kind] = (_busy(server) - before) * 1000 / REPEATS
    engine.dispose()
    return {
        # What a search takes of the processors, here and in PostgreSQL: other work on the machine does not change it.
        **{f"{kind}_busy": taken for kind, taken in busy.items()},
        "busiest": max(busy.values()),
        **{f"{kind}_p50": statistics.median(times) for kind, times in found.items()},
        **{f"{kind}_p95": statistics.quantiles(times, n=20)[-1] for kind, times in found.items()},
        "slowest": max(statistics.median(times) for times in found.values()),
    }


def _busy(server: psutil.Process) -> float:
    """Seconds of processor that this process and its PostgreSQL have taken so far."""
    used = server.cpu_times()
    return time.process_time() + float(used.user + used.system)


def _times(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, texts: Iterator[str]
) -> list[float]:
    taken = []
    for _ in range(REPEATS):
        asked = names.read(next(texts))
        began = time.perf_counter()
        search.people(connection, ring, organisation_id, asked)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:20} {value:12,.1f}")
