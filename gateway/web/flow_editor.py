"""The editor: a draft as an outline of its steps, and one step opened beside it. It works without a script.

Every field that was changed is an edit of its own. With a script they are sent as they are made, and the page's parts
come back as they are then; without one they go with the form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from flows import edits as kinds
from flows import sections
from flows.editing import CannotEdit, Line, Outline, digest_of, from_json, outline, to_json, touched
from flows.edits import Add, AddRow, Edit, Move, MoveRow, Remove, RemoveRow, Rename
from gateway import clock
from gateway.services import audit, drafts, presence
from gateway.services import staff as accounts
from gateway.services.drafts import Conflict, Draft
from gateway.services.flow_list import FlowHead
from gateway.web import flow_fields, gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.flow_desk import Desk
from gateway.web.flow_fields import path_of
from gateway.web.flows import found
from gateway.web.limits import limited
from gateway.web.resources import connection, resources, undo
from gateway.web.words import word

LARGEST = 2 * 1024 * 1024  # bytes of a form: the whole text may be in it, each letter as three
CONFLICT = 409
LINES = 20  # of the history
# What a new step holds, so that it says what is missing.
NEW: Mapping[str, Mapping[str, Any]] = {
    "say": {"text": ""},
    "ask": {"text": "", "type": "text"},
    "do": {"action": "human"},
    "branch": {"routes": [], "otherwise": "end"},
    "split": {"routes": [{"weight": 1, "goto": "end"}, {"weight": 1, "goto": "end"}]},
    "finish": {"disposition": "completed"},
    "calculate": {"value": "''"},
    "meta": {"fact": "today"},
}
NEW_ROW: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "options": lambda number: {"code": f"answer{number}", "label": ""},
    "routes": lambda _: {"when": "", "goto": "end"},
}


@staff.get("/flows/<uuid:flow_id>/edit")
@needs(Object.FLOW, Action.CHANGE)
def edit_flow(flow_id: UUID) -> Response:
    """Show a draft, opened at a step or at the settings of the whole flow."""
    head = found(flow_id)
    return _show(head, read_draft(flow_id), request.args.get("step"))


@staff.post("/flows/<uuid:flow_id>/edit")
@needs(Object.FLOW, Action.CHANGE)
@gate.takes(LARGEST)
@limited("edit")
def change_flow(flow_id: UUID) -> AnyResponse:
    """Make what was sent, and say whose change stood in the way where one did."""
    head, before = found(flow_id), read_draft(flow_id)
    step = request.form.get("step") or None
    try:
        made, step = _act(flow_id, before, step)
    except CannotEdit as error:
        undo()
        return _show(head, read_draft(flow_id), step, status=422, refused=word(error.code, "cannot_edit"))
    if isinstance(made, Conflict):
        undo()
        return _show(head, read_draft(flow_id), step, status=CONFLICT, conflict=made)
    after = made or before
    if after.version != before.version:
        page.note(
            "flow.edited",
            f"flow {flow_id}",
            **audit.changed({"version": before.version}, {"version": after.version}),
            step=step,
        )
    if request.form.get("auto"):
        moved = request.form.get("do", "").partition(":")[0] in {"put", "move"}
        return _show(head, after, request.form.get("show") or None if moved else step)
    return redirect(
        url_for("staff.edit_flow", flow_id=flow_id, step=step, also=request.form.get("also")), 303
    )


@staff.get("/flows/<uuid:flow_id>/edit/here")
@needs(Object.FLOW, Action.CHANGE)
def flow_presence(flow_id: UUID) -> Response:
    """Note that who asks has the draft open, and say who else has, and whether it was changed."""
    found(flow_id)
    now, me = clock.now(), gate.me().id
    step = request.args.get("step") or None
    presence.arrive(connection(), flow_id, me, step=step[:64] if step else None, now=now)
    others = presence.present(connection(), flow_id, but=me, now=now)
    return page.show(
        "flow_here.html",
        flow_id=flow_id,
        others=others,
        names=accounts.names(connection(), resources().ring, [other.staff_id for other in others]),
        version=read_draft(flow_id).version,
        seen=request.args.get("version", ""),
    )


# --- What a form does


def _act(flow_id: UUID, before: Draft, step: str | None) -> tuple[Draft | Conflict | None, str | None]:
    """Do what the pressed button says; return what came of it, and the step to show then."""
    by, now, form = gate.me().id, clock.now(), request.form
    verb, _, rest = form.get("do", "save").partition(":")
    if verb in {"undo", "redo"}:
        turn = drafts.undo if verb == "undo" else drafts.redo
        return turn(connection(), flow_id, by=by, now=now), step
    if verb == "source":
        text = form.get("source", "").replace("\r\n", "\n")
        base = _version(form.get("version"), before.version)
        return drafts.bring_together(connection(), flow_id, text, base=base, by=by, now=now), step
    if verb == "mine":
        sent, marks = _sent_again(form.get("edits", "")), {form.get("part", ""): form.get("digest") or None}
        return drafts.change_all(connection(), flow_id, sent, seen=marks, by=by, now=now), step
    made, step, source = _made(before, step, verb, rest)
    if not made:
        return None, step
    parts = [part for edit in made if (part := touched(edit)) is not None]
    seen = {part: digest_of(source, part) for part in parts}
    since = _version(form.get("version"), before.version)
    return drafts.change_all(connection(), flow_id, made, seen=seen, since=since, by=by, now=now), step


def _made(draft: Draft, step: str | None, verb: str, rest: str) -> tuple[list[Edit], str | None, str]:
    """Return the edits of the form, the step to show then, and the text that the form was made of."""
    version = _version(request.form.get("version"), draft.version)
    source = drafts.source_at(connection(), draft.flow_id, version) or draft.source
    return (*_edits(source, step, verb, rest), source)


def _edits(source: str, step: str | None, verb: str, rest: str) -> tuple[list[Edit], str | None]:
    """Return the edits of a form, as it was made of this text."""
    seen = outline(source)
    line = seen.line(step) if step else None
    if step and line is None:
        raise CannotEdit("no_step", f"There is no step “{step}”.")
    made: list[Edit] = []
    if request.form.get("fields"):
        desk = Desk(_of(source), seen, line, None, "")
        made = flow_fields.edits(request.form, step, desk.values, seen.languages, desk.codes)
    act = _VERBS.get(verb)
    more, after = act(seen, line, rest) if act is not None else ([], step)
    made += more
    name = request.form.get("name", "").strip()
    if line is not None and after == step and name and name != line.name:
        made.append(Rename(line.name, name))
        after = name
    return made, after


def _of(source: str) -> Draft:
    return Draft(UUID(int=0), "", source, 0, None, (), None, None, None)


Acted = tuple[list[Edit], str | None]


def _add(seen: Outline, line: Line | None, _: str) -> Acted:
    """A new step behind the present one; into it, where it is an empty group."""
    kind = request.form.get("kind", "")
    name = request.form.get("new_name", "").strip() or _free(seen, kind)
    inside = line is not None and line.kind in {"group", "repeat"} and request.form.get("inside") == "1"
    parent = line.name if inside and line else line.parent if line else None
    return [
        Add(kind, name, parent, "" if inside or line is None else line.name, dict(NEW.get(kind, {})))
    ], name


def _free(seen: Outline, kind: str) -> str:
    """A name that no step has."""
    taken = {line.name for line in seen.lines}
    base = {"ask": "question", "say": "message", "do": "action", "branch": "fork"}.get(kind, kind)
    return next(name for number in range(1, len(taken) + 2) if (name := f"{base}{number}") not in taken)


def _remove(seen: Outline, line: Line | None, _: str) -> Acted:
    if line is None:
        return [], None
    names = [other.name for other in seen.lines if other.parent == line.parent]
    place = names.index(line.name)
    beside = names[place + 1 : place + 2] or names[max(place - 1, 0) : place]
    return [Remove(line.name)], next(iter(beside), line.parent)


def _move(seen: Outline, line: Line | None, where: str) -> Acted:
    """Move by one place: up, down, in (to the group before) or out (behind the group it is in)."""
    if line is None:
        return [], None
    names = [other.name for other in seen.lines if other.parent == line.parent]
    place = names.index(line.name)
    before = seen.line(names[place - 1]) if place else None
    if where == "up" and place:
        return [Move(line.name, line.parent, names[place - 2] if place > 1 else None)], line.name
    if where == "down" and place + 1 < len(names):
        return [Move(line.name, line.parent, names[place + 1])], line.name
    if where == "in" and before is not None and before.kind in {"group", "repeat"}:
        return [Move(line.name, before.name, "")], line.name
    above = seen.line(line.parent) if line.parent else None
    if where == "out" and above is not None:
        return [Move(line.name, above.parent, above.name)], line.name
    return [], line.name


def _put(seen: Outline, line: Line | None, _: str) -> Acted:
    """Move to a place that was pointed at: behind a step, or as the first of a group."""
    after, parent = request.form.get("after"), request.form.get("parent") or None
    if line is None or after == line.name or (after and seen.line(after) is None):
        return [], line.name if line else None
    return [Move(line.name, parent, after or None)], line.name


def _row(seen: Outline, line: Line | None, rest: str) -> Acted:
    """Rows of the step: "add.options", "remove.options.2", "up.routes.1", "down.routes.0"."""
    verb, _, where = rest.partition(".")
    path = path_of(where)
    step = line.name if line else None
    rows = flow_fields.at(line.values if line else seen.settings, path if verb == "add" else path[:-1])
    count, last = len(rows) if isinstance(rows, list) else 0, path[-1]
    if verb == "add" and str(last) in NEW_ROW:
        row = NEW_ROW[str(last)](count + 1)
        if line is not None and line.kind == "split":
            row = {"weight": 1, "goto": "end"}
        return [AddRow(step, path, row)], step
    if not isinstance(last, int):
        return [], step
    match verb:
        case "remove":
            return [RemoveRow(step, path[:-1], last)], step
        case "up" if last > 0:
            return [MoveRow(step, path[:-1], last, last - 1)], step
        case "down" if last + 1 < count:
            return [MoveRow(step, path[:-1], last, last + 1)], step
    return [], step


_VERBS: Mapping[str, Callable[[Outline, Line | None, str], Acted]] = {
    "add": _add,
    "remove": _remove,
    "move": _move,
    "put": _put,
    "row": _row,
}


def _sent_again(text: str) -> list[kinds.Edit]:
    """Edits that stood in the way of somebody else's, and are made all the same."""
    try:
        given = json.loads(text)
    except ValueError:
        abort(400)
    if not isinstance(given, list) or not all(isinstance(values, dict) for values in given):
        abort(400)
    return [from_json(values) for values in given]


