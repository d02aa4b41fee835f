"""What a flow comes to: counts agree with what people said, and a reply that is taught is understood from then on."""

from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import clock, db
from gateway.models.staff import Role
from gateway.services import drafts, flow_results, misreadings
from gateway.services.clearance import Clearance
from gateway.services.flow_results import Results, Scope
from gateway.services.flow_store import Library
from gateway.services.round_questions import _spread
from gateway.services.unfit import Unfit
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, World

FLOW = """
spec: paigham.flow/2
flow: {code}
title: Water
languages: [eng, urd]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
steps:
  - ask: enough
    type: select_one
    text: {{eng: "{words}", urd: "کیا پانی کافی ہے؟"}}
    options:
      - {{code: "yes", label: {{eng: "Yes", urd: "ہاں"}}}}
      - {{code: "no", label: {{eng: "No", urd: "نہیں"}}}}
      - {{code: at_times, label: {{eng: At times, urd: "کبھی کبھی"}}}}
  - ask: litres
    type: integer
    text: {{eng: "How many litres a day?", urd: "دن میں کتنے لیٹر؟"}}
  - say: thanks
    text: {{eng: "Thank you.", urd: "شکریہ۔"}}
"""
WRITTEN = "zindabad friend"


@pytest.fixture(scope="module")
def water(operation: Operation, world: World) -> Operation:
    """Seven people: five answer, one of them wrongly first; one writes what nobody understands; one is silent."""
    assert world.operation is operation, "every role has an account"
    operation.revisions["water"] = operation.publish(
        FLOW.format(code="water", words="Is there enough water?")
    )
    round_id = operation.round("water")
    phones = [operation.phone(language="urd" if place < 2 else "eng") for place in range(7)]
    operation.ask(phones, "water", round_id=round_id)
    phones[0].says(WRITTEN)
    for place, phone in enumerate(phones[:5]):
        phone.says(str(1 + place % 2))
        phone.says(str(10 * place))
    phones[5].says(WRITTEN.upper())
    return operation


@pytest.fixture
def sa_connection(water: Operation) -> Iterator[sa.Connection]:
    engine = db.engine(water.settings)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def flow_id(water: Operation) -> UUID:
    found: UUID = water.one("SELECT id FROM flow WHERE organisation_id = %s AND code = 'water'", water.id)
    return found


def read(connection: sa.Connection, scope: Scope, *, singly: bool = True) -> Results:
    found = flow_results.read(connection, Library(), scope, language="eng", singly=singly)
    assert found is not None
    return found


def test_the_way_from_sent_to_completed_is_counted_step_by_step(
    sa_connection: sa.Connection, flow_id: UUID
) -> None:
    results = read(sa_connection, Scope(flow_id))
    assert (results.registered, results.contacted, results.started, results.completed) == (7, 7, 5, 5)
    assert {cell.label: cell.count for cell in results.states} == {"contacted": 2, "completed": 5}
    enough, litres = results.stages
    assert (enough.asked, enough.answered, enough.waiting, enough.left) == (7, 5, 2, 0)
    assert (litres.asked, litres.answered, litres.waiting) == (5, 5, 0)
    assert enough.seconds is not None
    assert enough.most is not None
    assert enough.most >= enough.seconds >= 0


def test_answers_are_counted_by_question_language_and_channel(
    sa_connection: sa.Connection, flow_id: UUID
) -> None:
    results = read(sa_connection, Scope(flow_id))
    enough, litres = results.questions
    assert [(cell.label, cell.count) for cell in enough.cells] == [("Yes", 3), ("No", 2), ("At times", 0)]
    assert litres.numbers is not None
    assert (litres.numbers.lowest, litres.numbers.median, litres.numbers.highest) == (0, 20, 40)
    assert sum(part.count for part in litres.numbers.spread) == 5
    assert {share.label: (share.sent, share.completed) for share in results.languages} == {
        "urd": (2, 2),
        "eng": (5, 3),
    }
    assert [share.sent for share in results.channels] == [7]


def test_replies_that_were_not_understood_are_kept_sealed_and_counted(
    water: Operation, sa_connection: sa.Connection, flow_id: UUID
) -> None:
    results = read(sa_connection, Scope(flow_id))
    assert results.misread == {"enough": 2}
    (sealed,) = water.rows("SELECT raw_sealed FROM misreading WHERE organisation_id = %s LIMIT 1", water.id)
    assert WRITTEN.encode() not in bytes(sealed[0]).lower()


