"""What begins a flow: words, links, first contact, times and happenings, in one order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from threading import Thread
from uuid import UUID

import pytest

from gateway import clock, db, ids
from gateway.channels.base import Event, EventKind
from gateway.crypto import Keyring
from gateway.due import Due
from gateway.services import firing, inbox, trigger_list, triggers
from gateway.services.replies import ORDER, Step
from gateway.services.triggers import Busy, Happening, Kind, New, WordsTaken
from gateway.services.unfit import Unfit
from gateway.settings import Settings
from tests.integration.operation import Operation, Phone

FLOW = """
spec: paigham.flow/1
flow: {code}
title: {title}
languages: [eng, urd]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
expires: 72h
outbound: false
discreet: true
steps:
  - ask: tap
    type: select_one
    text: {{eng: "{title}?", urd: "{title}؟"}}
    options:
      - {{code: "yes", label: {{eng: "Works", urd: "ہاں"}}}}
      - {{code: "no", label: {{eng: "Broken", urd: "نہیں"}}}}
  - say: thanks
    text: {{eng: "Thank you for {title}.", urd: "شکریہ۔"}}
"""


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


def publish(operation: Operation, code: str) -> UUID:
    operation.publish(FLOW.format(code=code, title=code.capitalize()))
    found: UUID = operation.one(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = %s", operation.id, code
    )
    return found


def make(operation: Operation, flow_id: UUID, kind: Kind, **more: object) -> UUID:
    with operation.connect() as connection:
        made = triggers.make(connection, operation.id, New(flow_id, kind, **more), by=None, now=clock.now())
        connection.commit()
    operation.drains.house.triggers.forget(operation.id)
    return made


def words(operation: Operation, code: str, *given: str, during: bool = False, language: str = "eng") -> UUID:
    return make(operation, publish(operation, code), Kind.KEYWORD, words={language: given}, during=during)


# ---------------------------------------------------------------------- words


@pytest.mark.parametrize("text", ["WATER", "water", " Water! ", "please water", "/water", "Watr", "waterr"])
def test_a_word_begins_its_flow_however_it_is_written(operation: Operation, text: str) -> None:
    words(operation, "water", "WATER")
    phone = operation.phone()
    assert phone.says(text) == ["Water?\n1) Works\n2) Broken"]
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 0


@pytest.mark.parametrize("text", ["پانی", "پاني", "پا\u200cنی", "پانی۔"])
def test_a_word_is_heard_in_any_spelling_of_its_script(operation: Operation, text: str) -> None:
    words(operation, "water", "پانی", language="urd")
    assert operation.phone(language="urd").says(text) == ["Water؟\n1) ہاں\n2) نہیں"]


@pytest.mark.parametrize("text", ["no water since Monday", "wat", "watery place", "waterproof"])
def test_words_that_only_hold_or_resemble_one_go_to_people(operation: Operation, text: str) -> None:
    words(operation, "water", "WATER")
    phone = operation.phone()
    phone.says(text)
    assert "water" not in [code for code, _ in phone.dispositions()]
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 1


def test_a_slip_that_might_mean_two_flows_begins_neither(operation: Operation) -> None:
    words(operation, "north", "ration1st".replace("1", "l"))
    words(operation, "south", "rationist")
    phone = operation.phone()
    phone.says("ration-st".replace("-", "x"))
    assert phone.dispositions() == []


@pytest.mark.parametrize("word", ["STOP", "help", "بند", "Stop!"])
def test_a_word_of_the_system_is_refused(operation: Operation, word: str) -> None:
    flow_id = publish(operation, "water")
    with pytest.raises(WordsTaken, match="of the system"):
        make(operation, flow_id, Kind.KEYWORD, words={"eng": [word]})


@pytest.mark.parametrize("word", ["WATER", "water.", "Ｗater"])
def test_a_word_of_another_flow_is_refused_and_the_flow_is_named(operation: Operation, word: str) -> None:
    words(operation, "water", "water")
    other = publish(operation, "taps")
    with pytest.raises(WordsTaken, match="Water") as caught:
        make(operation, other, Kind.KEYWORD, words={"eng": ["tap", word]})
    assert [(one.word, one.flow) for one in caught.value.conflicts] == [(word, "Water")]
    assert make(operation, other, Kind.KEYWORD, words={"eng": ["tap"]})


@pytest.mark.parametrize(
    ("given", "code"),
    [([], "empty"), (["2"], "like_an_answer"), (["x"], "like_an_answer"), (["w" * 41], "too_long")],
)
def test_words_that_cannot_be_told_from_answers_are_refused(
    operation: Operation, given: list[str], code: str
) -> None:
    with pytest.raises(Unfit) as caught:
        words(operation, "water", *given)
    assert (caught.value.field, caught.value.code) == ("words", code)


def test_a_word_of_a_flow_that_was_archived_is_free_again(operation: Operation) -> None:
    words(operation, "water", "water")
    operation_id = operation.id
    with operation.connect() as connection:
        connection.execute(
            "UPDATE flow SET archived_at = now() WHERE organisation_id = %s AND code = 'water'",
            [operation_id],
        )
        connection.commit()
    words(operation, "taps", "water")
    assert operation.phone().says("water") == ["Taps?\n1) Works\n2) Broken"]


def test_another_organisations_word_is_no_word_here(
    operation: Operation, settings: Settings, ring: Keyring
) -> None:
    other = Operation(settings, ring)
    words(other, "water", "water")
    phone = operation.phone()
    phone.says("water")
    assert phone.dispositions() == []
    other.drains.close()


# ---------------------------------------------------------------------- declared in the flow


def test_publishing_refuses_words_of_another_flow_and_names_it(operation: Operation) -> None:
    import flows
    from gateway.services import flow_store

    words(operation, "water", "water")
    flow = _with_words(flows.load(FLOW.format(code="taps", title="Taps")), "Water", interrupts=False)
    with operation.connect() as connection, pytest.raises(WordsTaken, match="Water"):
        flow_store.publish(connection, operation.id, flow)
    flow = _with_words(flow, "tap", interrupts=False)
    with operation.connect() as connection:
        flow_store.publish(connection, operation.id, flow)
        connection.commit()
    operation.drains.house.triggers.forget(operation.id)
    assert operation.phone().says("tap") == ["Taps?\n1) Works\n2) Broken"]


def test_a_new_revision_listens_to_its_own_words_and_to_what_staff_added(operation: Operation) -> None:
    import flows
    from gateway.services import flow_store

    flow_id = publish(operation, "taps")
    make(operation, flow_id, Kind.KEYWORD, words={"eng": ["pump"]})
    flow = flows.load(FLOW.format(code="taps", title="Taps"))
    for word in ("tap", "spout"):
        with operation.connect() as connection:
            flow_store.publish(connection, operation.id, _with_words(flow, word, interrupts=False))
            connection.commit()
    operation.drains.house.triggers.forget(operation.id)
    with operation.connect() as connection:
        book = operation.drains.house.triggers.of(connection, operation.id)
    assert set(book.words) == {"pump", "spout"}


def _with_words(flow, word, *, interrupts):
    from dataclasses import replace

    from flows.definition import Trigger

    return replace(flow, triggers=(Trigger(Kind.KEYWORD, {"eng": (word,)}, interrupts=interrupts),))


# ---------------------------------------------------------------------- the order


@pytest.fixture
def listening(operation: Operation) -> Operation:
    """Words that interrupt, words that do not, a link, and a question that may be open."""
    words(operation, "water", "water", "yes", "works")
    words(operation, "alarm", "alarm", "broken", during=True)
    make(operation, publish(operation, "poster"), Kind.LINK)
    return operation


def token(operation: Operation) -> str:
    found: str = operation.one(
        "SELECT token FROM flow_trigger WHERE organisation_id = %s AND token IS NOT NULL", operation.id
    )
    return found


# What each step of the order does with a message that only it may take.
SAYS: dict[Step, dict[str, str]] = {
    Step.PROVIDER: {"text": "hello there", "opt_out": "stop"},
    Step.LINK: {"text": "/start", "start_token": "?"},
    Step.SYSTEM_WORD: {"text": "HELP"},
    Step.INTERRUPTING_WORD: {"text": "alarm"},
    Step.OPEN_QUESTION: {"text": "2"},
    Step.OLD_BUTTON: {"text": "Yes", "choice": "9=yes"},
    Step.FLOW_WORD: {"text": "water"},
    Step.TOO_LATE: {"text": "1"},
    Step.PEOPLE: {"text": "the road is closed"},
}


def taken_by(operation: Operation, phone: Phone, **more: str) -> Step:
    """Which step takes a message; asked of the real table, with the real conversation."""
    from gateway.services import contents, conversation, people, replies
    from gateway.services.batch import Batch
    from gateway.services.voice import Heard

    if more.get("start_token") == "?":
        more["start_token"] = token(operation)
    stored = phone.sends(**more)
    with operation.connect() as connection:
        house = operation.drains.house
        crowd = people.lock(connection, house.ring, [phone.contact_id])
        people.load_sessions(connection, house, crowd)
        people.load_standing(connection, crowd)
        talks: dict[UUID, conversation.Talk] = {}
        talk = conversation._talk(
            connection,
            house,
            Batch(),
            talks,
            crowd[phone.contact_id],
            phone.channel.id,
            phone.urn_id,
            clock.now(),
        )
        blob = connection.execute(
            "SELECT content_sealed FROM message_in WHERE id = %s", [stored.message_id]
        ).fetchone()
        assert blob is not None
        said = contents.open_in(house.ring, stored.message_id, blob[0])
        talk.listen(Heard(stored.message_id, said, blob[0]))
        found = replies.hear(talk, said)
        connection.rollback()
        connection.execute("DELETE FROM pending_in WHERE message_id = %s", [stored.message_id])
        connection.commit()
    return found


def test_the_order_is_whole_and_every_step_stands_in_it_once() -> None:
    assert [step for step, _ in ORDER] == list(Step)
    assert set(SAYS) == set(Step)


@pytest.mark.parametrize("step", [step for step in Step if step not in {Step.OPEN_QUESTION, Step.TOO_LATE}])
def test_without_a_conversation_each_kind_of_message_is_taken_by_its_step(
    listening: Operation, step: Step
) -> None:
    phone = listening.phone()
    phone.says("I write for the second time now")
    assert taken_by(listening, phone, **SAYS[step]) is step


@pytest.mark.parametrize("step", [Step.PROVIDER, Step.LINK, Step.SYSTEM_WORD, Step.INTERRUPTING_WORD])
def test_some_steps_win_over_an_open_question(listening: Operation, step: Step) -> None:
    phone = listening.phone()
    phone.says("water")
    assert taken_by(listening, phone, **SAYS[step]) is step


@pytest.mark.parametrize(
    "step", [Step.OPEN_QUESTION, Step.OLD_BUTTON, Step.FLOW_WORD, Step.TOO_LATE, Step.PEOPLE]
)
def test_an_open_question_wins_over_all_others(listening: Operation, step: Step) -> None:
    phone = listening.phone()
    phone.says("water")
    assert taken_by(listening, phone, **SAYS[step]) is Step.OPEN_QUESTION


# Two steps that may want the same message: a message for both, and whether a question is open.
PAIRS: dict[tuple[Step, Step], tuple[dict[str, str], str]] = {
    (Step.PROVIDER, Step.LINK): ({"text": "x", "opt_out": "stop", "start_token": "?"}, ""),
    (Step.PROVIDER, Step.SYSTEM_WORD): ({"text": "STOP", "opt_out": "stop"}, ""),
    (Step.PROVIDER, Step.INTERRUPTING_WORD): ({"text": "alarm", "opt_out": "help"}, ""),
    (Step.PROVIDER, Step.OPEN_QUESTION): ({"text": "1", "opt_out": "stop"}, "open"),
    (Step.PROVIDER, Step.OLD_BUTTON): ({"text": "", "choice": "1=x", "opt_out": "stop"}, ""),
    (Step.PROVIDER, Step.FLOW_WORD): ({"text": "water", "opt_out": "stop"}, ""),
    (Step.PROVIDER, Step.TOO_LATE): ({"text": "1", "opt_out": "stop"}, "over"),
    (Step.PROVIDER, Step.PEOPLE): ({"text": "hello there", "opt_out": "stop"}, ""),
    (Step.LINK, Step.SYSTEM_WORD): ({"text": "START", "start_token": "?"}, ""),
    (Step.LINK, Step.INTERRUPTING_WORD): ({"text": "alarm", "start_token": "?"}, ""),
    (Step.LINK, Step.OPEN_QUESTION): ({"text": "1", "start_token": "?"}, "open"),
    (Step.LINK, Step.OLD_BUTTON): ({"text": "", "choice": "1=x", "start_token": "?"}, ""),
    (Step.LINK, Step.FLOW_WORD): ({"text": "water", "start_token": "?"}, ""),
    (Step.LINK, Step.TOO_LATE): ({"text": "1", "start_token": "?"}, "over"),
    (Step.LINK, Step.PEOPLE): ({"text": "hello there", "start_token": "?"}, ""),
    (Step.SYSTEM_WORD, Step.OPEN_QUESTION): ({"text": "STOP"}, "open"),
    (Step.SYSTEM_WORD, Step.PEOPLE): ({"text": "PROBLEM the road is closed"}, ""),
    (Step.INTERRUPTING_WORD, Step.OPEN_QUESTION): ({"text": "broken"}, "open"),
    (Step.INTERRUPTING_WORD, Step.TOO_LATE): ({"text": "broken"}, "over"),
    (Step.INTERRUPTING_WORD, Step.PEOPLE): ({"text": "alarm"}, ""),
    (Step.OPEN_QUESTION, Step.OLD_BUTTON): ({"text": "Yes", "choice": "9=yes"}, "open"),
    (Step.OPEN_QUESTION, Step.FLOW_WORD): ({"text": "works"}, "open"),
    (Step.OPEN_QUESTION, Step.PEOPLE): ({"text": "the road is closed"}, "open"),
    (Step.OLD_BUTTON, Step.FLOW_WORD): ({"text": "water", "choice": "9=yes"}, ""),
    (Step.OLD_BUTTON, Step.TOO_LATE): ({"text": "1", "choice": "9=yes"}, "over"),
    (Step.OLD_BUTTON, Step.PEOPLE): ({"text": "hello there", "choice": "9=yes"}, ""),
    (Step.FLOW_WORD, Step.TOO_LATE): ({"text": "works"}, "over"),
    (Step.FLOW_WORD, Step.PEOPLE): ({"text": "water"}, ""),
    (Step.TOO_LATE, Step.PEOPLE): ({"text": "1"}, "over"),
}
# Pairs that no message can be for both of: a word has one owner, a button has no words of its own, and where a
# question is open there is nothing that came too late.
APART = {
    (Step.SYSTEM_WORD, Step.INTERRUPTING_WORD),
    (Step.SYSTEM_WORD, Step.OLD_BUTTON),
    (Step.SYSTEM_WORD, Step.FLOW_WORD),
    (Step.SYSTEM_WORD, Step.TOO_LATE),
    (Step.INTERRUPTING_WORD, Step.OLD_BUTTON),
    (Step.INTERRUPTING_WORD, Step.FLOW_WORD),
    (Step.OPEN_QUESTION, Step.TOO_LATE),
}


def test_every_pair_of_steps_is_tried_or_cannot_meet() -> None:
    assert set(PAIRS) | APART == set(combinations(Step, 2))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} before {pair[1]}")
def test_of_two_steps_that_want_a_message_the_first_takes_it(
    listening: Operation, pair: tuple[Step, Step]
) -> None:
    message, stands = PAIRS[pair]
    phone = listening.phone()
    if stands:
        phone.says("water")
    if stands == "over":
        listening.pass_time(timedelta(hours=73))
    assert taken_by(listening, phone, **dict(message)) is pair[0]


def test_what_interrupted_gives_way_to_the_question_that_was_open(listening: Operation) -> None:
    phone = listening.phone()
    phone.says("water")
    assert phone.says("alarm") == ["Alarm?\n1) Works\n2) Broken"]
    assert phone.says("1") == ["Thank you for Alarm.", "Water?\n1) Works\n2) Broken"]
    assert phone.says("works") == ["Thank you for Water."], "its own words are answers here"


def test_the_word_of_the_flow_that_is_open_brings_its_question_back(operation: Operation) -> None:
    words(operation, "alarm", "alarm", during=True)
    phone = operation.phone()
    phone.says("alarm")
    assert phone.says("alarm") == ["Alarm?\n1) Works\n2) Broken"]
    assert phone.dispositions() == [("alarm", None)]


# ---------------------------------------------------------------------- links and first contact


def test_a_link_begins_its_flow_on_a_messenger_and_its_token_by_sms(operation: Operation) -> None:
    make(operation, publish(operation, "poster"), Kind.LINK)
    chat = operation.phone(messenger=True)
    assert chat.says("/start", start_token=token(operation)) == ["Poster?"]
    assert operation.phone().says(token(operation).lower()) == ["Poster?\n1) Works\n2) Broken"]


def test_somebody_who_writes_for_the_first_time_is_greeted_and_their_words_are_kept(
    operation: Operation,
) -> None:
    make(operation, publish(operation, "welcome"), Kind.FIRST_CONTACT)
    phone = operation.phone(language=None)
    said = phone.says("there is no light in block seven")
    assert said[-1].startswith("Welcome?")
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 1
    phone.says("1")
    phone.says("and no water")
    assert [code for code, _ in phone.dispositions()] == ["welcome"]


def test_two_flows_cannot_both_greet(operation: Operation) -> None:
    make(operation, publish(operation, "welcome"), Kind.FIRST_CONTACT)
    with pytest.raises(Unfit) as caught:
        make(operation, publish(operation, "other"), Kind.FIRST_CONTACT)
    assert caught.value.code == "taken"


# ---------------------------------------------------------------------- times


def consent(operation: Operation, *phones: Phone) -> None:
    with operation.connect() as connection:
        for phone in phones:
            connection.execute(
                "INSERT INTO consent (id, organisation_id, contact_id, purpose, given, wording, language,"
                " channel_kind, created_at) VALUES (%s, %s, %s, 'surveys', true, 't', 'eng', 's', %s)",
                [ids.new(), operation.id, phone.contact_id, clock.now()],
            )
        connection.commit()


def scheduled(operation: Operation, when: str = "daily 09:00") -> UUID:
    return make(
        operation, publish(operation, "daily"), Kind.SCHEDULE, schedule=when, channel_id=operation.sms.id
    )


def due_now(operation: Operation, trigger_id: UUID) -> datetime:
    """Let the next time of a schedule be a minute ago."""
    at = clock.now().replace(microsecond=0) - timedelta(minutes=1)
    with operation.connect() as connection:
        connection.execute("UPDATE flow_trigger SET next_at = %s WHERE id = %s", [at, trigger_id])
        connection.commit()
    return at


def firings(operation: Operation) -> list[tuple[int, bool]]:
    return operation.rows(
        "SELECT asked, done_at IS NOT NULL FROM trigger_firing WHERE organisation_id = %s", operation.id
    )


def test_a_schedule_asks_whoever_agreed_and_goes_on_to_its_next_time(operation: Operation) -> None:
    asked, other = operation.phone(), operation.phone()
    consent(operation, asked)
    trigger_id = scheduled(operation)
    at = due_now(operation, trigger_id)
    Due(operation.drains).fire()
    assert asked.hears() == ["Daily?\n1) Works\n2) Broken"]
    assert other.hears() == []
    (name, opened, closes) = operation.rows(
        "SELECT name, opens_at, closes_at FROM survey_round WHERE organisation_id = %s", operation.id
    )[0]
    following = operation.one("SELECT next_at FROM flow_trigger WHERE id = %s", trigger_id)
    assert (opened, closes) == (at, following)
    assert name == f"Daily, {at.date().isoformat()}"
    assert following > clock.now()
    assert firings(operation) == [(1, True)]


def test_a_due_time_is_one_round_whoever_finds_it_and_however_often(
    operation: Operation, settings: Settings, ring: Keyring
) -> None:
    phones = [operation.phone() for _ in range(3)]
    consent(operation, *phones)
    trigger_id = scheduled(operation)
    at = due_now(operation, trigger_id)
    from gateway.drain import Drains

    workers = [Drains(settings, ring) for _ in range(2)]
    threads = [Thread(target=Due(worker).fire) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with operation.connect() as connection:  # a restart that lost the note of the next time
        connection.execute("UPDATE flow_trigger SET next_at = %s WHERE id = %s", [at, trigger_id])
        connection.commit()
    Due(operation.drains).fire()
    for worker in workers:
        worker.close()
    assert [len(phone.hears()) for phone in phones] == [1, 1, 1]
    assert operation.one("SELECT count(*) FROM survey_round WHERE organisation_id = %s", operation.id) == 1


def test_after_a_pause_a_time_is_made_up_for_once(operation: Operation) -> None:
    trigger_id = scheduled(operation)
    with operation.connect() as connection:
        connection.execute(
            "UPDATE flow_trigger SET next_at = %s WHERE id = %s",
            [clock.now() - timedelta(days=5), trigger_id],
        )
        connection.commit()
    Due(operation.drains).fire()
    Due(operation.drains).fire()
    assert operation.one("SELECT count(*) FROM survey_round WHERE organisation_id = %s", operation.id) == 1


def test_a_round_that_was_left_in_the_middle_goes_on_where_it_stood(operation: Operation) -> None:
    phones = [operation.phone() for _ in range(5)]
    consent(operation, *phones)
    due_now(operation, scheduled(operation))
    with operation.connect() as connection:
        assert firing.find(connection, operation.drains.house, limit=10, now=clock.now()) == 1
        connection.commit()
        taken = firing.take(connection, now=clock.now())
        assert taken is not None
        firing.ask(connection, operation.drains.house, taken, batch=2, now=clock.now())
        connection.commit()
        # Here the worker dies, with a batch that it had taken and not committed.
        taken = firing.take(connection, now=clock.now())
        assert taken is not None
        assert taken.after is not None
        firing.ask(connection, operation.drains.house, taken, batch=2, now=clock.now())
        connection.rollback()
    Due(operation.drains).fire()
    assert [len(phone.hears()) for phone in phones] == [1] * 5
    assert firings(operation) == [(5, True)]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"schedule": "someday"}, "schedule"),
        ({"schedule": "2020-01-01 09:00"}, "schedule"),
        ({"schedule": "daily 09:00", "channel_id": None}, "channel"),
        ({"schedule": "daily 09:00", "channel_id": ids.new()}, "channel"),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused(
    operation: Operation, more: dict[str, object], field: str
) -> None:
    flow_id = publish(operation, "daily")
    with pytest.raises(Unfit) as caught:
        make(operation, flow_id, Kind.SCHEDULE, **{"channel_id": operation.sms.id, **more})
    assert caught.value.field == field


def test_a_schedule_keeps_to_the_operations_own_clock(
    operation: Operation, connection: db.Connection
) -> None:
    connection.execute(
        "INSERT INTO operation (id, name, timezone) VALUES (%s, 'An operation', 'Asia/Karachi')", [ids.new()]
    )
    flow_id = publish(operation, "daily")
    new = New(flow_id, Kind.SCHEDULE, schedule="day 1 09:00", channel_id=operation.sms.id)
    trigger_id = triggers.make(connection, operation.id, new, by=None, now=clock.now())
    (line,) = trigger_list.lines(connection, operation.id, one=trigger_id)
    assert line.next_at is not None
    assert line.next_at.astimezone(UTC).strftime("%d %H:%M") == "01 04:00"


def test_a_schedule_that_was_turned_off_asks_nobody_and_turned_on_waits_for_its_next_time(
    operation: Operation,
) -> None:
    phone = operation.phone()
    consent(operation, phone)
    trigger_id = scheduled(operation)
    due_now(operation, trigger_id)
    for active in (False, True):
        with operation.connect() as connection:
            assert triggers.switch(connection, operation.id, trigger_id, active=active, now=clock.now())
            assert not triggers.switch(connection, operation.id, trigger_id, active=active, now=clock.now())
            connection.commit()
        Due(operation.drains).fire()
        assert phone.hears() == []
    assert operation.one("SELECT next_at FROM flow_trigger WHERE id = %s", trigger_id) > clock.now()


def test_turning_a_word_on_again_that_another_flow_took_is_refused(operation: Operation) -> None:
    first = words(operation, "water", "water")
    with operation.connect() as connection:
        triggers.switch(connection, operation.id, first, active=False, now=clock.now())
        connection.commit()
    words(operation, "taps", "water")
    with operation.connect() as connection, pytest.raises(WordsTaken, match="Taps"):
        triggers.switch(connection, operation.id, first, active=True, now=clock.now())


# ---------------------------------------------------------------------- happenings


def rings(phone: Phone, *, at: datetime | None = None) -> None:
    operation = phone.operation
    with db.connect(operation.settings, role=db.DatabaseRole.WEBHOOKS) as connection:
        call = Event(EventKind.MISSED_CALL, phone.urn, f"call-{ids.new()}")
        inbox.keep(connection, operation.ring, phone.channel, [call], now=at or clock.now())
        connection.commit()


def outcomes(operation: Operation) -> list[str | None]:
    rows = operation.rows(
        "SELECT outcome FROM trigger_event WHERE organisation_id = %s ORDER BY at", operation.id
    )
    return [row[0] for row in rows]


def test_who_rings_and_hangs_up_is_written_to_once_however_often_they_ring(operation: Operation) -> None:
    make(operation, publish(operation, "call"), Kind.MISSED_CALL)
    phone = operation.phone()
    now = clock.now()
    for _ in range(3):
        rings(phone, at=now)
    Due(operation.drains).fire()
    assert phone.hears() == ["Call?\n1) Works\n2) Broken"]
    assert outcomes(operation) == ["started"]


def test_a_stranger_who_rings_is_known_from_then_on(operation: Operation) -> None:
    make(operation, publish(operation, "call"), Kind.MISSED_CALL)
    phone = operation.phone()
    stranger = Phone(operation, operation.sms, "simulator:99887766", phone.contact_id, phone.urn_id)
    rings(stranger)
    Due(operation.drains).fire()
    rows = operation.rows(
        "SELECT count(*) FROM message_out m JOIN contact_urn u ON u.id = m.urn_id WHERE u.address_index = %s",
        operation.ring.index("simulator:99887766"),
    )
    assert rows == [(1,)]


def test_without_a_trigger_a_call_begins_nothing_and_is_settled(operation: Operation) -> None:
    phone = operation.phone()
    rings(phone)
    Due(operation.drains).fire()
    assert phone.hears() == []
    assert outcomes(operation) == ["no_trigger"]


def closes(operation: Operation, phone: Phone, case_id: UUID) -> None:
    with operation.connect() as connection:
        firing.happened(
            connection,
            operation.id,
            Happening.GRIEVANCE_CLOSED,
            case_id,
            contact_ids=[phone.contact_id],
            channel_id=operation.sms.id,
            now=clock.now(),
        )
        connection.commit()


def make_due(operation: Operation) -> None:
    with operation.connect() as connection:
        connection.execute("UPDATE trigger_event SET due_at = %s WHERE done_at IS NULL", [clock.now()])
        connection.commit()


def test_a_case_that_is_closed_begins_its_flow_once(operation: Operation) -> None:
    make(operation, publish(operation, "closed"), Kind.EVENT, event="grievance_closed")
    phone, case_id = operation.phone(), ids.new()
    closes(operation, phone, case_id)
    closes(operation, phone, case_id)
    Due(operation.drains).fire()
    assert phone.hears() == ["Closed?\n1) Works\n2) Broken"]


def test_it_waits_while_the_person_is_in_another_conversation(operation: Operation) -> None:
    make(operation, publish(operation, "closed"), Kind.EVENT, event="grievance_closed")
    words(operation, "water", "water")
    phone = operation.phone()
    phone.says("water")
    closes(operation, phone, ids.new())
    Due(operation.drains).fire()
    assert phone.hears() == []
    assert phone.says("1") == ["Thank you for Water."]
    make_due(operation)
    Due(operation.drains).fire()
    assert phone.hears() == ["Closed?\n1) Works\n2) Broken"]


def test_or_it_is_refused_where_its_trigger_says_so(operation: Operation) -> None:
    flow_id = publish(operation, "closed")
    make(operation, flow_id, Kind.EVENT, event="grievance_closed", busy=Busy.REFUSE)
    words(operation, "water", "water")
    phone = operation.phone()
    phone.says("water")
    closes(operation, phone, ids.new())
    Due(operation.drains).fire()
    assert outcomes(operation) == ["refused"]


def test_nobody_is_written_to_who_said_stop_or_may_not_be_written_to(operation: Operation) -> None:
    make(operation, publish(operation, "closed"), Kind.EVENT, event="grievance_closed")
    stopped, unsafe = operation.phone(), operation.phone()
    stopped.says("STOP")
    stopped.hears()
    with operation.connect() as connection:
        connection.execute("UPDATE contact SET safe_to_text = 'no' WHERE id = %s", [unsafe.contact_id])
        connection.commit()
    for phone in (stopped, unsafe):
        closes(operation, phone, ids.new())
    Due(operation.drains).fire()
    assert outcomes(operation) == ["left_out", "left_out"]
    assert stopped.hears() == unsafe.hears() == []


def test_a_discreet_contact_gets_no_flow_that_names_an_agency(operation: Operation) -> None:
    flow_id = publish(operation, "closed")
    operation.publish(FLOW.format(code="closed", title="Closed").replace("discreet: true", "discreet: false"))
    make(operation, flow_id, Kind.EVENT, event="grievance_closed")
    phone = operation.phone()
    with operation.connect() as connection:
        connection.execute("UPDATE contact SET discreet = true WHERE id = %s", [phone.contact_id])
        connection.commit()
    closes(operation, phone, ids.new())
    Due(operation.drains).fire()
    assert outcomes(operation) == ["not_safe"]


def test_what_cannot_be_handled_waits_and_holds_up_nothing_else(operation: Operation) -> None:
    make(operation, publish(operation, "closed"), Kind.EVENT, event="grievance_closed")
    broken, phone = operation.phone(), operation.phone()
    with operation.connect() as connection:
        connection.execute("UPDATE contact SET fields_sealed = 'x' WHERE id = %s", [broken.contact_id])
        connection.commit()
    closes(operation, broken, ids.new())
    closes(operation, phone, ids.new())
    Due(operation.drains).fire()
    assert phone.hears() == ["Closed?\n1) Works\n2) Broken"]
    assert outcomes(operation) == [None, "started"]
