from dataclasses import replace

from flow_builders import NOW
from flow_strategies import LANGUAGES, LONG, contacts, flows_of_any_kind, replies
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.definition import (
    AnswerType,
    Ask,
    Branch,
    Calculate,
    Flow,
    Group,
    Option,
    Repeat,
    Route,
    Say,
    Text,
)
from flows.events import AnswerGiven, AnswerMissed, Disposition, MessageSaid, RunEnded, WaitStarted
from flows.plan import plan_of
from flows.rendering import as_sms
from flows.run import MAX_MESSAGES, MAX_STEPS


def talk(flow, contact, said):
    """All sprints of a conversation, the session re-read from JSON before each reply."""
    sprints = [flows.start(flow, contact, now=NOW)]
    for reply in said:
        session = flows.Session.from_json(sprints[-1].session.to_json())
        assert session == sprints[-1].session
        sprints.append(flows.resume(flow, session, contact, reply, now=NOW))
    return sprints


@given(flows_of_any_kind(), contacts(), st.lists(replies(), max_size=5))
def test_any_flow_and_any_replies_end_or_wait_and_never_raise(flow, contact, said):
    """One walk for what must hold of each sprint, and of all of them: making a flow costs more than walking it."""
    sprints = talk(flow, contact, said)
    questions = {*plan_of(flow).questions, None}
    for sprint in sprints:
        ends_or_waits(sprint)
        waits_are_bounded(sprint, questions)
    keys = [event.key for sprint in sprints for event in sprint.events if isinstance(event, MessageSaid)]
    assert len(set(keys)) == len(keys)


def ends_or_waits(sprint):
    session = sprint.session
    assert session.waiting != session.ended
    assert (session.step is not None) == session.waiting
    assert (session.disposition is not None) == session.ended
    ends = [event for event in sprint.events if isinstance(event, RunEnded)]
    assert len(ends) <= 1
    assert not ends or (sprint.events[-1] is ends[0] and session.ended)
    messages = [event for event in sprint.events if isinstance(event, MessageSaid)]
    assert len(messages) <= MAX_MESSAGES + 2
    assert all(as_sms(message).strip() for message in messages)
    assert len(sprint.events) <= 3 * MAX_STEPS


def waits_are_bounded(sprint, questions):
    """Every wait is for a question of the flow, or for a time or a service, and has an end."""
    for event in sprint.events:
        if isinstance(event, WaitStarted):
            assert event.question in questions
            assert event.expires > NOW
            assert all(NOW < reminder < event.expires for reminder in event.reminders)


@given(flows_of_any_kind(), contacts(), st.lists(replies(), max_size=5))
def test_the_same_inputs_give_the_same_outputs(flow, contact, said):
    again = flows.from_dict(flows.dump(flow))
    assert talk(flow, contact, said) == talk(again, contact, said)


@given(flows_of_any_kind(), contacts(), st.lists(replies(), max_size=3))
def test_interruptions_never_raise_and_never_answer(flow, contact, said):
    session = talk(flow, contact, said)[-1].session
    for call in (flows.repeat, flows.remind):
        assert call(flow, session, contact, now=NOW).session.answers == session.answers
    for call in (flows.repeat, flows.remind, flows.expire, flows.wake):
        sprint = call(flow, session, contact, now=session.expires or NOW)
        assert not any(isinstance(event, AnswerGiven) for event in sprint.events)
        assert flows.Session.from_json(sprint.session.to_json()) == sprint.session
    for values in (None, {}, {"a": 5, "x": ["list"], "one": "t" * 5_000}):
        flows.answered(flow, session, contact, values, now=NOW)
    flows.late(flow, session, contact, flows.Reply("1"), now=NOW)
    assert flows.standing(session) in set(Disposition)
    stopped = flows.stop(flow, session, disposition=Disposition.OPTED_OUT)
    assert stopped.session.ended
    assert session.ended or stopped.events[-1] == RunEnded(Disposition.OPTED_OUT)


def survey():
    """A sound flow whose texts and labels differ between languages; the path rests on codes."""

    def text(name):
        return Text(name, {language: f"{name} in {language}" for language in LANGUAGES})

    def option(code, number, **more):
        return Option(
            code, number, Text(code, {language: f"{code} {language}" for language in LANGUAGES}), **more
        )

    return Flow(
        "survey",
        text("title"),
        LANGUAGES,
        (
            Ask(
                "a",
                text("a"),
                AnswerType.SELECT_ONE,
                (option("one", 1), option("two", 2, goto="c"), option("no", 3)),
            ),
            Ask("b", text("b"), AnswerType.INTEGER, constraint=". < 50"),
            Branch("split", (Route("${b} > 10", "d"),)),
            Ask("c", text("c"), AnswerType.SELECT_MULTIPLE, (option("x", 1), option("y", 2))),
            Ask("d", text("d"), AnswerType.TEXT, when="${a} != 'no'"),
            Say("bye", text("bye")),
        ),
    )


