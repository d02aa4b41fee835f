"""Rehearsals: the same talk from the same script, time that passes, jumps, and talks that become tests."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows
from flows.editing import AddRow, apply
from flows.rehearsal import rehearse
from gateway.services import rehearsals
from gateway.services.flow_store import library
from gateway.services.rehearsals import MESSENGER, NoScript, Script, Talk, as_test, play
from tests.unit.flows.test_editing import SMALL

FLOW = flows.load(
    SMALL.replace("languages: [eng, urd]", "languages: [eng, urd]\nreminders: [4h, 24h]\nexpires: 72h")
)
BEGUN = Script("eng")


def said(talk: Talk) -> list[str]:
    return [bubble.text for bubble in talk.bubbles if bubble.side == "in"]


def test_a_simple_phone_gets_a_numbered_list_with_its_size() -> None:
    talk = play(FLOW, BEGUN)
    assert said(talk) == ["Hello.", "Does it work?\n1) Yes\n2) No"]
    assert [bubble.size.segments for bubble in talk.bubbles if bubble.size] == [1, 1]
    assert talk.options == ()


def test_a_messenger_gets_buttons_and_no_size() -> None:
    talk = play(FLOW, Script("eng", MESSENGER))
    assert [option.label for option in talk.options] == ["Yes", "No"]
    assert {bubble.size for bubble in talk.bubbles} == {None}
    pressed = play(FLOW, Script("eng", MESSENGER).then("presses", "no"))
    assert [bubble.text for bubble in pressed.bubbles if bubble.side == "out"] == ["No"]
    assert pressed.variables == {"works": "no"}


def test_the_same_talk_goes_on_in_a_changed_flow() -> None:
    script = BEGUN.then("says", "1")
    assert play(FLOW, script).session.ended
    changed = flows.load(
        SMALL.replace("goto: end", "goto: sorry").replace("""    when: "${works} = 'no'"\n""", "")
    )
    assert "You said Yes." in said(play(changed, script))


def test_time_passes_to_the_reminder_and_to_the_end_of_the_wait() -> None:
    reminded = play(FLOW, BEGUN.then("waits", "reminder"))
    assert said(reminded)[-1].startswith("Does it work?")
    assert (reminded.now - rehearsals.NOON).total_seconds() == 4 * 3600
    day = play(FLOW, BEGUN.then("waits", "day"))
    assert day.reminded == 2
    assert day.session.waiting
    over = play(FLOW, BEGUN.then("waits", "expiry"))
    assert over.session.disposition is not None
    assert over.session.disposition.value == "expired"


def test_three_days_one_by_one_are_as_long_as_three_days() -> None:
    script = BEGUN
    for _ in range(3):
        script = script.then("waits", "day")
    talk = play(FLOW, script)
    assert talk.session.ended
    assert talk.reminded == 2


def test_a_jump_begins_at_the_step_and_remembers_what_was_answered() -> None:
    talk = play(FLOW, BEGUN.then("says", "1").then("jumps", "works").then("says", "2"))
    assert talk.variables["works"] == "no"
    asked = play(FLOW, BEGUN.then("jumps", "works"))
    assert asked.session.step == "works"


def test_the_language_changes_in_the_talk() -> None:
    talk = play(FLOW, BEGUN.then("speaks", "urd"))
    assert "کیا یہ چلتا ہے؟" in said(talk)[-1]


@pytest.mark.parametrize(
    "script",
    [
        BEGUN,
        BEGUN.then("says", "1"),
        BEGUN.then("says", "perhaps").then("says", "۱"),
        BEGUN.then("waits", "reminder").then("says", "1"),
        BEGUN.then("waits", "expiry"),
        BEGUN.then("speaks", "urd").then("says", "1"),
        BEGUN.then("jumps", "works").then("says", "2"),
        BEGUN.then("waits", "day").then("waits", "day").then("says", "2").then("waits", "expiry"),
        Script("urd", MESSENGER, seed=4).then("presses", "yes"),
    ],
)
def test_a_talk_that_is_kept_as_a_test_passes_as_the_flow_is(script: Script) -> None:
    test = as_test(FLOW, script, "As it went")
    assert rehearse(FLOW, test).failures == ()
    kept = apply(SMALL, AddRow(None, ("tests",), test))
    assert flows.load(kept).tests[-1] == test


def test_a_test_that_was_kept_notices_a_change() -> None:
    test = as_test(FLOW, BEGUN.then("says", "1"), "It works")
    other = flows.load(SMALL.replace('"Does it work?"', '"Is there water?"'))
    assert rehearse(other, test).failures


def test_a_service_answers_or_fails_as_one_says() -> None:
    asks = flows.load(
        SMALL.replace(
            "  - say: sorry",
            "  - do: look\n    action: ask_service\n    service: balance\n    gives: [amount]\n  - say: told\n"
            '    text: "You have {look.amount}."\n  - say: sorry',
        ).replace("paigham.flow/1", flows.SPEC)
    )
    waits = Script("eng").then("says", "2")
    assert play(asks, waits).service
    answered = waits.then("is_told", {"amount": "5"})
    assert "You have 5." in said(play(asks, answered))
    assert rehearse(asks, as_test(asks, answered, "It says 5")).failures == ()
    failed = play(asks, waits.then("is_told", False))
    assert not failed.service


def test_a_script_travels_with_the_page() -> None:
    script = Script("urd", MESSENGER, {"hotline": "1"}, 7).then("says", "\"'<>").then("waits", "day")
    assert Script.from_json(script.to_json()) == script


@given(
    st.text(max_size=60)
    | st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists).map(json.dumps)
)
def test_what_is_no_script_is_refused(text: str) -> None:
    with pytest.raises(NoScript):
        Script.from_json(text)


@pytest.mark.parametrize(
    "text", ['["", [], {}, 0, []]', '["", {}, {}, 0, []]', '[[], "sms", {}, 0, []]', "[" * 100_000]
)
def test_a_script_of_other_shapes_is_refused(text: str) -> None:
    with pytest.raises(NoScript):
        Script.from_json(text)


_turns = st.one_of(
    st.tuples(st.just("says"), st.text(max_size=12) | st.sampled_from(["1", "2", "0", "skip", "۱"])),
    st.tuples(st.just("presses"), st.sampled_from(["yes", "no", "nothing"])),
    st.tuples(st.just("waits"), st.sampled_from(["day", "reminder", "expiry", "x"])),
    st.tuples(st.just("speaks"), st.sampled_from(["eng", "urd", "xxx"])),
    st.tuples(st.just("jumps"), st.sampled_from(["consent", "nowhere", "why", "solved"])),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(library()), st.lists(_turns, max_size=8))
def test_every_talk_can_be_played_and_played_again(flow: flows.Flow, turns: list[tuple[str, str]]) -> None:
    script = Script(flow.languages[0])
    for turn in turns:
        script = script.then(*turn)
    once, again = play(flow, script), play(flow, Script.from_json(script.to_json()))
    assert once.bubbles == again.bubbles
    for event in once.events:
        assert rehearsals.told(event)[0] == type(event).__name__
