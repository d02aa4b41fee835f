"""Drafts in the database: two people at one flow, nothing lost, and everybody takes back only what is theirs."""

from collections.abc import Iterator
from threading import Thread
from uuid import UUID

import pytest
import sqlalchemy as sa

from flows import editing
from flows.editing import Add, CannotEdit, Move, Remove, SetText
from gateway import clock, db
from gateway.models.staff import Role
from gateway.services import drafts, presence
from gateway.services.drafts import Conflict, Draft
from gateway.services.unfit import Unfit
from tests.integration.operation import Operation
from tests.integration.web.visitors import account
from tests.unit.flows.test_editing import SMALL, names


@pytest.fixture
def sql(operation: Operation) -> Iterator[sa.Connection]:
    engine = db.engine(operation.settings)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def amina(operation: Operation) -> UUID:
    return account(operation, Role.COMMUNITY_STAFF)


@pytest.fixture
def bilal(operation: Operation) -> UUID:
    return account(operation, Role.IM_OFFICER)


@pytest.fixture
def water(operation: Operation, sql: sa.Connection, amina: UUID) -> UUID:
    return drafts.create(
        sql, operation.id, code="water", title="Water", source=SMALL, by=amina, now=clock.now()
    )


def hello(text: str) -> SetText:
    return SetText("hello", ("text",), "eng", text)


def sorry(text: str) -> SetText:
    return SetText("sorry", ("text",), "eng", text)


def do(sql: sa.Connection, flow_id: UUID, edit: editing.Edit, by: UUID, seen: str | None = None) -> Draft:
    made = drafts.change(sql, flow_id, edit, seen=seen, by=by, now=clock.now())
    assert isinstance(made, Draft)
    return made


def mark(draft: Draft, part: str) -> str:
    found = editing.digest_of(draft.source, part)
    assert found is not None
    return found


def test_a_published_flow_has_a_draft_before_anybody_edits_it(
    operation: Operation, sql: sa.Connection
) -> None:
    flow_id = operation.one(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = 'satisfaction'", operation.id
    )
    draft = drafts.read(sql, flow_id)
    assert draft.version == 0
    assert draft.flow is not None
    assert names(draft.source)[0] == "solved"
    assert sql.scalar(sa.text("SELECT count(*) FROM flow_draft WHERE flow_id = :id"), {"id": flow_id}) == 0


def test_the_first_change_of_a_published_flow_makes_its_draft(
    operation: Operation, sql: sa.Connection, amina: UUID
) -> None:
    flow_id = operation.one(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = 'satisfaction'", operation.id
    )
    do(sql, flow_id, Add("say", "bye"), amina)
    draft = drafts.read(sql, flow_id)
    assert draft.version == 1
    assert names(draft.source)[-1] == "bye"
    assert draft.base_revision_id == operation.revisions["satisfaction"]


