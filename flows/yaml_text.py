"""Parts of a draft as values that keep their comments: text in, a change, text out."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from flows.findings import FlowInvalid
from flows.readers.tree import parse
from flows.sections import STEPS, Block, CannotEdit, Section

Change = Callable[[Any], Any]
_ENDLESS = 1_000_000  # columns: no line is broken


@lru_cache(maxsize=4096)
def to_plain(text: str) -> Any:
    """Return plain values as the reader of flows sees them: only `true` and `false` are flags. None: it cannot.

    They are kept for whoever asks again, and must not be changed: after an edit all steps but one are as they were.
    """
    try:
        return parse(text).value()
    except FlowInvalid:
        return None


def item_text(block: Block) -> str:
    """Return a step's own lines as a mapping: the dash is a blank, and the first column is the margin."""
    text = block.body + block.tail
    margin = block.indent
    lines = text.splitlines(keepends=True)
    lines = [line[min(margin, len(line) - len(line.lstrip(" "))) :] for line in lines]
    if lines and lines[0].startswith("-"):
        lines[0] = " " + lines[0][1:]
    return _dedented("".join(lines))


def section_text(section: Section) -> str:
    """Return a setting's lines."""
    return section.body


def change_item(block: Block, change: Change) -> None:
    """Change a step's values. Its steps stay what they are.

    Raises:
        CannotEdit: it is no mapping.
    """
    values = _load(item_text(block)) if block.body.strip(" -\n") else CommentedMap()
    if not isinstance(values, CommentedMap):
        raise CannotEdit("shape", "This step is no list of “key: value” lines.")
    change(values)
    _commented(values)
    if block.children is not None:
        values.pop(STEPS, None)
        values[STEPS] = None
    text = _dump(values)
    lines = text.splitlines(keepends=True)
    margin = " " * block.indent
    shifted = [margin + "  " + line if line.strip() else line for line in lines]
    block.body, block.tail = margin + "- " + "".join(shifted)[len(margin) + 2 :], ""


def change_section(section: Section, change: Change) -> None:
    """Change a setting's values; where nothing is left its text is empty.

    Raises:
        CannotEdit: it is no mapping.
    """
    values = _load(section.body) if section.body else CommentedMap()
    if not isinstance(values, CommentedMap):
        raise CannotEdit("shape", "A setting is a “key: value” line.")
    change(values)
    _commented(values)
    section.body = _dump(values) if values else ""


def _dedented(text: str) -> str:
    lines = text.splitlines(keepends=True)
    first = len(lines[0]) - len(lines[0].lstrip(" ")) if lines else 0
    return "".join(line[min(first, len(line) - len(line.lstrip(" "))) :] for line in lines)


def _yaml() -> YAML:
    made = YAML(typ="rt")
    made.preserve_quotes = True
    made.width = _ENDLESS
    made.allow_unicode = True
    made.brace_single_entry_mapping_in_flow_sequence = True
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def _load(text: str) -> Any:
    try:
        return _yaml().load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise CannotEdit("yaml", "This part is not YAML that can be edited.") from error


def _dump(values: CommentedMap) -> str:
    stream = io.StringIO()
    try:
        _yaml().dump(values, stream)
    except (YAMLError, ValueError, RecursionError) as error:
        raise CannotEdit("value", "This value cannot be written.") from error
    text = stream.getvalue()
    return text if text.endswith("\n") else text + "\n"


def _commented(values: Any) -> None:
    """Turn plain values that a change put in into such as are written nicely."""
    pairs = list(values.items() if isinstance(values, dict) else enumerate(values))
    for key, value in pairs:
        made = _made(value)
        if made is not value:
            values[key] = made
        if isinstance(made, CommentedMap | CommentedSeq):
            _commented(made)


def _made(value: Any) -> Any:
    if type(value) is str:
        return _string(value)
    if isinstance(value, Mapping) and not isinstance(value, CommentedMap):
        return CommentedMap(value)
    if isinstance(value, list | tuple) and not isinstance(value, CommentedSeq):
        made = CommentedSeq(value)
        if not any(isinstance(item, Mapping | list | tuple) for item in value):
            made.fa.set_flow_style()
        return made
    return value


# Words that some readers of YAML take for flags, and we for answers: quotation marks keep all of them right.
_WORDS = frozenset({"yes", "no", "on", "off", "y", "n"})


# What a line of YAML cannot hold: controls, other breaks of lines, halves of characters, the mark of byte order.
# What is spelling stands as it was typed: signs that join and part letters, spaces that do not break.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def _string(value: str) -> Any:
    if "\n" in value and _reads_as_lines(value):
        return LiteralScalarString(value)
    quoted = _ODD.search(value) or value.lower() in _WORDS
    return DoubleQuotedScalarString(value) if quoted else value


def _reads_as_lines(value: str) -> bool:
    """Whether a text can stand line by line: nothing odd, no space at an edge, words first and last."""
    lines = value.split("\n")
    return (
        bool(lines[0])
        and not value.endswith("\n\n")
        and all(line == line.strip() and not _ODD.search(line) for line in lines)
    )
