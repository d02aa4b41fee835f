"""Doubts, refusals and messages that cannot be handled: what one worker does about each."""

from collections import deque
from datetime import timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from gateway import clock, drain, queue
from gateway.channels.base import Outgoing, Received, Sent
from gateway.channels.simulator import Simulator
from gateway.errors import Refusal, SendError
from gateway.models.messages import Lane, Status
from gateway.services import inbox, outbox
from gateway.services.channels import ChannelCache
from tests.integration.core import queues
from tests.integration.core.queues import in_queue, status


class Provider(Simulator):
    """Takes what it is told to take, and says what it is told to say when it is asked."""

    def __init__(self, settings):
        super().__init__(settings)
        self.sent = []
        self.refusals = deque()
        self.took = []
        self.asked = []

    async def send(self, out: Outgoing) -> Sent:
        if self.refusals:
            refusal = self.refusals.popleft()
            if refusal is not None:
                raise refusal
        self.sent.append(out.text)
        return await super().send(out)


class Asked(Provider):
    """A provider that can be asked."""

    async def find(self, out, *, since):
        self.asked.append((out.text, since))
        if isinstance(self.took, Exception):
            raise self.took
        return list(self.took)

    async def since(self, when):
        raise AssertionError(f"nobody compares messages since {when} here")


@pytest.fixture
def speaks(operation):
    """Have the worker speak to the SMS channel by an adapter of our own."""

    def use(kind=Provider):
        adapter = kind(operation.sms.settings)
        operation.drains.sender._adapters[operation.sms.id] = (operation.sms, adapter)
        return adapter

    return use


def channel(operation):
    names = ("health", "health_code", "paused_until")
    rows = operation.rows(f"SELECT {', '.join(names)} FROM channel WHERE id = %s", operation.sms.id)
    return dict(zip(names, rows[0], strict=True))


def doubtful(operation, phone, text="Hello", *, ago=timedelta(minutes=1), **more):
    """A message that its provider may or may not have."""
    since = clock.now() - ago
    message = queues.queue(operation, phone, text, at=since, uncertain_since=since, attempts=1, **more)
    with operation.connect() as connection:
        connection.execute("UPDATE message_out SET status = 'uncertain', rank = 2 WHERE id = %s", [message])
        connection.commit()
    return message


def rest_over(operation):
    """Let the pause pass."""
    with operation.connect() as connection:
        connection.execute("UPDATE channel SET paused_until = now() - interval '1 second'")
        connection.execute("UPDATE pending_out SET due_at = now() - interval '1 second'")
        connection.commit()


# ---------------------------------------------------------------------- doubts


def test_a_message_that_its_provider_took_is_sent_and_not_sent_again(operation, speaks):
    provider = speaks(Asked)
    provider.took = [Sent("SM9")]
    message = doubtful(operation, operation.phone())
    assert operation.drains.settle(operation.sms.id) == 1
    operation.drains.outbox(operation.sms.id)
    assert status(operation, message) == Status.SENT
    assert operation.one("SELECT external_id FROM message_out WHERE id = %s", message) == "SM9"
    assert provider.sent == []
    ((text, since),) = provider.asked
    assert text == "Hello"
    assert since < clock.now() - timedelta(minutes=5)


def test_a_message_that_its_provider_did_not_take_goes_again(operation, speaks):
    provider = speaks(Asked)
    message = doubtful(operation, operation.phone(), lane=Lane.BULK)
    operation.drains.settle(operation.sms.id)
    operation.drains.outbox(operation.sms.id)
    assert provider.sent == ["Hello"]
    assert status(operation, message) == Status.DELIVERED


@pytest.mark.parametrize("trouble", [SendError(Refusal.TEMPORARY, code="503"), KeyError("canary")])
def test_a_provider_that_does_not_answer_is_asked_again_later_and_not_every_second(
    operation, speaks, trouble, capsys
):
    provider = speaks(Asked)
    provider.took = trouble
    message = doubtful(operation, operation.phone())
    for _ in range(5):
        operation.drains.settle(operation.sms.id)
    assert len(provider.asked) == 1
    assert status(operation, message) == Status.UNCERTAIN
    assert in_queue(operation, message)["due_at"] > clock.now() + drain.ASK_AGAIN / 2
    provider.took = [Sent("SM9")]
    rest_over(operation)
    operation.drains.settle(operation.sms.id)
    assert status(operation, message) == Status.SENT
    assert "canary" not in "".join(capsys.readouterr())


def test_one_doubt_that_cannot_be_asked_about_does_not_keep_the_others_in_doubt(operation, speaks):
    class Picky(Asked):
        async def find(self, out, *, since):
            if out.text == "bad":
                raise ValueError("a bug of the adapter")
            return await super().find(out, since=since)

    provider = speaks(Picky)
    provider.took = [Sent("SM9")]
    bad = doubtful(operation, operation.phone(), "bad")
    good = doubtful(operation, operation.phone(), "good")
    operation.drains.settle(operation.sms.id)
    assert (status(operation, bad), status(operation, good)) == (Status.UNCERTAIN, Status.SENT)


