"""Delivery reports: in any order and as often as they come, a message only ever moves forward."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import clock, db
from gateway.channels.base import Delivery, Report
from gateway.models.messages import RANK, Status
from gateway.services import reports
from tests.integration.core.queues import in_queue, queue, status

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ENDS = [word for word in Delivery if RANK[reports.STATUS[word]] == RANK[Status.DELIVERED]]
several = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def report(message_id, word, **more):
    return Report(str(message_id), more.pop("external_id", "SM1"), word, str(word).upper(), **more)


def record(operation, message_id, *words, channel=None, now=NOW, **more):
    with operation.connect() as connection:
        channel_id = (channel or operation.sms).id
        found = [
            reports.record(connection, channel_id, report(message_id, word, **more), now=now)
            for word in words
        ]
        connection.commit()
    return found


def stands(operation, message_id):
    return operation.rows(
        "SELECT status, rank, reason, external_id, sent_at, done_at FROM message_out WHERE id = %s",
        message_id,
    )[0]


def kept(operation, message_id):
    rows = operation.rows(
        "SELECT status, provider_status, code, counted FROM delivery_report WHERE message_id = %s ORDER BY received_at",
        message_id,
    )
    return {row[0]: row[1:] for row in rows}


def opt_outs(operation, phone):
    return operation.rows(
        "SELECT source, lifted_at FROM opt_out o JOIN contact_urn u USING (organisation_id, address_index)"
        " WHERE u.id = %s ORDER BY opted_out_at",
        phone.urn_id,
    )


@pytest.fixture
def phone(operation):
    return operation.phone()


# ---------------------------------------------------------------------- forward only


@several
@given(st.lists(st.sampled_from(Delivery), max_size=12))
def test_no_order_and_no_repetition_of_reports_moves_a_message_back(operation, phone, words):
    message = queue(operation, phone)
    ranks, seen_end = [0], None
    for word in words:
        (changed,) = record(operation, message, word)
        now_stands, rank, *_ = stands(operation, message)
        assert changed == (rank > ranks[-1])
        ranks.append(rank)
        if seen_end is None and rank == RANK[Status.DELIVERED]:
            seen_end = now_stands
        if rank == RANK[Status.DELIVERED]:
            assert now_stands == seen_end, "the first end stands"
    assert ranks == sorted(ranks)
    assert ranks[-1] == max([0, *(RANK[reports.STATUS[word]] for word in words)])
    assert set(kept(operation, message)) == set(words)


@several
@given(st.lists(st.sampled_from(Delivery), min_size=1, max_size=6), st.randoms())
def test_the_order_of_reports_decides_nothing_but_between_ends(operation, phone, words, dice):
    in_order, shuffled = queue(operation, phone), queue(operation, phone)
    record(operation, in_order, *words)
    others = list(words)
    dice.shuffle(others)
    record(operation, shuffled, *others)
    assert stands(operation, in_order)[1] == stands(operation, shuffled)[1]
    assert set(kept(operation, in_order)) == set(kept(operation, shuffled))


@pytest.mark.parametrize("word", Delivery)
def test_each_report_is_kept_once_with_the_providers_words(operation, phone, word):
    message = queue(operation, phone)
    assert record(operation, message, word, word, word, code="30008") == [True, False, False]
    assert kept(operation, message) == {str(word): (str(word).upper(), "30008", True)}
    assert status(operation, message) == reports.STATUS[word]


def test_a_report_that_came_too_late_is_kept_and_marked(operation, phone):
    message = queue(operation, phone)
    assert record(operation, message, Delivery.DELIVERED, Delivery.SENT, Delivery.FAILED) == [
        True,
        False,
        False,
    ]
    assert {word: row[2] for word, row in kept(operation, message).items()} == {
        "delivered": True,
        "sent": False,
        "failed": False,
    }
    assert status(operation, message) == Status.DELIVERED


def test_a_report_fills_in_what_its_sender_could_not_write_down(operation, phone):
    message = queue(operation, phone)
    record(operation, message, Delivery.SENT, external_id="SM7", at=NOW)
    _, _, _, external_id, sent_at, done_at = stands(operation, message)
    assert (external_id, sent_at, done_at) == ("SM7", NOW, None)
    later = NOW + timedelta(minutes=1)
    record(operation, message, Delivery.DELIVERED, external_id="SM8", now=later)
    _, _, _, external_id, sent_at, done_at = stands(operation, message)
    assert (external_id, sent_at, done_at) == ("SM7", NOW, later)


def test_the_code_of_a_failure_is_kept_for_staff(operation, phone):
    message = queue(operation, phone)
    record(operation, message, Delivery.FAILED, code="30005")
    assert stands(operation, message)[:3] == (Status.FAILED, RANK[Status.FAILED], "30005")


def test_two_reports_at_once_are_kept_one_after_the_other(operation, phone):
    message = queue(operation, phone)
    with operation.connect() as first, operation.connect() as second:
        reports.record(first, operation.sms.id, report(message, Delivery.DELIVERED), now=NOW)
        second.execute("SET lock_timeout = '100ms'")
        with pytest.raises(db.psycopg.errors.LockNotAvailable):
            reports.record(second, operation.sms.id, report(message, Delivery.FAILED), now=NOW)
        second.rollback()
        first.commit()
        assert not reports.record(second, operation.sms.id, report(message, Delivery.FAILED), now=NOW)
        second.commit()
    assert status(operation, message) == Status.DELIVERED


# ---------------------------------------------------------------------- whose report


def everything(operation):
    tables = ("message_out", "pending_out", "delivery_report", "opt_out", "contact_urn")
    return {table: sorted(map(str, operation.rows(f"SELECT * FROM {table}"))) for table in tables}


@pytest.mark.parametrize("message_id", [None, "", "SM1", "not an id", "0190aaaa-0000-7000-8000-000000000001"])
def test_a_report_of_no_message_of_ours_changes_nothing(operation, phone, message_id):
    queue(operation, phone)
    before = everything(operation)
    with operation.connect() as connection:
        for word in Delivery:
            given_report = Report(message_id, "SM1", word, str(word))
            assert not reports.record(connection, operation.sms.id, given_report, now=NOW)
        connection.commit()
    assert everything(operation) == before


def test_a_report_that_comes_by_another_channel_changes_nothing(operation, phone):
    message = queue(operation, phone)
    before = everything(operation)
    assert record(operation, message, *Delivery, channel=operation.messenger) == [False] * len(Delivery)
    assert everything(operation) == before


# ---------------------------------------------------------------------- the queue


@pytest.mark.parametrize("word", Delivery)
def test_a_message_that_its_provider_speaks_of_is_not_sent_again(operation, phone, word):
    message = queue(operation, phone, uncertain_since=clock.now())
    other = queue(operation, phone)
    record(operation, message, word)
    assert in_queue(operation, message) is None
    assert in_queue(operation, other) is not None


def test_even_a_late_report_takes_its_message_off_the_queue(operation, phone):
    message = queue(operation, phone)
    record(operation, message, Delivery.DELIVERED)
    with operation.connect() as connection:
        connection.execute(
            "INSERT INTO pending_out (message_id, channel_id, organisation_id, contact_id, lane, segments, due_at,"
            " expires_at) SELECT id, channel_id, organisation_id, contact_id, 0, 1, now(), now() FROM message_out"
            " WHERE id = %s",
            [message],
        )
        connection.commit()
    assert record(operation, message, Delivery.SENT) == [False]
    assert in_queue(operation, message) is None


# ---------------------------------------------------------------------- what it says of the address


def test_a_person_who_stopped_at_the_provider_is_opted_out_once(operation, phone):
    for _ in range(2):
        record(operation, queue(operation, phone), Delivery.OPTED_OUT, Delivery.OPTED_OUT, code="21610")
    assert opt_outs(operation, phone) == [("provider", None)]


@pytest.mark.parametrize("earlier", ENDS)
def test_an_opt_out_is_written_down_even_when_the_report_comes_too_late(operation, phone, earlier):
    message = queue(operation, phone)
    record(operation, message, earlier)
    record(operation, message, Delivery.OPTED_OUT)
    assert opt_outs(operation, phone) == [("provider", None)]


def test_a_repeated_report_does_not_opt_out_a_person_who_came_back(operation, phone):
    message = queue(operation, phone)
    record(operation, message, Delivery.OPTED_OUT)
    with operation.connect() as connection:
        connection.execute("UPDATE opt_out SET lifted_at = now(), lifted_by = 'keyword'")
        connection.commit()
    record(operation, message, Delivery.OPTED_OUT)
    ((source, lifted_at),) = opt_outs(operation, phone)
    assert source == "provider"
    assert lifted_at is not None
    record(operation, queue(operation, phone), Delivery.OPTED_OUT)
    assert Counter(lifted is None for _, lifted in opt_outs(operation, phone)) == {False: 1, True: 1}


@pytest.mark.parametrize("earlier", [[], [Delivery.FAILED]])
def test_a_number_that_does_not_exist_is_not_written_to_again(operation, phone, earlier):
    message, other = queue(operation, phone), operation.phone()
    record(operation, message, *earlier, Delivery.INVALID_NUMBER)
    reachable = dict(operation.rows("SELECT id, reachable FROM contact_urn"))
    assert (reachable[phone.urn_id], reachable[other.urn_id]) == (False, True)
    assert opt_outs(operation, phone) == []


@pytest.mark.parametrize(
    "word", [word for word in Delivery if word not in {Delivery.OPTED_OUT, Delivery.INVALID_NUMBER}]
)
def test_other_reports_say_nothing_of_the_address(operation, phone, word):
    record(operation, queue(operation, phone), word)
    assert opt_outs(operation, phone) == []
    assert operation.one("SELECT reachable FROM contact_urn WHERE id = %s", phone.urn_id) is True


def test_a_report_and_what_it_says_of_the_address_are_kept_together_or_not_at_all(operation, phone):
    message = queue(operation, phone)
    with operation.connect() as connection:
        connection.execute("SET lock_timeout = '100ms'")
        connection.commit()
        with operation.connect() as other:
            other.execute("SELECT 1 FROM contact_urn WHERE id = %s FOR UPDATE", [phone.urn_id])
            connection.autocommit = True
            with pytest.raises(db.psycopg.errors.LockNotAvailable):
                reports.record(
                    connection, operation.sms.id, report(message, Delivery.INVALID_NUMBER), now=NOW
                )
        assert kept(operation, message) == {}
        assert in_queue(operation, message) is not None
        assert reports.record(connection, operation.sms.id, report(message, Delivery.INVALID_NUMBER), now=NOW)
    assert operation.one("SELECT reachable FROM contact_urn WHERE id = %s", phone.urn_id) is False
