"""Mistakes in flows, met while people talked."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import problems as service
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection


@staff.get("/problems")
@needs(Object.PROBLEM)
def problems() -> Response:
    """List the mistakes that nobody has marked as seen."""
    found = service.open_problems(connection(), gate.me().organisation_id)
    return page.show("problems.html", problems=found)


@staff.post("/problems")
@needs(Object.PROBLEM, Action.CHANGE)
def mark_problem() -> AnyResponse:
    """Mark a mistake as seen; it comes back when it is met again."""
    form = request.form
    marked = service.mark_seen(
        connection(),
        gate.me().organisation_id,
        flow_code=form.get("flow", ""),
        code=form.get("code", ""),
        step=form.get("step") or None,
        now=clock.now(),
    )
    if marked:
        page.note("problem.seen", f"flow {form.get('flow', '')}", code=form.get("code", ""), lines=marked)
    return redirect(url_for("staff.problems"), 303)
