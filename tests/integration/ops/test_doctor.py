"""The doctor finds what is wrong, and nothing where all is well."""

import json
import shutil

import psycopg
import pytest
import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from gateway import db, doctor
from gateway.crypto import Keyring
from gateway.doctor import State, examine
from gateway.settings import Settings


@pytest.fixture
def opened(settings, ring):
    """Settings of a database that the ring was introduced to."""
    with db.connect(settings) as connection:
        db.check_keys(connection, ring)
    return settings


def told(settings):
    return {item.name: item for item in examine(settings)}


def faults(settings):
    return {item.name for item in examine(settings) if item.state is State.FAULT}


def test_servers_that_are_well_are_told_so_and_missing_workers_are_faults(opened):
    results = told(opened)
    for name in (
        "folder",
        "database",
        "durability",
        "tables",
        "clock",
        "keys",
        "stored values",
        "redis",
        "redis keeps",
    ):
        assert results[name].state is State.OK, results[name]
    assert faults(opened) == {"inbox workers", "outbox workers", "care workers", "scheduler"}


def test_every_fault_says_how_to_mend_it(tmp_path):
    nothing = Settings(data=tmp_path / "nowhere")
    results = examine(nothing)
    assert {item.name for item in results if item.state is State.FAULT} >= {
        "folder",
        "database",
        "keys",
        "redis",
    }
    assert all(item.mend for item in results if item.state is not State.OK)


def test_a_worker_that_lives_is_seen(opened, redis_url):
    with redis.Redis.from_url(redis_url) as connection:
        queues = [
            Queue(name, connection=connection, serializer=JSONSerializer)
            for name in ("inbox", "care", "outbox")
        ]
        worker = SimpleWorker(queues, connection=connection)
        worker.register_birth()
        assert faults(opened) == {"scheduler"}
        worker.register_death()


def test_another_ring_is_found_out_by_what_is_stored(opened, ring):
    from gateway.services import staff

    engine = db.engine(opened)
    with engine.begin() as connection:
        staff.first_link(connection, ring, "http://x")
    engine.dispose()
    other = Settings(
        database_url=opened.database_url,
        redis_url=opened.redis_url,
        data=opened.data,
        keys=Keyring.generate().to_json(),
    )
    assert told(other)["stored values"].state is State.FAULT
    assert told(opened)["stored values"].state is State.OK


def test_a_database_without_tables_is_a_fault(empty_database_url, redis_url, ring, tmp_path):
    bare = Settings(database_url=empty_database_url, redis_url=redis_url, data=tmp_path, keys=ring.to_json())
    results = told(bare)
    assert results["tables"].state is State.FAULT
    assert "paigham release" in results["tables"].mend
    assert results["stored values"].state is State.WARNING


def test_a_redis_that_throws_keys_away_is_a_warning(opened, redis_url):
    with redis.Redis.from_url(redis_url) as connection:
        connection.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert told(opened)["redis keeps"].state is State.WARNING
        finally:
            connection.config_set("maxmemory-policy", "noeviction")


def test_messages_that_wait_too_long_are_a_warning(opened):
    with psycopg.connect(opened.database_url) as connection:
        connection.execute(
            "INSERT INTO pending_in (message_id, contact_id, slot, due_at)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), 1, now() - interval '10 minutes')"
        )
    assert told(opened)["inbox"].state is State.WARNING
    with psycopg.connect(opened.database_url) as connection:
        connection.execute("DELETE FROM pending_in")
    assert told(opened)["inbox"].state is State.OK


