"""The phone simulator: talk to a flow as an invented person, on the same way through the house as everybody."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from flows.languages import SHIPPED
from gateway import clock
from gateway.services import simulator as service
from gateway.services.channels import ChannelRow
from gateway.services.inbox import Stored
from gateway.services.simulator import LONGEST_TEXT, FlowLine, Phone, PhoneKind
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import language
from gateway.web.resources import after_commit, connection, resources, unsealed

UNASKED = ""  # instead of a language: the person has not been asked yet


@staff.get("/simulator")
@needs(Object.SIMULATOR)
def simulator() -> Response:
    """Offer phones of each kind, in each language."""
    return page.show("simulator.html", flows=_flows(), languages=SHIPPED, kinds=list(PhoneKind))


@staff.post("/simulator")
@needs(Object.SIMULATOR, Action.CHANGE)
def take_phone() -> AnyResponse:
    """Invent a person with a phone; let a flow write to it first, if one was chosen."""
    member, form = gate.me(), request.form
    spoken = form.get("language", UNASKED)
    if spoken not in (UNASKED, *SHIPPED):
        abort(400)
    contact_id = service.open_phone(
        connection(),
        resources().ring,
        organisation_id=member.organisation_id,
        staff_id=member.id,
        kind=_kind(form.get("kind")),
        language=spoken or None,
    )
    if form.get("flow"):
        _begin(_phone(contact_id), form["flow"])
    return _back(contact_id)


@staff.get("/simulator/<uuid:contact_id>")
@needs(Object.SIMULATOR)
def phone(contact_id: UUID) -> Response:
    """Draw the phone with everything that was said."""
    found = _phone(contact_id)
    return page.show(
        "phone.html",
        phone=found,
        flows=_flows(),
        key=secrets.token_hex(8),
        longest=LONGEST_TEXT,
        now=clock.now(),
    )


@staff.post("/simulator/<uuid:contact_id>")
@needs(Object.SIMULATOR, Action.CHANGE)
def talk(contact_id: UUID) -> AnyResponse:
    """Say something as the invented person, press a button, or let a flow write."""
    found, form = _phone(contact_id), request.form
    if form.get("flow"):
        _begin(found, form["flow"])
    elif form.get("choice") or form.get("text", "").strip():
        _say(found)
    return _back(contact_id)


def _flows() -> list[FlowLine]:
    return service.flows(connection(), resources().house.library, gate.me().organisation_id, language())


def _say(phone: Phone) -> Stored:
    line, form = _line(phone), request.form
    stored = service.say(
        connection(),
        resources().ring,
        phone,
        line,
        text=form.get("text", "") if not form.get("choice") else "",
        choice=form.get("choice") or None,
        key=form.get("key", "") or secrets.token_hex(8),
        now=clock.now(),
    )
    after_commit(lambda: resources().waker.inbox(stored.slot))
    return stored


def _begin(phone: Phone, code: str) -> None:
    line = _line(phone)
    if service.begin(connection(), resources().house, phone, line, code, now=clock.now()):
        after_commit(lambda: resources().waker.outbox(line.id))


def _line(phone: Phone) -> ChannelRow:
    return service.channel(connection(), resources().ring, gate.me().organisation_id, phone.kind)


def _phone(contact_id: UUID) -> Phone:
    member = gate.me()
    with unsealed():
        found = service.phone(connection(), resources().ring, member.organisation_id, member.id, contact_id)
    if found is None:
        abort(404)
    return found


def _kind(text: str | None) -> PhoneKind:
    try:
        return PhoneKind(text or PhoneKind.SMS)
    except ValueError:
        abort(400)


def _back(contact_id: UUID) -> AnyResponse:
    return redirect(url_for("staff.phone", contact_id=contact_id, _anchor="latest"), 303)
