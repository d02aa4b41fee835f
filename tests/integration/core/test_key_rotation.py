"""Rotating keys under a running system: everything stays readable, nothing new is lost, old keys go in the end."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from gateway import db, ids, rekey
from gateway.channels.base import Received, Webhook
from gateway.crypto import DATA, SEALED, Keyring, key_of
from gateway.errors import CannotStart
from gateway.services import audit, contents, inbox, keys
from gateway.services.channels import CONFIG, NewChannel, create
from gateway.settings import Settings
from gateway.spool import Kept, Spool

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PEOPLE = 7
CHANGING = [column for column in keys.COLUMNS if not column.fixed]


@pytest.fixture
def database(servers, template):
    """A migrated database of the test's own: keys are a whole database's."""
    name = f"rotated_{ids.new().hex}"
    with psycopg.connect(servers.admin_url, autocommit=True) as administrator:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER paigham")
        administrator.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        yield servers.database_url.replace("/paigham?", f"/{name}?")
        administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def quiet(place, changed):
    """Hear of each column, and say nothing."""
    assert changed >= 0, place


def column_of(place):
    return next(column for column in CHANGING if column.place == place)


@dataclass
class House:
    """A database with something in every sealed column, and the ring's file."""

    settings: Settings
    ring: Keyring

    def connect(self):
        return db.connect(self.settings)

    def rows(self, column):
        with self.connect() as connection:
            return [row for batch in keys.walk(connection, column, batch=3) for row in batch]

    def texts(self, ring):
        """All that is stored, opened."""
        return {
            (column.table, column.name, *row[2:]): ring.open(column.place, row[0], row[1])
            for column in CHANGING
            for row in self.rows(column)
        }

    def classes(self, ring):
        return {
            (column.table, column.name, *row[2:]): ring.class_by_id[key_of(row[1])]
            for column in CHANGING
            for row in self.rows(column)
        }

    def in_use(self):
        with self.connect() as connection:
            return {key_id for key_id, count in keys.in_use(connection).items() if count}

    def rotate(self, report=quiet):
        return rekey.rotate(self.settings, report)


@pytest.fixture
def house(database, tmp_path):
    path = tmp_path / "keys.json"
    Keyring.create(path)
    settings = Settings(database_url=database, data=tmp_path, key_file=str(path))
    ring = Keyring.open_file(path)
    made = House(settings, ring)
    with made.connect() as connection:
        db.check_keys(connection, ring)
        fill(connection, ring)
        connection.commit()
    return made


def fill(connection, ring):
    organisation_id = ids.new()
    connection.execute("INSERT INTO organisation (id, code, name) VALUES (%s, 'o', 'O')", [organisation_id])
    new = NewChannel("simulator", "Phones", "+92", {"secret": "s"})
    channel_id = create(connection, ring, organisation_id, new)
    insert(
        connection,
        "staff",
        id=(staff_id := ids.new()),
        organisation_id=organisation_id,
        role="admin",
        email_index=b"e",
        email_sealed=ring.seal("staff.email", staff_id, "staff@example.org"),
        name_sealed=ring.seal("staff.name", staff_id, "Staff"),
        totp_sealed=ring.seal("staff.totp", staff_id, "secret"),
    )
    for number in range(PEOPLE):
        account(connection, ring, staff_id, number)
    for number in range(PEOPLE):
        person(connection, ring, organisation_id, channel_id, number)


def account(connection, ring, staff_id, number):
    """What members of staff keep: a view of a list, a passkey, and what is remembered between two requests."""
    view_id, passkey_id, ticket_id = (ids.new() for _ in range(3))
    insert(
        connection,
        "saved_view",
        id=view_id,
        staff_id=staff_id,
        list="staff.contacts",
        query=f"page={number}",
        name_sealed=ring.seal("saved_view.name", view_id, f"view {number}"),
    )
    insert(
        connection,
        "staff_credential",
        id=passkey_id,
        staff_id=staff_id,
        credential_id=passkey_id.bytes,
        public_key=b"k",
        sign_count=0,
        name_sealed=ring.seal("staff_credential.name", passkey_id, f"phone {number}"),
    )
    insert(
        connection,
        "staff_ticket",
        id=ticket_id,
        secret_hash=ticket_id.bytes,
        state_sealed=ring.seal("staff_ticket.state", ticket_id, f"state {number}"),
        expires_at=NOW,
    )


