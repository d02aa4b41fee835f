"""What people send is stored once, in order, sealed, and under one contact, however it arrives."""

import json
import secrets
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.channels.base import (
    Attachment,
    Delivery,
    Event,
    EventKind,
    MediaKind,
    Place,
    Received,
    Report,
)
from gateway.models.contacts import SLOTS
from gateway.services import contents, inbox
from tests.integration.core.queues import queue, status

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
URN = "tel:+923000000000"
CANARY = "canary +92 300 گھر"


def store(operation, received, *, channel=None, now=NOW):
    with operation.connect() as connection:
        stored = inbox.store(connection, operation.ring, channel or operation.sms, received, now=now)
        connection.commit()
    return stored


def everything(operation):
    tables = ("contact", "contact_urn", "message_in", "pending_in")
    return {table: sorted(map(str, operation.rows(f"SELECT * FROM {table}"))) for table in tables}


def count(operation, table):
    found: int = operation.one(f"SELECT count(*) FROM {table} WHERE organisation_id = %s", operation.id)
    return found


def waiting(operation, contact_id):
    rows = operation.rows("SELECT message_id FROM pending_in WHERE contact_id = %s ORDER BY seq", contact_id)
    return [row[0] for row in rows]


# ---------------------------------------------------------------------- once


def test_the_first_message_of_a_number_makes_a_contact_and_waits_to_be_handled(operation):
    stored = store(operation, Received("SM1", URN, "1", sent_at=NOW - timedelta(seconds=9)))
    assert stored.new
    assert stored.slot == stored.contact_id.int % SLOTS
    assert waiting(operation, stored.contact_id) == [stored.message_id]
    row = operation.rows(
        "SELECT organisation_id, channel_id, contact_id, external_id, sent_at, received_at FROM message_in"
        " WHERE id = %s",
        stored.message_id,
    )[0]
    ours = (operation.id, operation.sms.id, stored.contact_id)
    assert row == (*ours, "SM1", NOW - timedelta(seconds=9), NOW)


def test_a_message_that_is_delivered_again_changes_nothing_and_gives_the_same(operation):
    first = store(operation, Received("SM1", URN, "1"))
    before = everything(operation)
    for text in ("1", "another text under the same id"):
        again = store(operation, Received("SM1", URN, text), now=NOW + timedelta(hours=1))
        assert (again.message_id, again.contact_id, again.slot) == (
            first.message_id,
            first.contact_id,
            first.slot,
        )
        assert not again.new
    assert everything(operation) == before


def test_a_message_that_is_delivered_again_after_it_was_handled_does_not_wait_again(operation):
    first = store(operation, Received("SM1", URN, "1"))
    with operation.connect() as connection:
        connection.execute("DELETE FROM pending_in")
        connection.commit()
    assert not store(operation, Received("SM1", URN, "1")).new
    assert waiting(operation, first.contact_id) == []


def test_the_same_words_under_another_id_are_another_message(operation):
    """A second "1" answers the next question."""
    first = store(operation, Received("SM1", URN, "1"))
    second = store(operation, Received("SM2", URN, "1"))
    assert second.new
    assert second.contact_id == first.contact_id
    assert waiting(operation, first.contact_id) == [first.message_id, second.message_id]


def test_the_same_id_on_another_channel_is_another_message(operation):
    first = store(operation, Received("1", URN, "1"))
    second = store(operation, Received("1", URN, "1"), channel=operation.messenger)
    assert second.new
    assert second.contact_id == first.contact_id


def test_a_message_is_stored_once_when_it_is_stored_twice_in_one_transaction(operation):
    with operation.connect() as connection:
        found = [
            inbox.store(connection, operation.ring, operation.sms, Received("SM1", URN, "1"), now=NOW)
            for _ in range(2)
        ]
        connection.commit()
    assert [one.new for one in found] == [True, False]
    assert len({one.message_id for one in found}) == 1


# ---------------------------------------------------------------------- at once


