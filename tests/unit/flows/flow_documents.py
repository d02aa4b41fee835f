"""Good definitions as plain values, and definitions with one thing wrong or just different."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from importlib import resources
from pathlib import Path

from hypothesis import strategies as st

from flows.readers.tree import parse

FOLDER = Path(__file__).parent / "conversations"


@cache
def documents():
    shipped = [item.read_text() for item in resources.files("flows").joinpath("library").iterdir()]
    talked = [str(parse(path.read_text()).value()["flow"]) for path in sorted(FOLDER.glob("*.yaml"))]
    full = (Path(__file__).parent / "conversations" / "household.yaml").read_text()
    texts = [*shipped, *talked, parse(full).value()["flow"]]
    return [parse(text).value() for text in texts if "\nsteps:" in text or text.startswith("spec:")]


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