def test_an_audit_that_is_not_whole_is_a_fault_and_one_that_nobody_looks_at_a_warning(opened):
    assert told(opened)["audit"].state is State.OK
    with psycopg.connect(opened.database_url) as connection:
        connection.execute(
            "INSERT INTO organisation (id, code, name, created_at)"
            " VALUES (gen_random_uuid(), 'watched', 'An operation', now() - interval '3 days')"
        )
    assert told(opened)["audit"].state is State.WARNING
    with psycopg.connect(opened.database_url) as connection:
        connection.execute(
            "INSERT INTO audit_check (organisation_id, walked_seq, walked_hash, walked_keyed, found, ended_at, faults)"
            " SELECT id, 0, '', false, '[]', now(), '[]' FROM organisation WHERE code = 'watched'"
        )
    assert told(opened)["audit"].state is State.OK
    with psycopg.connect(opened.database_url) as connection:
        connection.execute("UPDATE audit_check SET faults = '[\"Line 3 was changed.\"]'")
    assert told(opened)["audit"].state is State.FAULT
    with psycopg.connect(opened.database_url) as connection:
        connection.execute("DELETE FROM audit_check")
        connection.execute("DELETE FROM organisation WHERE code = 'watched'")


def test_people_whom_the_search_does_not_know_for_long_are_a_warning(opened, monkeypatch):
    assert told(opened)["search"].state is State.OK
    monkeypatch.setattr(doctor, "LARGE_UNKNOWN", 3)
    with psycopg.connect(opened.database_url) as connection:
        connection.execute(
            "INSERT INTO organisation (id, code, name) VALUES (gen_random_uuid(), 'many', 'Many')"
        )
        connection.execute(
            "INSERT INTO contact (id, organisation_id) SELECT gen_random_uuid(), o.id FROM organisation o,"
            " generate_series(1, 3) WHERE o.code = 'many'"
        )
    assert told(opened)["search"].state is State.WARNING
    with psycopg.connect(opened.database_url) as connection:
        connection.execute("DELETE FROM contact")
        connection.execute("DELETE FROM organisation WHERE code = 'many'")
    assert told(opened)["search"].state is State.OK


@pytest.mark.parametrize(
    ("url", "cookies", "expected"),
    [
        ("http://127.0.0.1:8000", False, {"public address": State.WARNING}),
        ("http://localhost:8000", False, {"public address": State.WARNING}),
        ("https://paigham.example.org", True, {"public address": State.OK, "cookies": State.OK}),
        ("https://paigham.example.org", False, {"public address": State.OK, "cookies": State.FAULT}),
        ("http://paigham.example.org", True, {"public address": State.FAULT, "cookies": State.OK}),
        ("https://example.org/paigham", True, {"public address": State.FAULT, "cookies": State.OK}),
    ],
)
def test_the_public_address_is_judged(tmp_path, url, cookies, expected):
    results = told(Settings(data=tmp_path, public_url=url, secure_cookies=cookies))
    assert {
        name: results[name].state for name in results if name in {"public address", "cookies"}
    } == expected


def test_the_command_exits_with_1_on_a_fault_and_writes_json(call, tmp_path):
    found = call("doctor", "--json", "--data", tmp_path)
    assert found.code == 1
    rows = json.loads(found.out)
    assert {"name", "state", "sentence", "mend"} == set(rows[0])
    plain = call("doctor", "--data", tmp_path)
    assert plain.code == 1
    assert "FAULT    database" in plain.out


def test_no_password_is_shown(call, tmp_path):
    found = call(
        "doctor",
        DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/x",
        REDIS_URL="redis://:hunter2@127.0.0.1:1/0",
    )
    assert found.code == 1
    assert "hunter2" not in found.out + found.err


def test_room_on_the_disk_is_told(tmp_path):
    free = shutil.disk_usage(tmp_path).free / 1e9
    assert f"{free:.0f}"[:1] in told(Settings(data=tmp_path))["disk"].sentence


@pytest.mark.parametrize(
    ("policy", "expected"), [("off", State.WARNING), ("by_role", State.OK), ("all", State.OK)]
)
def test_a_house_without_second_factors_is_warned_of(tmp_path, policy, expected):
    assert told(Settings(data=tmp_path, second_factor=policy))["second factor"].state is expected