def test_whoever_may_not_see_single_answers_sees_no_small_number(
    sa_connection: sa.Connection, flow_id: UUID
) -> None:
    results = read(sa_connection, Scope(flow_id), singly=False)
    assert all(cell.hidden or cell.count >= 5 or cell.count == 0 for cell in results.questions[0].cells)
    assert results.stages[0].hidden
    assert results.misread == {}
    assert all(share.hidden or share.sent >= 5 for share in results.languages)
    assert all(part.count >= 5 for part in (results.questions[1].numbers.spread or ()))


def test_a_round_and_a_revision_are_read_alone_and_other_wordings_are_marked(
    water: Operation, sa_connection: sa.Connection
) -> None:
    first = water.publish(FLOW.format(code="wells", words="Is there enough water?"))
    water.revisions["wells"] = first
    before = [water.phone() for _ in range(2)]
    water.ask(before, "wells")
    before[0].says("1")
    water.revisions["wells"] = water.publish(FLOW.format(code="wells", words="Do you have water enough?"))
    after = water.phone()
    round_id = water.round("wells")
    water.ask([after], "wells", round_id=round_id)
    after.says("2")
    flow_id = water.one("SELECT id FROM flow WHERE organisation_id = %s AND code = 'wells'", water.id)
    whole = read(sa_connection, Scope(flow_id))
    assert whole.reworded == {"enough"}
    assert [cell.count for cell in whole.questions[0].cells] == [1, 1, 0]
    old = read(sa_connection, Scope(flow_id, revision_id=first))
    assert old.reworded == frozenset()
    assert ([cell.count for cell in old.questions[0].cells], old.registered) == ([1, 0, 0], 2)
    alone = read(sa_connection, Scope(flow_id, round_id=round_id))
    assert ([cell.count for cell in alone.questions[0].cells], alone.registered) == ([0, 1, 0], 1)


def taught_flow(water: Operation, code: str) -> tuple[UUID, Scope]:
    """A flow of its own whose first person wrote what nobody understood; the draft can be taught."""
    water.revisions[code] = water.publish(FLOW.format(code=code, words="Is there enough water?"))
    phone = water.phone(language="eng")
    water.ask([phone], code)
    phone.says(WRITTEN)
    found: UUID = water.one("SELECT id FROM flow WHERE organisation_id = %s AND code = %s", water.id, code)
    return found, Scope(found)


CLEAR = Clearance(frozenset({"S0", "S1"}))


def somebody(water: Operation) -> UUID:
    found: UUID = water.one("SELECT id FROM staff WHERE organisation_id = %s LIMIT 1", water.id)
    return found


def only(connection: sa.Connection, water: Operation, scope: Scope) -> misreadings.Unclear:
    draft = drafts.read(connection, scope.flow_id)
    assert draft.flow is not None
    (reply,) = misreadings.unclear(connection, water.ring, scope, draft.flow, CLEAR, language="eng")
    return reply


def test_one_click_teaches_the_draft_another_word_and_deals_with_all_alike(
    water: Operation, sa_connection: sa.Connection
) -> None:
    flow_id, scope = taught_flow(water, "taught")
    reply = only(sa_connection, water, scope)
    assert (reply.text, reply.count) == (WRITTEN, 1)
    assert ("yes", "Yes") in reply.options
    by = somebody(water)
    draft, _ = misreadings.teach(
        sa_connection, water.ring, scope, CLEAR, reply.id, "yes", by=by, now=clock.now()
    )
    assert draft.flow is not None
    assert WRITTEN in draft.flow.steps[0].options[0].aliases["eng"]  # type: ignore[union-attr]
    assert read(sa_connection, scope).misread == {}
    sa_connection.commit()
    water.revisions["taught"] = water.publish(draft.source)
    later = water.phone()
    water.ask([later], "taught")
    later.says(WRITTEN)
    assert (
        water.one(
            "SELECT value FROM answer a JOIN run r ON r.id = a.run_id WHERE r.contact_id = %s",
            later.contact_id,
        )
        == "yes"
    )
    assert flow_id == scope.flow_id


