import json

import pytest
from flow_builders import ask, flow_of
from flow_strategies import flows_of_any_kind
from hypothesis import given

import flows
from flows.definition import Branch, Flow, Text

CATALOGS = {"urd": {"Tried": "آزمایا"}}


@given(flows_of_any_kind())
def test_a_flow_survives_freezing_and_json(flow):
    frozen = json.loads(json.dumps(flows.dump(flow), sort_keys=True))
    assert flows.from_dict(frozen) == flow


def test_everything_that_a_flow_can_hold_is_frozen():
    flow = flow_of(
        ask(
            "q",
            "select_multiple",
            exclusive=["no"],
            media={"eng": "audio:1"},
            short="Q",
            topics=["x"],
            personal=True,
        ),
        {"do": "a", "action": "field", "field": "x", "value": {"deep": [1, 2.5, True, None]}},
        {"branch": "b", "routes": [], "otherwise": "q"},
        catalogs=CATALOGS,
        languages=["eng", "urd"],
        reminders=["4h"],
        reminder_text="Again",
        tests=[{"name": "t", "talk": [{"says": "1"}], "kind": "not a step"}],
        fields=["x"],
        topics=["y"],
        discreet=True,
    )
    assert flow.engine_texts
    assert flows.from_dict(json.loads(json.dumps(flows.dump(flow)))) == flow


def test_what_says_nothing_is_left_out():
    frozen = flows.dump(flow_of({"say": "a", "text": "A"}))
    assert frozen["steps"] == [
        {"kind": "say", "name": "a", "text": {"id": "tried.a.text", "by_language": {"eng": "A"}}}
    ]
    assert "reminders" not in frozen


def test_empty_values_without_a_default_stay():
    flow = Flow("f", Text("t", {}), (), (Branch("b", ()),))
    assert flows.from_dict(flows.dump(flow)) == flow


@pytest.mark.parametrize(
    "values",
    [{}, {"spec": "paigham.flow/9"}, {"spec": "paigham.flow/1"}, {"spec": "paigham.flow/1", "steps": 5}],
)
def test_what_is_no_frozen_flow_is_refused(values):
    with pytest.raises(ValueError, match="flow"):
        flows.from_dict(values)