def person(connection, ring, organisation_id, channel_id, number):
    """One person with a message in and out, a run with two answers, and a sealed case."""
    from gateway.services import channels

    channel = channels.load(connection, ring, channel_id)
    received = Received(str(number), f"simulator:{number}", f"hello {number}", display_name=f"Name {number}")
    stored = inbox.store(connection, ring, channel, received, now=NOW)
    contact_id, message_id, run_id, session_id, case_id, note_id = (
        stored.contact_id,
        *(ids.new() for _ in range(5)),
    )
    fields = ring.seal("contact.fields", contact_id, json.dumps({"household": number}))
    connection.execute("UPDATE contact SET fields_sealed = %s WHERE id = %s", [fields, contact_id])
    who = {"organisation_id": organisation_id, "contact_id": contact_id}
    where = {"channel_id": channel_id, "urn_id": ids.new()}
    insert(
        connection,
        "message_out",
        id=message_id,
        step="s",
        language="eng",
        segments=1,
        lane=0,
        created_at=NOW,
        content_sealed=contents.seal_out(ring, message_id, f"answer {number}"),
        **who,
        **where,
    )
    insert(connection, "session", id=session_id, **who, **where)
    state = ring.seal("run.state", run_id, f"state {number}")
    insert(
        connection,
        "run",
        id=run_id,
        session_id=session_id,
        revision_id=ids.new(),
        language="eng",
        state_sealed=state,
        **who,
    )
    for place, question in enumerate(("name", "other")):
        answer_id = ids.derive(run_id, question)
        value = ring.seal("answer.value", answer_id, f"value {number}") if place else None
        insert(
            connection,
            "answer",
            run_id=run_id,
            question=question,
            id=answer_id,
            position=place,
            language="eng",
            answered_at=NOW,
            value_sealed=value,
            raw_sealed=ring.seal("answer.raw", answer_id, f"raw {number}"),
        )
        insert(
            connection,
            "answer_change",
            run_id=run_id,
            question=question,
            answer_id=answer_id,
            language="eng",
            answered_at=NOW,
            replaced_at=NOW,
            value_sealed=ring.seal("answer.value", answer_id, f"earlier value {number}"),
            raw_sealed=ring.seal("answer.raw", answer_id, f"earlier {number}"),
        )
    beside_a_run(connection, ring, run_id, who)
    insert(
        connection,
        "grievance",
        id=case_id,
        reference_index=case_id.bytes,
        reference_sealed=ring.seal("grievance.reference", case_id, f"REF{number}", key_class=SEALED),
        intake_channel="sms",
        sensitivity="high",
        priority="high",
        state="new",
        language="eng",
        codebook_version="1",
        received_at=NOW,
        receipt_due_at=NOW,
        triage_due_at=NOW,
        **who,
    )
    note = ring.seal("grievance_note.text", note_id, f"what happened {number}", key_class=SEALED)
    insert(connection, "grievance_note", id=note_id, grievance_id=case_id, text_sealed=note)
    detail = ring.seal(
        audit.DETAIL, ids.derive(organisation_id, f"audit {number}"), json.dumps({"n": number})
    )
    insert(
        connection,
        "audit",
        organisation_id=organisation_id,
        seq=number,
        at=NOW,
        actor="system",
        action="contact.read",
        object="x",
        detail_sealed=detail,
        previous=b"",
        hash=b"",
    )


def beside_a_run(connection, ring, run_id, who):
    """What else a run may leave: a reply that came too late, a service and what it was asked."""
    late_id, service_id, request_id = (ids.new() for _ in range(3))
    insert(
        connection,
        "late_reply",
        id=late_id,
        run_id=run_id,
        revision_id=ids.new(),
        question="q",
        type="integer",
        raw_sealed=ring.seal("late_reply.raw", late_id, f"late {late_id}"),
        matched="number",
        language="eng",
        message_id=late_id,
        ended_at=NOW,
        at=NOW,
        **who,
    )
    insert(
        connection,
        "misreading",
        id=late_id,
        organisation_id=who["organisation_id"],
        run_id=run_id,
        revision_id=ids.new(),
        question="q",
        language="eng",
        raw_sealed=ring.seal("misreading.raw", late_id, f"misread {late_id}"),
        at=NOW,
    )
    insert(
        connection,
        "outside_service",
        id=service_id,
        organisation_id=who["organisation_id"],
        code=str(service_id),
        url="https://example.org/",
        secret_sealed=ring.seal("outside_service.secret", service_id, f"secret {service_id}"),
    )
    insert(
        connection,
        "service_request",
        id=request_id,
        run_id=run_id,
        service="s",
        key="k",
        arguments_sealed=ring.seal("service_request.arguments", request_id, "{}"),
        answer_sealed=ring.seal("service_request.answer", request_id, "{}"),
        due_at=NOW,
        expires_at=NOW,
        **who,
    )


