"""What docs/flows.md says: its examples load, and every key of the language stands there."""

import json
import re
from pathlib import Path

import pytest
from flow_builders import HEAD

import flows
from flows.actions import ARGUMENTS
from flows.definition import Action, AnswerType
from flows.readers.questions import ASK_KEYS, OPTION_KEYS
from flows.readers.steps import STEP_KEYS
from flows.readers.tree import parse
from flows.readers.yaml import FLOW_KEYS
from flows.rehearsal import KEYS, VERBS

PAGE = (Path(flows.__file__).parent.parent / "docs" / "flows.md").read_text()
EXAMPLES = re.findall(r"<!-- steps: [^>]*-->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
DISTRICTS = {"districts": [{"code": "n1", "label": "Baghlan", "columns": {"province": "north"}}]}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_steps_loads_and_is_checked_without_an_error(example):
    steps = parse(example).value()
    flow = flows.load(json.dumps(HEAD | {"steps": steps, "lists": DISTRICTS}))
    assert flows.load(flows.write(flow)) == flow
    assert not [finding for finding in flows.check(flow) if finding.code in {"unknown_name", "unreachable"}]


def test_there_are_examples():
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize(
    "word",
    sorted(
        {
            *FLOW_KEYS,
            *(key for keys in STEP_KEYS.values() for key in keys),
            *ASK_KEYS,
            *OPTION_KEYS,
            *(kind.value for kind in AnswerType),
            *(action.value for action in Action),
            *(key for must, may in ARGUMENTS.values() for key in must | may),
            *KEYS,
            *VERBS,
        }
    ),
)
def test_every_word_of_the_language_is_explained(word):
    assert f"`{word}`" in PAGE or f"`{word}:" in PAGE or f"{word}: " in PAGE