def _version(text: str | None, present: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else present  # noqa: PLR2004


# --- The page


def read_draft(flow_id: UUID) -> Draft:
    """Return a draft, or answer that there is none."""
    try:
        return drafts.read(connection(), flow_id)
    except LookupError:
        abort(404)


def _show(
    head: FlowHead,
    draft: Draft,
    step: str | None,
    *,
    status: int = 200,
    conflict: Conflict | None = None,
    refused: str = "",
) -> Response:
    asked = request.values
    desk = Desk.of(draft, step=step, also=asked.get("also"), wanted=asked.get("q", "").strip()[:100])
    history = drafts.history(connection(), draft.flow_id, limit=LINES)
    people = {change.changed_by for change in history} | {draft.changed_by}
    people |= {conflict.changed_by} if conflict else set()
    back, forth = drafts.steps_back(connection(), draft.flow_id, gate.me().id)
    return page.show(
        "flow_edit.html",
        status=status,
        flow=head,
        draft=draft,
        desk=desk,
        text=desk.outline is None or asked.get("view") == "text",
        kinds=sections.KINDS,
        history=history,
        names=accounts.names(connection(), resources().ring, [one for one in people if one is not None]),
        can_undo=back is not None,
        can_redo=forth is not None,
        conflict=conflict,
        mine=_mine(draft, step) if conflict else "",
        refused=refused,
    )


def _mine(draft: Draft, step: str | None) -> str:
    """The edits of the form that was refused, to be sent once more."""
    form = request.form
    if form.get("do") == "mine":
        return form.get("edits", "")
    verb, _, rest = form.get("do", "save").partition(":")
    try:
        made, _, _ = _made(draft, step, verb, rest)
    except CannotEdit:
        return ""
    return json.dumps([to_json(edit) for edit in made], ensure_ascii=False)