def test_after_an_hour_without_an_answer_a_reply_goes_once_more_and_a_broadcast_does_not(operation, speaks):
    provider = speaks(Asked)
    provider.took = SendError(Refusal.TEMPORARY, code="list_too_long")
    ago = drain.ASK_FOR + timedelta(minutes=1)
    reply = doubtful(operation, operation.phone(), "reply", ago=ago)
    bulk = doubtful(operation, operation.phone(), "bulk", ago=ago, lane=Lane.BULK)
    operation.drains.settle(operation.sms.id)
    operation.drains.outbox(operation.sms.id)
    assert provider.sent == ["reply"]
    assert (status(operation, reply), status(operation, bulk)) == (Status.DELIVERED, Status.UNCERTAIN)
    assert in_queue(operation, bulk) is None


def test_a_provider_that_cannot_be_asked_is_sent_a_reply_once_more_and_then_never_again(operation, speaks):
    provider = speaks(Provider)
    message = doubtful(operation, operation.phone())
    operation.drains.settle(operation.sms.id)
    provider.refusals.append(SendError(Refusal.UNCERTAIN, code="timeout"))
    operation.drains.outbox(operation.sms.id)
    assert status(operation, message) == Status.UNCERTAIN
    with operation.connect() as connection:
        connection.execute("UPDATE pending_out SET uncertain_since = uncertain_since - interval '1 minute'")
        connection.commit()
    operation.drains.settle(operation.sms.id)
    operation.drains.outbox(operation.sms.id)
    assert provider.sent == []
    assert status(operation, message) == Status.UNCERTAIN
    assert in_queue(operation, message) is None


def test_a_doubt_is_not_settled_before_its_time_or_on_another_channel(operation, speaks):
    provider = speaks(Asked)
    doubtful(operation, operation.phone(), ago=timedelta(seconds=1))
    doubtful(operation, operation.phone(messenger=True))
    assert operation.drains.settle(operation.sms.id) == 0
    assert provider.asked == []


# ---------------------------------------------------------------------- the channel's health


def test_a_provider_that_asks_for_a_pause_is_left_alone_so_long_and_no_attempt_is_used_up(operation, speaks):
    provider = speaks()
    provider.refusals.append(SendError(Refusal.THROTTLED, code="429", retry_after=30))
    messages = [queues.queue(operation, operation.phone(), str(place)) for place in range(3)]
    operation.drains.outbox(operation.sms.id)
    assert timedelta(seconds=20) < channel(operation)["paused_until"] - clock.now() <= timedelta(seconds=30)
    assert channel(operation)["health"] == "ok"
    before = list(provider.sent)
    assert operation.drains.outbox(operation.sms.id) == 0
    assert provider.sent == before
    rest_over(operation)
    operation.drains.outbox(operation.sms.id)
    assert sorted(provider.sent) == ["0", "1", "2"]
    assert {status(operation, message) for message in messages} == {Status.DELIVERED}


def test_a_refused_account_is_shown_to_staff_and_mended_by_the_first_success(operation, speaks):
    provider = speaks()
    provider.refusals.append(SendError(Refusal.CHANNEL, code="20003"))
    message = queues.queue(operation, operation.phone())
    operation.drains.outbox(operation.sms.id)
    assert (channel(operation)["health"], channel(operation)["health_code"]) == ("faulty", "20003")
    assert status(operation, message) == Status.QUEUED
    assert operation.drains.outbox(operation.sms.id) == 0
    rest_over(operation)
    operation.drains.outbox(operation.sms.id)
    assert status(operation, message) == Status.DELIVERED
    assert channel(operation) == {"health": "ok", "health_code": None, "paused_until": None}


def test_a_channel_that_is_refused_again_beside_a_success_stays_faulty(operation, speaks):
    provider = speaks()
    with operation.connect() as connection:
        connection.execute(
            "UPDATE channel SET health = 'faulty', health_code = 'old' WHERE id = %s", [operation.sms.id]
        )
        connection.commit()
    provider.refusals.extend([None, SendError(Refusal.CHANNEL, code="20003")])
    for place in range(2):
        queues.queue(operation, operation.phone(), str(place))
    operation.drains.outbox(operation.sms.id)
    assert provider.sent == ["0"]
    assert channel(operation)["health"] == "faulty"


def test_a_channel_whose_settings_are_not_whole_is_shown_to_staff(operation):
    with operation.connect() as connection:
        broken = operation.channel(connection, "simulator", {"buttons": True})
        connection.commit()
    phone = operation.phone()
    phone.channel = broken
    message = queues.queue(operation, phone)
    assert operation.drains.outbox(broken.id) == 0
    health = operation.rows("SELECT health, health_code FROM channel WHERE id = %s", broken.id)
    assert health == [("faulty", "settings")]
    assert status(operation, message) == Status.QUEUED
    assert in_queue(operation, message)["leased_until"] is None


