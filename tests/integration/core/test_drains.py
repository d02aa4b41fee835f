"""The work of one process: its connection comes back, its turns end, and what it learned is not lost."""

import asyncio
import threading
from datetime import timedelta

import psycopg
import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from gateway import clock, db, drain, queue
from gateway.channels.base import Outgoing, Received, Sent
from gateway.channels.simulator import Simulator
from gateway.db import DatabaseRole
from gateway.drain import Drains
from gateway.errors import Refusal, SendError
from gateway.models.messages import Status
from gateway.services import outbox
from gateway.services.outbox import Outcome
from tests.integration.core import queues
from tests.integration.core.queues import in_queue, status

LEASE = timedelta(seconds=90)


def end(operation, pid):
    """End a connection as a restart of PostgreSQL does."""
    with db.connect(operation.settings, role=DatabaseRole.OWNER) as connection:
        assert connection.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone() == (True,)


def pid_of(drains):
    with drains.connection() as connection:
        return connection.info.backend_pid


def claim(operation, connection, *, limit=100, channel=None):
    return outbox.claim(
        connection,
        operation.ring,
        channel or operation.sms,
        limit=limit,
        now=clock.now(),
        lease=LEASE,
        callback_url="https://example.org/in/x/status",
    )


# ---------------------------------------------------------------------- the connection


def test_the_connection_is_kept_from_one_piece_of_work_to_the_next(operation):
    assert pid_of(operation.drains) == pid_of(operation.drains)


def test_a_broken_connection_is_replaced(operation):
    broken = pid_of(operation.drains)
    end(operation, broken)
    with pytest.raises(psycopg.OperationalError), operation.drains.connection() as connection:
        connection.execute("SELECT 1")
    fresh = pid_of(operation.drains)
    assert fresh != broken
    assert operation.one("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", fresh) == 1


def test_work_goes_on_after_postgresql_ended_the_connection(operation):
    message = queues.queue(operation, operation.phone())
    end(operation, pid_of(operation.drains))
    with pytest.raises(psycopg.OperationalError):
        operation.drains.outbox(operation.sms.id)
    assert operation.drains.outbox(operation.sms.id) == 1
    assert status(operation, message) == Status.DELIVERED


def test_what_was_not_committed_is_rolled_back_whatever_went_wrong(operation):
    class Bug(Exception):
        pass

    def work():
        with operation.drains.connection() as connection:
            connection.execute("UPDATE organisation SET name = 'changed' WHERE id = %s", [operation.id])
            raise Bug

    with pytest.raises(Bug):
        work()
    with operation.drains.connection() as connection:
        connection.execute("UPDATE organisation SET name = 'changed too' WHERE id = %s", [operation.id])
    assert operation.one("SELECT name FROM organisation WHERE id = %s", operation.id) == "An operation"


def test_a_statement_that_postgresql_refused_does_not_cost_the_connection(operation):
    pid = pid_of(operation.drains)
    slow = "SET LOCAL statement_timeout = 20; SELECT pg_sleep(1)"
    with pytest.raises(psycopg.errors.QueryCanceled), operation.drains.connection() as connection:
        connection.execute(slow)
    assert pid_of(operation.drains) == pid


# ---------------------------------------------------------------------- two senders


def test_a_second_sender_never_takes_a_later_message_while_the_first_takes_the_earlier(operation):
    phone = operation.phone()
    first, second = queues.queue(operation, phone, "1"), queues.queue(operation, phone, "2")
    taken = []

    def other_sender():
        with operation.connect() as connection:
            taken.extend(claim(operation, connection))
            connection.commit()

    with operation.connect() as connection:
        mine = claim(operation, connection, limit=1)
        other = threading.Thread(target=other_sender)
        other.start()
        other.join(0.3)
        connection.commit()
    other.join()
    assert [item.message_id for item in mine] == [first]
    assert taken == [], "the second message waits until the first is done"
    assert in_queue(operation, second)["attempts"] == 0


def test_two_channels_do_not_wait_for_one_another(operation):
    queues.queue(operation, operation.phone())
    queues.queue(operation, operation.phone(messenger=True))
    with operation.connect() as one, operation.connect() as other:
        other.execute("SET lock_timeout = '500ms'")
        assert len(claim(operation, one)) == 1
        assert len(claim(operation, other, channel=operation.messenger)) == 1


class Recorder(Simulator):
    """Remembers what was sent, over all senders."""

    sent = None

    async def send(self, out: Outgoing) -> Sent:
        self.sent.append((out.urn, out.text))
        await asyncio.sleep(0.001)
        return await super().send(out)


def left(operation):
    return operation.one("SELECT count(*) FROM pending_out WHERE channel_id = %s", operation.sms.id)


def send_all(operation, sent):
    """Be one of several processes that send."""
    mine = Drains(operation.settings, operation.ring)
    with_adapter(mine, operation.sms, Recorder).sent = sent
    while left(operation):
        mine.outbox(operation.sms.id)
    mine.close()


