"""A flow as nodes and edges: where a conversation may go from each step.

It is read from the outline, so that a draft that is not whole yet has a graph too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flows.definition import END
from flows.outline import Line, Outline

ENDING = frozenset({"opt_out", "human"})  # actions that end the run
HOLDERS = frozenset({"group", "repeat"})


class Way(StrEnum):
    """Why an edge is gone along."""

    NEXT = "next"  # the step that follows
    JUMP = "jump"
    ANSWER = "answer"  # a jump of one answer; `word` is its code
    ROUTE = "route"  # of a fork; `word` is the condition
    PASSED = "passed"  # the step is passed over, because its condition does not hold
    AGAIN = "again"  # one more round of a repeat


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a step to another, or to `END`. A target that is not there stays: it is a mistake to be seen."""

    start: str
    to: str
    way: Way
    word: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps in their order, and the ways between them."""

    nodes: tuple[Line, ...]
    edges: tuple[Edge, ...]

    @property
    def missing(self) -> frozenset[str]:
        """Names that jumps lead to and no step has."""
        return frozenset(edge.to for edge in self.edges) - {line.name for line in self.nodes} - {END}


def graph(found: Outline) -> Graph:
    """Return the graph of a draft."""
    lines = found.lines
    edges = [edge for place, line in enumerate(lines) for edge in _ways(line, _Places(lines, place))]
    return Graph(lines, tuple(dict.fromkeys(edges)))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a step stands among all: `next` is what follows it, `behind` what follows what it holds."""

    lines: tuple[Line, ...]
    place: int

    @property
    def next(self) -> str:
        return self._name(self.place + 1)

    @property
    def behind(self) -> str:
        depth = self.lines[self.place].depth
        place = self.place + 1
        while place < len(self.lines) and self.lines[place].depth > depth:
            place += 1
        return self._name(place)

    @property
    def closes(self) -> list[str]:
        """Repeats whose last step this is, the innermost first."""
        depth = self.lines[self.place + 1].depth if self.place + 1 < len(self.lines) else 0
        found, line = [], self.lines[self.place]
        by_name = {other.name: other for other in self.lines}
        while line.parent is not None and line.depth > depth:
            line = by_name[line.parent]
            if line.kind == "repeat":
                found.append(line.name)
        return found

    def _name(self, place: int) -> str:
        return self.lines[place].name if place < len(self.lines) else END


def _ways(line: Line, places: _Places) -> Iterator[Edge]:
    values = line.values
    if line.kind in HOLDERS:
        yield Edge(line.name, places.next, Way.NEXT)
        yield Edge(line.name, places.behind, Way.PASSED)
        return
    if _text(values, "when") and _leaves(line):
        yield Edge(line.name, places.next, Way.PASSED)
    for repeat in places.closes:
        yield Edge(line.name, repeat, Way.AGAIN)
    yield from _OUT.get(line.kind, _onward)(line, places.next)


def _onward(line: Line, following: str) -> Iterator[Edge]:
    target = _text(line.values, "goto")
    yield Edge(line.name, target or following, Way.JUMP if target else Way.NEXT)


def _answers(line: Line, following: str) -> Iterator[Edge]:
    for row in _rows(line.values, "options"):
        target = _text(row, "goto")
        if target:
            yield Edge(line.name, target, Way.ANSWER, _text(row, "code"))
    late = _text(line.values, "timeout_goto")
    if late:
        yield Edge(line.name, late, Way.JUMP)
    yield from _onward(line, following)


def _routes(line: Line, following: str) -> Iterator[Edge]:
    for row in _rows(line.values, "routes"):
        target = _text(row, "goto")
        if target:
            yield Edge(line.name, target, Way.ROUTE, _text(row, "when") or _text(row, "weight"))
    if line.kind == "branch":
        target = _text(line.values, "otherwise")
        yield Edge(line.name, target or following, Way.JUMP if target else Way.NEXT)


def _end(line: Line, _: str) -> Iterator[Edge]:
    yield Edge(line.name, END, Way.JUMP)


def _action(line: Line, following: str) -> Iterator[Edge]:
    if _text(line.values, "action") in ENDING:
        yield Edge(line.name, END, Way.JUMP)
        return
    failed = _text(line.values, "otherwise")
    if failed:
        yield Edge(line.name, failed, Way.JUMP)
    yield from _onward(line, following)


_OUT = {"ask": _answers, "branch": _routes, "split": _routes, "finish": _end, "do": _action}


def _leaves(line: Line) -> bool:
    """Whether the step leads elsewhere than to the next, so that passing it over is another way."""
    values = line.values
    return line.kind in {"finish", "branch", "split"} or any(
        key in values for key in ("goto", "options", "action")
    )


def _rows(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = values.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _text(values: Mapping[str, Any], key: str) -> str:
    found = values.get(key)
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""
