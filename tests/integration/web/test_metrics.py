"""The figures: who may read them, that they are right, and that nobody is in them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from gateway import db, tally
from gateway.app import create_pages
from gateway.db import DatabaseRole
from gateway.settings import Settings
from gateway.web import resources
from tests.integration.web.visitors import DISCLOSED, NAME, NUMBER, WORDS, World

TOKEN = "invented-metrics-token"


@pytest.fixture
def watched(settings: Settings, world: World) -> Iterator[Flask]:
    with db.connect(settings) as connection:
        db.check_keys(connection, world.operation.ring)
        connection.commit()
    yield from application(replace(settings, metrics_token=TOKEN))


def application(settings: Settings) -> Iterator[Flask]:
    made = create_pages(settings)
    yield made
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


def read(app: Flask) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def one(app: Flask, name: str, **labels: str) -> float:
    return read(app)[name, frozenset(labels.items())]


def asked(app: Flask, *, address: str = "203.0.113.9", host: str = "localhost", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = app.test_client()
    return client.get(
        "/metrics", headers={"Host": host, **named}, environ_base={"REMOTE_ADDR": address}
    ).status_code


def test_this_machine_and_the_token_may_read_and_nobody_else(watched: Flask, settings: Settings) -> None:
    assert asked(watched, address="127.0.0.1") == 200
    assert asked(watched, address="127.0.0.1", host="[::1]:8000") == 200
    assert asked(watched, Authorization=f"Bearer {TOKEN}") == 200
    assert asked(watched) == 404
    assert asked(watched, Authorization="Bearer guessed") == 404
    assert asked(watched, Authorization="Bearer ") == 404
    assert asked(watched, address="127.0.0.1", Authorization="Bearer guessed") == 404
    for silent in application(settings):
        assert asked(silent, Authorization="Bearer ") == 404


def test_a_proxy_on_this_machine_does_not_make_strangers_local(settings: Settings) -> None:
    public = replace(settings, pages_url="https://staff.example.org")
    for app in application(public):
        assert asked(app, address="127.0.0.1", host="staff.example.org") == 404
        assert asked(app, address="127.0.0.1", X_Forwarded_For="203.0.113.9") == 404
    for app in application(replace(public, trusted_proxies=1)):
        assert asked(app, address="127.0.0.1", X_Forwarded_For="127.0.0.1") == 404


def test_what_waits_is_counted_over_all_organisations(watched: Flask, settings: Settings) -> None:
    labels = {"stage": "inbox", "kind": "all"}
    assert one(watched, "paigham_waiting_messages", **labels) == 0
    for idle in application(settings):
        assert idle.test_client().get("/readyz").status_code == 200
    with db.connect(settings) as connection:
        connection.execute(
            "INSERT INTO pending_in (message_id, contact_id, slot, due_at)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), 1, now() - interval '1 hour'),"
            " (gen_random_uuid(), gen_random_uuid(), 1, now() + interval '1 hour')"
        )
        connection.commit()
    try:
        assert one(watched, "paigham_waiting_messages", **labels) == 2
        assert 3600 <= one(watched, "paigham_oldest_waiting_seconds", **labels) < 3700
        assert watched.test_client().get("/readyz").status_code == 503, "work that is not done"
        for patient in application(replace(settings, ready_lag=7200)):
            assert patient.test_client().get("/readyz").status_code == 200
    finally:
        with db.connect(settings) as connection:
            connection.execute("DELETE FROM pending_in")
            connection.commit()


def test_messages_are_counted_as_the_rows_stand(watched: Flask, settings: Settings) -> None:
    found = read(watched)
    with db.connect(settings) as connection:
        rows = connection.execute(
            "SELECT c.kind, m.status, coalesce(m.reason, ''), count(*) FROM message_out m"
            " JOIN channel c ON c.id = m.channel_id GROUP BY 1, 2, 3"
        ).fetchall()
    assert rows
    for kind, status, reason, count in rows:
        labels = {"direction": "out", "kind": kind, "status": status, "reason": reason}
        assert found["paigham_recent_messages", frozenset(labels.items())] == count


def test_requests_are_counted_by_route_and_never_by_what_was_asked(watched: Flask) -> None:
    labels = {"part": "pages", "method": "other", "route": "none", "status": "404"}
    before = read(watched).get(("paigham_requests_total", frozenset(labels.items())), 0.0)
    for path in ("/nowhere", f"/{NUMBER}", f"/contacts?search={NAME}"):
        watched.test_client().open(path, method="BREW")
    assert one(watched, "paigham_requests_total", **labels) >= before + 2
    answer = watched.test_client().get("/metrics").text
    assert 'route="/metrics"' in answer
    assert "BREW" not in answer


def test_nobody_is_in_the_figures(watched: Flask, world: World) -> None:
    answer = watched.test_client().get("/metrics").text
    for canary in (
        NAME.split()[0],
        NUMBER[1:],
        WORDS,
        DISCLOSED,
        str(world.contact_id),
        str(world.operation.id),
    ):
        assert canary not in answer


def test_a_source_that_is_away_is_told_and_the_others_are_there(settings: Settings) -> None:
    for app in application(replace(settings, redis_url="redis://127.0.0.1:9/0")):
        assert one(app, "paigham_up", source="redis") == 0
        assert one(app, "paigham_up", source="database") == 1
    away = replace(settings, database_url="postgresql://nobody@127.0.0.1:9/none?connect_timeout=1")
    for app in application(away):
        assert one(app, "paigham_up", source="database") == 0
        assert one(app, "paigham_up", source="redis") == 1


def test_the_spool_is_counted(watched: Flask, settings: Settings) -> None:
    folder: Path = settings.spool
    (folder / "unreadable").mkdir(parents=True, exist_ok=True)
    (folder / "one.req").write_bytes(b"")
    (folder / "unreadable" / "two.req").write_bytes(b"")
    try:
        assert one(watched, "paigham_spooled_requests") == 1
        assert one(watched, "paigham_unreadable_requests") == 1
    finally:
        (folder / "one.req").unlink()
        (folder / "unreadable" / "two.req").unlink()


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM paigham_waiting()", "SELECT * FROM paigham_traffic(now())"],
)
def test_what_the_internet_reaches_may_not_even_count(settings: Settings, statement: str) -> None:
    from psycopg.errors import InsufficientPrivilege

    with db.connect(settings, role=DatabaseRole.WEBHOOKS) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


def test_what_workers_counted_is_shown_by_job(watched: Flask, settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis_url) as connection:
        connection.delete(tally.KEY)
        tally.count(connection, "inbox", seconds=0.2, rows=40)
        tally.count(connection, "inbox", seconds=3.0, rows=400)
        tally.count(connection, "sweep", seconds=0.01, rows=None)
    assert one(watched, "paigham_job_seconds_count", job="inbox") == 2
    assert one(watched, "paigham_job_seconds_bucket", job="inbox", le="0.25") == 1
    assert one(watched, "paigham_job_rows_sum", job="inbox") == 440
    assert one(watched, "paigham_job_seconds_count", job="sweep") == 1
    with pytest.raises(KeyError):
        one(watched, "paigham_job_rows_count", job="sweep")
    for name in ("inbox", "outbox", "care"):
        assert one(watched, "paigham_queue_jobs", queue=name) >= 0
