"""YAML as a small tree with line numbers, and nothing else of YAML.

Anchors, aliases and tags are refused, so nothing can grow while it is read; size, depth and number of values
are bounded. Only `true` and `false` are flags: `yes` and `no` are words, because they are answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from flows.findings import Finding, FlowInvalid, Severity

MAX_SIZE = 8 * 1024 * 1024  # bytes of a definition
MAX_DEPTH = 24
MAX_VALUES = 500_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,15})", re.ASCII)
_FLOAT = re.compile(r"-?\d{1,15}\.\d{1,15}", re.ASCII)
_NOTHING = frozenset({"", "~", "null"})
_CONSTANTS = dict.fromkeys(_NOTHING) | {"true": True, "false": False}


@dataclass(slots=True)
class Scalar:
    """One value as it is written. `plain`: without quotation marks, so that it may be a number or a flag."""

    text: str
    plain: bool
    line: int

    @property
    def empty(self) -> bool:
        """Whether nothing is given: no text, or `null`."""
        return not self.text.strip() or (self.plain and self.text.lower() in _NOTHING)

    def value(self) -> Any:
        """The text, or the number, flag or None that it means."""
        if not self.plain:
            return self.text
        if self.text.lower() in _CONSTANTS:
            return _CONSTANTS[self.text.lower()]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        return float(self.text) if _FLOAT.fullmatch(self.text) else self.text


@dataclass(slots=True)
class Sequence:
    """A list."""

    items: list[Tree]
    line: int

    def value(self) -> list[Any]:
        """Plain Python values."""
        return [item.value() for item in self.items]


@dataclass(slots=True)
class Map:
    """A mapping; `lines` holds the line of each key."""

    items: dict[str, Tree]
    lines: dict[str, int]
    line: int

    def value(self) -> dict[str, Any]:
        """Plain Python values."""
        return {key: item.value() for key, item in self.items.items()}


Tree = Scalar | Sequence | Map


def parse(text: str) -> Tree:
    """The tree of one YAML document.

    Raises:
        FlowInvalid: it is no YAML, or uses what is refused here.
    """
    if len(text) > MAX_SIZE or len(text.encode("utf-8", "replace")) > MAX_SIZE:
        raise _fault("too_large", f"A definition may have {MAX_SIZE // 1024} KiB at most.", 1)
    try:
        return _Builder(yaml.parse(text, Loader=_Loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _fault("yaml", f"This is not YAML: {error.problem}.", mark.line + 1 if mark else 1) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise _fault("yaml", "This is not YAML: it has characters that YAML does not allow.", 1) from error


def _fault(code: str, sentence: str, line: int) -> FlowInvalid:
    return FlowInvalid([Finding(Severity.ERROR, None, None, code, sentence, line)])


class _Builder:
    """Turns parser events into the tree; the parser keeps no stack of ours, so depth is counted here."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._values = 0

    def document(self) -> Tree:
        tree: Tree = Scalar("", plain=True, line=1)
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _fault("yaml", "A file holds one flow only.", _line(event))
            elif isinstance(event, yaml.NodeEvent):
                tree = self._tree(event, 0)
        return tree

    def _tree(self, event: Any, depth: int) -> Tree:
        self._values += 1
        if self._values > MAX_VALUES or depth > MAX_DEPTH:
            raise _fault(
                "too_large", "The definition has too many values, or lists too deep in lists.", _line(event)
            )
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or not _untagged(event):
            raise _fault("yaml", "Anchors (&), aliases (*) and tags (!) are not used here.", _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, plain=event.style is None or event.style == "", line=_line(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(
                [self._tree(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)], _line(event)
            )
        return self._map(event, depth)

    def _map(self, start: Any, depth: int) -> Map:
        found = Map({}, {}, _line(start))
        for event in self._until(yaml.MappingEndEvent):
            key = self._tree(event, depth + 1)
            if not isinstance(key, Scalar):
                raise _fault("yaml", "A key must be a word.", _line(event))
            if key.text in found.items:
                raise _fault("duplicate_key", f"“{key.text}” is given twice.", _line(event))
            found.items[key.text] = self._tree(next(self._events), depth + 1)
            found.lines[key.text] = key.line
        return found

    def _until(self, end: type) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _untagged(event: Any) -> bool:
    return isinstance(event, yaml.AliasEvent) or event.tag is None