def insert(connection, table, **values):
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


# ---------------------------------------------------------------------- walking


def test_the_house_has_something_in_every_sealed_column(house):
    assert [column for column in CHANGING if not house.rows(column)] == []
    with house.connect() as connection:
        assert connection.execute("SELECT count(detail_sealed) FROM audit").fetchone() == (PEOPLE,)


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_every_value_of_a_column_is_walked_over_once(house, batch):
    for column in keys.COLUMNS:
        if column.fixed:
            continue
        with house.connect() as connection:
            walked = [row[2:] for rows in keys.walk(connection, column, batch=batch) for row in rows]
            total = connection.execute(f"SELECT count({column.name}) FROM {column.table}").fetchone()[0]
        assert len(walked) == len(set(walked)) == total > 0
        assert walked == sorted(walked)


# ---------------------------------------------------------------------- rotating


def test_after_a_rotation_everything_stands_under_the_new_keys_and_says_the_same(house):
    before, classes = house.texts(house.ring), house.classes(house.ring)
    rotated = house.rotate()
    assert house.texts(rotated) == before
    assert house.classes(rotated) == classes
    assert Counter(classes.values())[SEALED] == 2 * PEOPLE
    for column in CHANGING:
        assert {key_of(row[1]) for row in house.rows(column)} <= set(rotated.current.values()), column
    assert Keyring.open_file(house.ring.path) == rotated


def test_each_column_is_told_with_how_many_values_changed(house):
    told = Counter()
    house.rotate(lambda place, changed: told.update({place: changed}))
    assert told == Counter({f"{column.table}.{column.name}": len(house.rows(column)) for column in CHANGING})


def test_a_process_that_runs_since_before_reads_everything_and_learns_the_new_keys(house):
    seconds = [0.0]
    running = Keyring.open_file(house.ring.path, clock=lambda: seconds[0])
    before = house.texts(running)
    rotated = house.rotate()
    assert house.texts(running) == before
    seconds[0] += 60
    row = ids.new()
    assert key_of(running.seal("contact.name", row, "Amina")) == rotated.current[DATA]
    with house.connect() as connection:
        db.check_keys(connection, running)


def test_a_process_that_has_not_noticed_yet_may_still_write_and_nobody_loses_it(house):
    """It writes under the old key while the columns before have been done already."""
    slow = Keyring.from_json(house.ring.to_json())
    contact_id = house.rows(column_of("contact.name"))[0][0]
    blob = slow.seal("contact.name", contact_id, "written late")
    written = []

    def meanwhile(place, changed):
        if place == "answer.raw_sealed" and not written:
            written.append(changed)
            with house.connect() as connection:
                connection.execute("UPDATE contact SET name_sealed = %s WHERE id = %s", [blob, contact_id])
                connection.commit()

    rotated = house.rotate(meanwhile)
    texts = house.texts(rotated)
    assert texts["contact", "name_sealed", contact_id] == "written late"
    assert house.in_use() & set(house.ring.current.values()) == {house.ring.current[DATA]}, "only the audit's"
    assert {key_of(row[1]) for row in house.rows(column_of("contact.name"))} == {rotated.current[DATA]}


def test_a_value_that_changed_since_it_was_read_is_left_as_it_is(house):
    rotated = house.ring.rotated()
    column = column_of("contact.name")
    with house.connect() as connection, house.connect() as other:
        (rows,) = keys.walk(connection, column, batch=100)
        newer = house.ring.seal(column.place, rows[0][0], "newer")
        other.execute("UPDATE contact SET name_sealed = %s WHERE id = %s", [newer, rows[0][0]])
        other.execute("UPDATE contact SET name_sealed = NULL WHERE id = %s", [rows[1][0]])
        other.commit()
        assert keys.reseal(connection, rotated, column, rows) == PEOPLE
        connection.commit()
    after = {row[0]: rotated.open(column.place, row[0], row[1]) for row in house.rows(column)}
    assert after[rows[0][0]] == "newer"
    assert rows[1][0] not in after
    assert len(after) == PEOPLE - 1


def test_a_rotation_waits_for_nobody_who_holds_a_row_and_keeps_the_key_it_stands_under(house):
    column = column_of("run.state")
    held = house.rows(column)[0][0]
    with house.connect() as busy:
        busy.execute("SELECT 1 FROM run WHERE id = %s FOR UPDATE", [held])
        rotated = house.rotate()
    old = [row[0] for row in house.rows(column) if key_of(row[1]) == house.ring.current[DATA]]
    assert old == [held]
    assert house.texts(rotated)["run", "state_sealed", held] == "state 0"
    again = house.rotate()
    assert {key_of(row[1]) for row in house.rows(column)} == {again.current[DATA]}
    assert house.texts(again)["run", "state_sealed", held] == "state 0"