def test_a_word_that_means_something_else_is_not_taught_and_the_draft_stays(
    water: Operation, sa_connection: sa.Connection
) -> None:
    _, scope = taught_flow(water, "stubborn")
    reply = only(sa_connection, water, scope)
    sealed = water.ring.seal(misreadings.MISREAD, reply.id, "No")
    sa_connection.execute(
        sa.text("UPDATE misreading SET raw_sealed = :raw WHERE id = :id"), {"raw": sealed, "id": reply.id}
    )
    before = drafts.read(sa_connection, scope.flow_id).source
    by = somebody(water)
    with pytest.raises(Unfit) as refused:
        misreadings.teach(sa_connection, water.ring, scope, CLEAR, reply.id, "yes", by=by, now=clock.now())
    assert refused.value.code == "meant"
    assert drafts.read(sa_connection, scope.flow_id).source == before
    assert read(sa_connection, scope).misread == {"enough": 1}
    sa_connection.rollback()


def test_sealed_words_are_not_among_the_replies(water: Operation, sa_connection: sa.Connection) -> None:
    _, scope = taught_flow(water, "sealed_words")
    reply = only(sa_connection, water, scope)
    sa_connection.execute(
        sa.text(
            "UPDATE message_in SET sealed = true WHERE id = (SELECT message_id FROM misreading WHERE id = :id)"
        ),
        {"id": reply.id},
    )
    flow = drafts.read(sa_connection, scope.flow_id).flow
    assert flow is not None
    assert misreadings.unclear(sa_connection, water.ring, scope, flow, CLEAR, language="eng") == []
    sa_connection.rollback()


def test_the_page_shows_replies_to_those_who_may_read_them_and_audits_it(
    water: Operation, visit: Callable[[Role], Visitor], flow_id: UUID
) -> None:
    path = f"/flows/{flow_id}/results"
    staff = visit(Role.COMMUNITY_STAFF).get(path).text
    assert WRITTEN in staff.lower()
    assert 'name="reply"' in staff
    for role in (Role.IM_OFFICER, Role.VIEWER_AGGREGATE):
        page = visit(role).get(path)
        assert page.status_code == 200
        assert WRITTEN not in page.text.lower()
    actions = [row[0] for row in water.rows("SELECT action FROM audit WHERE organisation_id = %s", water.id)]
    assert "flow.replies_read" in actions
    assert 'name="reply"' not in visit(Role.PROTECTION_REVIEWER).get(path).text


def test_a_button_of_the_page_teaches_and_tells(
    water: Operation, visit: Callable[[Role], Visitor], sa_connection: sa.Connection
) -> None:
    flow_id, scope = taught_flow(water, "clicked")
    reply = only(sa_connection, water, scope)
    sa_connection.rollback()
    path = f"/flows/{flow_id}/results"
    answer = visit(Role.COMMUNITY_STAFF).post(path, reply=f"{reply.id}=no")
    assert answer.status_code == 303
    assert "told=taught" in answer.headers["Location"]
    assert "flow.word_taught" in [
        row[0] for row in water.rows("SELECT action FROM audit WHERE organisation_id = %s", water.id)
    ]
    assert WRITTEN not in visit(Role.COMMUNITY_STAFF).get(path).text
    wrong = (f"{reply.id}=yes", "nothing", f"{flow_id}=yes")
    assert [visit(Role.COMMUNITY_STAFF).post(path, reply=sent).status_code for sent in wrong] == [404] * 3
    assert visit(Role.IM_OFFICER).post(path, reply=f"{reply.id}=yes").status_code == 404


def test_an_open_page_learns_that_nothing_changed(water: Operation, visit: Callable[[Role], Visitor]) -> None:
    flow_id, _ = taught_flow(water, "open_page")
    visitor = visit(Role.IM_OFFICER)
    first = visitor.get(f"/flows/{flow_id}/results?part=live")
    assert first.status_code == 200
    assert "<html" not in first.text
    again = visitor.get(
        f"/flows/{flow_id}/results?part=live", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    phone = water.phone()
    water.ask([phone], "open_page")
    phone.says("3")
    newer = visitor.get(
        f"/flows/{flow_id}/results?part=live", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert newer.status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-1000, 1000) | st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=80))
def test_every_number_is_in_one_class_and_classes_are_few(numbers: list[float]) -> None:
    counted = sorted(Counter(float(number) for number in numbers).items())
    spread = _spread(counted)
    assert 1 <= len(spread) <= 8
    assert sum(part.count for part in spread) == len(numbers)
    assert spread[0].low == counted[0][0]
    assert spread[-1].high >= counted[-1][0] or len(counted) > 8