def test_changes_of_different_steps_come_together(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    before = drafts.read(sql, water)
    do(sql, water, hello("Hi."), amina, mark(before, "step:hello"))
    after = do(sql, water, sorry("Oh."), bilal, mark(before, "step:sorry"))
    assert after.version == before.version + 2
    assert "Hi." in after.source
    assert "Oh." in after.source


def test_the_second_change_of_one_step_is_asked_about_and_nothing_is_lost(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    before = drafts.read(sql, water)
    do(sql, water, hello("Hi."), amina, mark(before, "step:hello"))
    met = drafts.change(
        sql, water, hello("Salaam."), seen=mark(before, "step:hello"), by=bilal, now=clock.now()
    )
    assert isinstance(met, Conflict)
    assert met.part == "step:hello"
    assert met.changed_by == amina
    assert "Hi." in (met.theirs or "")
    assert "Salaam." in (met.mine or "")
    assert "Salaam." not in drafts.read(sql, water).source
    # Sent again with what stands there now, it goes over theirs, and theirs stays in the history.
    do(sql, water, hello("Salaam."), bilal, met.digest)
    assert "Hi." in (drafts.source_at(sql, water, 2) or "")


def test_a_change_of_a_step_that_is_gone_says_so(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    before = drafts.read(sql, water)
    do(sql, water, Remove("hello"), amina)
    met = drafts.change(sql, water, hello("Hi."), seen=mark(before, "step:hello"), by=bilal, now=clock.now())
    assert isinstance(met, Conflict)
    assert (met.mine, met.theirs, met.digest) == (None, None, None)


def test_a_change_sent_twice_is_made_once(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    before = drafts.read(sql, water)
    first = do(sql, water, hello("Hi."), amina, mark(before, "step:hello"))
    again = do(sql, water, hello("Hi."), amina, mark(before, "step:hello"))
    assert again.version == first.version


def test_a_change_that_makes_no_sense_leaves_the_draft(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    with pytest.raises(CannotEdit):
        do(sql, water, Remove("nobody"), amina)
    assert drafts.read(sql, water).source == SMALL


def test_everybody_takes_back_their_own(sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID) -> None:
    do(sql, water, hello("Hi."), amina)
    do(sql, water, sorry("Oh."), bilal)
    do(sql, water, Move("works", after=None), amina)

    drafts.undo(sql, water, by=amina, now=clock.now())
    drafts.undo(sql, water, by=amina, now=clock.now())
    assert drafts.undo(sql, water, by=amina, now=clock.now()) is None
    assert drafts.read(sql, water).source == editing.apply(SMALL, sorry("Oh."))

    drafts.redo(sql, water, by=amina, now=clock.now())
    drafts.redo(sql, water, by=amina, now=clock.now())
    assert drafts.redo(sql, water, by=amina, now=clock.now()) is None
    after = drafts.read(sql, water)
    assert names(after.source) == ["works", "hello", "sorry"]
    assert "Hi." in after.source

    drafts.undo(sql, water, by=bilal, now=clock.now())
    assert "Oh." not in drafts.read(sql, water).source
    assert drafts.redo(sql, water, by=amina, now=clock.now()) is None


def test_what_somebody_else_changed_since_is_not_taken_back_silently(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    do(sql, water, hello("Hi."), amina)
    do(sql, water, hello("Salaam."), bilal)
    met = drafts.undo(sql, water, by=amina, now=clock.now())
    assert isinstance(met, Conflict)
    assert "Salaam." in (met.theirs or "")
    assert "Hello." in (met.mine or "")
    assert "Salaam." in drafts.read(sql, water).source


def test_a_whole_text_is_put_in_and_taken_back(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    other = SMALL.replace("Hello.", "Good day.").replace("Water", "Wells")
    drafts.import_yaml(sql, water, other, by=amina, now=clock.now())
    assert drafts.read(sql, water).source == other
    drafts.undo(sql, water, by=amina, now=clock.now())
    assert drafts.read(sql, water).source == SMALL
    assert [line.edit["do"] for line in drafts.history(sql, water)] == ["undo", "import"]


def test_a_draft_that_cannot_be_read_says_why(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    do(sql, water, Remove("works"), amina)
    draft = drafts.read(sql, water)
    assert draft.flow is None
    assert {finding.code for finding in draft.errors} == {"unknown_target"}


def test_a_code_that_is_taken_is_refused(
    operation: Operation, sql: sa.Connection, water: UUID, amina: UUID
) -> None:
    with pytest.raises(Unfit):
        drafts.create(sql, operation.id, code="water", title="W", source=SMALL, by=amina, now=clock.now())


def test_two_connections_at_once_lose_nothing(
    operation: Operation, sql: sa.Connection, water: UUID, amina: UUID
) -> None:
    sql.commit()
    engine = db.engine(operation.settings, pool_size=4)
    failed: list[BaseException] = []

    def add(number: int) -> None:
        try:
            with engine.begin() as connection:
                drafts.change(
                    connection, water, Add("say", f"step{number}"), seen=None, by=amina, now=clock.now()
                )
        except BaseException as error:  # noqa: BLE001 - shown by the test itself
            failed.append(error)

    threads = [Thread(target=add, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert failed == []
    draft = drafts.read(sql, water)
    assert draft.version == 1 + 8
    assert {f"step{number}" for number in range(8)} <= set(names(draft.source))


def test_who_is_there_is_seen_until_they_leave_or_vanish(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    now = clock.now()
    presence.arrive(sql, water, amina, step="hello", now=now)
    presence.arrive(sql, water, amina, step="sorry", now=now)
    assert presence.present(sql, water, but=bilal, now=now) == [presence.Present(amina, "sorry")]
    assert presence.present(sql, water, but=amina, now=now) == []
    assert presence.present(sql, water, but=bilal, now=now + presence.PRESENT_FOR) == []
