"""What may be done to a draft: small edits as values, and how they are sent.

An edit names the step that it is about, or None for the whole flow. A path leads from there to a value:
`("options", 0, "label")`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from flows.sections import KINDS, MAX_DEPTH, CannotEdit

Path = tuple[str | int, ...]
LONGEST_TEXT = 20_000  # characters of one value


@dataclass(frozen=True, slots=True)
class Add:
    """Put in a new step behind another one of the same group; `after` None: as the first, "": as the last."""

    kind: str
    name: str
    parent: str | None = None
    after: str | None = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remove:
    """Take out a step, and what it holds."""

    step: str


@dataclass(frozen=True, slots=True)
class Move:
    """Put a step elsewhere: `parent` is the group, None the flow itself; `after` as with Add."""

    step: str
    parent: str | None = None
    after: str | None = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a step another name, everywhere: in jumps, expressions, placeholders and tests."""

    step: str
    name: str


@dataclass(frozen=True, slots=True)
class Set:
    """Set a value at a path; None takes it out."""

    step: str | None
    path: Path
    value: Any = None


@dataclass(frozen=True, slots=True)
class SetText:
    """Set the wording of a text in one language; "" takes it out."""

    step: str | None
    path: Path
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class AddRow:
    """Put a row (an option, a route, a test) into the list at a path, at a place from 0; None: at its end."""

    step: str | None
    path: Path
    row: Any
    at: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveRow:
    """Take a row out of the list at a path."""

    step: str | None
    path: Path
    at: int


@dataclass(frozen=True, slots=True)
class MoveRow:
    """Put a row of a list to another place of it."""

    step: str | None
    path: Path
    at: int
    to: int


Edit = Add | Remove | Move | Rename | Set | SetText | AddRow | RemoveRow | MoveRow
_KINDS: Mapping[str, type[Edit]] = {
    kind.__name__: kind for kind in (Add, Remove, Move, Rename, Set, SetText, AddRow, RemoveRow, MoveRow)
}


def to_json(edit: Edit) -> dict[str, Any]:
    """Return an edit as plain values."""
    return {"do": type(edit).__name__, **asdict(edit)}


def from_json(values: Mapping[str, Any]) -> Edit:
    """Read an edit that somebody sent.

    Raises:
        CannotEdit: it is none.
    """
    kind = _KINDS.get(str(values.get("do")))
    if kind is None:
        raise CannotEdit("value", "This is no edit.")
    given = {key: value for key, value in values.items() if key != "do"}
    if not given.keys() <= {part.name for part in fields(kind)}:
        raise CannotEdit("value", "This is no edit.")
    if "path" in given:
        given["path"] = _path(given["path"])
    try:
        made = kind(**given)
    except TypeError as error:
        raise CannotEdit("value", "This is no edit.") from error
    check(made)
    return made


def _path(given: Any) -> Path:
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MAX_DEPTH // 2:
        raise CannotEdit("value", "This is no path.")
    if not all(isinstance(key, str | int) and not isinstance(key, bool) for key in given):
        raise CannotEdit("value", "This is no path.")
    return tuple(given)


def check(edit: Edit) -> None:
    """Look an edit over before it is made.

    Raises:
        CannotEdit: it holds what no edit may hold.
    """
    for part in fields(edit):
        _CHECKS.get(part.name, _check_word)(getattr(edit, part.name))
    if isinstance(edit, Add) and edit.kind not in KINDS:
        raise CannotEdit("value", "There is no such kind of step.")


def _check_path(path: Any) -> None:
    if not path or not isinstance(path[0], str):
        raise CannotEdit("value", "A path begins with a key.")


def _check_place(place: Any) -> None:
    if place is not None and (not isinstance(place, int) or isinstance(place, bool) or place < 0):
        raise CannotEdit("value", "A place is a number from 0.")


def _check_word(word: Any) -> None:
    if word is not None and not _sound(word):
        raise CannotEdit("value", "This is no text.")


def _check_value(value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH // 2:
        raise CannotEdit("value", "This is too deep.")
    for inner in _inside(value):
        _check_value(inner, depth + 1)
    if isinstance(value, str) and not _sound(value):
        raise CannotEdit("value", "This text has characters that cannot be kept.")
    if value is not None and not isinstance(value, str | bool | int | float | list | tuple | Mapping):
        raise CannotEdit("value", "This is no value.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list | tuple) else []


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "path": _check_path,
    "value": _check_value,
    "row": _check_value,
    "values": _check_value,
    "at": _check_place,
    "to": _check_place,
}
_UNSOUND = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def _sound(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and not _UNSOUND.search(value)
