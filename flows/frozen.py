"""A flow as plain values and back, for frozen revisions: `from_dict(dump(flow)) == flow`, by JSON too."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from flows.definition import (
    READABLE,
    SPEC,
    Ask,
    Branch,
    Calculate,
    Do,
    Finish,
    Flow,
    Group,
    Meta,
    Repeat,
    Say,
    Split,
)

_KINDS: Mapping[str, type] = {
    "say": Say,
    "ask": Ask,
    "do": Do,
    "branch": Branch,
    "finish": Finish,
    "split": Split,
    "calculate": Calculate,
    "meta": Meta,
    "group": Group,
    "repeat": Repeat,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def dump(flow: Flow) -> dict[str, Any]:
    """The flow as JSON-able values. Values that equal their defaults are left out."""
    values: dict[str, Any] = plain(flow)
    return values | {"spec": flow.spec}


def from_dict(values: Mapping[str, Any]) -> Flow:
    """The flow that `dump` wrote, or that one of an older spec wrote: a revision is never lost.

    Raises:
        ValueError: a later version wrote it, or it is not a flow.
    """
    if values.get("spec") not in READABLE:
        raise ValueError(f"This version reads {' and '.join(READABLE)} only.")
    try:
        flow: Flow = _built(Flow, {**values, "spec": SPEC})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("This is not a frozen flow.") from error
    return flow


def plain(value: Any) -> Any:
    """Any part of a flow as JSON-able values, without what equals its default."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        rows = {
            field.name: getattr(value, field.name) for field in fields(value) if not _is_default(field, value)
        }
        kind = {"kind": _NAMES[type(value)]} if type(value) in _NAMES else {}
        return kind | {name: plain(row) for name, row in rows.items()}
    if isinstance(value, Mapping):
        return {key: plain(row) for key, row in value.items()}
    return [plain(row) for row in value] if isinstance(value, tuple | list) else value


def _is_default(field: Field[Any], value: Any) -> bool:
    """Whether a field says nothing that its default would not say."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return bool(getattr(value, field.name) == default)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _built(kind: type, values: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    tagged = kind in _NAMES
    return kind(
        **{
            name: _value(hints[name], value)
            for name, value in values.items()
            if not (tagged and name == "kind")
        }
    )


def _value(hint: Any, value: Any) -> Any:
    """A plain value as the type that a field declares."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return _of_union(arguments, value)
    if origin is tuple:
        return tuple(_value(arguments[0], row) for row in value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _value(arguments[1], row) for key, row in value.items()}
    if hint is timedelta:
        return timedelta(seconds=value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    return _built(hint, value) if is_dataclass(hint) and isinstance(hint, type) else value


def _of_union(arguments: tuple[Any, ...], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping) and "kind" in value:
        return _built(_KINDS[value["kind"]], value)
    return _value(next(option for option in arguments if option is not type(None)), value)
