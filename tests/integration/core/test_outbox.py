"""Claim, record, retry, doubt: what leaves, what waits, and what is never sent again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway import clock, db, ids
from gateway.channels.base import Delivery, Report, Sent
from gateway.crypto import Keyring
from gateway.errors import Refusal, SendError
from gateway.models.messages import Lane
from gateway.services import contents, outbox, reports
from gateway.services.outbox import Claimed, Outcome
from gateway.settings import Settings
from tests.integration.operation import Operation, Phone

NOW = clock.now().replace(microsecond=0)
LEASE = timedelta(seconds=90)


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


def queue(
    operation: Operation, phone: Phone, text: str = "Hello", *, lane: Lane = Lane.REPLY, at: datetime = NOW
) -> UUID:
    """Put a message on the queue."""
    message_id = ids.new()
    with operation.connect() as connection:
        connection.execute(
            "INSERT INTO message_out (id, organisation_id, channel_id, contact_id, urn_id, step, language,"
            " content_sealed, segments, lane, created_at) VALUES (%s, %s, %s, %s, %s, 'test', 'eng', %s, 1, %s, %s)",
            [
                message_id,
                operation.id,
                phone.channel.id,
                phone.contact_id,
                phone.urn_id,
                contents.seal_out(operation.ring, message_id, text),
                lane,
                at,
            ],
        )
        connection.execute(
            "INSERT INTO pending_out (message_id, channel_id, organisation_id, contact_id, lane, segments, due_at,"
            " expires_at) VALUES (%s, %s, %s, %s, %s, 1, %s, %s)",
            [
                message_id,
                phone.channel.id,
                operation.id,
                phone.contact_id,
                lane,
                at,
                at + timedelta(hours=24),
            ],
        )
        connection.commit()
    return message_id


def claim(operation: Operation, *, now: datetime = NOW, limit: int = 100) -> list[Claimed]:
    with operation.connect() as connection:
        claimed = outbox.claim(
            connection,
            operation.ring,
            operation.sms,
            limit=limit,
            now=now,
            lease=LEASE,
            callback_url="https://example.org/in/x/status",
        )
        connection.commit()
    return claimed


def record(operation: Operation, *outcomes: Outcome, now: datetime = NOW) -> None:
    with operation.connect() as connection:
        outbox.record(connection, outcomes, now=now)
        connection.commit()


def refused(claimed: Claimed, refusal: Refusal, **more: Any) -> Outcome:
    return Outcome(claimed, error=SendError(refusal, code="x", **more))


def status(operation: Operation, message_id: UUID) -> str:
    found: str = operation.one("SELECT status FROM message_out WHERE id = %s", message_id)
    return found


def test_a_claimed_message_is_in_one_hand_only_and_leaves_the_queue_when_sent(operation: Operation) -> None:
    phone = operation.phone()
    message = queue(operation, phone)
    (claimed,) = claim(operation)
    assert claimed.out.text == "Hello"
    assert claimed.out.urn == phone.urn
    assert claimed.out.callback_url == f"https://example.org/in/x/status?m={message}"
    assert claim(operation) == []
    record(operation, Outcome(claimed, sent=Sent("SM1")))
    assert status(operation, message) == "sent"
    assert operation.one("SELECT count(*) FROM pending_out") == 0


def test_replies_go_before_bulk_whatever_was_queued_first(operation: Operation) -> None:
    bulk = [queue(operation, operation.phone(), lane=Lane.BULK) for _ in range(5)]
    reply = queue(operation, operation.phone())
    assert [item.message_id for item in claim(operation, limit=1)] == [reply]
    assert {item.message_id for item in claim(operation)} == set(bulk)


def test_a_contacts_later_message_waits_for_the_earlier_one(operation: Operation) -> None:
    phone = operation.phone()
    first, second = queue(operation, phone, "1"), queue(operation, phone, "2")
    both = claim(operation)
    assert [item.message_id for item in both] == [first, second]
    record(operation, refused(both[0], Refusal.TEMPORARY))
    with operation.connect() as connection:
        outbox.release(connection, both[1:])
        connection.commit()
    assert claim(operation) == [], "the first is put off, and the second must not overtake it"
    again = claim(operation, now=NOW + timedelta(minutes=1))
    assert [item.message_id for item in again] == [first, second]


def test_organisations_that_share_a_channel_take_turns(operation: Operation, settings: Settings) -> None:
    other = Operation(settings, operation.ring)
    mine = [queue(operation, operation.phone(), lane=Lane.BULK) for _ in range(50)]
    guest = other.phone()
    guest.channel = operation.sms
    theirs = queue(other, guest, lane=Lane.BULK)
    first = {item.message_id for item in claim(operation, limit=10)}
    other.drains.close()
    assert theirs in first
    assert len(first & set(mine)) >= 5


def test_a_stop_that_comes_before_the_claim_is_honoured(operation: Operation) -> None:
    phone = operation.phone()
    message = queue(operation, phone)
    phone.says("STOP")
    sent = [item.out.text for item in claim(operation, now=clock.now()) if item.message_id == message]
    assert sent == []
    assert status(operation, message) == "opted_out"


def test_the_confirmation_of_stop_leaves_although_the_person_stopped(operation: Operation) -> None:
    phone = operation.phone()
    phone.says("STOP")
    assert len(claim(operation, now=clock.now())) == 1


def test_what_waited_too_long_expires_with_a_reason(operation: Operation) -> None:
    message = queue(operation, operation.phone())
    assert claim(operation, now=NOW + timedelta(hours=25)) == []
    assert status(operation, message) == "expired"
    assert operation.one("SELECT reason FROM message_out WHERE id = %s", message) == "it waited too long"


def test_a_temporary_refusal_is_tried_again_later_and_fails_in_the_end(operation: Operation) -> None:
    message = queue(operation, operation.phone())
    now = NOW
    for attempt in range(len(outbox.BACKOFF) + 1):
        (claimed,) = claim(operation, now=now)
        assert claimed.attempts == attempt + 1
        record(operation, refused(claimed, Refusal.TEMPORARY), now=now)
        assert claim(operation, now=now + timedelta(seconds=1)) == []
        with operation.connect() as connection:
            connection.execute("UPDATE pending_out SET due_at = %s", [now])
            connection.commit()
    assert status(operation, message) == "failed"
    assert operation.one("SELECT count(*) FROM pending_out") == 0


def test_throttling_waits_as_long_as_asked_and_uses_up_no_attempt(operation: Operation) -> None:
    queue(operation, operation.phone())
    now = NOW
    for _ in range(20):
        (claimed,) = claim(operation, now=now)
        record(operation, refused(claimed, Refusal.THROTTLED, retry_after=30), now=now)
        assert claim(operation, now=now + timedelta(seconds=29)) == []
        now += timedelta(seconds=31)
    assert claim(operation, now=now)[0].attempts == 1


@pytest.mark.parametrize(
    ("refusal", "ends_as"),
    [
        (Refusal.PERMANENT, "failed"),
        (Refusal.OPTED_OUT, "opted_out"),
        (Refusal.INVALID_NUMBER, "invalid_number"),
        (Refusal.BLOCKED, "failed"),
    ],
)
def test_a_final_refusal_ends_the_message_and_is_remembered(
    operation: Operation, refusal: Refusal, ends_as: str
) -> None:
    phone = operation.phone()
    first = queue(operation, phone)
    record(operation, refused(claim(operation)[0], refusal))
    assert status(operation, first) == ends_as
    second = queue(operation, phone)
    claimed = claim(operation)
    if refusal is Refusal.PERMANENT:
        assert [item.message_id for item in claimed] == [second]
    else:
        assert claimed == [], "the address is known to be closed"


def test_a_lost_sender_leaves_an_uncertain_message_that_is_not_sent_again_by_itself(
    operation: Operation,
) -> None:
    message = queue(operation, operation.phone())
    claim(operation)
    later = NOW + LEASE + timedelta(seconds=1)
    with operation.connect() as connection:
        assert outbox.expire_leases(connection, now=later) == 1
        connection.commit()
    assert status(operation, message) == "uncertain"
    assert claim(operation, now=later) == []


def doubtful(operation: Operation, *, lane: Lane = Lane.REPLY) -> tuple[UUID, Claimed]:
    message = queue(operation, operation.phone(), lane=lane)
    (claimed,) = claim(operation)
    record(operation, refused(claimed, Refusal.UNCERTAIN))
    return message, claimed


def settle(operation: Operation, found: list[Sent] | None) -> list[str]:
    with operation.connect() as connection:
        waiting = outbox.doubts(
            connection, operation.ring, operation.sms, before=NOW, now=NOW, limit=10, callback_url="u"
        )
        decided = [outbox.settle(connection, doubt, found, now=NOW) for doubt in waiting]
        connection.commit()
    return [str(item) for item in decided]


def test_an_uncertain_message_that_the_provider_has_is_sent(operation: Operation) -> None:
    message, _ = doubtful(operation)
    assert status(operation, message) == "uncertain"
    assert settle(operation, [Sent("SM9")]) == ["sent"]
    assert operation.rows("SELECT status, external_id FROM message_out WHERE id = %s", message) == [
        ("sent", "SM9")
    ]
    assert claim(operation) == []


def test_an_uncertain_message_that_the_provider_does_not_have_goes_again(operation: Operation) -> None:
    message, _ = doubtful(operation, lane=Lane.BULK)
    assert settle(operation, []) == ["queued"]
    assert [item.message_id for item in claim(operation)] == [message]


def test_a_reply_of_unknown_fate_goes_once_more_and_not_twice(operation: Operation) -> None:
    message, _ = doubtful(operation)
    assert settle(operation, None) == ["queued"]
    (again,) = claim(operation)
    record(operation, refused(again, Refusal.UNCERTAIN))
    assert settle(operation, None) == ["uncertain"]
    assert claim(operation) == []
    assert operation.rows("SELECT status, resent FROM message_out WHERE id = %s", message) == [
        ("uncertain", True)
    ]


def test_a_broadcast_of_unknown_fate_is_not_sent_again(operation: Operation) -> None:
    message, _ = doubtful(operation, lane=Lane.BULK)
    assert settle(operation, None) == ["uncertain"]
    assert claim(operation) == []
    assert status(operation, message) == "uncertain"


def test_the_providers_copy_of_another_message_with_the_same_words_settles_nothing(
    operation: Operation,
) -> None:
    phone = operation.phone()
    first = queue(operation, phone)
    (sent,) = claim(operation)
    record(operation, Outcome(sent, sent=Sent("SM1")))
    second = queue(operation, phone)
    (lost,) = claim(operation)
    record(operation, refused(lost, Refusal.UNCERTAIN))
    assert settle(operation, [Sent("SM1")]) == ["queued"]
    assert status(operation, first) == "sent"
    assert status(operation, second) == "queued"


def test_a_report_that_overtakes_the_senders_own_record_is_not_undone(operation: Operation) -> None:
    message = queue(operation, operation.phone())
    (claimed,) = claim(operation)
    with operation.connect() as connection:
        report = Report(str(message), "SM1", Delivery.DELIVERED, "delivered")
        assert reports.record(connection, operation.sms.id, report, now=NOW)
        connection.commit()
    record(operation, Outcome(claimed, sent=Sent("SM1")))
    assert status(operation, message) == "delivered"
    record(operation, refused(claimed, Refusal.UNCERTAIN))
    assert status(operation, message) == "delivered"
    assert claim(operation) == []


def test_a_batch_that_is_written_twice_queues_nothing_twice(operation: Operation) -> None:
    phone = operation.phone()
    phone.sends("HELP")
    with operation.connect() as connection:
        waiting = connection.execute("SELECT seq, message_id, contact_id, slot FROM pending_in").fetchall()
    operation.handle()
    with operation.connect() as connection:
        for row in waiting:
            connection.execute(
                "INSERT INTO pending_in (message_id, contact_id, slot, due_at) VALUES (%s, %s, %s, now())",
                [row[1], row[2], row[3]],
            )
        connection.commit()
    operation.handle()
    assert operation.one("SELECT count(*) FROM message_out WHERE contact_id = %s", phone.contact_id) == 1
    assert operation.one("SELECT count(*) FROM pending_out") == 1


@pytest.fixture(autouse=True)
def clean(settings: Settings) -> None:
    with db.connect(settings, role=db.DatabaseRole.OWNER) as connection:
        connection.execute("TRUNCATE pending_in, pending_out, opt_out")
        connection.commit()
