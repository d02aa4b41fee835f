"""Flows: the list of all, a new one, and one of them at a glance."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import wtforms
from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import flows as engine
from flows.definition import SPEC
from flows.definition import Action as Does
from gateway import clock
from gateway.i18n import UI_LANGUAGES
from gateway.models.flows import FlowKind, FlowState
from gateway.services import asked_before, audit, drafts, flow_list, publishing
from gateway.services import staff as accounts
from gateway.services.bridge import plain
from gateway.services.drafts import Draft
from gateway.services.flow_list import FlowHead
from gateway.services.unfit import Unfit
from gateway.web import gate, lists, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.forms import clean
from gateway.web.house_forms import CheckboxesField, HouseForm, choose, form_page
from gateway.web.language import gettext
from gateway.web.language import name as language_name
from gateway.web.lists import Choice, Column, Kind
from gateway.web.resources import connection, resources
from gateway.web.words import N_, word

FLOWS = Kind(
    "staff.flows",
    columns=(
        Column("title", N_("Flow"), sortable=True),
        Column("kind", N_("Kind"), sortable=True),
        Column("languages", N_("Languages")),
        Column("published", N_("Published"), sortable=True, first="desc"),
        Column("use", N_("In use by")),
    ),
    filters=(
        Choice("state", N_("State"), tuple(FlowState), name_of=lists.words("flow_state")),
        Choice("kind", N_("Kind"), tuple(FlowKind), name_of=lists.words("flow_kind")),
    ),
    sort="title",
)
_ORDERS: Mapping[str, Callable[[FlowHead], Any]] = {
    "title": lambda head: head.title.casefold(),
    "kind": lambda head: (head.kind, head.title.casefold()),
    "published": lambda head: head.published_at,
}
_CODE = re.compile(r"[a-z][a-z0-9_]{1,47}")
REQUIRED = [wtforms.validators.InputRequired()]


class NewFlow(HouseForm):
    """What a flow begins with. The rest is written in the editor."""

    title = wtforms.StringField(N_("Title"), REQUIRED, description=N_("Staff see it; people do not."))
    code = wtforms.StringField(
        N_("Code"),
        REQUIRED,
        description=N_("Small letters, digits and underscores, such as water_points. It never changes."),
    )
    kind = wtforms.SelectField(N_("Kind"), REQUIRED, choices=[])
    languages = CheckboxesField(N_("Languages"), REQUIRED, choices=[])
    purpose = wtforms.TextAreaField(
        N_("Purpose"), REQUIRED, description=N_("What the answers are for, in one sentence.")
    )

    def __init__(self) -> None:
        super().__init__({"kind": FlowKind.SURVEY, "languages": ["eng"]})
        choose(self.kind, {kind: word(kind, "flow_kind") for kind in FlowKind})
        choose(self.languages, {code: language_name(code) for code in UI_LANGUAGES})


@staff.get("/flows")
@needs(Object.FLOW)
def flows() -> Response:
    """List the organisation's flows."""
    asked, whose = FLOWS.asked(), gate.me().organisation_id
    every = flow_list.heads(connection(), whose, state=asked.value("state"), kind=asked.value("kind"))
    shown, more = asked.part.of_rows(every, _ORDERS)
    return page.show(
        "flows.html",
        list=FLOWS.show(asked, shown, more=more),
        languages={head.id: flow_list.completeness(told) for head in shown if (told := _told(head))},
        rounds=flow_list.open_rounds(connection(), whose, now=clock.now()),
        triggers=flow_list.triggers(connection(), whose),
    )


@staff.route("/flows/new", methods=["GET", "POST"])
@needs(Object.FLOW, Action.CHANGE)
def new_flow() -> AnyResponse:
    """Begin a flow, and go on in its draft."""
    form = NewFlow()
    if form.is_right():
        code = (form.code.data or "").strip()
        try:
            made = _create(form, code)
        except Unfit as error:
            form.fault(error)
        else:
            page.note("flow.created", f"flow {made}", code=code)
            return redirect(url_for("staff.flow", flow_id=made), 303)
    return form_page(form, title=gettext("A new flow"), submit=N_("Begin"), back=("staff.flows", N_("Flows")))


