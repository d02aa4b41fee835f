"""A language goes out without all its texts only where what is read instead was named; the revision says so."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa

from gateway import clock, db
from gateway.models.staff import Role
from gateway.services import publishing, translating
from gateway.services.publishing import Refused, Wish, key_of
from tests.integration.operation import Operation
from tests.integration.web.visitors import account

LANGUAGE = "ben"  # none of the flows that ship speaks it


@pytest.fixture
def sql(operation: Operation) -> Iterator[sa.Connection]:
    """Undone afterwards."""
    engine = db.engine(operation.settings)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_missing_texts_are_named_before_a_flow_goes_out_and_kept_with_its_revision(
    operation: Operation, sql: sa.Connection
) -> None:
    by = account(operation, Role.IM_OFFICER)
    flow_id: UUID = operation.one(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = 'satisfaction'", operation.id
    )
    translating.add_language(sql, flow_id, LANGUAGE, by=by, now=clock.now())
    flow = translating.flow_of(sql, flow_id)
    assert flow is not None
    verdict = publishing.judge(sql, operation.id, flow_id, flow, now=clock.now())
    answers = {key_of(doubt): "We know." for doubt in verdict.doubts}

    def publish(*instead: str) -> publishing.Published:
        wish = Wish("One more language", answers, instead=instead)
        return publishing.publish(sql, operation.id, flow_id, flow, wish, by=by, now=clock.now())

    assert [state.language for state in verdict.languages] == [LANGUAGE]
    with pytest.raises(Refused):
        publish()
    assert publish(LANGUAGE).instead == {LANGUAGE: ["eng"]}
    assert publishing.revisions(sql, flow_id)[-1].instead == {}
