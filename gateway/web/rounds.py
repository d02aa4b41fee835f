"""Rounds: how far they have come, and the answers as they come in."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, request

from gateway import clock
from gateway.services import rounds_view
from gateway.services.suppression import SMALLEST_BASE, SMALLEST_CELL
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import language
from gateway.web.resources import connection, resources


@staff.get("/rounds")
@needs(Object.SURVEY)
def rounds() -> Response:
    """List all rounds."""
    found = rounds_view.rounds(connection(), gate.me().organisation_id)
    return page.show("rounds.html", rounds=found, now=clock.now())


@staff.get("/rounds/<uuid:round_id>")
@needs(Object.SURVEY)
def round_(round_id: UUID) -> Response:
    """Show one round. Opening it is audited; the refreshes of an open page are the same look."""
    singly = gate.may(Object.ANSWER)
    found = rounds_view.read(
        connection(),
        resources().house.library,
        gate.me().organisation_id,
        round_id,
        language=language(),
        singly=singly,
    )
    if found is None:
        abort(404)
    if singly and request.args.get("part") != "live":
        page.note("round.read", f"round {round_id}")
    return page.show(
        "round.html",
        round=found,
        singly=singly,
        now=clock.now(),
        smallest_cell=SMALLEST_CELL,
        smallest_base=0 if singly else SMALLEST_BASE,
    )