def at_the_same_time(*works):
    """Start together; the errors of all."""
    ready = threading.Barrier(len(works))
    errors = []

    def run(work):
        ready.wait()
        try:
            work()
        except psycopg.Error as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.parametrize("autocommit", [True, False])
def test_first_messages_of_a_new_number_that_arrive_at_once_make_one_contact(operation, autocommit):
    for turn in range(10):
        found = []

        def work(number, urn=f"tel:+92300000{turn:04}", found=found):
            with operation.connect() as connection:
                connection.autocommit = autocommit
                received = Received(f"{urn} {number}", urn, "hello")
                found.append(inbox.store(connection, operation.ring, operation.sms, received, now=NOW))

        assert at_the_same_time(*(lambda number=number: work(number) for number in range(3))) == []
        assert len({one.contact_id for one in found}) == 1
        assert len({one.message_id for one in found}) == 3
    assert count(operation, "contact") == count(operation, "contact_urn") == 10


def test_one_message_that_is_delivered_twice_at_once_is_stored_once(operation):
    for turn in range(10):
        found = []

        def work(turn=turn, found=found):
            with operation.connect() as connection:
                connection.autocommit = True
                received = Received(f"SM{turn}", f"tel:+92300000{turn % 3:04}", "hello")
                found.append(inbox.store(connection, operation.ring, operation.sms, received, now=NOW))

        assert at_the_same_time(work, work, work) == []
        assert sorted(one.new for one in found) == [False, False, True]
        assert len({one.message_id for one in found}) == 1
    assert count(operation, "message_in") == 10


# ---------------------------------------------------------------------- in order


def test_a_persons_messages_wait_in_the_order_they_were_stored(operation):
    people = [f"tel:+92300000{number:04}" for number in range(5)]
    stored = [
        store(
            operation,
            Received(f"SM{number}", people[number % 5], str(number)),
            now=NOW - timedelta(days=number),
        )
        for number in range(50)
    ]
    for urn in range(5):
        mine = [one for place, one in enumerate(stored) if place % 5 == urn]
        assert waiting(operation, mine[0].contact_id) == [one.message_id for one in mine]
        assert {one.slot for one in mine} == {mine[0].slot}


# ---------------------------------------------------------------------- what is kept


def opened(operation, stored):
    blob = operation.one("SELECT content_sealed FROM message_in WHERE id = %s", stored.message_id)
    return contents.open_in(operation.ring, stored.message_id, blob)


def test_everything_a_person_sent_can_be_read_again(operation):
    received = Received(
        "SM1",
        URN,
        CANARY,
        choice="yes",
        start_token="t0ken",
        attachments=(
            Attachment(MediaKind.IMAGE, "file-1", "image/jpeg", 7),
            Attachment(MediaKind.AUDIO, "file-2"),
        ),
        place=Place(33.5, -71.25),
        opt_out="stop",
        shared_phone="+923001234567",
    )
    said = opened(operation, store(operation, received))
    assert (said.text, said.choice, said.start_token, said.opt_out) == (CANARY, "yes", "t0ken", "stop")
    assert (said.place, said.shared_phone) == ((33.5, -71.25), "+923001234567")
    assert said.attachments == [
        {"kind": "image", "ref": "file-1", "content_type": "image/jpeg", "size": 7},
        {"kind": "audio", "ref": "file-2", "content_type": None, "size": None},
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), urn=st.integers(1, 999))
def test_any_text_a_phone_can_send_is_stored_and_read_again(operation, text, urn):
    place = operation.one("SELECT count(*) FROM message_in")
    said = opened(operation, store(operation, Received(f"SM{place}", f"telegram:{urn}", text)))
    assert said.text == text


def test_half_a_character_does_not_hold_up_everybodys_messages(operation):
    """JSON may hold half of an emoji; a provider would deliver a refused message for ever."""
    text = json.loads('"so \\ud83d sad"')
    stored = store(operation, Received("1", "telegram:1", text, display_name="A\ud800"))
    assert opened(operation, stored).text == "so \ufffd sad"


