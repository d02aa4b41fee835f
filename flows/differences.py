"""What differs between two wordings of a flow, for people: step by step, language by language, word by word."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flows.definition import Flow, Group, Repeat, Step
from flows.frozen import plain
from flows.languages import LANGUAGES

WHOLE = None  # the name of what belongs to no step
_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?|True|False|None")
_CODES = ("code", "name", "indicator")  # by which rows of a list are told apart


class Way(StrEnum):
    """What happened to a step, or to the flow as a whole."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


class Mark(StrEnum):
    """What happened to some words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text, and what happened to them."""

    mark: Mark
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that differs.

    Attributes:
        path: which: ("text",), ("options", "yes", "label"), ("when",).
        language: of a wording; None: it is none.
        before, after: the values in words; None: there was, or is, none.
        pieces: a wording with its words marked; empty for anything else.
    """

    path: tuple[str, ...]
    language: str | None
    before: str | None
    after: str | None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What happened to one step; `step` None: to the flow as a whole. A step may be moved and changed: two of these."""

    step: str | None
    way: Way
    parts: tuple[Part, ...] = ()


Key = tuple[str, int]  # a step's name, and which of those of that name
Leaves = dict[tuple[str, ...], str]


def differences(before: Flow, after: Flow) -> list[Difference]:
    """Return everything that differs: the flow as a whole, then steps in their new order. Equal flows: nothing."""
    old, new = dict(_steps(before.steps)), dict(_steps(after.steps))
    found = [Difference(WHOLE, Way.CHANGED, parts)] if (parts := _parts(_head(before), _head(after))) else []
    moved = _moved([key for key in old if key in new], [key for key in new if key in old])
    for key, leaves in new.items():
        if key not in old:
            found.append(Difference(key[0], Way.ADDED, _parts({}, leaves)))
            continue
        if key in moved:
            found.append(Difference(key[0], Way.MOVED))
        if parts := _parts(old[key], leaves):
            found.append(Difference(key[0], Way.CHANGED, parts))
    gone = [
        Difference(key[0], Way.REMOVED, _parts(leaves, {})) for key, leaves in old.items() if key not in new
    ]
    return [*found, *gone]


def marked(before: str, after: str) -> tuple[Piece, ...]:
    """Return two wordings as one, with the words that went and the words that came."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    pieces: list[Piece] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece(Mark.SAME, "".join(new[c:d])))
            continue
        pieces += [Piece(Mark.GONE, "".join(old[a:b]))] if a < b else []
        pieces += [Piece(Mark.NEW, "".join(new[c:d]))] if c < d else []
    return tuple(pieces)


def _steps(steps: Iterable[Step]) -> Iterator[tuple[Key, Leaves]]:
    """Each step with its leaves, groups before what they hold."""
    seen: Counter[str] = Counter()
    for step, inside in _walk(steps, ()):
        values = plain(step)
        values.pop("steps", None)
        values.pop("name")
        leaves = _leaves(values)
        if inside:
            leaves["inside",] = " › ".join(inside)
        yield (step.name, seen[step.name]), leaves
        seen[step.name] += 1


def _walk(steps: Iterable[Step], inside: tuple[str, ...]) -> Iterator[tuple[Step, tuple[str, ...]]]:
    for step in steps:
        yield step, inside
        if isinstance(step, Group | Repeat):
            yield from _walk(step.steps, (*inside, step.name))


def _head(flow: Flow) -> Leaves:
    values = plain(flow)
    values.pop("steps", None)
    return _leaves(values)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Leaves:
    """Every single value by the way to it. Rows of a list are named by their code, and their order is a value too."""
    if isinstance(value, Mapping):
        return {
            way: leaf for key, row in value.items() for way, leaf in _leaves(row, (*path, str(key))).items()
        } or ({path: "{}"} if path else {})
    if isinstance(value, list) and any(isinstance(row, Mapping) for row in value):
        return _rows(value, path)
    if isinstance(value, list):
        return {path: ", ".join(f"“{row}”" if ", " in row else row for row in map(_words, value))}
    return {path: _words(value)}


def _rows(rows: Sequence[Any], path: tuple[str, ...]) -> Leaves:
    leaves: Leaves = {}
    names: list[str] = []
    for number, row in enumerate(rows, 1):
        code = next((str(row[key]) for key in _CODES if isinstance(row, Mapping) and key in row), str(number))
        name = code if code not in names else f"{code} ({number})"
        names.append(name)
        leaves |= _leaves(row, (*path, name))
    return leaves | {(*path, "order"): ", ".join(names)}


def _words(value: Any) -> str:
    """A value in words. A text that looks like a number or a yes stands in quotation marks, to be told from one."""
    if not isinstance(value, str):
        return repr(value)
    return f"“{value}”" if _LITERAL.fullmatch(value) else value


def _parts(before: Leaves, after: Leaves) -> tuple[Part, ...]:
    ways = dict.fromkeys([*after, *before])
    return tuple(
        _part(way, before.get(way), after.get(way)) for way in ways if before.get(way) != after.get(way)
    )


def _part(way: tuple[str, ...], before: str | None, after: str | None) -> Part:
    if len(way) < 2 or way[-2] != "by_language":  # noqa: PLR2004 - a text's wording stands two levels below it
        spoken = way[-1] in LANGUAGES and len(way) > 1
        return Part(way[:-1] if spoken else way, way[-1] if spoken else None, before, after)
    pieces = marked(before or "", after or "")
    return Part(way[:-2], way[-1], before, after, pieces)


def _moved(old: Sequence[Key], new: Sequence[Key]) -> frozenset[Key]:
    """The fewest steps that must have been moved to get from one order to the other."""
    place = {key: number for number, key in enumerate(old)}
    return frozenset(new) - frozenset(_longest_run(new, place))


def _longest_run(keys: Sequence[Key], place: Mapping[Key, int]) -> list[Key]:
    """The longest row of keys that stand in their old order."""
    best: list[list[Key]] = []
    for key in keys:
        before = max((row for row in best if place[row[-1]] < place[key]), key=len, default=[])
        best.append([*before, key])
    return max(best, key=len, default=[])
