"""Rounds: the funnel and the counts agree with what people said, and small numbers stay hidden from viewers."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa

from gateway import db
from gateway.models.staff import Role
from gateway.services import rounds_view
from gateway.services.flow_store import Library
from gateway.services.rounds_view import RoundView
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, World

FLOW = """
spec: paigham.flow/1
flow: kitchen
title: Kitchen
languages: [eng, urd]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
expires: 72h
outbound: true
steps:
  - ask: fuel
    type: select_one
    text: {eng: "What do you cook with?", urd: "آپ کس سے پکاتے ہیں؟"}
    options:
      - {code: gas, label: {eng: Gas, urd: گیس}}
      - {code: wood, label: {eng: Wood, urd: لکڑی}}
      - {code: none, label: {eng: Nothing, urd: کچھ نہیں}}
  - ask: needs
    type: select_multiple
    text: {eng: "What do you need?", urd: "کیا چاہیے؟"}
    options:
      - {code: pots, label: {eng: Pots, urd: برتن}}
      - {code: stove, label: {eng: Stove, urd: چولہا}}
  - ask: meals
    type: integer
    text: {eng: "Meals a day?", urd: "دن میں کتنی بار کھانا؟"}
  - ask: words
    type: text
    text: {eng: "Anything else?", urd: "کچھ اور؟"}
  - say: thanks
    text: {eng: "Thank you.", urd: "شکریہ۔"}
