"""What a stranger who took over the exposed process could do in the database: tried as the role that it works as."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from gateway import clock, db, ids
from gateway.channels.base import Delivery, Event, EventKind, Received, Report
from gateway.crypto import Keyring
from gateway.db import Connection, DatabaseRole
from gateway.errors import CannotStart
from gateway.models import Base
from gateway.services import inbox
from gateway.settings import Settings
from tests.integration.operation import Operation

CONFIG = ("channel", "config_sealed")  # signatures are checked with it
SEALED = sorted(
    (table.name, column.name)
    for table in Base.metadata.tables.values()
    for column in table.c
    if column.name.endswith(("_sealed", "_secret", "password", "_hash", "token"))
    and (table.name, column.name) != CONFIG
)
READABLE = {
    "alembic_version",
    "channel",
    "contact_urn",
    "message_in",
    "message_out",
    "pending_out",
    "delivery_report",
}
WRITTEN = READABLE | {"contact", "pending_in", "opt_out", "trigger_event"}
TABLES = sorted(Base.metadata.tables)


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    made.phone().says("PROBLEM")
    yield made
    made.drains.close()


@pytest.fixture
def stranger(settings: Settings, operation: Operation) -> Iterator[Connection]:
    """A connection like the exposed process's own, to a database in which people have talked."""
    with db.connect(settings, role=DatabaseRole.WEBHOOKS) as connection:
        yield connection
        connection.rollback()


def test_there_is_something_to_steal() -> None:
    assert len(SEALED) > 8
    assert {"message_in", "contact", "staff"} < {table for table, _ in SEALED}


def test_no_sealed_column_can_be_read(stranger: Connection) -> None:
    for table, column in SEALED:
        with pytest.raises(errors.InsufficientPrivilege), stranger.transaction():
            stranger.execute(f"SELECT {column} FROM {table}")


def test_nothing_can_be_read_of_any_table_that_webhooks_do_not_need(stranger: Connection) -> None:
    assert {"staff", "staff_session", "grievance", "answer", "run", "session", "audit", "contact"} < set(
        TABLES
    ) - READABLE
    for table in set(TABLES) - READABLE:
        with pytest.raises(errors.InsufficientPrivilege), stranger.transaction():
            stranger.execute(f"SELECT 1 FROM {table}")


def test_nothing_can_be_written_to_any_other_table(stranger: Connection) -> None:
    for table in set(TABLES) - WRITTEN:
        with pytest.raises(errors.InsufficientPrivilege), stranger.transaction():
            stranger.execute(f"INSERT INTO {table} DEFAULT VALUES")
    for table in set(TABLES) - {"pending_out"}:
        with pytest.raises(errors.InsufficientPrivilege), stranger.transaction():
            stranger.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO message_in (id) VALUES (gen_random_uuid()) RETURNING content_sealed",
        "UPDATE contact_urn SET contact_id = gen_random_uuid()",
        "UPDATE channel SET active = false",
        "UPDATE message_out SET content_sealed = ''",
        "UPDATE message_in SET sealed = false",
        "SELECT value FROM setting",
        "SELECT paigham_totals(now())",
        "SET ROLE paigham_staff_of_another_house",
        "COPY message_in TO STDOUT",
        "SELECT * FROM message_in",
        "SELECT lo_import('/etc/passwd')",
        "CREATE TABLE loot (x text)",
    ],
)
def test_what_is_not_granted_is_refused(stranger: Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.InvalidParameterValue)):
        stranger.execute(statement)


def test_what_webhooks_do_is_enough_for_all_that_arrives(
    settings: Settings, operation: Operation, stranger: Connection
) -> None:
    now, line = clock.now(), operation.sms
    said = Received("once", "tel:+923005550199", "سلام", display_name="Somebody")
    assert inbox.store(stranger, operation.ring, line, said, now=now).new
    assert not inbox.store(stranger, operation.ring, line, said, now=now).new
    (out,) = operation.rows("SELECT id FROM message_out WHERE channel_id = %s LIMIT 1", line.id)
    for status in (Delivery.SENT, Delivery.DELIVERED, Delivery.OPTED_OUT, Delivery.INVALID_NUMBER):
        report = Report(str(out[0]), f"SM{uuid4().hex}", status, "invented")
        inbox.keep(stranger, operation.ring, line, [report], now=now)
    gone = Event(EventKind.BLOCKED, "tel:+923005550199", "gone")
    inbox.keep(stranger, operation.ring, line, [gone], now=now)
    stranger.commit()
    with operation.connect() as connection:
        kept = connection.execute(
            "SELECT reachable FROM contact_urn WHERE address_index = %s", [operation.ring.index(gone.urn)]
        ).fetchone()
        delivered = connection.execute("SELECT status FROM message_out WHERE id = %s", [out[0]]).fetchone()
    assert kept == (False,)
    assert delivered == ("delivered",)


def test_the_keys_can_be_verified_without_reading_settings(settings: Settings, stranger: Connection) -> None:
    with db.connect(settings) as connection:
        db.check_keys(connection, Keyring.of(settings))
        connection.commit()
    db.verify_keys(stranger, Keyring.of(settings))
    with pytest.raises(CannotStart):
        db.verify_keys(stranger, Keyring.generate())


def test_a_row_that_is_written_belongs_to_an_organisation_that_exists(stranger: Connection) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        stranger.execute("INSERT INTO contact (id, organisation_id) VALUES (%s, %s)", [ids.new(), ids.new()])
