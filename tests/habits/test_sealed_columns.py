"""Every sealed column is known to key rotation, by the primary key of its table."""

import pytest
from sqlalchemy import LargeBinary

from gateway.models import Base
from gateway.services.keys import COLUMNS

SEALED = {
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.name.endswith("_sealed")
}
APPEND_ONLY = {"audit", "grievance_event", "flow_revision"}
# Values that were moved as they stood: they open where they were written.
MOVED = {"answer_change": "answer"}
KINDS = {"UUID": "uuid", "TEXT": "text", "BIGINT": "bigint"}


def test_rotation_knows_every_sealed_column_and_no_other():
    assert {(column.table, column.name) for column in COLUMNS} == SEALED
    assert len(COLUMNS) == len(SEALED)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: f"{column.table}.{column.name}")
def test_rotation_finds_a_sealed_value_by_its_primary_key_and_opens_it_at_its_place(column):
    table = Base.metadata.tables[column.table]
    key = list(table.primary_key.columns)
    assert column.order == tuple(part.name for part in key)
    assert column.kinds == tuple(KINDS[str(part.type.compile()).replace("CHAR(32)", "UUID")] for part in key)
    origin = MOVED.get(column.table, column.table)
    assert column.place == f"{origin}.{column.name.removesuffix('_sealed')}"
    assert isinstance(table.columns[column.name].type, LargeBinary)
    assert column.fixed == (column.table in APPEND_ONLY)
    assert column.fixed or column.row in table.columns


def test_nothing_that_names_a_person_stands_open_beside_a_sealed_column():
    open_names = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in ("phone", "number", "address", "email", "text", "birth"))
        and not column.name.endswith(("_sealed", "_index"))
    }
    ours = {
        "channel.address",
        "flow_revision.number",
        "contact.safe_to_text",
        "first_steps.phone_kind",
        "flow_text.text_id",
    }  # our own line, a count, a preference, SMS or messenger, the name of a question
    assert open_names == ours