"""
SECRET = "my name is Palwasha and I live behind the mosque"


@pytest.fixture(scope="module")
def asked(operation: Operation) -> UUID:
    """Eight people: five gas, two wood, one silent; one says STOP at the second question."""
    operation.revisions["kitchen"] = operation.publish(FLOW)
    round_id = operation.round("kitchen")
    phones = [operation.phone(language="urd" if place < 6 else "eng") for place in range(8)]
    operation.ask(phones, "kitchen", round_id=round_id)
    for place, phone in enumerate(phones[:7]):
        phone.says("1" if place < 5 else "2")
    phones[0].says("STOP")
    for place, phone in enumerate(phones[1:6]):
        phone.says("1,2" if place else "2")
        phone.says(str(place + 1))
        phone.says(SECRET)
    phones[6].says("0")
    return round_id


@pytest.fixture
def read(operation: Operation, asked: UUID) -> Iterator[Callable[..., RoundView]]:
    engine = db.engine(operation.settings)

    def look(*, language: str = "eng", singly: bool = True) -> RoundView:
        with engine.connect() as connection:
            found = rounds_view.read(
                connection, Library(), operation.id, asked, language=language, singly=singly
            )
        assert found is not None
        return found

    yield look
    engine.dispose()


def test_the_funnel_adds_up(read: Callable[..., RoundView]) -> None:
    funnel = read().funnel
    assert (funnel.sent, funnel.started, funnel.completed) == (8, 7, 5)
    others = {cell.label: cell.count for cell in funnel.others}
    assert others == {
        "running": 2,
        "refused": 0,
        "under_age": 0,
        "stopped": 1,
        "expired": 0,
        "ended": 0,
    }
    assert funnel.sent == funnel.completed + sum(others.values())


def test_each_question_counts_what_people_said(read: Callable[..., RoundView]) -> None:
    fuel, needs, meals, words = read().questions
    assert [(cell.label, cell.count) for cell in fuel.cells] == [("Gas", 5), ("Wood", 2), ("Nothing", 0)]
    assert fuel.answered == 7
    # A list counts once for each thing in it, out of those who answered.
    assert [(cell.label, cell.count) for cell in needs.cells] == [("Pots", 4), ("Stove", 5)]
    assert needs.answered == 5
    assert {cell.label: cell.count for cell in needs.missing} == {"skipped": 1, "stopped": 1}
    assert meals.numbers is not None
    assert (meals.numbers.lowest, meals.numbers.median, meals.numbers.highest) == (1, 3, 5)
    assert (words.answered, words.cells) == (5, [])


def test_questions_speak_the_readers_language_and_fall_back(read: Callable[..., RoundView]) -> None:
    urdu = read(language="urd").questions[0]
    assert (urdu.text, urdu.lang) == ("آپ کس سے پکاتے ہیں؟", "urd")
    assert urdu.cells[1].label == "لکڑی"
    dari = read(language="prs").questions[0]
    assert (dari.text, dari.lang) == ("What do you cook with?", "eng")


def test_parts_by_language_and_channel(read: Callable[..., RoundView]) -> None:
    view = read()
    assert [(share.label, share.sent, share.completed) for share in view.languages] == [
        ("urd", 6, 5),
        ("eng", 2, 0),
    ]
    assert [(share.sent, share.completed) for share in view.channels] == [(8, 5)]


def test_viewers_of_counts_see_no_number_from_one_to_four(read: Callable[..., RoundView]) -> None:
    view = read(singly=False)
    assert view.latest == []
    fuel = view.questions[0]
    assert [cell.hidden for cell in fuel.cells] == [True, True, False]
    assert {cell.count for cell in fuel.cells} == {0}
    shown = [cell.count for question in view.questions for cell in question.cells if not cell.hidden]
    assert not [count for count in shown if 0 < count < 5]
    assert all(share.hidden for share in view.languages)


def test_written_answers_are_counted_and_shown_to_nobody(
    world: World, asked: UUID, visit: Callable[[Role], Visitor]
) -> None:
    del world
    for role in (Role.IM_OFFICER, Role.SENSITIVE_FOCAL_POINT, Role.VIEWER_AGGREGATE):
        page = visit(role).get(f"/rounds/{asked}").text
        assert "Palwasha" not in page
    assert "In words" in visit(Role.IM_OFFICER).get(f"/rounds/{asked}").text


def test_single_answers_are_for_those_who_may_see_them_and_without_the_person(
    world: World, asked: UUID, visit: Callable[[Role], Visitor]
) -> None:
    officer = visit(Role.IM_OFFICER).get(f"/rounds/{asked}").text
    assert "Latest answers" in officer
    assert "/contacts/" not in officer
    viewer = visit(Role.VIEWER_AGGREGATE).get(f"/rounds/{asked}").text
    assert "Latest answers" not in viewer
    assert "Too few to show" in viewer
    assert world.operation.one(
        "SELECT count(*) FROM audit WHERE action = 'round.read' AND object = %s", f"round {asked}"
    )


def test_an_answer_shows_at_the_next_refresh(
    operation: Operation, asked: UUID, world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    officer = visit(Role.IM_OFFICER)
    page = f"/rounds/{asked}?part=live"
    before = officer.get(page).text
    assert before.lstrip().startswith("<section")
    phone = operation.phone()
    operation.ask([phone], "kitchen", round_id=asked)
    phone.says("3")
    after = officer.get(page).text
    assert after != before
    with operation.connect() as connection:
        connection.execute("DELETE FROM session WHERE contact_id = %s", [phone.contact_id])
        connection.commit()


def test_a_round_counts_in_a_handful_of_statements(operation: Operation, asked: UUID) -> None:
    engine = db.engine(operation.settings)
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *details: statements.append(details[2]))
    with engine.connect() as connection:
        rounds_view.read(connection, Library(), operation.id, asked, language="eng")
    engine.dispose()
    assert len(statements) <= 10


HOUSEHOLD = """
spec: paigham.flow/2
flow: household_round
title: Household
languages: [eng]
purpose: A test
owner: im_officer
retention: survey_link
outbound: false
lists:
  camps: [{code: c1, label: One}, {code: c2, label: Two}, {code: c3, label: Three}]
steps:
  - group: home
    steps:
      - ask: camp
        type: select_one
        list: camps
        text: Which camp?
        other: Which one is it?
      - repeat: child
        count: "2"
        steps:
          - {ask: age, type: integer, text: "Age?"}
"""


def test_questions_inside_groups_and_rounds_are_counted_with_the_options_of_their_list(
    operation: Operation,
) -> None:
    operation.revisions["household_round"] = operation.publish(HOUSEHOLD)
    round_id = operation.round("household_round")
    phones = [operation.phone(language="eng") for _ in range(2)]
    operation.ask(phones, "household_round", round_id=round_id)
    for place, camp in enumerate(["2", "4"]):
        for text in (camp, *(["a tent"] if place else []), "5", "7"):
            phones[place].says(text)
    engine = db.engine(operation.settings)
    with engine.connect() as connection:
        found = rounds_view.read(connection, Library(), operation.id, round_id, language="eng", singly=True)
    engine.dispose()
    assert found is not None
    assert [question.name for question in found.questions] == ["camp", "camp_other", "age"]
    camp, other, age = found.questions
    assert [(cell.label, cell.count) for cell in camp.cells] == [("Two", 1), ("Other", 1)]
    assert other.answered == 1
    assert age.answered == 4
    assert {latest.question for latest in found.latest} == {"Which camp?", "Which one is it?", "Age?"}