@staff.get("/flows/<uuid:flow_id>")
@needs(Object.FLOW)
def flow(flow_id: UUID) -> Response:
    """Show one flow: what it is for, what the check says about its draft, and where it is used."""
    head, whose, now = found(flow_id), gate.me().organisation_id, clock.now()
    draft = draft_of(head)
    told = draft.flow or published(head)
    verdict = (
        publishing.judge(connection(), whose, flow_id, draft.flow, now=now)
        if draft.flow is not None
        else None
    )
    return page.show(
        "flow.html",
        flow=head,
        draft=draft,
        told=told,
        verdict=verdict,
        languages=flow_list.completeness(told) if told else {},
        indicators=flow_list.indicators(told) if told else [],
        calls=publishing.called(told, Does.CALL, Does.START) if told else [],
        used_by=publishing.used_by(connection(), whose, head.code),
        triggers=flow_list.triggers(connection(), whose).get(flow_id, []),
        rounds=flow_list.rounds_of(connection(), flow_id),
        before=asked_before.asked_before(connection(), whose, told, now=now)
        if told and told.outbound
        else [],
        owner=accounts.names(connection(), resources().ring, [head.owner_id]).get(head.owner_id)
        if head.owner_id
        else None,
        always=head.code in publishing.ALWAYS,
    )


@staff.post("/flows/<uuid:flow_id>/archive")
@needs(Object.FLOW, Action.PUBLISH)
def archive_flow(flow_id: UUID) -> AnyResponse:
    """Archive a flow, or bring it back; whoever does says why."""
    head, whose = found(flow_id), gate.me().organisation_id
    why, back = " ".join(clean(request.form.get("why", "")).split())[:500], request.form.get("do") == "back"
    if not why:
        flash(word("empty", "publish_fault"), "bad")
        return redirect(url_for("staff.flow", flow_id=flow_id), 303)
    try:
        if back:
            done = publishing.unarchive(connection(), whose, flow_id)
        else:
            done = publishing.archive(connection(), whose, flow_id, now=clock.now())
    except Unfit as error:
        flash(word(error.code, "publish_fault"), "bad")
        return redirect(url_for("staff.flow", flow_id=flow_id), 303)
    resources().house.library.forget(whose, head.code)
    if done:
        after = found(flow_id).state
        told = audit.changed({"state": head.state}, {"state": after})
        page.note("flow.unarchived" if back else "flow.archived", f"flow {flow_id}", why=why, **told)
    flash(N_("Saved."), "good")
    return redirect(url_for("staff.flow", flow_id=flow_id), 303)


def found(flow_id: UUID) -> FlowHead:
    """Return a flow of the reader's organisation; any other is answered like one that is not there."""
    head = flow_list.head(connection(), gate.me().organisation_id, flow_id)
    if head is None:
        abort(404)
    return head


def published(head: FlowHead) -> engine.Flow | None:
    """Return what the newest revision of a flow says; None: it was never published."""
    if head.revision_id is None:
        return None
    return resources().house.library.flow(plain(connection()), head.revision_id)


def _told(head: FlowHead) -> engine.Flow | None:
    """What people meet, or would meet if the draft were published."""
    return published(head) or draft_of(head).flow


def draft_of(head: FlowHead) -> Draft:
    """Return a flow's draft."""
    try:
        return drafts.read(connection(), head.id)
    except LookupError:
        abort(404)


def _create(form: NewFlow, code: str) -> UUID:
    if not _CODE.fullmatch(code):
        raise Unfit("bad_flow_code", field="code")
    me, title, kind = gate.me(), form.title.data or "", form.kind.data or ""
    languages = [item for item in UI_LANGUAGES if item in (form.languages.data or [])]
    source = _beginning(code, title, kind, languages, purpose=form.purpose.data or "")
    return drafts.create(
        connection(),
        me.organisation_id,
        code=code,
        title=title,
        kind=kind,
        source=source,
        by=me.id,
        now=clock.now(),
    )


def _beginning(code: str, title: str, kind: str, languages: list[str], *, purpose: str) -> str:
    """The first text of a draft. JSON's strings and lists are YAML's."""
    top = {
        "spec": SPEC,
        "flow": code,
        "title": {languages[0]: title},
        "languages": languages,
        "purpose": purpose,
        "owner": str(gate.me().role),
        "retention": "survey_link",
        "outbound": kind == FlowKind.SURVEY,
        "discreet": True,
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in top.items()]
    words = json.dumps({languages[0]: "Hello." if languages[0] == "eng" else "…"}, ensure_ascii=False)
    return "\n".join([*lines, "steps:", f"  - say: hello\n    text: {words}", ""])
