"""The register of grievances, read: lists by the time that is left, and one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from flask import Response, abort, request

from flows.languages import LANGUAGES
from gateway import clock
from gateway.services import conversations, grievances_view
from gateway.services import staff as accounts
from gateway.services.grievances_view import PRIORITIES, Filters, Stage
from gateway.web import gate, page
from gateway.web import reveal as reveals
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import name
from gateway.web.limits import limited
from gateway.web.lists import Choice, Column, Kind, words
from gateway.web.resources import connection, resources
from gateway.web.words import N_, word

COLUMNS = (
    Column("case", N_("Case")),
    Column("what", N_("What"), sortable=True),
    Column("language", N_("Language"), sortable=True),
    Column("state", N_("State"), sortable=True),
)
DUE = Column("due", N_("Due"), sortable=True)
RECEIVED = Column("received", N_("Received"), sortable=True, first="desc")
TO_TRIAGE = Kind(
    "staff.grievances",
    columns=(*COLUMNS, DUE),
    filters=(
        Choice("stage", N_("Part"), tuple(Stage), Stage.TRIAGE, words("stage"), tabs=True),
        Choice(
            "priority", N_("Priority"), PRIORITIES, name_of=lambda code: f"{code} · {word(code, 'priority')}"
        ),
        Choice("language", N_("Language"), tuple(LANGUAGES), name_of=name),
    ),
    sort="due",
)
IN_WORK = replace(TO_TRIAGE, columns=(*COLUMNS, RECEIVED), sort="received")
CLOSED = replace(IN_WORK, direction="desc")
KINDS = {Stage.TRIAGE: TO_TRIAGE, Stage.WORK: IN_WORK, Stage.CLOSED: CLOSED}


def of_stage(arguments: Mapping[str, str]) -> Kind:
    """Return the list of the stage that an address asks for: each has an order of its own."""
    return KINDS.get(Stage(stage), TO_TRIAGE) if (stage := arguments.get("stage")) in KINDS else TO_TRIAGE


@staff.get("/grievances")
@needs(Object.GRIEVANCE)
def grievances() -> Response:
    """List cases: of those that nobody has looked at, the one whose time runs out first comes first."""
    kind = of_stage(request.args)
    asked = kind.asked()
    filters = Filters(Stage(asked.values["stage"]), asked.value("priority"), asked.value("language"))
    organisation_id, clearance = gate.me().organisation_id, gate.clearance()
    found, more = grievances_view.cases(
        connection(), resources().ring, organisation_id, clearance, filters=filters, part=asked.part
    )
    languages = grievances_view.languages(connection(), organisation_id, clearance)
    page.seen(cases=[line.id for line in found])
    page.note("grievance.listed", "grievances", stage=filters.stage, page=asked.page)
    shown = kind.show(asked, found, more=more, language=languages)
    return page.show("grievances.html", list=shown, stage=filters.stage, now=clock.now())


@staff.get("/grievances/<uuid:case_id>")
@needs(Object.GRIEVANCE)
def grievance(case_id: UUID) -> Response:
    """Show one case in the person's words, name and number masked."""
    return _show(case_id, asks=False)


@staff.post("/grievances/<uuid:case_id>")
@needs(Object.IDENTITY)
@limited("reveal")
def reveal_of_case(case_id: UUID) -> Response:
    """Show a case with the name and number of its person, this once."""
    return _show(case_id, asks=True)


def _show(case_id: UUID, *, asks: bool) -> Response:
    ring = resources().ring
    found = grievances_view.case(connection(), ring, gate.me().organisation_id, gate.clearance(), case_id)
    if found is None or (asks and found.contact_id is None):
        abort(404)
    people = [found.contact_id] if found.contact_id else []
    shown = next(((reveals.answer if asks else reveals.offer)(person) for person in people), None)
    masked = conversations.addresses(connection(), ring, people)
    names = accounts.names(connection(), ring, found.actors)
    page.seen(contacts=people)
    action = "revealed" if shown and shown.identity else "read"
    detail = {"sealed": found.line.sealed} | (shown.detail if shown else {})
    page.note(f"grievance.{action}", f"grievance {case_id}", **detail)
    return page.show(
        "grievance.html",
        status=shown.status if shown else 200,
        case=found,
        addresses=masked.get(found.contact_id, ()) if found.contact_id else (),
        names={str(staff_id): name for staff_id, name in names.items()},
        reveal=shown,
        now=clock.now(),
    )