def test_many_senders_at_once_send_each_message_once_and_each_persons_in_order(operation):
    phones = [operation.phone() for _ in range(6)]
    texts = [str(number) for number in range(8)]
    for text in texts:
        for phone in phones:
            queues.queue(operation, phone, text)
    sent = []
    threads = [threading.Thread(target=send_all, args=[operation, sent]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == len(phones) * len(texts)
    assert [[text for urn, text in sent if urn == phone.urn] for phone in phones] == [texts] * len(phones)


def with_adapter(drains, channel, kind):
    """Have this process speak to a channel by an adapter of our own."""
    adapter = kind(channel.settings)
    drains.sender._adapters[channel.id] = (channel, adapter)
    return adapter


# ---------------------------------------------------------------------- what is learned is kept


class Flaky(Simulator):
    """Calls back in the middle of its sends."""

    def __init__(self, settings):
        super().__init__(settings)
        self.sent = []
        self.meanwhile = lambda: None

    async def send(self, out):
        await asyncio.sleep(0.01)
        self.meanwhile()
        self.sent.append(out.text)
        return await super().send(out)


def test_what_was_sent_while_postgresql_went_away_is_recorded_and_not_sent_again(operation):
    phones = [operation.phone() for _ in range(20)]
    messages = [queues.queue(operation, phone, str(place)) for place, phone in enumerate(phones)]
    adapter = with_adapter(operation.drains, operation.sms, Flaky)
    pid = pid_of(operation.drains)
    calls = []

    def break_once():
        if not calls:
            calls.append(1)
            end(operation, pid)

    adapter.meanwhile = break_once
    with pytest.raises(psycopg.OperationalError):
        operation.drains.outbox(operation.sms.id)
    assert adapter.sent, "some left before anybody noticed"
    while any(in_queue(operation, message) for message in messages):
        operation.drains.outbox(operation.sms.id)
    assert sorted(adapter.sent) == sorted(str(place) for place in range(20)), "each left once"
    assert {status(operation, message) for message in messages} == {Status.DELIVERED}
    assert operation.drains.sender.left == []


def test_an_outcome_that_comes_late_does_not_disturb_who_claimed_the_message_since(operation):
    message = queues.queue(operation, operation.phone())
    with operation.connect() as connection:
        (stale,) = claim(operation, connection)
        connection.execute("UPDATE pending_out SET leased_until = NULL WHERE seq = %s", [stale.seq])
        (current,) = claim(operation, connection)
        connection.commit()
        before = in_queue(operation, message)
        for refusal in (Refusal.TEMPORARY, Refusal.THROTTLED, Refusal.CHANNEL, Refusal.UNCERTAIN):
            error = SendError(refusal, code="late")
            outbox.record(connection, [Outcome(stale, error=error)], now=clock.now())
        outbox.release(connection, [stale])
        connection.commit()
        assert in_queue(operation, message) == before
        assert operation.one("SELECT reason FROM message_out WHERE id = %s", message) is None
        outbox.release(connection, [current])
        connection.commit()
    assert in_queue(operation, message)["leased_until"] is None


def test_a_doubt_that_another_settled_meanwhile_is_not_settled_again(operation):
    since = clock.now() - timedelta(minutes=1)
    message = queues.queue(operation, operation.phone(), uncertain_since=since, attempts=1)
    with operation.connect() as connection:
        connection.execute("UPDATE message_out SET status = 'uncertain', rank = 2 WHERE id = %s", [message])
        values = {
            "before": clock.now(),
            "now": clock.now(),
            "limit": 9,
            "callback_url": "https://example.org",
        }
        doubts = [outbox.doubts(connection, operation.ring, operation.sms, **values)[0] for _ in range(2)]
        outbox.settle(connection, doubts[0], [], now=clock.now())
        (claimed,) = claim(operation, connection)
        outbox.mark_uncertain(connection, [claimed.seq], code="timeout", now=clock.now())
        connection.commit()
        before = in_queue(operation, message)
        outbox.settle(connection, doubts[1], [], now=clock.now())
        connection.commit()
    assert in_queue(operation, message) == before, "the second send is a doubt of its own"
    assert status(operation, message) == Status.UNCERTAIN


# ---------------------------------------------------------------------- turns


def test_messages_that_may_not_leave_do_not_hold_up_those_behind_them(operation):
    """Much that waited too long, more than one claim takes, and a reply behind it."""
    long_ago = clock.now() - timedelta(days=3)
    gone = operation.phone()
    for _ in range(140):
        queues.queue(operation, gone, at=long_ago, lasts=timedelta(hours=1))
    last = queues.queue(operation, operation.phone())
    assert operation.drains.outbox(operation.sms.id) == 1
    assert status(operation, last) == Status.DELIVERED
    assert left(operation) == 0


def test_a_drain_gives_way_after_its_turn_and_asks_to_be_called_again(operation, monkeypatch):
    monkeypatch.setattr(drain, "TURN_SECONDS", 0.2)
    for _ in range(4):
        queues.queue(operation, operation.phone())
    with operation.connect() as connection:
        connection.execute("UPDATE channel SET rate = 2 WHERE id = %s", [operation.sms.id])
        connection.commit()
    assert operation.drains.outbox(operation.sms.id) == 2
    assert left(operation) == 2
    line = Queue(queue.OUTBOX, connection=operation.drains.waker.redis, serializer=JSONSerializer)
    assert [job.args for job in line.jobs] == [[str(operation.sms.id)]]


class Asked(Simulator):
    """A channel whose provider can be asked what people sent."""

    answer = ()

    async def find(self, out, *, since):
        raise AssertionError(f"nobody asks for {out.id} since {since}")

    async def since(self, when):
        assert when < clock.now()
        if isinstance(self.answer, Exception):
            raise self.answer
        return list(self.answer)


def test_one_channel_that_fails_does_not_keep_the_others_from_being_compared(operation, capsys):
    broken = with_adapter(operation.drains, operation.sms, Asked)
    broken.answer = KeyError("canary")
    whole = with_adapter(operation.drains, operation.messenger, Asked)
    whole.answer = [Received("1", "simulator:1", "while you were away")]
    assert operation.drains.reconcile_all() == 1
    assert operation.drains.reconcile_all() == 0, "what is known already is not new"
    written = "".join(capsys.readouterr())
    assert str(operation.sms.id) in written
    assert "canary" not in written
