"""The published schema says what the reader takes: the same keys, the same kinds of values."""

import json
from functools import cache

import jsonschema
import pytest
from flow_documents import documents, mutated
from hypothesis import given

import flows
from flows.actions import ARGUMENTS
from flows.definition import Action
from flows.readers.questions import ASK_KEYS, OPTION_KEYS
from flows.readers.steps import STEP_KEYS
from flows.readers.yaml import FLOW_KEYS
from flows.schema import schema

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
