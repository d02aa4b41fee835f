"""Real servers: one PostgreSQL and one Redis a test run, a fresh migrated database a module."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from gateway import migrate
from gateway.crypto import Keyring
from gateway.embedded import Embedded
from gateway.settings import Settings

OWNER = "paigham"
TEMPLATE = "template_paigham"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Embedded]:
    """The embedded servers. A test that kills one starts its own instead."""
    with tempfile.TemporaryDirectory(prefix="paigham-test-") as folder, Embedded(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: Embedded) -> str:
    """Name of a migrated, empty database that others are copied from."""
    _administer(servers, "CREATE DATABASE {} OWNER {}", TEMPLATE, OWNER)
    migrate.upgrade(_url(servers, TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module")
def database_url(servers: Embedded, template: str) -> Iterator[str]:
    """A migrated database of the module's own."""
    name = f"test_{next(_numbers)}"
    _administer(servers, "CREATE DATABASE {} TEMPLATE {} OWNER {}", name, template, OWNER)
    yield _url(servers, name)
    _administer(servers, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def empty_database_url(servers: Embedded) -> Iterator[str]:
    """A database without tables, for tests of migrations and first starts."""
    name = f"empty_{next(_numbers)}"
    _administer(servers, "CREATE DATABASE {} OWNER {}", name, OWNER)
    yield _url(servers, name)
    _administer(servers, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def redis_url(servers: Embedded) -> Iterator[str]:
    """An empty Redis."""
    with redis.Redis.from_url(servers.redis_url) as connection:
        connection.flushall()
        yield servers.redis_url
        connection.flushall()


@pytest.fixture(scope="module")
def ring() -> Keyring:
    """A key ring of the module's own; the same for all its tests, as its database is."""
    return Keyring.generate()


@pytest.fixture
def settings(database_url: str, redis_url: str, ring: Keyring, tmp_path: Path) -> Settings:
    """Settings for the module's database and ring, with a data folder of the test's own."""
    return Settings(database_url=database_url, redis_url=redis_url, data=tmp_path, keys=ring.to_json())


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to the module's database; what is not committed is rolled back."""
    with psycopg.connect(database_url) as opened:
        yield opened
        opened.rollback()


def _url(servers: Embedded, database: str) -> str:
    return servers.database_url.replace("/paigham?", f"/{database}?")


def _administer(servers: Embedded, statement: str, *names: str) -> None:
    with psycopg.connect(servers.admin_url, autocommit=True) as administrator:
        administrator.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
