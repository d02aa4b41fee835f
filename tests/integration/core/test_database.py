"""Connections, the check of the keys at start, and rows written in bulk."""

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from gateway import db, ids
from gateway.crypto import Keyring
from gateway.errors import CannotStart

# ---------------------------------------------------------------------- the server


def test_the_server_of_the_tests_is_new_enough(connection):
    db.check_server(connection)


@pytest.mark.parametrize(("number", "name"), [(140012, "14"), (90624, "9")])
def test_an_old_server_is_refused_with_the_way_out(number, name):
    old = SimpleNamespace(info=SimpleNamespace(server_version=number))
    with pytest.raises(CannotStart, match=f"PostgreSQL {name} is too old: Paigham needs 15 or newer"):
        db.check_server(old)


def test_a_connection_reads_addresses_of_both_kinds(settings):
    from dataclasses import replace

    for scheme in ("postgresql://", "postgresql+psycopg://"):
        address = settings.database_url.replace("postgresql://", scheme)
        with db.connect(replace(settings, database_url=address)) as opened:
            assert opened.execute("SELECT 1").fetchone() == (1,)


def test_a_pool_opens_connections_anew_after_postgresql_ended_them(settings):
    with db.pool(settings, size=2) as pool:
        with pool.connection() as first:
            pid = first.info.backend_pid
        with db.connect(settings, role=db.DatabaseRole.OWNER) as other:
            # PostgreSQL answers once the backend has ended, and with it its end of the connection.
            assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
        with pool.connection() as second:
            assert second.execute("SELECT 1").fetchone() == (1,)
            assert second.info.backend_pid != pid


# ---------------------------------------------------------------------- the keys


@pytest.fixture
def unwritten(connection):
    """A transaction on a database that no ring has been used with."""
    connection.execute("DELETE FROM setting")
    return connection


def test_a_new_database_remembers_the_first_ring_and_refuses_every_other(unwritten, ring):
    db.check_keys(unwritten, ring)
    db.check_keys(unwritten, ring)
    with pytest.raises(CannotStart, match="does not open this database") as caught:
        db.check_keys(unwritten, Keyring.generate())
    assert "\n" not in str(caught.value)
    assert "PAIGHAM_KEY_FILE" in str(caught.value)


def test_a_ring_that_lacks_the_databases_key_is_told_which_it_is(unwritten, ring):
    rotated = ring.rotated()
    db.check_keys(unwritten, rotated)
    with pytest.raises(CannotStart, match=f"under key {rotated.current['data']}"):
        db.check_keys(unwritten, ring)


def test_a_rotated_ring_opens_the_database_and_is_remembered(unwritten, ring):
    db.check_keys(unwritten, ring)
    rotated = ring.rotated()
    db.check_keys(unwritten, rotated)
    db.remember_keys(unwritten, rotated)
    db.check_keys(unwritten, rotated.without(set(ring.secrets_by_id)))
    with pytest.raises(CannotStart):
        db.check_keys(unwritten, ring)


def test_of_two_rings_that_meet_on_a_new_database_one_is_refused(settings):
    with db.connect(settings) as cleaner:
        cleaner.execute("DELETE FROM setting")
        cleaner.commit()
    refused = []

    def second():
        with db.connect(settings) as connection:
            try:
                db.check_keys(connection, Keyring.generate())
            except CannotStart as error:
                refused.append(str(error))

    with db.connect(settings) as connection:
        db.check_keys(connection, Keyring.generate())
        other = threading.Thread(target=second)
        other.start()
        other.join(0.3)
        connection.commit()
    other.join()
    assert len(refused) == 1
    with db.connect(settings) as cleaner:
        cleaner.execute("DELETE FROM setting")
        cleaner.commit()


# ---------------------------------------------------------------------- rows in bulk

THINGS = db.Table(
    "thing",
    {
        "id": "uuid",
        "part": "text",
        "number": "smallint",
        "value": "jsonb",
        "blob": "bytea",
        "at": "timestamptz",
    },
    key=("id", "part"),
)
CHANGES = db.Table("thing", {"id": "uuid", "part": "text", "number": "smallint"}, key=("id", "part"))
AT = datetime(2026, 3, 4, 5, 6, 7, 891_011, tzinfo=UTC)


@pytest.fixture
def things(connection):
    connection.execute(
        "CREATE TEMPORARY TABLE thing (id uuid, part text, number smallint, value jsonb, blob bytea, at timestamptz,"
        " PRIMARY KEY (id, part))"
    )
    return connection


def stored(connection):
    found = connection.execute("SELECT id, part, number, value, blob, at FROM thing").fetchall()
    return {row[:2]: row[2:] for row in found}


def rows(count=3):
    return [(ids.new(), "a", place, Jsonb({"n": place}), bytes([place % 256]), AT) for place in range(count)]


def test_rows_are_written_in_one_statement_as_they_are(things):
    made = rows(300)
    THINGS.insert(things, made)
    assert stored(things) == {row[:2]: (row[2], row[3].obj, row[4], row[5]) for row in made}


def test_a_row_of_nothing_but_nulls_is_written(things):
    row = (ids.new(), "a", None, None, None, None)
    THINGS.insert(things, [row])
    assert stored(things) == {row[:2]: (None, None, None, None)}


def test_a_row_that_is_there_already_stays_as_it_is_and_the_others_are_written(things):
    first, second, third = rows()
    THINGS.insert(things, [first, second])
    THINGS.insert(things, [(*second[:2], 99, None, None, None), third])
    assert [stored(things)[row[:2]][0] for row in (first, second, third)] == [0, 1, 2]


def test_an_update_sets_its_columns_of_its_rows_and_nothing_else(things):
    first, second, third = rows()
    THINGS.insert(things, [first, second, third])
    CHANGES.update(things, [(*first[:2], 70), (*second[:2], None), (third[0], "another part", 5)])
    found = stored(things)
    assert [found[row[:2]][0] for row in (first, second, third)] == [70, None, 2]
    assert [found[row[:2]][1:] for row in (first, second, third)] == [
        (row[3].obj, row[4], row[5]) for row in (first, second, third)
    ]


def test_no_rows_are_no_statement(things):
    THINGS.insert(things, [])
    CHANGES.update(things, [])
    assert stored(things) == {}


def test_rows_of_unequal_length_are_refused_before_anything_is_written(things):
    first, second, _ = rows()
    with pytest.raises(ValueError, match="zip"):
        THINGS.insert(things, [first, second[:-1]])
    assert stored(things) == {}


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.uuids(), texts), st.tuples(st.integers(-32768, 32767), st.binary(max_size=40))
    )
)
def test_whatever_is_inserted_is_found_and_whatever_is_updated_is_changed(things, values):
    things.execute("DELETE FROM thing")
    THINGS.insert(
        things, [(*key, number, Jsonb([number]), blob, AT) for key, (number, blob) in values.items()]
    )
    assert stored(things) == {key: (number, [number], blob, AT) for key, (number, blob) in values.items()}
    CHANGES.update(things, [(*key, -1 - number) for key, (number, _) in values.items()])
    assert {key: row[0] for key, row in stored(things).items()} == {
        key: -1 - number for key, (number, _) in values.items()
    }


def test_one_value_that_does_not_fit_its_column_fails_the_statement(things):
    first, second, _ = rows()
    with pytest.raises(psycopg.errors.NumericValueOutOfRange), things.transaction():
        THINGS.insert(things, [first, (*second[:2], 1 << 20, None, None, None)])
    assert stored(things) == {}
