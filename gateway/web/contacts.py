"""Conversations: who wrote last, and what was said. Every look at a person leaves a line in the audit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response, abort, request

from flows.languages import LANGUAGES
from gateway.services import conversations, grievances_view
from gateway.web import gate, page
from gateway.web import reveal as reveals
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import name
from gateway.web.limits import limited
from gateway.web.lists import Choice, Column, Flag, Kind
from gateway.web.resources import connection, resources
from gateway.web.words import N_

CONTACTS = Kind(
    "staff.contacts",
    columns=(
        Column("contact", N_("Contact")),
        Column("language", N_("Language"), sortable=True),
        Column("seen", N_("Last message"), sortable=True, first="desc"),
        Column("note", N_("Note")),
    ),
    filters=(
        Choice("language", N_("Language"), tuple(LANGUAGES), name_of=name),
        Flag("careful", N_("Only people to be careful with")),
    ),
    sort="seen",
    direction="desc",
)


@staff.get("/contacts")
@needs(Object.CONTACT)
def contacts() -> Response:
    """List contacts, who wrote last first."""
    asked = CONTACTS.asked()
    found, more = conversations.contacts(
        connection(),
        resources().ring,
        gate.me().organisation_id,
        asked.part,
        language=asked.value("language"),
        careful=asked.value("careful") is not None,
    )
    page.seen(contacts=[line.id for line in found])
    page.note("contact.listed", "contacts", page=asked.page)
    return page.show("contacts.html", list=CONTACTS.show(asked, found, more=more))


@staff.get("/contacts/<uuid:contact_id>")
@needs(Object.CONTACT)
def contact(contact_id: UUID) -> Response:
    """Show a conversation, name and number masked."""
    return _show(contact_id, asks=False)


@staff.post("/contacts/<uuid:contact_id>")
@needs(Object.IDENTITY)
@limited("reveal")
def reveal(contact_id: UUID) -> Response:
    """Show a conversation with name and number, this once."""
    return _show(contact_id, asks=True)


def _show(contact_id: UUID, *, asks: bool) -> Response:
    ring, organisation_id, clearance = resources().ring, gate.me().organisation_id, gate.clearance()
    person = conversations.person(connection(), ring, organisation_id, contact_id)
    if person is None:
        abort(404)
    exchange = conversations.exchange(connection(), ring, contact_id, clearance, before=_before())
    cases = grievances_view.of_contact(connection(), ring, organisation_id, clearance, contact_id)
    shown = reveals.answer(contact_id) if asks else reveals.offer(contact_id)
    page.seen(cases=[case.id for case in cases])
    page.note(f"contact.{'revealed' if shown.identity else 'read'}", f"contact {contact_id}", **shown.detail)
    return page.show(
        "contact.html", status=shown.status, person=person, exchange=exchange, cases=cases, reveal=shown
    )


def _before() -> datetime | None:
    asked = request.args.get("before")
    try:
        moment = datetime.fromisoformat(asked) if asked else None
    except ValueError:
        abort(404)
    if moment is not None and moment.tzinfo is None:
        abort(404)
    return moment