def path(sprints):
    """What happened, without the words."""
    kinds = (AnswerGiven, AnswerMissed, RunEnded, WaitStarted)
    return [
        [event for event in sprint.events if isinstance(event, kinds)]
        + [(event.step, event.key) for event in sprint.events if isinstance(event, MessageSaid)]
        for sprint in sprints
    ]


_PLAIN = st.sampled_from(
    ["1", "2", "3", "۱", "1,2", "0", "7", "51", "12", "x eng", "two fra", "hello there", "?", ""]
)


@given(st.lists(_PLAIN.map(flows.Reply), max_size=8))
def test_translation_never_changes_the_path(said):
    flow = survey()
    ways = [path(talk(flow, flows.Contact(language), said)) for language in LANGUAGES]
    assert ways[0] == ways[1] == ways[2]


@given(st.lists(_PLAIN, max_size=8), st.integers(0, 8), st.sampled_from(LANGUAGES))
def test_a_language_changed_in_the_middle_changes_nothing_but_the_words(said, moment, language):
    flow = survey()

    def answers(change):
        contact = flows.Contact("eng")
        session = flows.start(flow, contact, now=NOW).session
        for turn, text in enumerate(said):
            if change and turn == moment:
                contact = replace(contact, language=language)
                session = flows.repeat(flow, session, contact, now=NOW).session
            session = flows.resume(flow, session, contact, flows.Reply(text), now=NOW).session
        return dict(session.answers), session.step, session.ended

    assert answers(change=True) == answers(change=False)


def household():
    """A sound flow with a repeat, a group, a calculated value and a list that is looked up."""

    def text(name):
        return Text(name, {"eng": name})

    yes_no = (Option("yes", 1, text("Yes")), Option("no", 2, text("No")))
    return Flow(
        "household",
        text("title"),
        ("eng",),
        (
            Ask("agree", text("agree"), AnswerType.SELECT_ONE, yes_no),
            Repeat(
                "child",
                (
                    Ask("age", text("age"), AnswerType.INTEGER),
                    Calculate("old", "${age} > 17"),
                    Group(
                        "g",
                        (Ask("school", text("school"), AnswerType.SELECT_ONE, yes_no),),
                        when="${age} > 4",
                    ),
                ),
                most=3,
            ),
            Calculate("total", "sum(${age})"),
            Ask("where", text("where"), AnswerType.SELECT_ONE, list="long"),
            Ask("note", text("note"), AnswerType.TEXT),
        ),
        lists={"long": LONG},
    )


_GOOD = st.sampled_from(["1", "2", "7", "12", "3", "0", "alpha 0", "camp 3", "hello there"])


def without_moments(session):
    """A session without how much was said and until when it waits."""
    return replace(session, sequence=0, expires=None)


@given(st.lists(_GOOD, min_size=1, max_size=12))
def test_going_back_and_giving_the_same_answer_gives_the_same_session(said):
    flow, contact = household(), flows.Contact("eng")
    session = flows.start(flow, contact, now=NOW).session
    for text in said:
        before, reply = session, flows.Reply(text)
        session = flows.resume(flow, before, contact, reply, now=NOW).session
        if session.ended or (session.step == before.step and session.passed == before.passed):
            continue
        if (
            before.retries
        ):  # the last retry gives a question up, and one that was gone back to has them all again
            continue
        turned = flows.resume(flow, session, contact, flows.Reply("back"), now=NOW).session
        assert turned.step == before.step
        assert dict(turned.answers) == dict(before.answers)
        assert turned.more.values == before.more.values
        again = flows.resume(flow, turned, contact, reply, now=NOW).session
        if again.more.doubt is None and again.more.offer is None and before.more.offer is None:
            assert without_moments(again) == without_moments(session)


@given(st.lists(_GOOD, max_size=40))
def test_rounds_stay_within_the_most(said):
    session = talk(household(), flows.Contact("eng"), list(map(flows.Reply, said)))[-1].session
    assert all(key[-3:] in {"[1]", "[2]", "[3]"} for key in session.answers if key.startswith("age"))
    assert session.more.rounds.get("child", 0) <= 3
