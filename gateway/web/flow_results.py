"""What a flow comes to, as it comes: how far people came, what they answered, and which replies nobody understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import flow_results as service
from gateway.services import misreadings
from gateway.services.flow_list import FlowHead
from gateway.services.flow_results import Results, Scope
from gateway.services.misreadings import Unclear
from gateway.services.round_questions import Question
from gateway.services.suppression import SMALLEST_BASE, SMALLEST_CELL
from gateway.services.unfit import Unfit
from gateway.web import charts, drawing, flows, formats, gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.charts import Drawn, Figures
from gateway.web.language import gettext, language
from gateway.web.language import name as language_name
from gateway.web.resources import connection, resources
from gateway.web.words import N_

PAGE = "/flows/<uuid:flow_id>/results"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn of the results; a drawing without a number is None."""

    by_language: Drawn | None
    by_channel: Drawn | None
    spreads: dict[str, Drawn]


@staff.get(PAGE)
@needs(Object.SURVEY)
def flow_results(flow_id: UUID) -> Response:
    """Show what a flow comes to. Replies in people's own words stand there for those who may read them."""
    return _show(flows.found(flow_id), _asked(flow_id))


@staff.post(PAGE)
@needs(Object.FLOW, Action.CHANGE)
def settle_reply(flow_id: UUID) -> AnyResponse:
    """Teach the flow what a reply means, or mark the reply as dealt with."""
    head, scope = flows.found(flow_id), _asked(flow_id)
    if not gate.may(Object.CONTACT):
        abort(404)
    row_id, code = _chosen()
    try:
        told = _settle(head, scope, row_id, code)
    except LookupError:
        abort(404)
    except Unfit as error:
        return _show(head, scope, status=422, fault=error.code)
    where: dict[str, Any] = {"flow_id": flow_id, "told": told, **_of(scope)}
    return redirect(url_for("staff.flow_results", **where), 303)


def _settle(head: FlowHead, scope: Scope, row_id: UUID, code: str) -> str:
    ring, me, now = resources().ring, gate.me().id, clock.now()
    object_ = f"flow {head.id}"
    if code:
        draft, reply = misreadings.teach(
            connection(), ring, scope, gate.clearance(), row_id, code, by=me, now=now
        )
        page.note("flow.word_taught", object_, question=reply.question, means=code, version=draft.version)
        return "taught"
    definition = flows.published(head)
    if definition is None:
        raise LookupError(head.id)
    reply = misreadings.dismiss(
        connection(), ring, scope, definition, gate.clearance(), row_id, by=me, now=now
    )
    page.note("flow.reply_settled", object_, question=reply.question, count=reply.count)
    return "settled"


def _chosen() -> tuple[UUID, str]:
    """The reply, and the option that it means ("": none); as the buttons send them: "<id>=<code>"."""
    row, _, code = request.form.get("reply", "").partition("=")
    try:
        return UUID(row), code
    except ValueError:
        abort(404)


def _asked(flow_id: UUID) -> Scope:
    """What the address asks for; what it cannot mean is left out."""
    revisions, rounds = service.choices(connection(), flow_id)
    of_round = next((one.id for one in rounds if str(one.id) == request.args.get("round")), None)
    number = next((one.id for one in revisions if str(one.number) == request.args.get("revision")), None)
    return Scope(flow_id, revision_id=number, round_id=of_round)


def _of(scope: Scope) -> dict[str, str]:
    """The parts of an address that ask for the same again."""
    names = {"round": scope.round_id, "revision": request.args.get("revision") if scope.revision_id else None}
    return {name: str(value) for name, value in names.items() if value is not None}


def _show(head: FlowHead, scope: Scope, *, status: int = 200, fault: str | None = None) -> Response:
    singly = gate.may(Object.ANSWER)
    found = service.read(connection(), resources().house.library, scope, language=language(), singly=singly)
    live = request.args.get("part") == "live"
    unclear = [] if live or found is None else _unclear(head, scope)
    revisions, rounds = service.choices(connection(), head.id)
    return page.show(
        "results.html",
        status=status,
        flow=head,
        results=found,
        shown=_drawings(found) if found is not None else None,
        unclear=unclear,
        fault=fault,
        told=request.args.get("told"),
        revisions=revisions,
        rounds=rounds,
        scope=scope,
        asked=_of(scope),
        singly=singly,
        smallest_cell=SMALLEST_CELL,
        smallest_base=0 if singly else SMALLEST_BASE,
    )


def _unclear(head: FlowHead, scope: Scope) -> list[Unclear]:
    """Replies in people's own words: opened for those who may read them, and each look is written down."""
    definition = flows.published(head)
    if definition is None or not gate.may(Object.CONTACT):
        return []
    found = misreadings.unclear(
        connection(), resources().ring, scope, definition, gate.clearance(), language=language()
    )
    if found:
        page.note("flow.replies_read", f"flow {head.id}", count=len(found))
        page.seen(contacts={person for reply in found for person in reply.people})
    return found


# --- Drawings


def _drawings(results: Results) -> Shown:
    return Shown(
        drawing.completed(
            gettext(N_("By language")), gettext(N_("Language")), results.languages, language_name
        ),
        drawing.completed(gettext(N_("By channel")), gettext(N_("Channel")), results.channels, str),
        {question.name: drawn for question in results.questions if (drawn := _spread(question)) is not None},
    )


def _spread(question: Question) -> Drawn | None:
    """Draw how numbers spread; None for other questions, and where all numbers are the same."""
    if question.numbers is None or len(question.numbers.spread) <= 1:
        return None
    figures = Figures(
        gettext(N_("How the numbers spread")),
        (gettext(N_("From – to")), gettext(N_("Answers"))),
        tuple(
            formats.number(part.low)
            if part.low == part.high
            else f"{formats.number(part.low)} – {formats.number(part.high)}"
            for part in question.numbers.spread
        ),
        (tuple(part.count for part in question.numbers.spread),),
    )
    return charts.bars(figures, drawing.hand())
