"""Messages that a person should look at, by status."""

from __future__ import annotations

from flask import Response, abort, request

from gateway import clock
from gateway.services import message_lists
from gateway.services.message_lists import Listing
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection


@staff.get("/messages")
@needs(Object.DELIVERY)
def messages() -> Response:
    """List messages of one status with their reasons, without a word of what they say."""
    try:
        listing = Listing(request.args.get("status", Listing.UNCERTAIN))
    except ValueError:
        abort(404)
    number = page.page_number()
    found, more = message_lists.read(
        connection(),
        gate.me().organisation_id,
        gate.clearance(),
        listing,
        page=number,
        now=clock.now(),
    )
    return page.show(
        "messages.html", messages=found, listing=listing, listings=list(Listing), page=number, more=more
    )
