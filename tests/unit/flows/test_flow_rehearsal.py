from dataclasses import replace

import pytest
from flow_builders import ask, flow_of
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.events import MessageSaid
from flows.rehearsal import NOON, Turn, as_test, rehearse
from flows.rendering import as_sms

FLOW = flow_of(ask(), ask("n", "integer"), {"say": "bye", "text": "Bye."})


def failures(**test):
    return rehearse(FLOW, {"name": "t"} | test).failures


def test_a_test_that_holds_passes_and_has_a_transcript():
    talk = [{"hears": "q?"}, {"says": "1"}, {"says": "5"}, {"hears": "Bye."}]
    result = rehearse(FLOW, {"name": "t", "talk": talk, "answers": {"q": "yes", "n": 5}, "ends": "completed"})
    assert result == flows.TestResult("t", (), ("< q?\n1) Yes\n2) No", "> 1", "< n?", "> 5", "< Bye."))
    assert result.passed


@pytest.mark.parametrize(
    ("test", "part"),
    [
        ({"talk": [{"hears": "Hello"}]}, "was not heard"),
        ({"talk": [{"hears": ["q?", "1)", "n?"]}]}, "was not heard"),
        ({"talk": [{"does_not_hear": "q?"}]}, "was heard"),
        ({"talk": [{"does_not_hear": True}]}, "was heard"),
        ({"talk": [{"says": "1"}, {"hears": "q?"}]}, "was not heard"),
        ({"talk": [{"says": "1"}], "answers": {}}, "“answers” should be"),
        ({"talk": [{"says": "1"}], "answers": {"q": "no"}}, "“answers” should be"),
        ({"ends": "completed"}, "“ends” should be 'completed', and is 'waiting'"),
        ({"waits_at": "n"}, "“waits_at” should be"),
        ({"reports": ["GrievanceRaised"]}, "was not reported"),
        ({"reports": [{"WaitStarted": {"question": "n"}}]}, "was not reported"),
        ({"reports": ["WaitStarted", "MessageSaid"]}, "was not reported"),
        ({"problems": ["echo"]}, "Problems were met: []"),
        ({"talk": [{"sings": "la"}]}, "means nothing in a talk"),
        ({"talk": ["hello"]}, "has one key"),
        ({"talk": [{"says": "1", "hears": "2"}]}, "has one key"),
        ({"talk": [{"shares": "here"}]}, "needs [latitude, longitude]"),
        ({"ending": "completed"}, "“ending” means nothing in a test"),
    ],
)
def test_a_test_that_does_not_hold_says_why(test, part):
    found = failures(**test)
    assert len(found) == 1
    assert part in found[0]


def test_a_problem_that_nobody_expected_fails_the_test():
    flow = flow_of({"say": "a", "text": "Call {hotline}."}, fields=["hotline"])
    assert "missing_value" in rehearse(flow, {}).failures[0]
    assert rehearse(flow, {"problems": ["missing_value"]}).passed
    assert rehearse(flow, {"fields": {"hotline": "1"}}).passed


def test_a_flow_runs_the_tests_that_it_carries():
    tests = [{"name": "good", "talk": [{"says": "1"}]}, {"name": "bad", "ends": "completed"}]
    flow = flow_of(ask(), tests=tests)
    assert [(result.name, result.passed) for result in flows.run_tests(flow)] == [
        ("good", True),
        ("bad", False),
    ]


_JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda rows: st.lists(rows, max_size=3) | st.dictionaries(st.text(max_size=5), rows, max_size=2),
    max_leaves=5,
)
_VERBS = st.sampled_from(
    ["says", "hears", "presses", "shares", "sends", "speaks", "is_silent", "is_stopped", "is_reminded"]
)
_TURNS = st.lists(st.dictionaries(_VERBS, _JUNK, max_size=2) | _JUNK, max_size=4)
_KEYS = st.sampled_from(["language", "channel", "fields", "places", "answers", "ends", "reports", "problems"])


@given(st.dictionaries(_KEYS, _JUNK, max_size=4), _TURNS | _JUNK)
def test_a_test_may_be_nonsense_and_never_raises(test, talk):
    assert isinstance(rehearse(FLOW, test | {"talk": talk}).passed, bool)


FORM = """
spec: paigham.flow/2
flow: form
title: Form
languages: [eng]
purpose: Try
owner: tests
retention: none
outbound: false
steps:
  - {ask: a, type: integer, text: "A?"}
  - {do: pause, action: wait, for: 2h}
  - {do: balance, action: ask_service, service: cash, gives: [amount]}
  - {calculate: twice, value: "${a} * 2"}
  - {ask: b, type: integer, text: "B after {balance}?"}
  - {split: arm, routes: [{weight: 1, goto: left}, {weight: 1, goto: end}]}
  - {say: left, text: "Left."}
"""


def test_time_passes_services_answer_and_values_are_compared():
    flow = flows.load(FORM)
    talk = [
        {"says": "4"},
        {"waits": "1h"},
        {"does_not_hear": True},
        {"waits": "1h"},
        {"is_told": {"amount": 3}},
    ]
    good = rehearse(
        flow, {"talk": [*talk, {"hears": "B after ok?"}], "values": {"twice": 8, "balance.amount": 3}}
    )
    assert good.failures == ()
    bad = rehearse(flow, {"talk": [*talk, {"waits": "soon"}], "values": {"twice": 9}})
    assert len(bad.failures) == 2
    failed = rehearse(flow, {"talk": [*talk[:-1], {"is_told": False}, {"hears": "B after failed?"}]})
    assert failed.passed


def test_a_test_may_begin_in_the_middle_and_jump():
    flow = flows.load(FORM)
    assert rehearse(
        flow, {"starts_at": "b", "talk": [{"hears": "B after"}], "problems": ["missing_value"]}
    ).passed
    assert rehearse(flow, {"talk": [{"jumps": "left"}, {"hears": "Left."}], "ends": "completed"}).passed


def test_the_seed_decides_what_chance_decides():
    flow = flows.load(FORM)
    heard = {
        rehearse(flow, {"seed": seed, "starts_at": "arm", "talk": []}).transcript[-1] == "< Left."
        for seed in range(12)
    }
    assert heard == {True, False}


def test_a_talk_is_kept_as_a_test_that_passes():
    flow = flows.load(FORM)
    contact = flows.Contact("eng", seed=3)
    sprint = flows.start(flow, contact, now=NOON)
    turns = [Turn(None, None, tuple(as_sms(e) for e in sprint.events if isinstance(e, MessageSaid)))]
    sprint = flows.resume(flow, sprint.session, contact, flows.Reply("7"), now=NOON)
    turns.append(Turn("says", "7", ()))
    kept = as_test("Seven", contact, turns, sprint.session)
    assert kept["answers"] == {"a": 7}
    assert kept["waits_at"] == "pause"
    assert rehearse(flow, kept).failures == ()
    assert flows.load(flows.write(replace(flow, tests=(kept,)))).tests == (kept,)
