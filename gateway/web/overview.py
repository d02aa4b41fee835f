"""The first page: what goes on, in counts."""

from __future__ import annotations

from flask import Response

from gateway import clock
from gateway.services import overview as service
from gateway.services import setup
from gateway.web import formats, gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection


@staff.get("/")
@needs(Object.OVERVIEW)
def overview() -> Response:
    """Show the counts that the member's role may see."""
    now = clock.now()
    found = service.read(
        connection(), gate.me().organisation_id, gate.clearance(), midnight=formats.midnight(now), now=now
    )
    first = gate.may(Object.SETUP) and setup.waits(connection())
    return page.show("overview.html", overview=found, now=now, first=first)
