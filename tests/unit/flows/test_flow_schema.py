"""The published schema says what the reader takes: the same keys, the same kinds of values."""

import json
from copy import deepcopy
from functools import cache
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.actions import ARGUMENTS
from flows.definition import Action
from flows.readers.questions import ASK_KEYS, OPTION_KEYS
from flows.readers.steps import STEP_KEYS
from flows.readers.tree import parse
from flows.readers.yaml import FLOW_KEYS
from flows.schema import schema

FOLDER = Path(__file__).parent / "conversations"
# What the reader finds and a schema cannot: names, expressions, lengths, texts that rest on one another.
MEANING = frozenset(
    {
        *{
            "unknown_target",
            "duplicate_step",
            "bad_expression",
            "bad_pattern",
            "unknown_language",
            "duplicate_language",
        },
        *{
            "duplicate_code",
            "duplicate_number",
            "unknown_code",
            "unknown_list",
            "options",
            "range",
            "attachments",
        },
        *{"bad_range", "jump_into_repeat", "too_deep", "source_missing", "depends"},
    }
)


@cache
def validator():
    return jsonschema.Draft202012Validator(schema())


@cache
def documents():
    shipped = [item.read_text() for item in resources.files("flows").joinpath("library").iterdir()]
    talked = [str(parse(path.read_text()).value()["flow"]) for path in sorted(FOLDER.glob("*.yaml"))]
    full = (Path(__file__).parent / "conversations" / "household.yaml").read_text()
    texts = [*shipped, *talked, parse(full).value()["flow"]]
    return [parse(text).value() for text in texts if "\nsteps:" in text or text.startswith("spec:")]


def faults_of_shape(document):
    """Findings that the schema must share."""
    try:
        flows.load(json.dumps(document))
    except flows.FlowInvalid as problem:
        return [
            finding
            for finding in problem.findings
            if finding.code not in MEANING and "in the flow's first language" not in finding.sentence
        ]
    return []


def test_every_flow_that_ships_or_is_talked_to_is_valid():
    assert len(documents()) > 8
    for document in documents():
        assert [error.message for error in validator().iter_errors(document)] == []


def test_every_key_of_the_reader_is_in_the_schema_with_a_description():
    found = schema()
    definitions = found["$defs"]
    assert set(found["properties"]) == set(FLOW_KEYS)
    assert set(definitions["option"]["properties"]) == set(OPTION_KEYS)
    for kind, keys in STEP_KEYS.items():
        if kind != "do":
            assert set(definitions[f"step_{kind}"]["properties"]) == set(keys)
    by_action = {
        row["properties"]["action"]["const"]: row["properties"] for row in definitions["step_do"]["oneOf"]
    }
    assert set(by_action) == {action.value for action in Action}
    for action in Action:
        must, may = ARGUMENTS[action]
        assert set(by_action[action.value]) == {*STEP_KEYS["do"], *must, *may}
    assert definitions["step_ask"]["properties"].keys() == set(ASK_KEYS)
    for name, row in [*found["properties"].items(), *definitions["step_ask"]["properties"].items()]:
        assert row.get("description") or "$ref" in row, name


def places(value, path=()):
    """Every place of a document: paths of keys and numbers."""
    yield path
    if isinstance(value, dict):
        for key, row in value.items():
            yield from places(row, (*path, key))
    elif isinstance(value, list):
        for number, row in enumerate(value):
            yield from places(row, (*path, number))


def holder(document, path):
    for key in path[:-1]:
        document = document[key]
    return document


ODD = [
    None,
    "",
    " ",
    "word",
    "12",
    5,
    -1,
    1.5,
    True,
    [],
    ["a"],
    {},
    {"eng": "x"},
    {"odd": 1},
    "30m",
    "${a} = 1",
]


@st.composite
def mutated(draw):
    """A good document with one thing wrong, or just different."""
    document = deepcopy(draw(st.sampled_from(documents())))
    chosen = [path for path in places(document) if path and path[0] != "tests"]
    path = draw(st.sampled_from(chosen))
    at, key = holder(document, path), path[-1]
    way = draw(st.sampled_from(["replace", "remove", "rename", "add"]))
    if way == "replace":
        at[key] = draw(st.sampled_from(ODD))
    elif way == "remove" or isinstance(at, list):
        del at[key]
    elif way == "rename":
        at[draw(st.sampled_from(["odd", "when", "text", "goto", "list", "label"]))] = at.pop(key)
    else:
        at[draw(st.sampled_from(["odd", "when", "count", "filter", "most", "hint"]))] = draw(
            st.sampled_from(ODD)
        )
    return document


@given(mutated())
def test_the_reader_and_the_schema_agree_on_what_has_a_wrong_shape(document):
    shaped = validator().is_valid(document)
    faults = faults_of_shape(document)
    assert shaped is (not faults), (
        faults,
        [error.message for error in validator().iter_errors(document)][:3],
    )


@pytest.mark.parametrize("document", [{}, [], "x", None, {"spec": "paigham.flow/9"}])
def test_what_is_no_flow_is_none_for_both(document):
    assert not validator().is_valid(document)
    assert faults_of_shape(document)
