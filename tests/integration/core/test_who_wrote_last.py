"""The list of conversations among very many people: found by its index, and not moved by each message."""

from datetime import timedelta

import psycopg
import pytest

from gateway import clock
from gateway.models.contacts import SEEN_WITHIN
from gateway.services import conversations
from gateway.settings import Settings
from tests.integration.operation import Operation

CROWD = 5_000


@pytest.fixture
def operation(settings: Settings, ring):
    made = Operation(settings, ring)
    yield made
    made.drains.close()


def test_the_newest_of_very_many_are_found_by_their_index(operation: Operation, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO contact (id, organisation_id, last_seen_at)"
            " SELECT gen_random_uuid(), %s, now() - i * interval '1 minute' FROM generate_series(1, %s) i",
            [operation.id, CROWD],
        )
        connection.execute("ANALYZE contact")
        statement = (
            "SELECT id FROM contact WHERE organisation_id = %s AND last_seen_at IS NOT NULL"
            " ORDER BY last_seen_at DESC NULLS LAST, id DESC NULLS LAST OFFSET 50 LIMIT 51"
        )
        plan = connection.execute(f"EXPLAIN {statement}", [operation.id]).fetchall()
        connection.rollback()
    told = "\n".join(row[0] for row in plan)
    assert "ix_contact_last_seen" in told
    assert "Sort" not in told


def test_the_statement_of_the_page_is_that_statement() -> None:
    columns = [str(column.desc().nulls_last()) for column in conversations._ORDERS["seen"]]
    assert columns == ["contact.last_seen_at DESC NULLS LAST", "contact.id DESC NULLS LAST"]


def test_a_conversation_moves_its_contact_once_in_a_while(operation: Operation) -> None:
    phone = operation.phone()

    def seen() -> object:
        return operation.one("SELECT last_seen_at FROM contact WHERE id = %s", phone.contact_id)

    assert seen() is None
    phone.says("hello")
    first = seen()
    phone.says("1")
    assert seen() == first
    with operation.connect() as connection:
        connection.execute(
            "UPDATE contact SET last_seen_at = %s WHERE id = %s",
            [clock.now() - SEEN_WITHIN - timedelta(seconds=1), phone.contact_id],
        )
        connection.commit()
    phone.says("2")
    assert seen() >= first