@pytest.mark.parametrize("change", ["active = false", "paused_until = now() + interval '1 minute'"])
def test_a_channel_that_rests_sends_nothing(operation, speaks, change):
    provider = speaks()
    queues.queue(operation, operation.phone())
    with operation.connect() as connection:
        connection.execute(f"UPDATE channel SET {change} WHERE id = %s", [operation.sms.id])
        connection.commit()
    assert operation.drains.outbox(operation.sms.id) == 0
    assert provider.sent == []


def test_a_channel_that_is_gone_is_nobody_s_error(operation):
    gone = operation.id
    assert (
        operation.drains.outbox(gone)
        == operation.drains.settle(gone)
        == operation.drains.reconcile(gone)
        == 0
    )


# ---------------------------------------------------------------------- messages that cannot be handled


def receive(operation, phone, text):
    with operation.connect() as connection:
        received = Received(text, phone.urn, text)
        stored = inbox.store(connection, operation.ring, phone.channel, received, now=clock.now())
        connection.commit()
    return stored


def test_a_message_that_cannot_be_read_holds_up_nobody_and_is_parked_for_staff(operation, capsys):
    bad_phone, phones = operation.phone(), [operation.phone() for _ in range(3)]
    bad = receive(operation, bad_phone, "bad")
    with operation.connect() as connection:
        connection.execute("UPDATE message_in SET content_sealed = 'x' WHERE id = %s", [bad.message_id])
        connection.commit()
    later = receive(operation, bad_phone, "later")
    for number, phone in enumerate(phones):
        receive(operation, phone, f"canary {number}")
    operation.handle()
    mine = [phone.contact_id for phone in (bad_phone, *phones)]
    waiting = operation.rows(
        "SELECT message_id FROM pending_in WHERE contact_id = ANY(%s) ORDER BY seq", mine
    )
    assert [row[0] for row in waiting] == [bad.message_id, later.message_id], "the person's order is kept"
    for _ in range(2):
        with operation.connect() as connection:
            connection.execute("UPDATE pending_in SET due_at = now() - interval '1 second'")
            connection.commit()
        operation.handle()
    parked = operation.rows("SELECT parked_at, parked_code FROM message_in WHERE id = %s", bad.message_id)[0]
    assert parked[0] is not None
    assert parked[1] == "CannotDecrypt"
    operation.handle()
    assert operation.rows("SELECT 1 FROM pending_in WHERE contact_id = ANY(%s)", mine) == []
    written = "".join(capsys.readouterr())
    assert str(bad.message_id) in written
    assert "canary" not in written


def test_what_was_handled_wakes_the_channels_that_have_something_to_send(operation):
    phone, other = operation.phone(), operation.phone(messenger=True)
    receive(operation, phone, "hello")
    receive(operation, other, "hello")
    operation.drains.waker.redis.flushall()
    operation.handle()
    line = Queue(queue.OUTBOX, connection=operation.drains.waker.redis, serializer=JSONSerializer)
    assert {job.args[0] for job in line.jobs} == {str(operation.sms.id), str(operation.messenger.id)}


# ---------------------------------------------------------------------- channels that are kept


def test_a_channel_is_kept_for_some_seconds_and_its_last_state_for_when_postgresql_is_away(
    operation, monkeypatch
):
    cache = ChannelCache(operation.ring)
    assert cache.fresh(operation.sms.id) is None
    assert cache.stale(operation.sms.id) is None
    with operation.connect() as connection:
        row, adapter = cache.get(connection, operation.sms.id)
        connection.execute("UPDATE channel SET name = 'Renamed' WHERE id = %s", [operation.sms.id])
        assert cache.get(connection, operation.sms.id) == cache.fresh(operation.sms.id) == (row, adapter)
        monkeypatch.setattr("gateway.services.channels.FRESH_SECONDS", 0.0)
        assert cache.fresh(operation.sms.id) is None
        assert cache.stale(operation.sms.id) == (row, adapter)
        renamed, same = cache.get(connection, operation.sms.id)
        assert renamed.name == "Renamed"
        assert same is adapter, "its settings did not change"
        connection.execute("UPDATE channel SET active = false WHERE id = %s", [operation.sms.id])
        assert cache.get(connection, operation.sms.id) is None
        assert cache.stale(operation.sms.id) is None
        connection.rollback()


def test_the_limit_of_attempts_ends_a_message(operation, speaks):
    provider = speaks()
    provider.refusals.extend([SendError(Refusal.TEMPORARY, code="500")] * 2)
    message = queues.queue(operation, operation.phone(), attempts=len(outbox.BACKOFF) - 1)
    operation.drains.outbox(operation.sms.id)
    assert status(operation, message) == Status.QUEUED
    rest_over(operation)
    operation.drains.outbox(operation.sms.id)
    assert status(operation, message) == Status.FAILED
    assert operation.one("SELECT reason FROM message_out WHERE id = %s", message) == "500"
