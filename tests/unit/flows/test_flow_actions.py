import pytest
from flow_builders import Phone, ask, flow_of

import flows
from flows.actions import ARGUMENTS
from flows.definition import Action, Do, Flow, Text
from flows.events import (
    ConsentGiven,
    ConsentRefused,
    Disposition,
    FieldSet,
    FlowStarted,
    GrievanceRaised,
    GroupJoined,
    GroupLeft,
    HumanAsked,
    LanguageSet,
    OptedOut,
    Problem,
)


def done(action, *, first=(), fields=None, **arguments):
    flow = flow_of(*first, {"do": "it", "action": action} | arguments, {"say": "after", "text": "After."})
    return Phone(flow, flows.Contact("eng", fields=fields or {}))


@pytest.mark.parametrize(
    ("action", "arguments", "event"),
    [
        ("language", {"value": "urd"}, LanguageSet("urd")),
        ("field", {"field": "area", "value": "north"}, FieldSet("area", "north")),
        ("field", {"field": "count", "value": 3}, FieldSet("count", 3)),
        ("field", {"field": "count", "value": "=2 + 3"}, FieldSet("count", 5)),
        ("join", {"group": "panel"}, GroupJoined("panel")),
        ("leave", {"group": "panel"}, GroupLeft("panel")),
        ("start", {"flow": "satisfaction"}, FlowStarted("satisfaction")),
        ("grievance", {"text": "dirty water"}, GrievanceRaised("dirty water")),
        (
            "grievance",
            {"text": "late", "type": "CP", "category": "CFM-02", "sensitivity": "S1"},
            GrievanceRaised("late", "CP", "CFM-02", "S1"),
        ),
    ],
)
def test_an_action_reports_its_event_and_the_flow_goes_on(action, arguments, event):
    phone = done(action, **arguments)
    assert event in phone.events
    assert phone.heard == ["After."]


@pytest.mark.parametrize(
    ("action", "arguments", "event", "disposition"),
    [
        ("opt_out", {}, OptedOut(), Disposition.OPTED_OUT),
        ("human", {}, HumanAsked("asked"), Disposition.HANDED_OVER),
        ("human", {"why": "wants_call"}, HumanAsked("wants_call"), Disposition.HANDED_OVER),
    ],
)
def test_after_an_opt_out_or_a_hand_over_nothing_more_is_said(action, arguments, event, disposition):
    phone = done(action, **arguments)
    assert phone.events[0] == event
    assert phone.heard == []
    assert phone.session.disposition is disposition


def test_arguments_see_answers():
    phone = done("grievance", first=[ask("what", "text")], text="=${what}").says("The pump is broken")
    assert phone.reported(GrievanceRaised) == [GrievanceRaised("The pump is broken")]


def test_a_field_that_was_just_set_is_seen_by_the_next_steps():
    flow = flow_of(
        {"do": "it", "action": "field", "field": "area", "value": "north"},
        {"say": "a", "text": "In the {area}.", "when": "${area} = 'north'"},
        fields=["area"],
    )
    assert Phone(flow, flows.Contact("eng", fields={"area": "south"})).heard == ["In the north."]


def test_consent_carries_the_id_of_the_wording_that_was_agreed_to():
    long = "May we ask you something? " * 8
    question = ask("may_we", text=long, short="May we ask?")
    question["variants"] = [{"when": "${free} = 'yes'", "text": "May we ask? Free."}]
    flow = flow_of(
        question,
        {
            "do": "yes",
            "action": "consent",
            "purpose": "surveys",
            "question": "may_we",
            "when": "${may_we} = 'yes'",
        },
        {
            "do": "no",
            "action": "refuse",
            "purpose": "surveys",
            "question": "may_we",
            "when": "${may_we} = 'no'",
        },
        fields=["free"],
    )
    sms, chat = flows.Contact("eng"), flows.Contact("eng", "telegram")
    free = flows.Contact("eng", fields={"free": "yes"})
    assert Phone(flow, sms).says("1").reported(ConsentGiven) == [
        ConsentGiven("surveys", "tried.may_we.short")
    ]
    assert Phone(flow, chat).says("1").reported(ConsentGiven) == [
        ConsentGiven("surveys", "tried.may_we.text")
    ]
    assert Phone(flow, free).says("2").reported(ConsentRefused) == [
        ConsentRefused("surveys", "tried.may_we.variant1.text")
    ]


def test_an_unknown_language_is_a_problem_and_changes_nothing():
    phone = done("language", value="klingon")
    assert phone.reported(Problem) == [Problem("unknown_language", "it")]
    assert phone.session.language == "eng"


def test_an_expression_that_fails_is_a_problem_and_its_value_empty():
    text = Text("t", {"eng": "T"})
    flow = Flow("raw", text, ("eng",), (Do("it", Action.FIELD, {"field": "area", "value": "=("}),))
    phone = Phone(flow)
    assert [problem.code for problem in phone.reported(Problem)] == ["bad_expression"]
    assert phone.reported(FieldSet) == [FieldSet("area", "")]


def test_every_action_declares_its_arguments():
    assert set(ARGUMENTS) == set(Action)
