"""A flow as the YAML that people edit: `load(write(flow)) == flow` for every flow that `load` gave.

Text ids are not written: they follow from names. Neither are the engine's own words nor embedded flows, which
a revision gets when it is frozen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from flows.definition import (
    SPEC,
    Ask,
    Attachments,
    Branch,
    Calculate,
    Chance,
    Do,
    Finish,
    Flow,
    Group,
    Meta,
    Option,
    Quota,
    Range,
    Repeat,
    Route,
    Say,
    Split,
    Step,
    Text,
    Trigger,
    Use,
    Variant,
)

_MARGIN = "  "
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*", re.ASCII)
_MEANING = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_SHORT = 96  # characters of a mapping on one line
_KINDS: Mapping[type[Step], str] = {
    Say: "say",
    Ask: "ask",
    Do: "do",
    Branch: "branch",
    Split: "split",
    Finish: "finish",
    Calculate: "calculate",
    Meta: "meta",
    Group: "group",
    Repeat: "repeat",
}
# Keys in the order in which people look for them; what equals its default is left out.
_ASK = (
    *("type", "list", "filter", "indicator", "when", "required", "required_when", "personal"),
    *("text", "short", "variants", "media", "media_fallback", "hint", "guidance", "options", "other"),
    *("exclusive", "ranks", "range", "lookup", "default", "constraint", "constraint_message"),
    *("required_message", "confirm", "retries", "on_failure", "timeout", "timeout_goto", "attachments"),
    *("disclosure", "topics", "appearance", "goto", "extra"),
)
_FIELDS: Mapping[type[Step], tuple[str, ...]] = {
    Say: ("when", "text", "short", "variants", "media", "media_fallback", "goto", "extra"),
    Ask: _ASK,
    Branch: ("when", "routes", "otherwise", "extra"),
    Split: ("when", "routes", "extra"),
    Finish: ("disposition", "when", "extra"),
    Calculate: ("value", "when", "personal", "indicator", "extra"),
    Meta: ("fact", "when", "extra"),
    Group: ("label", "when", "extra"),
    Repeat: ("label", "when", "count", "another", "most", "extra"),
}
_FLOW = (
    *("title", "languages", "purpose", "owner", "retention", "sensitivity", "audience", "decision"),
    *("expires", "reminders", "reminder_text", "window", "attempts", "discreet", "outbound"),
    *("fields", "topics", "triggers", "quotas", "quota_text", "analysis", "settings", "lists"),
)
_ALWAYS = frozenset({"title", "languages", "type", "text", "routes", "value", "fact", "disposition"})


def write(flow: Flow) -> str:
    """The flow as YAML of the present spec."""
    rows: dict[str, Any] = {"spec": SPEC, "flow": flow.code}
    rows |= _chosen(flow, _FLOW)
    rows["steps"] = [_step(step) for step in flow.steps]
    if flow.tests:
        rows["tests"] = [dict(test) for test in flow.tests]
    return "".join(f"{line}\n" for line in _mapping(rows, ""))


def write_step(step: Step) -> str:
    """One step as YAML: an entry of the list `steps`, without a margin."""
    return "".join(f"{line}\n" for line in _sequence([_step(step)], ""))


# A flow's values as plain ones


def _step(step: Step) -> dict[str, Any]:
    rows: dict[str, Any] = {_KINDS[type(step)]: step.name}
    match step:
        case Do():
            rows |= {"action": step.action.value} | _chosen(step, ("when",)) | dict(step.arguments)
            rows |= _chosen(step, ("goto", "otherwise", "extra"))
        case Group() | Repeat():
            rows |= _chosen(step, _FIELDS[type(step)])
            rows["steps"] = [_step(inner) for inner in step.steps]
        case _:
            rows |= _chosen(step, _FIELDS[type(step)])
    return rows


def _chosen(owner: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields of these names that say something."""
    kinds = type(owner).__dataclass_fields__
    return {
        name: _plain(getattr(owner, name))
        for name in names
        if name in _ALWAYS or not _is_default(kinds[name], getattr(owner, name))
    }


def _is_default(field: Any, value: Any) -> bool:
    factory = field.default_factory
    return bool(value == (factory() if callable(factory) else field.default))


def _plain(value: Any) -> Any:
    match value:
        case Text():
            return dict(value.by_language)
        case timedelta():
            return _duration(value)
        case Option():
            return _option(value)
        case Trigger() | Variant() | Route() | Chance() | Quota() | Use() | Range() | Attachments():
            return _said_of(value)
        case Mapping():
            rows: Any = {key: _plain(row) for key, row in value.items()}
        case tuple() | list():
            rows = [_plain(row) for row in value]
        case _:
            rows = value
    return rows


def _said_of(value: Any) -> dict[str, Any]:
    """The fields of a small part that differ from their defaults: a route, a quota, a range, a variant."""
    kinds = value.__dataclass_fields__
    return {
        name: _plain(getattr(value, name))
        for name in kinds
        if not _is_default(kinds[name], getattr(value, name))
    }


def _option(option: Option) -> dict[str, Any]:
    rows = {"code": option.code, "number": option.number, "label": dict(option.label.by_language)}
    return rows | _chosen(option, ("aliases", "goto", "when", "columns", "media"))


def _duration(length: timedelta) -> str:
    """72h, 30m, 2d: in the largest unit that divides it."""
    minutes = int(length.total_seconds()) // 60
    if minutes % (24 * 60) == 0 and minutes > 3 * 24 * 60:
        return f"{minutes // (24 * 60)}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


# Plain values as YAML


def _mapping(rows: Mapping[str, Any], margin: str) -> Iterator[str]:
    for key, value in rows.items():
        name = _scalar(key)
        if isinstance(value, Mapping) and value and not _fits(value, margin + name):
            yield f"{margin}{name}:"
            yield from _mapping(value, margin + _MARGIN)
        elif isinstance(value, list) and any(isinstance(row, Mapping | list) for row in value):
            yield f"{margin}{name}:"
            yield from _sequence(value, margin + _MARGIN)
        else:
            yield f"{margin}{name}: {_inline(value)}"


def _sequence(rows: list[Any], margin: str) -> Iterator[str]:
    for row in rows:
        if not isinstance(row, Mapping) or not row or _fits(row, margin + _MARGIN):
            yield f"{margin}- {_inline(row)}"
            continue
        first, *others = _mapping(row, margin + _MARGIN)
        yield f"{margin}- {first.lstrip(' ')}"
        yield from others


def _fits(value: Mapping[str, Any], before: str) -> bool:
    """Whether a mapping is short enough for one line, and no step."""
    return (
        "steps" not in value
        and not (value.keys() & _STEP_NAMES)
        and len(before) + len(_inline(value)) <= (_SHORT)
    )


_STEP_NAMES = frozenset(_KINDS.values())


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_inline(row)}" for key, row in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A value as the reader takes it: only numbers, `true`, `false` and `null` are written bare."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.12f}".rstrip("0")
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANING:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