@pytest.mark.parametrize(
    "external_id", [secrets.token_hex(10_000), "nul \0 in it", "half \ud83d"], ids=["long", "nul", "half"]
)
def test_an_id_that_no_column_can_hold_is_kept_as_its_digest(operation, external_id):
    first = store(operation, Received(external_id, URN, "1"))
    again = store(operation, Received(external_id, URN, "1"))
    other = store(operation, Received(external_id + "x", URN, "1"))
    assert (first.new, again.new, other.new) == (True, False, True)
    assert again.message_id == first.message_id


def test_nothing_in_the_database_shows_who_wrote_what(operation, servers):
    received = Received(
        "SM1", "tel:+923009998887", CANARY, display_name="Canary Khan", shared_phone="+923009998886"
    )
    store(operation, received)
    for table in ("contact", "contact_urn", "message_in", "pending_in"):
        written = str(operation.rows(f"SELECT * FROM {table}")).lower()
        for secret in ("canary", "9998887", "9998886", "khan"):
            assert secret not in written, table


# ---------------------------------------------------------------------- addresses


def test_an_address_is_known_by_its_index_and_made_once(operation):
    with operation.connect() as connection:
        first = inbox.know(connection, operation.ring, operation.id, URN, name="Amina", language="urd")
        again = inbox.know(
            connection, operation.ring, operation.id, URN, name="Somebody else", language="eng"
        )
        other = inbox.know(connection, operation.ring, operation.id, URN + "1")
        connection.commit()
    assert first == again
    assert other[0] != first[0]
    name, language = operation.rows("SELECT name_sealed, language FROM contact WHERE id = %s", first[0])[0]
    assert operation.ring.open(inbox.NAME, first[0], name) == "Amina"
    assert language == "urd"
    scheme, address = operation.rows(
        "SELECT scheme, address_sealed FROM contact_urn WHERE id = %s", first[1]
    )[0]
    assert (scheme, operation.ring.open(inbox.ADDRESS, first[1], address)) == ("tel", URN)


def test_the_same_number_is_another_contact_for_another_organisation(operation, settings, ring):
    from tests.integration.operation import Operation

    other = Operation(settings, ring)
    try:
        mine, theirs = store(operation, Received("1", URN, "1")), store(other, Received("1", URN, "1"))
        assert mine.contact_id != theirs.contact_id
    finally:
        other.drains.close()


def test_a_person_who_blocks_us_is_unreachable_until_they_unblock_us(operation):
    store(operation, Received("1", "telegram:1", "hi"))
    store(operation, Received("2", "telegram:2", "hi"))

    def note(kind):
        with operation.connect() as connection:
            inbox.note_event(connection, operation.ring, operation.id, Event(kind, "telegram:1", "3"))
            connection.commit()
        rows = operation.rows(
            "SELECT reachable FROM contact_urn WHERE organisation_id = %s ORDER BY id", operation.id
        )
        return [row[0] for row in rows]

    assert note(EventKind.BLOCKED) == [False, True]
    assert note(EventKind.UNBLOCKED) == [True, True]


def test_one_request_may_bring_messages_reports_and_events_and_wakes_only_for_what_is_new(operation):
    phone = operation.phone()
    message = queue(operation, phone)
    items = [
        Received("1", "telegram:1", "hi"),
        Report(str(message), "SM1", Delivery.DELIVERED, "delivered"),
        Event(EventKind.BLOCKED, "telegram:1", "3"),
        Received("2", "telegram:2", "hi"),
    ]

    def keep():
        with operation.connect() as connection:
            slots = inbox.keep(connection, operation.ring, operation.sms, items, now=NOW)
            connection.commit()
        return slots

    slots = keep()
    rows = operation.rows(
        "SELECT slot FROM contact_urn WHERE scheme = 'telegram' AND organisation_id = %s", operation.id
    )
    assert slots == {row[0] for row in rows}
    assert status(operation, message) == "delivered"
    assert keep() == set()
