"""The sweeper finds whatever a crash, a lost wake-up or a lost Redis can leave lying, and nothing that is in hand."""

from datetime import timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from gateway import clock, ids, queue
from gateway.channels.base import Received
from gateway.services import inbox, sweep
from tests.integration.core import queues
from tests.integration.core.queues import in_queue, status

SETTLE_AFTER = 20
FIND = {"shards": 4, "settle_after": SETTLE_AFTER}


@pytest.fixture(autouse=True)
def _alone(operation):
    """Nothing of other tests waits."""
    with operation.connect() as connection:
        for table in ("pending_in", "pending_out", "sweeper_find"):
            connection.execute(f"DELETE FROM {table}")
        connection.commit()


@pytest.fixture
def now():
    return clock.now()


def find(operation, now, **more):
    with operation.connect() as connection:
        found = sweep.find(connection, **(FIND | more), now=now)
        connection.commit()
    return found


def nothing(found):
    return (found.shards, found.channels, found.doubtful, found.leases) == ([], [], [], 0)


def receive(operation, phone, *, at):
    with operation.connect() as connection:
        received = Received(str(ids.new()), phone.urn, "1")
        stored = inbox.store(connection, operation.ring, phone.channel, received, now=at)
        connection.commit()
    return stored


# ---------------------------------------------------------------------- what is left behind


def test_an_empty_system_has_nothing_left_behind(operation, now):
    assert nothing(find(operation, now))


def test_a_message_whose_wake_up_was_lost_is_found_by_its_shard(operation, now):
    slots = {receive(operation, operation.phone(), at=now - timedelta(seconds=2)).slot for _ in range(5)}
    assert sorted(find(operation, now).shards) == sorted({slot % 4 for slot in slots})
    assert find(operation, now, shards=1).shards == [0]


def test_a_message_that_has_just_come_is_in_good_hands(operation, now):
    receive(operation, operation.phone(), at=now)
    assert nothing(find(operation, now))


def test_a_message_that_was_put_off_is_found_when_its_time_has_come(operation, now):
    receive(operation, operation.phone(), at=now + timedelta(seconds=20))
    assert nothing(find(operation, now))
    assert len(find(operation, now + timedelta(seconds=22)).shards) == 1


def test_a_message_that_nobody_sends_is_found_by_its_channel(operation, now):
    queues.queue(operation, operation.phone(), at=now - timedelta(seconds=2))
    queues.queue(operation, operation.phone(messenger=True), at=now - timedelta(seconds=2))
    assert sorted(find(operation, now).channels) == sorted([operation.sms.id, operation.messenger.id])


@pytest.mark.parametrize(
    "place",
    [
        {"due_at": timedelta(minutes=5)},
        {"leased_until": timedelta(minutes=5), "leased_at": timedelta(0)},
        {"uncertain_since": timedelta(0)},
    ],
    ids=["tried again later", "in a sender's hand", "uncertain"],
)
def test_a_message_that_somebody_looks_after_is_not_found(operation, now, place):
    moments = {name: now + away for name, away in place.items()}
    queues.queue(operation, operation.phone(), at=now - timedelta(seconds=5), **moments)
    assert nothing(find(operation, now))


@pytest.mark.parametrize("rest", ["active = false", "paused_until = now() + interval '1 minute'"])
def test_a_channel_that_rests_is_not_woken(operation, now, rest):
    queues.queue(operation, operation.phone(), at=now - timedelta(seconds=2))
    with operation.connect() as connection:
        connection.execute(f"UPDATE channel SET {rest} WHERE id = %s", [operation.sms.id])
        connection.commit()
    assert nothing(find(operation, now))


def test_a_channel_that_rested_is_woken_when_it_may_send_again(operation, now):
    queues.queue(operation, operation.phone(), at=now - timedelta(seconds=2))
    with operation.connect() as connection:
        until = now - timedelta(seconds=1)
        connection.execute("UPDATE channel SET paused_until = %s WHERE id = %s", [until, operation.sms.id])
        connection.commit()
    assert find(operation, now).channels == [operation.sms.id]


def test_a_message_whose_sender_died_becomes_uncertain_and_is_settled_later(operation, now):
    began = now - timedelta(seconds=100)
    lease = {"leased_at": began, "leased_until": now - timedelta(seconds=10), "attempts": 1}
    message = queues.queue(operation, operation.phone(), at=began, **lease)
    found = find(operation, now)
    assert found.leases == 1
    assert found.channels == [], "it is not simply sent again"
    assert status(operation, message) == "uncertain"
    place = in_queue(operation, message)
    assert place["leased_until"] is None
    assert place["uncertain_since"] == began
    assert found.doubtful == [operation.sms.id]
    assert find(operation, now).leases == 0


