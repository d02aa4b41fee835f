"""The columns `paigham`: what XLSForm has no word for, as JSON of the frozen form, laid over what the rows say.

Each cell holds only the fields in which the flow differs from what its row alone would give; `null` takes a field
away. A cell with a `kind` stands for the whole step. `"inline": true` makes a list the question's own options.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flows.definition import Flow
from flows.frozen import dump, from_dict
from flows.readers.xlsform.entries import Outline, every
from flows.readers.xlsform.form import Cells, Form
from flows.readers.xlsform.headings import COLUMN
from flows.readers.xlsform.report import CHOICES, SETTINGS, State

INLINE = "inline"
# Half of what a cell holds (32,767 units of UTF-16): a character may be two units.
_PIECE = re.compile(r"\S(?:.{0,15998}\S)?(?=\S|\Z)", re.DOTALL)
_KEPT = frozenset({"name", "steps"})  # of a step: never laid over


@dataclass(frozen=True, slots=True)
class Differences:
    """What rows alone do not say: of the whole flow, of steps by name, of options by list and place."""

    whole: dict[str, Any]
    steps: dict[str, dict[str, Any]]
    lists: dict[str, dict[int, dict[str, Any]]]

    def options(self, name: str, wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
        """Add what differs in the options of a list."""
        for place, option in enumerate(wanted):
            if over := _changed(option, found[place] if place < len(found) else {}):
                self.lists.setdefault(name, {})[place] = over


def merged(form: Form, flow: Flow, outline: Outline) -> Flow:
    """The flow with our own columns laid over it; as it is where there are none."""
    steps = {entry.name: entry.cells for entry in every(outline.entries) if entry.cells.value(COLUMN)}
    rows = form.book.sheet(SETTINGS).rows
    top = form.settings.get(COLUMN, "")
    if not steps and not top and not form.has(CHOICES, COLUMN):
        return flow
    plain = json.loads(json.dumps(dump(flow)))
    plain.setdefault("lists", {})
    _options(form, plain)
    for step in every_step(plain):
        if step["name"] in steps:
            cells = steps[step["name"]]
            _lay(step, _read(form, cells), flow.code, plain["lists"])
    if top and rows:
        _over(
            plain, {k: v for k, v in _read(form, form.cells(SETTINGS, rows[0]), top).items() if k != "steps"}
        )
    if not plain["lists"]:
        del plain["lists"]
    return _built(form, plain) or flow


def _built(form: Form, plain: dict[str, Any]) -> Flow | None:
    try:
        return from_dict(plain)
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration):
        _refuse(form, None)
        return None


def every_step(plain: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a frozen flow, those inside groups too."""
    for step in plain.get("steps", ()):
        yield step
        yield from every_step(step)


def _lay(step: dict[str, Any], over: dict[str, Any], code: str, lists: dict[str, Any]) -> None:
    """Lay a cell over its step, in place."""
    if "kind" in over:
        name = step["name"]
        step.clear()
        step |= {"name": name, **({"steps": []} if over.get("steps") == [] else {})}
    inline = over.pop(INLINE, False)
    listed = step.pop("list", None) if inline else None
    _over(step, {key: value for key, value in over.items() if key not in _KEPT})
    options = lists.pop(listed, None) if listed is not None else None
    if options is not None and "options" not in over:
        step["options"] = [_own_option(code, step["name"], listed, option) for option in options]


def _own_option(code: str, step: str, listed: str | None, option: dict[str, Any]) -> dict[str, Any]:
    """An option with the id that a label has where a question has its own options."""
    label = option["label"]
    if label.get("id") == f"{code}.list.{listed}.{option['code']}":
        label = {**label, "id": f"{code}.{step}.option.{option['code']}"}
    return {**option, "label": label}


def _over(values: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value


def _options(form: Form, plain: dict[str, Any]) -> None:
    """The cells of choices: aliases, jumps and conditions of single options."""
    places: dict[str, int] = {}
    refused = {line.place for line in form.report.lines() if line.state in {State.REFUSED, State.LEFT_OUT}}
    for row in form.book.sheet(CHOICES).rows:
        cells = form.cells(CHOICES, row)
        listed = form.list_name(cells.value("list_name"))
        if listed not in plain["lists"] or cells.place in refused:
            continue
        place = places[listed] = places.get(listed, -1) + 1
        if cells.value(COLUMN) and place < len(plain["lists"][listed]):
            _over(plain["lists"][listed][place], _read(form, cells))


def _read(form: Form, cells: Cells, written: str = "") -> dict[str, Any]:
    try:
        found = json.loads(written or cells.value(COLUMN))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    _refuse(form, cells)
    return {}


def _refuse(form: Form, cells: Cells | None) -> None:
    sentence = "The column “paigham” holds what this program wrote there; somebody changed it."
    instead = "Empty the cell, or export the form again."
    if cells is not None:
        form.remark(cells, State.REFUSED, "own_column", sentence, kind=COLUMN, instead=instead)
    else:
        form.refuse_all("own_column", sentence, instead)


# For the way out


def differences(flow: Flow, back: Flow, inline: Mapping[str, str]) -> Differences:
    """What the rows alone do not say. `inline`: steps whose own options stand in a list -> that list."""
    wanted, found = (json.loads(json.dumps(dump(one))) for one in (flow, back))
    here = {step["name"]: step for step in every_step(found)}
    whole = _changed(_without(wanted, "steps", "lists"), _without(found, "steps", "lists"))
    over = Differences(whole, {}, {})
    for step in every_step(wanted):
        there = here.get(step["name"], {})
        if step["name"] in inline and len(there.get("options", ())) == len(step.get("options", ())):
            over.options(inline[step["name"]], step.pop("options"), there.pop("options"))
        if fields := _difference(step, there):
            over.steps[step["name"]] = fields
    for name, options in wanted.get("lists", {}).items():
        over.options(name, options, found.get("lists", {}).get(name, []))
    return over


def pieces(written: str) -> list[str]:
    """What our column of the settings holds, as cells below each other: a cell has an end, and a flow may have none.

    No piece begins or ends with a space, because readers of sheets take those away.
    """
    return _PIECE.findall(written)


def _difference(step: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    if step["kind"] != found.get("kind"):
        empty: dict[str, Any] = {"steps": []} if step.get("steps") == [] else {}
        return {**_without(step, *_KEPT), **empty}
    return _changed(_without(step, *_KEPT), _without(found, *_KEPT))


def _without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}


def _changed(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `wanted` that `found` has otherwise; None for those that only `found` has."""
    keys = [*wanted, *sorted(set(found) - set(wanted))]
    return {key: wanted.get(key) for key in keys if wanted.get(key) != found.get(key)}
