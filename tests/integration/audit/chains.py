"""Chains for tests: made of random lines, changed as the tables' owner could."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from hypothesis import strategies as st

from gateway import ids
from gateway.crypto import Keyring
from gateway.services import audit, audit_check
from gateway.services.audit import Kind, Line, Subject

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
TABLES = ("audit", "audit_subject")

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
subjects = st.frozensets(st.builds(Subject, st.sampled_from(list(Kind)), st.uuids()), max_size=4)
lines = st.builds(
    Line,
    words,
    words,
    st.one_of(words, st.uuids().map(lambda found: f"contact {found}")),
    st.none() | st.dictionaries(words, words | st.integers() | st.none(), max_size=2),
    subjects,
)


def organisation(engine: sa.Engine) -> UUID:
    whose = ids.new()
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO organisation (id, code, name) VALUES (:id, :code, 'An operation')"),
            {"id": whose, "code": whose.hex},
        )
    return whose


def write(engine: sa.Engine, ring: Keyring, whose: UUID, some: Sequence[Line]) -> None:
    """Write lines as requests do: some in a transaction of their own, some together."""
    for start in range(0, len(some), 2):
        with engine.begin() as connection:
            now = NOW + timedelta(seconds=start)
            audit.write(connection, ring, whose, some[start : start + 2], now=now)


def chain(engine: sa.Engine, ring: Keyring, some: Sequence[Line]) -> UUID:
    """Write lines as the chain of a new organisation; gives its id."""
    whose = organisation(engine)
    write(engine, ring, whose, some)
    return whose


def faults(engine: sa.Engine, ring: Keyring, whose: UUID) -> list[str]:
    with engine.connect() as connection:
        return audit_check.verify(connection, ring, whose).faults


@contextmanager
def tampering(owner: sa.Engine) -> Iterator[sa.Connection]:
    """Change tables without their triggers."""
    with owner.begin() as connection:
        for table in TABLES:
            connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield connection
        for table in TABLES:
            connection.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
