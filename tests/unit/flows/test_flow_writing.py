import json
from importlib import resources

import pytest
from flow_builders import HEAD, ask, flow_of
from flow_documents import mutated
from hypothesis import assume, given

import flows
from flows.writing import write, write_step

LIBRARY = sorted(
    item.name.removesuffix(".yaml")
    for item in resources.files("flows").joinpath("library").iterdir()
    if item.name != "engine_texts.yaml"
)


def everything():
    """A flow with something under nearly every key."""
    return flow_of(
        {
            "ask": "district",
            "type": "select_one",
            "text": "Which district?",
            "list": "districts",
            "filter": "province = ${province}",
            "lookup": True,
            "other": {"eng": "Which one?"},
            "when": "${province} != ''",
        },
        {
            "group": "home",
            "label": "At home",
            "when": "true()",
            "steps": [
                {
                    "repeat": "child",
                    "count": "${n}",
                    "another": "One more?",
                    "most": 5,
                    "steps": [
                        ask("age", "integer", hint="In years", default="=1 + 1", confirm=True, timeout="90m"),
                        {"calculate": "double", "value": "${age} * 2", "personal": True},
                    ],
                }
            ],
        },
        {"meta": "began", "fact": "start"},
        {"split": "arm", "routes": [{"weight": 3, "goto": "a"}, {"goto": "end"}]},
        {"do": "a", "action": "wait", "for": "2h"},
        {
            "do": "balance",
            "action": "ask_service",
            "service": "cash",
            "arguments": {"case": "=${age}"},
            "gives": ["amount"],
            "timeout": "5m",
            "otherwise": "end",
        },
        {"do": "visit", "action": "call", "flow": "visit"},
        ask("how_many", "range", range={"start": 0, "end": 10, "step": 0.5}),
        ask("photo", "image", attachments={"most": 2, "kilobytes": 500}, media_fallback="skip"),
        {"say": "odd", "text": 'true: "quoted" \\ #no\nsecond\u2028line'},
        lists={
            "districts": [
                {"code": "a1", "label": "A one", "columns": {"province": "a"}},
                {"code": "012", "label": "no", "columns": {"province": "null"}},
            ]
        },
        fields=["province", "n"],
        window="09:00-19:00",
        attempts=3,
        reminders=["2h", "1d"],
        quotas=[{"name": "women", "when": "true()", "most": 5}],
        triggers=[{"kind": "keyword", "words": {"eng": ["CASH"]}}, {"kind": "first_contact"}],
        analysis=[{"indicator": "PM1", "product": "site sheet", "decision": "more taps"}],
        settings={"version": "2030", "odd key": ""},
        tests=[{"name": "x", "talk": [{"says": "1"}, {"says": 1}, {"shares": [1.5, 2.0]}]}],
    )


def test_a_flow_with_everything_is_written_and_read_again():
    flow = everything()
    assert flows.load(write(flow)) == flow
    assert write(flows.load(write(flow))) == write(flow)


@pytest.mark.parametrize("name", LIBRARY)
def test_every_flow_that_ships_is_written_and_read_again(name):
    flow = flows.load(resources.files("flows").joinpath("library", f"{name}.yaml").read_text())
    assert flows.load(write(flow)) == flow


def test_what_was_frozen_is_the_same_after_all():
    flow = everything()
    assert flows.from_dict(flows.dump(flow)) == flow


def test_one_step_is_written_as_an_entry_of_the_list():
    flow = flow_of(ask("q"))
    assert write_step(flow.steps[0]).startswith("- ask: q\n  type: select_one\n")
    assert HEAD["spec"] not in write_step(flow.steps[0])


@given(mutated())
def test_whatever_loads_is_written_and_read_again_as_the_same_flow(document):
    try:
        flow = flows.load(json.dumps(document))
    except flows.FlowInvalid:
        assume(False)
        return
    assert flows.load(write(flow)) == flow
    assert flows.from_dict(json.loads(json.dumps(flows.dump(flow)))) == flow
