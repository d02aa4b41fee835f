"""Partners: each organisation in counts, for the one that leads."""

from __future__ import annotations

from operator import attrgetter

from flask import Response

from gateway import clock
from gateway.services import partners as service
from gateway.services.listing import RowOrders
from gateway.services.partners import Totals
from gateway.services.suppression import SMALLEST_CELL
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.lists import Column, Flag, Kind
from gateway.web.resources import connection
from gateway.web.words import N_

PARTNERS = Kind(
    "staff.partners",
    columns=(
        Column("name", N_("Organisation"), sortable=True),
        Column("contacts", N_("People"), sortable=True, first="desc", figure=True),
        Column("received", N_("Messages in"), sortable=True, first="desc", figure=True),
        Column("sent", N_("Messages out"), sortable=True, first="desc", figure=True),
        Column("cases_new", N_("New cases"), sortable=True, first="desc", figure=True),
        Column("cases_open", N_("Open cases"), sortable=True, first="desc", figure=True),
        Column("cases_closed", N_("Closed cases"), sortable=True, first="desc", figure=True),
        Column("last", N_("Last entry"), sortable=True),
    ),
    filters=(Flag("silent", N_("Only who has gone silent")),),
    sort="name",
)
# A count that is hidden is None and comes last: its place must not tell what it is.
ORDERS: RowOrders[Totals] = {
    "name": lambda one: one.name.casefold(),
    **{name: attrgetter(name) for name in service.COUNTS},
    "last": lambda one: one.last_entry,
}


@staff.get("/partners")
@needs(Object.PARTNERS)
def partners() -> Response:
    """Show counts by organisation."""
    asked = PARTNERS.asked()
    totals = service.totals(connection(), now=clock.now())
    silent = asked.value("silent") is not None
    found, more = asked.part.of_rows((one for one in totals if one.silent or not silent), ORDERS)
    return page.show(
        "partners.html",
        leads=service.leads(connection(), gate.me().organisation_id),
        list=PARTNERS.show(asked, found, more=more),
        least=SMALLEST_CELL,
        days=service.SINCE.days,
        silent_days=service.SILENT.days,
    )
