"""Workers and the schedule on a real Redis: jobs by name, and nothing of what went wrong left for others to read."""

import base64
import json
import signal
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import hypothesis
import pytest
from hypothesis import strategies as st
from rq import Queue
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from gateway import clock, log, queue, tally
from gateway.channels.base import Received
from gateway.queue import Waker
from gateway.services import inbox
from gateway.settings import Settings
from tests.integration.core.queues import queue as put_in_queue
from tests.integration.core.queues import status
from workers import jobs, main, schedule


@pytest.fixture
def process(settings, monkeypatch):
    """Make this process a worker's: its settings in the environment, its work built anew, its signals its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def become(**changes):
        for name, value in replace(settings, **changes).environment().items():
            monkeypatch.setenv(name, value)
        jobs.drains.cache_clear()
        log.configure("info")
        return replace(settings, **changes)

    yield become
    if jobs.drains.cache_info().currsize:
        jobs.drains().close()
    jobs.drains.cache_clear()
    for number, handler in before.items():
        signal.signal(number, handler)


def work(kind, settings):
    """Work until the line is empty."""
    worker = main.build(kind, settings)
    worker.work(burst=True, logging_level="WARNING")
    worker.connection.close()


@pytest.fixture
def waker(settings):
    made = Waker.of(settings)
    yield made
    made.redis.close()


def line(waker, name):
    made = Queue(name, connection=waker.redis, serializer=JSONSerializer)
    return [job.func_name.rpartition(".")[2] for job in made.jobs]


def everything_in(redis):
    """All that stands in Redis, unpacked: RQ packs what it keeps of a job and of its errors."""
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    keys = list(redis.scan_iter())
    return " ".join(readable(part) for key in keys for part in (key, *parts(readers[redis.type(key)](key))))


def parts(value):
    """The bytes in whatever Redis answers."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from (part for pair in value.items() for item in pair for part in parts(item))
    elif isinstance(value, list | tuple | set):
        yield from (part for item in value for part in parts(item))


def readable(value):
    for unpack in (zlib.decompress, lambda packed: zlib.decompress(base64.b64decode(packed, validate=True))):
        with suppress(ValueError, zlib.error):
            return unpack(value).decode()
    return value.decode()


# ---------------------------------------------------------------------- at work


def test_a_woken_worker_steps_the_flow_and_a_woken_sender_sends_the_answer(operation, process, waker):
    settings = process()
    phone = operation.phone()
    with operation.connect() as connection:
        received = Received("1", phone.urn, "hello")
        stored = inbox.store(connection, operation.ring, phone.channel, received, now=clock.now())
        connection.commit()
    waker.inbox(stored.slot)
    work("inbox", settings)
    assert line(waker, queue.OUTBOX) == ["drain_outbox"]
    work("outbox", settings)
    rows = operation.rows("SELECT status FROM message_out WHERE contact_id = %s", phone.contact_id)
    assert rows
    assert {row[0] for row in rows} == {"delivered"}
    assert line(waker, queue.INBOX) == line(waker, queue.OUTBOX) == []


UPKEEP = [
    "ask_services",
    "check_audit",
    "deliver",
    "fire",
    "index_search",
    "reconcile",
    "sweep",
    "tidy",
    "watch",
]


def test_every_kind_of_upkeep_runs_by_its_name(operation, process, waker):
    settings = process()
    message = put_in_queue(operation, operation.phone(), at=clock.now() - timedelta(seconds=9))
    for job in schedule.build(settings).enqueue_jobs():
        assert job.func_name.startswith("workers.jobs.")
    assert sorted(line(waker, queue.CARE) + line(waker, queue.OUTBOX)) == UPKEEP
    work("inbox", settings)
    work("outbox", settings)
    failed = [
        FailedJobRegistry(name, connection=waker.redis).get_job_ids() for name in (queue.CARE, queue.OUTBOX)
    ]
    assert failed == [[], []]
    assert status(operation, message) == "delivered"


def test_a_schedule_that_ticks_while_nobody_works_enqueues_each_job_once(process, waker):
    made = schedule.build(process())
    for _ in range(5):
        for job in made.get_jobs():
            job.set_enqueue_time(clock.now() - timedelta(days=1))
        made.enqueue_jobs()
    assert sorted(line(waker, queue.CARE) + line(waker, queue.OUTBOX)) == UPKEEP


def test_nothing_of_a_persons_message_ever_stands_in_redis(operation, process, waker):
    settings = process()
    phone = operation.phone()
    with operation.connect() as connection:
        received = Received("1", phone.urn, "a canary in the house", display_name="Canary")
        stored = inbox.store(connection, operation.ring, phone.channel, received, now=clock.now())
        connection.commit()
    waker.inbox(stored.slot)
    seen = everything_in(waker.redis)
    work("inbox", settings)
    seen += everything_in(waker.redis)
    work("outbox", settings)
    seen += everything_in(waker.redis)
    assert "workers.jobs.drain_inbox" in seen, "what RQ packed was read"
    assert str(phone.channel.id) in seen
    assert "canary" not in seen.lower()
    assert phone.urn not in seen


# ---------------------------------------------------------------------- when it fails


