"""Rehearsing a flow: a phone that talks to the draft. Nothing of it is sent, kept or counted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import flows
from flows.definition import Flow
from flows.edits import AddRow, Edit, RemoveRow
from flows.events import MessageSaid
from flows.findings import Finding, FlowInvalid
from flows.outline import outline
from flows.sections import CannotEdit
from gateway import clock
from gateway.services import audit, drafts, rehearsals
from gateway.services.bridge import plain
from gateway.services.drafts import Draft
from gateway.services.flow_list import FlowHead
from gateway.services.rehearsals import MESSENGER, SMS, NoScript, Script
from gateway.speaker import Speaker
from gateway.web import gate, language, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.flow_editor import read_draft
from gateway.web.flows import found
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.resources import connection, resources

LARGEST = 512 * 1024  # bytes of a form: it carries the talk so far, each letter as three
LONGEST_NAME = 120  # characters of a test's name
FACTS = ("hotline", "free_to_reply")  # what the gateway itself gives to every flow


@staff.get("/flows/<uuid:flow_id>/rehearse")
@needs(Object.FLOW)
def rehearse_flow(flow_id: UUID) -> Response:
    """Begin a rehearsal of the draft, at its start or at a step."""
    head, draft = found(flow_id), read_draft(flow_id)
    script = Script(_language(draft.flow))
    step = request.args.get("step")
    if step and draft.flow is not None and _has(draft, step):
        script = script.then("jumps", step)
    return _show(head, draft, script)


@staff.post("/flows/<uuid:flow_id>/rehearse")
@needs(Object.FLOW)
@gate.takes(LARGEST)
@limited("edit")
def rehearse_on(flow_id: UUID) -> AnyResponse:
    """Say something, let time pass, jump, begin again, or keep the talk as a test."""
    head, draft = found(flow_id), read_draft(flow_id)
    try:
        script = Script.from_json(request.form.get("script", ""))
    except NoScript:
        abort(400)
    flow, _ = _whole(draft)
    if flow is None:
        return _show(head, draft, script)
    verb = request.form.get("do", "")
    if verb == "keep":
        return _keep(head, draft, flow, script)
    if verb.startswith("drop:"):
        return _drop(head, draft, verb.removeprefix("drop:"))
    return _show(head, draft, _turned(draft, script, verb), goes_on=True)


def _turned(draft: Draft, script: Script, verb: str) -> Script:
    """Return the script after what was pressed."""
    form = request.form
    words, choice = form.get("text", "").strip(), form.get("choice", "")
    if choice:
        return script.then("presses", choice[: rehearsals.LONGEST_WORDS])
    if verb == "begin":
        return _begun(draft)
    if verb == "back":
        return replace(script, turns=script.turns[:-1])
    if verb in {"told", "failed"}:
        return script.then("is_told", _told() if verb == "told" else False)
    turn = _turn(draft, verb) or (("says", words[: rehearsals.LONGEST_WORDS]) if words else None)
    return script.then(*turn) if turn is not None else script


def _told() -> dict[str, str]:
    """What a service says: lines of "name: value"."""
    rows = (
        line.partition(":") for line in request.form.get("values", "").splitlines()[: rehearsals.MOST_FIELDS]
    )
    return {name.strip(): value.strip()[:200] for name, bar, value in rows if bar and name.strip()}


def _turn(draft: Draft, verb: str) -> tuple[str, str] | None:
    """What a button beside the phone does: (verb, what); None: nothing."""
    to, spoken = request.form.get("to", ""), request.form.get("speaks", "")
    if verb.startswith("wait:"):
        return "waits", verb.removeprefix("wait:")
    if verb == "jump" and _has(draft, to):
        return "jumps", to
    return ("speaks", spoken) if verb == "speak" and spoken in _languages(draft.flow) else None


def _begun(draft: Draft) -> Script:
    """A new talk, as the person that the form describes."""
    form = request.form
    spoken, seed = form.get("language", ""), form.get("seed", "")
    facts = {
        name: value for name in _facts(draft.flow) if (value := form.get(f"fact.{name}", "").strip()[:200])
    }
    return Script(
        spoken if spoken in _languages(draft.flow) else _language(draft.flow),
        MESSENGER if form.get("channel") == MESSENGER else SMS,
        facts,
        int(seed) if seed.isascii() and seed.isdigit() and len(seed) < 10 else 0,  # noqa: PLR2004
    )


def _keep(head: FlowHead, draft: Draft, flow: Flow, script: Script) -> AnyResponse:
    """Put the talk into the draft as a test."""
    if not gate.may(Object.FLOW, Action.CHANGE):
        abort(404)
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
    if not name:
        return _show(head, draft, script, status=422, refused=gettext("Give the test a name first."))
    try:
        edit = AddRow(None, ("tests",), rehearsals.as_test(flow, script, name))
        _change(head, draft, edit, test=name)
    except CannotEdit:
        return _show(head, draft, script, status=422, refused=gettext("This cannot be kept."))
    return _to_tests(head)


def _drop(head: FlowHead, draft: Draft, place: str) -> AnyResponse:
    """Take a test out, when it is still the one that was meant."""
    if not gate.may(Object.FLOW, Action.CHANGE):
        abort(404)
    tests = draft.flow.tests if draft.flow is not None else ()
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 5 else len(tests)  # noqa: PLR2004
    if number < len(tests) and tests[number].get("name") == request.form.get("name"):
        _change(head, draft, RemoveRow(None, ("tests",), number), test=tests[number].get("name"))
    return _to_tests(head)


def _change(head: FlowHead, draft: Draft, edit: Edit, *, test: str | None) -> None:
    made = drafts.change(connection(), head.id, edit, seen=None, by=gate.me().id, now=clock.now())
    assert isinstance(made, Draft)  # noqa: S101 - an edit that rests on nothing is in nobody's way
    page.note(
        "flow.edited",
        f"flow {head.id}",
        **audit.changed({"version": draft.version}, {"version": made.version}),
        test=test,
    )


def _to_tests(head: FlowHead) -> AnyResponse:
    return redirect(url_for("staff.rehearse_flow", flow_id=head.id, tests="run", _anchor="tests"), 303)


def _speaker(script: Script) -> Speaker:
    """Dates, numbers and places as the person would read them."""
    house = resources().house
    return Speaker(script.channel == SMS, house.calendars, partial(house.places.of, plain(connection())))


def _show(
    head: FlowHead,
    draft: Draft,
    script: Script,
    *,
    status: int = 200,
    refused: str = "",
    goes_on: bool = False,
) -> Response:
    flow, lost = _whole(draft)
    talk = rehearsals.play(flow, script, speaker=_speaker(script)) if flow is not None else None
    results = flows.run_tests(flow) if flow is not None and request.args.get("tests") == "run" else None
    shown = [event for event in talk.events if not isinstance(event, MessageSaid)] if talk else []
    return page.show(
        "flow_rehearse.html",
        status=status,
        flow=head,
        faults=(*draft.errors, *lost),
        talk=talk,
        script=script,
        events=[rehearsals.told(event) for event in shown],
        languages=_languages(flow),
        facts=_facts(flow),
        steps=[line.name for line in outline(draft.source).lines] if flow is not None else [],
        tests=flow.tests if flow is not None else (),
        results=results,
        refused=refused,
        goes_on=goes_on,
        messenger=MESSENGER,
        longest=rehearsals.LONGEST_WORDS,
    )


def _whole(draft: Draft) -> tuple[Flow | None, tuple[Finding, ...]]:
    """Return a draft's flow with the flows that it calls, as their drafts are; or why there is none."""
    if draft.flow is None:
        return None, ()
    try:
        return flows.embed(
            draft.flow, lambda code: drafts.flow_of(connection(), gate.me().organisation_id, code)
        ), ()
    except FlowInvalid as error:
        return None, error.findings


def _languages(flow: Flow | None) -> tuple[str, ...]:
    return flow.languages if flow is not None else ("eng",)


def _language(flow: Flow | None) -> str:
    """The reader's own language where the flow speaks it."""
    known = _languages(flow)
    return language.language() if language.language() in known else known[0]


def _facts(flow: Flow | None) -> list[str]:
    named: tuple[Any, ...] = flow.fields if flow is not None else ()
    return list(dict.fromkeys([*FACTS, *map(str, named)]))


def _has(draft: Draft, step: str) -> bool:
    return outline(draft.source).line(step) is not None
