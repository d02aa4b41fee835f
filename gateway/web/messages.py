"""Messages that a person should look at, by status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Response, request

from gateway import clock
from gateway.services import message_lists
from gateway.services.message_lists import Listing
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.lists import Choice, Column, Kind, words
from gateway.web.resources import connection
from gateway.web.words import N_

LATEST = Kind(
    "staff.messages",
    columns=(
        Column("at", N_("Time"), sortable=True, first="desc"),
        Column("channel", N_("Channel")),
        Column("status", N_("Status")),
        Column("reason", N_("Reason")),
    ),
    filters=(Choice("status", N_("List"), tuple(Listing), Listing.UNCERTAIN, words("listing"), tabs=True),),
    sort="at",
    direction="desc",
)
WAITING = replace(LATEST, direction="asc")  # What waits longest comes first.
QUEUES = frozenset({Listing.WAITING, Listing.UNREAD})


def of_status(arguments: Mapping[str, str]) -> Kind:
    """Return the list of the status that an address asks for: queues begin with what waits longest."""
    return WAITING if arguments.get("status") in QUEUES else LATEST


@staff.get("/messages")
@needs(Object.DELIVERY)
def messages() -> Response:
    """List messages of one status with their reasons, without a word of what they say."""
    kind = of_status(request.args)
    asked = kind.asked()
    listing = Listing(asked.values["status"])
    found, more = message_lists.read(
        connection(), gate.me().organisation_id, gate.clearance(), listing, asked.part, now=clock.now()
    )
    if gate.may(Object.CONTACT):  # then each line leads to its person
        page.seen(contacts=[line.contact_id for line in found])
        page.note("message.listed", "messages", listing=listing, page=asked.page)
    return page.show("messages.html", list=kind.show(asked, found, more=more), listing=listing)