def test_a_job_that_fails_leaves_its_errors_type_in_redis_and_nothing_of_its_text(
    process, waker, settings, capsys
):
    away = process(database_url=settings.database_url.replace("/test_", "/canary_"))
    waker.shard(0)
    work("inbox", away)
    (job_id,) = FailedJobRegistry(queue.INBOX, connection=waker.redis).get_job_ids()
    kept = everything_in(waker.redis)
    assert job_id in kept
    assert "workers.jobs.JobFailed: OperationalError" in kept
    assert "canary" not in kept, "PostgreSQL's sentence names the database"
    written = "".join(capsys.readouterr())
    assert "job_failed" in written
    assert "canary" not in written


def test_a_worker_goes_on_with_the_next_job_after_one_that_failed(process, waker, settings):
    away = process(database_url=settings.database_url.replace("/test_", "/canary_"))
    waker.shard(0)
    waker.shard(1)
    work("inbox", away)
    assert line(waker, queue.INBOX) == []
    assert len(FailedJobRegistry(queue.INBOX, connection=waker.redis).get_job_ids()) == 2


def test_after_a_failure_a_sweeper_may_wake_again_at_once(process, waker, settings):
    away = process(database_url=settings.database_url.replace("/test_", "/canary_"))
    waker.shard(0)
    work("inbox", away)
    assert waker.shard(0, force=True)
    assert line(waker, queue.INBOX) == ["drain_inbox"]


def test_a_worker_that_cannot_start_says_why_in_one_sentence(process, monkeypatch, capsys):
    process()
    monkeypatch.setenv("PAIGHAM_SHARDS", "0")
    assert main.main("inbox") == 2
    assert "PAIGHAM_SHARDS must be at least 1." in capsys.readouterr().err
    assert schedule.main() == 2


# ---------------------------------------------------------------------- what is counted, and whom it goes back to


def test_what_a_request_wakes_carries_its_id_from_job_to_job_and_in_each_line(
    operation, process, waker, capsys
):
    settings = process()
    phone = operation.phone()
    with operation.connect() as connection:
        received = Received("1", phone.urn, "hello")
        stored = inbox.store(connection, operation.ring, phone.channel, received, now=clock.now())
        connection.commit()
    with log.scope(request="bcdfghjkmn"):
        waker.inbox(stored.slot)
    work("inbox", settings)
    (sending,) = Queue(queue.OUTBOX, connection=waker.redis, serializer=JSONSerializer).jobs
    assert sending.meta == {"woken_by": "bcdfghjkmn"}
    jobs.drains().close()
    away = process(database_url=settings.database_url.replace("/test_", "/canary_"))
    work("outbox", away)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "job_failed" in line]
    assert [line["woken_by"] for line in lines] == ["bcdfghjkmn"]
    waker.shard(0)
    work("inbox", away)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "job_failed" in line]
    assert "woken_by" not in json.loads(line), "nobody's request woke this one"


def test_jobs_are_counted_by_name_with_their_time_and_their_rows(operation, process, waker):
    settings = process()
    phone = operation.phone()
    messages = [put_in_queue(operation, phone) for _ in range(2)]
    waker.outbox(phone.channel.id)
    work("outbox", settings)
    assert {status(operation, message) for message in messages} == {"delivered"}
    (rows,) = tally.histograms(waker.redis, tally.ROWS)
    assert (rows.job, rows.total, rows.buckets[-1]) == ("outbox", 2, ("+Inf", 1))
    assert dict(rows.buckets)["1"] == 0
    assert dict(rows.buckets)["3"] == 1
    (seconds,) = tally.histograms(waker.redis, tally.SECONDS)
    assert seconds.buckets[-1] == ("+Inf", 1)
    assert seconds.total > 0
    kept = everything_in(waker.redis)
    assert str(operation.id) not in kept


def test_a_job_that_fails_is_counted_too_and_says_no_rows(process, waker, settings):
    away = process(database_url=settings.database_url.replace("/test_", "/canary_"))
    waker.shard(0)
    work("inbox", away)
    assert [found.job for found in tally.histograms(waker.redis, tally.SECONDS)] == ["inbox"]
    assert list(tally.histograms(waker.redis, tally.ROWS)) == []


def test_counting_is_nothing_to_fail_by():
    away = queue.connect(Settings(redis_url="redis://127.0.0.1:9/0"))
    tally.count(away, "inbox", seconds=1.0, rows=1)
    away.close()


@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=30)
@hypothesis.given(rows=st.lists(st.integers(0, 20_000), max_size=12))
def test_each_job_stands_in_every_bucket_that_it_fits(waker, rows):
    waker.redis.delete(tally.KEY)
    for count in rows:
        tally.count(waker.redis, "inbox", seconds=0.0, rows=count)
    for found in tally.histograms(waker.redis, tally.ROWS):
        assert found.total == sum(rows)
        assert found.buckets[-1] == ("+Inf", len(rows))
        for end, reached in found.buckets[:-1]:
            assert reached == sum(count <= float(end) for count in rows)
    assert len(list(tally.histograms(waker.redis, tally.ROWS))) == bool(rows)
