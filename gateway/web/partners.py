"""Partners: each organisation in counts, for the one that leads."""

from __future__ import annotations

from flask import Response

from gateway import clock
from gateway.services import partners as service
from gateway.services.suppression import SMALLEST_CELL
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection


@staff.get("/partners")
@needs(Object.PARTNERS)
def partners() -> Response:
    """Show counts by organisation."""
    return page.show(
        "partners.html",
        leads=service.leads(connection(), gate.me().organisation_id),
        totals=service.totals(connection(), now=clock.now()),
        least=SMALLEST_CELL,
        days=service.SINCE.days,
        silent_days=service.SILENT.days,
    )
