"""Conversations as documents: `conversations/*.yaml`, each run against the engine through JSON at every step."""

from __future__ import annotations

from pathlib import Path

import pytest

import flows
from flows.readers.tree import parse
from flows.rehearsal import rehearse

FOLDER = Path(__file__).parent / "conversations"
LIBRARY = Path(flows.__file__).parent / "library"


def load(source):
    text = (
        (LIBRARY / f"{source.removeprefix('library/')}.yaml").read_text()
        if source.startswith("library/")
        else source
    )
    return flows.load(text)


def spelled_out(value):
    """`{words: x, times: 3}` stands for "xxx" anywhere in a document."""
    if isinstance(value, dict):
        if value.keys() == {"words", "times"}:
            return value["words"] * value["times"]
        return {key: spelled_out(row) for key, row in value.items()}
    return [spelled_out(row) for row in value] if isinstance(value, list) else value


def documents():
    for path in sorted(FOLDER.glob("*.yaml")):
        document = parse(path.read_text()).value()
        for conversation in document["conversations"]:
            yield pytest.param(document["flow"], conversation, id=f"{path.stem}: {conversation['name']}")


@pytest.mark.parametrize(("source", "conversation"), list(documents()))
def test_a_conversation_goes_as_its_document_says(source, conversation):
    result = rehearse(load(source), spelled_out(conversation))
    assert result.passed, "\n".join([*result.failures, "", *result.transcript])


def test_there_are_conversations_for_every_flow_of_the_library():
    talked = {parse(path.read_text()).value()["flow"] for path in FOLDER.glob("*.yaml")}
    shipped = {f"library/{path.stem}" for path in LIBRARY.glob("*.yaml")} - {"library/engine_texts"}
    assert shipped <= talked
