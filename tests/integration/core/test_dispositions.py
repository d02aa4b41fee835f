"""How far each respondent came: on the way, at the end, and what is kept of each question and each correction."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from flows.events import Disposition
from gateway import clock, db
from gateway.channels.base import Delivery, Report
from gateway.crypto import Keyring
from gateway.errors import Refusal, SendError
from gateway.services import conversation, dispositions, flow_results, outbox, reports, rounds
from gateway.services.dispositions import Cause, State
from gateway.services.flow_results import Results, Scope
from gateway.services.flow_store import Library
from gateway.settings import Settings
from tests.integration.operation import Operation, Phone

SURVEY = """
spec: paigham.flow/1
flow: steps
title: Steps
languages: [eng]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
expires: 72h
outbound: false
steps:
  - ask: enough
    type: select_one
    text: {eng: "Enough water?"}
    options:
      - {code: "yes", label: {eng: "Yes"}}
      - {code: "no", label: {eng: "No"}, goto: no_more}
  - ask: litres
    type: integer
    text: {eng: "How many litres?"}
  - ask: again
    type: select_one
    text: {eng: "Right?"}
    options:
      - {code: "yes", label: {eng: "Yes"}}
      - {code: back, label: {eng: "Change"}, goto: litres}
  - branch: over
    routes: []
    otherwise: end
  - finish: no_more
    disposition: ineligible
