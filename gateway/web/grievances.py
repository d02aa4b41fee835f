"""The register of grievances, read: lists by the time that is left, and one case."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, request

from gateway import clock
from gateway.services import conversations, grievances_view
from gateway.services import staff as accounts
from gateway.services.grievances_view import PRIORITIES, Filters, Stage
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection, resources


@staff.get("/grievances")
@needs(Object.GRIEVANCE)
def grievances() -> Response:
    """List cases: of those that nobody has looked at, the one whose time runs out first comes first."""
    filters, number = _filters(), page.page_number()
    organisation_id, clearance = gate.me().organisation_id, gate.clearance()
    found, more = grievances_view.cases(
        connection(), resources().ring, organisation_id, clearance, filters=filters, page=number
    )
    languages = grievances_view.languages(connection(), organisation_id, clearance)
    page.note("grievance.listed", "grievances", stage=filters.stage, page=number)
    return page.show(
        "grievances.html",
        cases=found,
        filters=filters,
        stages=list(Stage),
        priorities=PRIORITIES,
        languages=languages,
        page=number,
        more=more,
        now=clock.now(),
    )


@staff.get("/grievances/<uuid:case_id>")
@needs(Object.GRIEVANCE)
def grievance(case_id: UUID) -> Response:
    """Show one case in the person's words."""
    ring = resources().ring
    found = grievances_view.case(connection(), ring, gate.me().organisation_id, gate.clearance(), case_id)
    if found is None:
        abort(404)
    masked = conversations.addresses(connection(), ring, [found.contact_id] if found.contact_id else [])
    names = accounts.names(connection(), ring, found.actors)
    page.note("grievance.read", f"grievance {case_id}", sealed=found.line.sealed)
    return page.show(
        "grievance.html",
        case=found,
        addresses=masked.get(found.contact_id, ()) if found.contact_id else (),
        names={str(staff_id): name for staff_id, name in names.items()},
        now=clock.now(),
    )


def _filters() -> Filters:
    asked = request.args
    try:
        stage = Stage(asked.get("stage", Stage.TRIAGE))
    except ValueError:
        abort(404)
    priority = asked.get("priority") or None
    if priority is not None and priority not in PRIORITIES:
        abort(404)
    return Filters(stage, priority, asked.get("language") or None)