# ---------------------------------------------------------------------- forgetting


def test_the_second_rotation_forgets_the_oldest_keys_but_those_of_the_audit(house):
    first = house.rotate()
    assert set(house.ring.secrets_by_id) < set(first.secrets_by_id), "somebody may still write under them"
    second = house.rotate()
    assert set(second.secrets_by_id) == {
        house.ring.current[DATA],
        *first.current.values(),
        *second.current.values(),
    }
    assert house.texts(second)


def test_details_of_the_audit_stay_as_they_were_written_and_can_be_read(house):
    def details():
        with house.connect() as connection:
            return connection.execute(
                "SELECT organisation_id, seq, detail_sealed FROM audit ORDER BY seq"
            ).fetchall()

    before = details()
    for _ in range(3):
        rotated = house.rotate()
    assert details() == before
    for organisation_id, seq, blob in before:
        assert audit.detail_of(rotated, organisation_id, seq, blob) == {"n": seq}


def test_without_an_audit_the_oldest_keys_are_gone_for_good(house):
    with db.connect(house.settings, role=db.DatabaseRole.OWNER) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("DELETE FROM audit")
        connection.commit()
    house.rotate()
    second = house.rotate()
    assert not set(house.ring.secrets_by_id) & set(second.secrets_by_id)
    assert len(second.secrets_by_id) == 4
    assert house.texts(second)


def test_requests_that_wait_in_the_spool_keep_their_key(house):
    waiting = Spool(house.settings.spool, house.ring)
    webhook = Webhook.of("POST", "https://example.org/in/x/", {}, b"hello")
    waiting.put(Kept(UUID(int=1), webhook, NOW, verified=True))
    with db.connect(house.settings, role=db.DatabaseRole.OWNER) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute("DELETE FROM audit")
        connection.commit()
    house.rotate()
    second = house.rotate()
    assert house.ring.current[DATA] in second.secrets_by_id
    assert house.ring.current[SEALED] not in second.secrets_by_id
    found = []
    assert Spool(house.settings.spool, second).replay(found.append) == 1


# ---------------------------------------------------------------------- going wrong


def test_a_rotation_that_was_broken_off_is_simply_repeated(house):
    class BrokenOff(Exception):
        pass

    def stop(place, changed):
        if place == "message_in.content_sealed":
            raise BrokenOff

    before = house.texts(house.ring)
    with pytest.raises(BrokenOff):
        house.rotate(stop)
    half = Keyring.open_file(house.ring.path)
    assert house.texts(half) == before
    assert house.texts(house.rotate()) == before


def test_only_one_rotates_at_a_time(house):
    def another(place, changed):
        with pytest.raises(CannotStart, match="being rotated already"):
            house.rotate()

    rotated = house.rotate(another)
    assert Keyring.open_file(house.ring.path) == rotated
    assert house.texts(rotated)
    house.rotate()


def test_keys_from_the_environment_are_not_rotated(house):
    settings = replace(house.settings, keys=house.ring.to_json(), key_file="")
    with pytest.raises(CannotStart, match="keep them in a file"):
        rekey.rotate(settings, quiet)


def test_a_ring_of_another_database_is_not_rotated(house):
    stranger = Keyring.generate()
    stranger.write(house.ring.path)
    with pytest.raises(CannotStart, match="does not open this database"):
        house.rotate()
    assert Keyring.open_file(house.ring.path) == stranger


def test_a_damaged_value_stops_the_rotation_with_its_place_and_loses_nothing(house):
    column = column_of("grievance_note.text")
    row_id, blob = house.rows(column)[0][:2]
    with house.connect() as connection:
        damaged = blob[:-1] + bytes([blob[-1] ^ 1])
        connection.execute("UPDATE grievance_note SET text_sealed = %s WHERE id = %s", [damaged, row_id])
        connection.commit()
    with pytest.raises(Exception, match=f"grievance_note.text of {row_id} does not open"):
        house.rotate()
    assert set(house.ring.secrets_by_id) <= set(Keyring.open_file(house.ring.path).secrets_by_id)


def test_a_channels_settings_open_after_two_rotations(house):
    house.rotate()
    second = house.rotate()
    with house.connect() as connection:
        row_id, blob = connection.execute("SELECT id, config_sealed FROM channel").fetchone()
    assert json.loads(second.open(CONFIG, row_id, blob)) == {"secret": "s"}
