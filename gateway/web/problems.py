"""Mistakes in flows, met while people talked."""

from __future__ import annotations

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import problems as service
from gateway.web import gate, lists, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.lists import Choice, Column, Kind
from gateway.web.resources import connection
from gateway.web.words import N_

PROBLEMS = Kind(
    "staff.problems",
    columns=(
        Column("flow", N_("Flow"), sortable=True),
        Column("step", N_("Step")),
        Column("mistake", N_("Mistake"), sortable=True),
        Column("times", N_("Times"), sortable=True, first="desc", figure=True),
        Column("last", N_("Last"), sortable=True, first="desc"),
    ),
    filters=(Choice("flow", N_("Flow")),),
    sort="last",
    direction="desc",
)


@staff.get("/problems")
@needs(Object.PROBLEM)
def problems() -> Response:
    """List the mistakes that nobody has marked as seen."""
    asked = PROBLEMS.asked()
    flow = asked.value("flow")
    found, more = service.open_problems(connection(), gate.me().organisation_id, asked.part, flow=flow)
    flows = service.flows_with_problems(connection(), gate.me().organisation_id)
    return page.show("problems.html", list=PROBLEMS.show(asked, found, more=more, flow=flows))


@staff.post("/problems")
@needs(Object.PROBLEM, Action.CHANGE)
def mark_problem() -> AnyResponse:
    """Mark one mistake as seen, or all that were chosen; they come back when they are met again."""
    ids = lists.chosen("only") or lists.chosen()
    marked = service.mark_seen(connection(), gate.me().organisation_id, ids, now=clock.now())
    for flow, code in marked:
        page.note("problem.seen", f"flow {flow}", code=code)
    return redirect(url_for("staff.problems"), 303)