def test_a_doubt_is_settled_only_after_the_provider_had_time_to_report(operation, now):
    since = now - timedelta(seconds=SETTLE_AFTER - 5)
    queues.queue(operation, operation.phone(), at=since, uncertain_since=since)
    assert nothing(find(operation, now))
    assert find(operation, now + timedelta(seconds=6)).doubtful == [operation.sms.id]


# ---------------------------------------------------------------------- together


def line(operation, name):
    made = Queue(name, connection=operation.drains.waker.redis, serializer=JSONSerializer)
    return [(job.func_name.rpartition(".")[2], *job.args) for job in made.jobs]


def test_a_sweep_wakes_everybody_that_something_waits_for(operation, now):
    long_ago = now - timedelta(seconds=60)
    stored = receive(operation, operation.phone(), at=long_ago)
    queues.queue(operation, operation.phone(), at=long_ago)
    queues.queue(operation, operation.phone(messenger=True), at=long_ago, uncertain_since=long_ago)
    operation.drains.sweep()
    assert line(operation, queue.INBOX) == [("drain_inbox", stored.slot % operation.settings.shards)]
    assert set(line(operation, queue.OUTBOX)) == {
        ("drain_outbox", str(operation.sms.id)),
        ("settle", str(operation.messenger.id)),
    }


def test_what_was_found_is_counted_for_staff(operation, now):
    long_ago = now - timedelta(seconds=60)
    for _ in range(3):
        queues.queue(operation, operation.phone(), at=long_ago, leased_at=long_ago, leased_until=long_ago)
    queues.queue(operation, operation.phone(messenger=True), at=long_ago)
    receive(operation, operation.phone(), at=long_ago)
    operation.drains.sweep()
    found = dict(operation.rows("SELECT name, found FROM sweeper_find"))
    assert found == {"inbox": 1, "outbox": 1, "leases": 3}


def test_a_sweep_that_finds_nothing_counts_nothing_and_wakes_nobody(operation):
    operation.drains.sweep()
    assert operation.rows("SELECT name FROM sweeper_find") == []
    assert line(operation, queue.INBOX) == line(operation, queue.OUTBOX) == []


def test_a_message_whose_wake_up_redis_lost_is_answered_after_a_sweep(operation, now):
    phone = operation.phone()
    receive(operation, phone, at=now - timedelta(seconds=5))
    operation.drains.waker.redis.flushall()
    operation.drains.sweep()
    for _, shard in line(operation, queue.INBOX):
        operation.drains.inbox(shard)
    assert operation.rows("SELECT 1 FROM pending_in") == []
    assert operation.one("SELECT count(*) FROM message_out WHERE contact_id = %s", phone.contact_id) >= 1


def test_tidying_deletes_what_staff_cannot_use_any_more(operation, now):
    staff = ids.new()
    with operation.connect() as connection:
        connection.execute(
            "INSERT INTO staff (id, organisation_id, role, email_index, email_sealed, name_sealed)"
            " VALUES (%s, %s, 'admin', %s, '', '')",
            [staff, operation.id, staff.bytes],
        )
        ends = {"over": now - timedelta(seconds=1), "open": now + timedelta(hours=1)}
        for name, expires_at in ends.items():
            connection.execute(
                "INSERT INTO staff_session (id, staff_id, secret_hash, seen_at, expires_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                [ids.new(), staff, name.encode(), now, expires_at],
            )
        links = {"old": now - sweep.KEEP_USED_LINKS - timedelta(days=1), "used": now - timedelta(days=1)}
        for name, expires_at in links.items():
            connection.execute(
                "INSERT INTO staff_link (id, staff_id, secret_hash, expires_at) VALUES (%s, %s, %s, %s)",
                [ids.new(), staff, name.encode(), expires_at],
            )
            connection.execute(
                "INSERT INTO deep_link (id, organisation_id, token_index, expires_at) VALUES (%s, %s, %s, %s)",
                [ids.new(), operation.id, name.encode(), expires_at],
            )
        connection.commit()
    operation.drains.tidy(now)
    assert operation.rows("SELECT secret_hash FROM staff_session") == [(b"open",)]
    assert operation.rows("SELECT secret_hash FROM staff_link") == [(b"used",)]
    assert operation.rows("SELECT token_index FROM deep_link") == [(b"used",)]
