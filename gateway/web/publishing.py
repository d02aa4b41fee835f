"""Publishing a flow: what the gate says, what is different, who does it and why; its revisions, and the way back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

import flows
from flows.differences import Difference, differences
from gateway import clock
from gateway.services import asked_before, audit, publishing
from gateway.services import staff as accounts
from gateway.services.flow_list import FlowHead
from gateway.services.publishing import Refused, Verdict, Wish, key_of
from gateway.services.triggers import WordsTaken
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.flows import draft_of, found, published
from gateway.web.forms import FAULTY, clean
from gateway.web.resources import connection, resources, undo
from gateway.web.words import N_, word

LONGEST_ANSWER = 1000  # characters
NUMBER = re.compile(r"[0-9]{1,6}")
DRAFT = "draft"  # in the address of a comparison


@staff.route("/flows/<uuid:flow_id>/publish", methods=["GET", "POST"])
@needs(Object.FLOW, Action.PUBLISH)
def publish_flow(flow_id: UUID) -> AnyResponse:
    """Show what stands between the draft and the people, and let it out."""
    head = found(flow_id)
    draft = draft_of(head).flow
    if draft is None:
        return redirect(url_for("staff.flow", flow_id=flow_id), 303)
    fault = None
    if request.method == "POST":
        fault = _try(head, draft, _wish())
        if fault is None:
            return redirect(url_for("staff.flow_revisions", flow_id=flow_id), 303)
    return _show(head, draft, fault)


@staff.get("/flows/<uuid:flow_id>/revisions")
@needs(Object.FLOW)
def flow_revisions(flow_id: UUID) -> Response:
    """Show a flow's revisions, and what differs between two of them or the draft."""
    head = found(flow_id)
    made = publishing.revisions(connection(), flow_id)
    before, after = _compared(request.args.get("from")), _compared(request.args.get("to"))
    return page.show(
        "flow_revisions.html",
        flow=head,
        revisions=made,
        names=accounts.names(connection(), resources().ring, [row.by for row in made if row.by]),
        before=before,
        after=after,
        differences=_between(head, before, after) if before and after else None,
    )


@staff.post("/flows/<uuid:flow_id>/revisions")
@needs(Object.FLOW, Action.PUBLISH)
def roll_back(flow_id: UUID) -> AnyResponse:
    """Make an older revision the newest again; it passes the gate as it is today."""
    head = found(flow_id)
    number = request.form.get("number", "")
    older = _wording(head, number) if NUMBER.fullmatch(number) else None
    if older is None:
        flash(word("unknown", "publish_fault"), "bad")
        return redirect(url_for("staff.flow_revisions", flow_id=flow_id), 303)
    last = next(row for row in publishing.revisions(connection(), flow_id) if row.number == int(number))
    languages = tuple(older.languages)
    wish = Wish(clean(request.form.get("why", "")), last.answers, instead=languages, back_to=int(number))
    fault = _try(head, older, wish)
    if fault is not None:
        flash(fault, "bad")
    return redirect(url_for("staff.flow_revisions", flow_id=flow_id), 303)


def _wish() -> Wish:
    form = request.form
    answers = {
        name.removeprefix("answer:"): " ".join(clean(text).split())[:LONGEST_ANSWER]
        for name, text in form.items()
        if name.startswith("answer:")
    }
    return Wish(clean(form.get("why", "")), answers, instead=tuple(form.getlist("instead")))


def _try(head: FlowHead, flow: flows.Flow, wish: Wish) -> str | None:
    """Publish; returns what stood in the way, in the reader's words, and undoes the rest."""
    me = gate.me()
    try:
        made = publishing.publish(
            connection(), me.organisation_id, head.id, flow, wish, by=me.id, now=clock.now()
        )
    except Refused:
        undo()
        return word("refused", "publish_fault")
    except WordsTaken:
        undo()
        return word("words_taken", "publish_fault")
    except Unfit as error:
        undo()
        return word(error.code, "publish_fault")
    resources().house.library.forget(me.organisation_id, head.code)
    told = audit.changed({"number": head.number}, {"number": made.number})
    page.note(
        "flow.rolled_back" if wish.back_to else "flow.published",
        f"flow_revision {made.id}",
        flow=str(head.id),
        why=made.why,
        answers=dict(made.answers),
        override=str(made.override_id) if made.override_id else None,
        back_to=wish.back_to,
        **told,
    )
    flash(N_("Published. Conversations under way keep the wording that they began with."), "good")
    return None


def _show(head: FlowHead, draft: flows.Flow, fault: str | None) -> Response:
    whose, now = gate.me().organisation_id, clock.now()
    verdict = publishing.judge(connection(), whose, head.id, draft, now=now)
    live = published(head)
    return page.show(
        "flow_publish.html",
        status=FAULTY if fault else 200,
        flow=head,
        draft=draft,
        verdict=verdict,
        fault=fault,
        why=request.form.get("why", ""),
        answers=_answers(head, verdict),
        instead=request.form.getlist("instead"),
        key_of=key_of,
        differences=differences(live, verdict.flow) if live is not None else None,
        before=asked_before.asked_before(connection(), whose, draft, now=now) if draft.outbound else [],
        now=now,
    )


def _answers(head: FlowHead, verdict: Verdict) -> Mapping[str, str]:
    """What was answered to doubts: just now, else when the flow was published before."""
    last = next(iter(publishing.revisions(connection(), head.id)), None)
    known = last.answers if last is not None else {}
    names = [key_of(doubt) for doubt in verdict.doubts]
    return {name: request.form.get(f"answer:{name}", known.get(name, "")) for name in names}


def _compared(text: str | None) -> str | None:
    """Return a revision's number or "draft"; None: nothing was asked for. Aborts with 404 for anything else."""
    if text is None or text == DRAFT or NUMBER.fullmatch(text):
        return text
    return abort(404)


def _between(head: FlowHead, before: str, after: str) -> list[Difference]:
    one, other = _wording(head, before), _wording(head, after)
    if one is None or other is None:
        abort(404)
    return differences(one, other)


def _wording(head: FlowHead, name: str) -> flows.Flow | None:
    if name != DRAFT:
        return publishing.wording(connection(), head.id, int(name))
    draft = draft_of(head).flow
    if draft is None:
        return None
    return publishing.with_subflows(connection(), gate.me().organisation_id, draft)[0]