"""


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


@pytest.fixture
def phone(operation: Operation) -> Phone:
    made = operation.phone()
    operation.ask([made], operation.publish(SURVEY))
    made.hears()
    return made


def states(operation: Operation, phone: Phone) -> list[list[str | None]]:
    """The history of the one respondent, without times."""
    (history,) = operation.rows("SELECT history FROM respondent WHERE contact_id = %s", phone.contact_id)[0]
    return [[state, why] for state, _, why in history]


def column(operation: Operation, phone: Phone, name: str) -> Any:
    return operation.one(f"SELECT {name} FROM respondent WHERE contact_id = %s", phone.contact_id)


def test_somebody_who_answers_everything_goes_through_every_state(operation: Operation, phone: Phone) -> None:
    for text in ("1", "15", "1"):
        phone.says(text)
    assert states(operation, phone) == [["contacted", None], ["started", None], ["completed", None]]
    assert column(operation, phone, "state") == "completed"
    times = operation.rows(
        "SELECT contacted_at <= started_at, started_at <= ended_at FROM respondent WHERE contact_id = %s",
        phone.contact_id,
    )
    assert times == [(True, True)]


def test_three_messages_in_one_batch_leave_the_same_history(operation: Operation, phone: Phone) -> None:
    for text in ("1", "15", "1"):
        phone.sends(text)
    operation.handle()
    assert [state for state, _ in states(operation, phone)] == ["contacted", "started", "completed"]


def test_silence_after_some_answers_is_not_the_silence_of_somebody_who_never_wrote(
    operation: Operation, phone: Phone
) -> None:
    silent = operation.phone()
    operation.ask([silent], operation.publish(SURVEY))
    phone.says("1")
    operation.pass_time(timedelta(hours=73))
    assert column(operation, phone, "state") == "partial"
    assert column(operation, silent, "state") == "unresponsive"


@pytest.mark.parametrize(
    ("words", "state"), [("2", "ineligible"), ("STOP", "opted_out"), ("WRONG", "broken_off")]
)
def test_the_end_of_a_run_is_the_respondents(
    operation: Operation, phone: Phone, words: str, state: str
) -> None:
    phone.says(words)
    assert column(operation, phone, "state") == state
    assert column(operation, phone, "ended_at") is not None


def test_a_disclosure_stands_among_the_broken_off_and_its_sealed_flow_nowhere(
    operation: Operation, phone: Phone
) -> None:
    phone.says("1")
    phone.says("My husband beats me and I am afraid")
    assert phone.dispositions()[-1][0] == "safe_contact"
    assert [state for state, _ in states(operation, phone)] == ["contacted", "started", "broken_off"]


@pytest.mark.parametrize("disposition", list(Disposition)[list(Disposition).index(Disposition.COMPLETED) :])
def test_every_end_of_the_engine_is_an_end_of_a_respondent(disposition: Disposition) -> None:
    for answered in (True, False):
        assert dispositions.of(disposition, answered=answered) in dispositions.ENDS


def test_nobody_moves_back_without_a_reason() -> None:
    for old in State:
        for new in State:
            forward = dispositions.RANK[new] > dispositions.RANK[old]
            assert dispositions.may_follow(old, new) is forward
            assert dispositions.may_follow(old, new, Cause.OFFERED_AGAIN)
    assert {state for state in State if state not in dispositions.ENDS} == {
        State.REGISTERED,
        State.CONTACTED,
        State.STARTED,
    }


def test_a_late_row_moves_nobody_back_in_the_database(operation: Operation, phone: Phone) -> None:
    for text in ("1", "15", "1"):
        phone.says(text)
    key, run_id, revision_id = operation.rows(
        "SELECT id, run_id, revision_id FROM respondent WHERE contact_id = %s", phone.contact_id
    )[0]
    standing = dispositions.Standing(
        key,
        operation.id,
        revision_id,
        None,
        phone.contact_id,
        run_id,
        phone.channel.id,
        State.CONTACTED,
        clock.now(),
    )
    standing.move(State.CONTACTED, at=clock.now())
    with operation.connect() as connection:
        dispositions.write(connection, [standing])
        connection.commit()
    assert column(operation, phone, "state") == "completed"
    standing.move(State.CONTACTED, at=clock.now(), why=Cause.OFFERED_AGAIN)
    with operation.connect() as connection:
        dispositions.write(connection, [standing])
        connection.commit()
    assert column(operation, phone, "state") == "contacted"
    assert column(operation, phone, "why") == "offered_again"


def test_first_words_that_come_back_make_a_failed_respondent_and_answers_do_not(
    operation: Operation, phone: Phone
) -> None:
    other = operation.phone()
    operation.ask([other], operation.publish(SURVEY))
    other.says("1")
    first = [made.messages()[0][0] for made in (phone, other)]
    with operation.connect() as connection:
        dispositions.not_delivered(connection, first, now=clock.now())
        connection.commit()
    assert column(operation, phone, "state") == "failed"
    assert column(operation, phone, "why") == "not_delivered"
    assert column(operation, other, "state") == "started"


def test_somebody_whom_nothing_reached_is_no_silent_person(operation: Operation, phone: Phone) -> None:
    (message_id, *_), *_ = phone.messages()
    with operation.connect() as connection:
        report = Report(str(message_id), "x", Delivery.INVALID_NUMBER, "invented")
        reports.record(connection, phone.channel.id, report, now=clock.now())
        connection.commit()
    operation.pass_time(timedelta(hours=73))
    assert column(operation, phone, "state") == "failed"


def test_a_message_that_its_provider_refuses_for_good_fails_its_respondent_at_once(
    operation: Operation, phone: Phone
) -> None:
    with operation.connect() as connection:
        claimed = outbox.claim(
            connection,
            operation.ring,
            operation.sms,
            limit=1,
            now=clock.now(),
            lease=timedelta(minutes=1),
            callback_url="",
        )
        gone = outbox.Outcome(claimed[0], error=SendError(Refusal.INVALID_NUMBER, code="x"))
        outbox.record(connection, [gone], now=clock.now())
        connection.commit()
    assert column(operation, phone, "state") == "failed"


# ---------------------------------------------------------------------- a round


def test_a_round_registers_whom_it_asks_and_counts_them_by_state(operation: Operation) -> None:
    revision_id = operation.publish(SURVEY)
    phones = [operation.phone() for _ in range(4)]
    with operation.connect() as connection:
        for phone in phones:
            connection.execute(
                "INSERT INTO consent (id, organisation_id, contact_id, purpose, given, wording, language,"
                " channel_kind, created_at) VALUES (gen_random_uuid(), %s, %s, 'surveys', true, 't', 'eng', 's', %s)",
                [operation.id, phone.contact_id, clock.now()],
            )
        opened = rounds.open_round(
            connection, operation.id, name="A round", revision_id=revision_id, now=clock.now()
        )
        asking = rounds.Asking(operation.id, "simulator", discreet=True, round_id=opened.id)
        asked = rounds.ask(
            connection,
            operation.drains.house,
            asking,
            [phone.contact_id for phone in phones],
            channel=operation.sms,
            now=clock.now(),
        )
        connection.commit()
    assert asked == 4
    phones[0].says("1")
    phones[1].says("2")
    phones[2].says("1")
    phones[2].says("20")
    phones[2].says("1")
    found = results(operation, round_id=opened.id)
    assert {cell.label: cell.count for cell in found.states} == {
        State.CONTACTED: 1,
        State.STARTED: 1,
        State.INELIGIBLE: 1,
        State.COMPLETED: 1,
    }
    assert (found.registered, found.contacted, found.started, found.completed) == (4, 4, 3, 1)
    assert states(operation, phones[3]) == [["registered", None], ["contacted", None]]
    stages = {stage.name: stage for stage in found.stages}
    # The second answered that nothing applies: nothing is kept of their answers.
    assert (stages["enough"].asked, stages["enough"].answered, stages["enough"].waiting) == (3, 2, 1)
    assert (stages["litres"].asked, stages["litres"].answered, stages["litres"].waiting) == (2, 1, 1)
    assert stages["again"].answered == 1
    assert list(stages) == ["enough", "litres", "again"]


def test_counts_of_a_flow_take_all_its_revisions(operation: Operation, phone: Phone) -> None:
    other = operation.phone()
    operation.ask([other], operation.publish(SURVEY.replace("Enough water", "Enough clean water")))
    found = results(operation)
    assert {cell.label: cell.count for cell in found.states} == {State.CONTACTED: 2}
    assert found.reworded == {"enough"}


def results(operation: Operation, *, round_id: UUID | None = None) -> Results:
    """What the survey comes to, in a round or in all."""
    flow_id = operation.one("SELECT id FROM flow WHERE organisation_id = %s AND code = 'steps'", operation.id)
    engine = db.engine(operation.settings)
    with engine.connect() as connection:
        found = flow_results.read(connection, Library(), Scope(flow_id, round_id=round_id), language="eng")
    engine.dispose()
    assert found is not None
    return found


# ---------------------------------------------------------------------- questions


def test_each_answer_knows_since_when_its_question_waited_over_all_retries(
    operation: Operation, phone: Phone
) -> None:
    asked = operation.one("SELECT asked_at FROM run WHERE contact_id = %s", phone.contact_id)
    phone.says("what?")
    phone.says("1")
    rows = operation.rows(
        "SELECT a.asked_at, a.answered_at > a.asked_at, r.asked, r.asked_at = a.answered_at"
        " FROM answer a JOIN run r ON r.id = a.run_id WHERE r.contact_id = %s",
        phone.contact_id,
    )
    assert rows == [(asked, True, "litres", True)]


def earlier(operation: Operation, phone: Phone) -> list[tuple[str, Any, str]]:
    rows = operation.rows(
        "SELECT c.question, c.value, c.answer_id, c.raw_sealed FROM answer_change c JOIN run r ON r.id = c.run_id"
        " WHERE r.contact_id = %s ORDER BY c.replaced_at, c.answered_at",
        phone.contact_id,
    )
    ring = operation.ring
    return [(row[0], row[1], ring.open("answer.raw", row[2], row[3])) for row in rows]


@pytest.mark.parametrize("together", [False, True])
def test_a_corrected_answer_keeps_what_was_said_before(
    operation: Operation, phone: Phone, *, together: bool
) -> None:
    for text in ("1", "15", "2", "51", "1"):
        phone.sends(text)
        if not together:
            operation.handle()
    operation.handle()
    assert phone.answers()["litres"] == 51
    assert ("litres", 15, "15") in earlier(operation, phone)
    assert all(change[0] != "enough" for change in earlier(operation, phone))


def test_a_corrected_answer_keeps_both_when_its_key_is_changed_between(
    operation: Operation, phone: Phone
) -> None:
    for text in ("1", "15"):
        phone.says(text)
    with operation.connect() as connection:
        connection.execute("UPDATE answer SET raw_sealed = raw_sealed")
        connection.commit()
    assert earlier(operation, phone) == []


def test_nothing_is_left_of_what_a_child_corrected(operation: Operation, phone: Phone) -> None:
    child = operation.phone()
    text = SURVEY.replace("goto: litres}", "goto: enough}")
    operation.ask([child], operation.publish(text))
    for words in ("1", "15", "2", "2"):
        child.says(words)
    assert child.dispositions() == [("steps", "ineligible")]
    assert child.answers() == {}
    assert earlier(operation, child) == []


def test_starting_again_what_was_started_changes_no_respondent(operation: Operation, phone: Phone) -> None:
    revision_id = operation.one("SELECT revision_id FROM run WHERE contact_id = %s", phone.contact_id)
    with operation.connect() as connection:
        done = conversation.start(
            connection,
            operation.drains.house,
            [phone.contact_id],
            revision_id,
            channel=operation.sms,
            now=clock.now(),
        )
        connection.commit()
    assert done.count == 0
    assert operation.one("SELECT count(*) FROM respondent WHERE contact_id = %s", phone.contact_id) == 1
