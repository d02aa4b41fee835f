"""Wake-ups: one job while nobody has looked, ids only, and a Redis that is away is nobody's error."""

import json
import socket
import zlib
from dataclasses import replace

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from gateway import clock, ids, queue
from gateway.queue import Waker

CHANNEL = ids.new()


@pytest.fixture
def waker(settings):
    made = Waker.of(replace(settings, shards=4))
    yield made
    made.redis.close()


def jobs(waker, name):
    return Queue(name, connection=waker.redis, serializer=JSONSerializer).jobs


def work(waker, name):
    """Take the first job out of the line, as a worker does."""
    taken = waker.redis.lpop(f"rq:queue:{name}")
    assert taken is not None
    return Job.fetch(taken.decode(), connection=waker.redis, serializer=JSONSerializer)


# ---------------------------------------------------------------------- once


def test_the_first_wake_up_sets_the_flag_and_puts_one_job_in_line(waker):
    for _ in range(10):
        waker.shard(3)
    (job,) = jobs(waker, queue.INBOX)
    assert (job.func_name, job.args) == ("workers.jobs.drain_inbox", [3])
    assert waker.redis.get(queue.flag(queue.INBOX, "3")).decode() == job.id


def test_every_slot_wakes_the_shard_that_drains_it(waker):
    for slot in range(1024):
        waker.inbox(slot)
    assert sorted(job.args[0] for job in jobs(waker, queue.INBOX)) == [0, 1, 2, 3]


def test_shards_and_channels_have_flags_of_their_own(waker):
    other = ids.new()
    waker.shard(0)
    waker.shard(1)
    waker.outbox(CHANNEL)
    waker.outbox(other)
    waker.outbox(str(CHANNEL))
    assert len(jobs(waker, queue.INBOX)) == 2
    assert [job.args for job in jobs(waker, queue.OUTBOX)] == [[str(CHANNEL)], [str(other)]]
    assert {job.func_name for job in jobs(waker, queue.OUTBOX)} == {"workers.jobs.drain_outbox"}


def test_after_the_flag_was_cleared_the_next_wake_up_counts_again(waker):
    waker.shard(0)
    work(waker, queue.INBOX)
    waker.shard(0)
    assert jobs(waker, queue.INBOX) == [], "somebody is at work: the last look will see the row"
    waker.clear(queue.INBOX, "0")
    waker.shard(0)
    assert len(jobs(waker, queue.INBOX)) == 1


def test_it_says_whether_it_woke_anybody(waker):
    assert waker.shard(0)
    assert not waker.shard(0)
    assert not waker.shard(0, force=True)


# ---------------------------------------------------------------------- the sweeper's


def test_a_sweeper_wakes_when_the_job_was_lost(waker):
    waker.outbox(CHANNEL)
    work(waker, queue.OUTBOX)
    waker.outbox(CHANNEL)
    assert jobs(waker, queue.OUTBOX) == []
    waker.outbox(CHANNEL, force=True)
    assert len(jobs(waker, queue.OUTBOX)) == 1


def test_a_sweeper_wakes_when_redis_lost_everything(waker):
    waker.shard(0)
    waker.redis.flushall()
    waker.shard(0, force=True)
    assert len(jobs(waker, queue.INBOX)) == 1


def test_a_sweeper_that_looks_every_second_does_not_fill_the_line(waker):
    """A broadcast waits for its channel's rate for hours; replies of other channels must not stand behind it."""
    for _ in range(100):
        waker.outbox(CHANNEL, force=True)
        waker.settle(CHANNEL)
        waker.care("sweep")
        waker.shard(2, force=True)
    assert len(jobs(waker, queue.OUTBOX)) == 2
    assert len(jobs(waker, queue.CARE)) == 1
    assert len(jobs(waker, queue.INBOX)) == 1


def test_while_one_job_works_at_most_one_more_stands_in_line(waker):
    for _ in range(50):
        waker.outbox(CHANNEL, force=True)
        waker.outbox(CHANNEL)
    work(waker, queue.OUTBOX)
    for _ in range(50):
        waker.outbox(CHANNEL, force=True)
        waker.outbox(CHANNEL)
    assert len(jobs(waker, queue.OUTBOX)) == 1


def test_a_flag_does_not_outlive_a_lost_job_for_long(waker):
    waker.shard(0)
    assert 0 < waker.redis.ttl(queue.flag(queue.INBOX, "0")) <= queue.FLAG_SECONDS <= 60


def test_upkeep_is_called_by_name_and_does_not_gather(waker):
    for name in ("sweep", "tidy", "reconcile", "sweep"):
        waker.care(name)
    assert [job.func_name for job in jobs(waker, queue.CARE)] == [
        "workers.jobs.sweep",
        "workers.jobs.tidy",
        "workers.jobs.reconcile",
    ]


# ---------------------------------------------------------------------- what Redis sees


def test_jobs_are_json_and_carry_shard_numbers_and_ids_only(waker):
    waker.inbox(1023)
    waker.outbox(CHANNEL)
    waker.settle(CHANNEL)
    waker.care("sweep")
    found = {}
    for name in (queue.INBOX, queue.OUTBOX, queue.CARE):
        for job in jobs(waker, name):
            written = waker.redis.hget(f"rq:job:{job.id}", "data")
            function, _, arguments, keywords = json.loads(zlib.decompress(written))
            found[function.rpartition(".")[2]] = (arguments, keywords)
    channel = [str(CHANNEL)]
    assert found == {
        "drain_inbox": ([3], {}),
        "drain_outbox": (channel, {}),
        "settle": (channel, {}),
        "sweep": ([], {}),
    }


def test_a_job_that_ended_well_leaves_nothing(waker):
    waker.shard(0)
    (job,) = jobs(waker, queue.INBOX)
    assert job.result_ttl == 0
    assert job.timeout == queue.JOB_SECONDS


# ---------------------------------------------------------------------- Redis is away


@pytest.fixture
def closed_port():
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return attempt.getsockname()[1]


def test_a_redis_that_is_away_is_a_warning_and_no_error(settings, closed_port, capsys):
    waker = Waker.of(replace(settings, redis_url=f"redis://127.0.0.1:{closed_port}/0"))
    started = clock.now()
    assert not waker.inbox(7)
    assert not waker.outbox(CHANNEL, force=True)
    waker.settle(CHANNEL)
    waker.care("sweep")
    assert (clock.now() - started).total_seconds() < 2, "a webhook does not wait for it"
    written = "".join(capsys.readouterr())
    assert written.count("wake_failed") == 4
    assert "warning" in written


def test_a_redis_that_hangs_is_given_up_after_some_seconds(settings, capsys):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        waker = Waker.of(replace(settings, redis_url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
        started = clock.now()
        waker.shard(0)
        assert (clock.now() - started).total_seconds() < 8
    assert "wake_failed" in "".join(capsys.readouterr())


def test_a_redis_that_comes_back_is_used_again(waker, settings):
    waker.shard(0)
    with Redis.from_url(settings.redis_url) as administrator:
        administrator.client_kill_filter(_type="normal", skipme=True)
    waker.shard(1)
    waker.shard(1, force=True)
    assert len(jobs(waker, queue.INBOX)) == 2
