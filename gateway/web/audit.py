"""The audit's pages: who saw whom, when and why, for the data protection officer; and the state of the chain.

Whoever keeps the server reads the lines about accounts and access alone, no person in them. Reading is written down.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Response, abort, g, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from gateway.services import audit as chain
from gateway.services import audit_check, audit_view
from gateway.services.audit import Kind as Sort
from gateway.services.audit import Subject
from gateway.services.audit_view import AuditLine, Filters, Group
from gateway.web import formats, gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.forms import Form
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.lists import Asked, Choice, Column, Day, Kind, words
from gateway.web.resources import connection, resources
from gateway.web.words import N_, word

NOBODY = N_("Nobody was found. A person is found by the whole number or by the id, a case by its reference.")
UNKNOWN = N_("Somebody who is not known any more")
LONGEST_QUERY = 80  # characters
SHOWN_APART = {"reason", "words", "before", "after"}  # of a line's detail
NO_STAFF = ("system", "cli")


def actor_name(actor: str) -> str:
    """Return who did something, in words: by the id as it is stored, or without its hyphens."""
    if actor in NO_STAFF:
        return word(actor, "actor")
    known: dict[str, str] = g.get("audit_names", {})
    try:
        return known.get(str(UUID(actor))) or gettext(UNKNOWN)
    except ValueError:
        return actor  # a program's key, or whatever else may come to act


COLUMNS = (
    Column("at", N_("Time")),
    Column("who", N_("Who")),
    Column("what", N_("What")),
    Column("whom", N_("About")),
)
DAYS = (Day("since", N_("From")), Day("until", N_("Until")))
WHO = Choice("by", N_("Who"), name_of=actor_name)
LINES = Kind(
    "staff.audit_lines",
    columns=COLUMNS,
    filters=(Choice("group", N_("What"), tuple(Group), name_of=words("audit_group")), WHO, *DAYS),
    sort="seq",
    direction="desc",
)
SECURITY = Kind("staff.security_lines", columns=COLUMNS, filters=(WHO, *DAYS), sort="seq", direction="desc")


class Find(Form):
    """Whom somebody looks for in the audit. It is posted, so that no address or history holds it."""

    who = StringField(
        N_("Number, id or case reference"),
        description=N_("A number with its country code, such as +92 300 5550100."),
        validators=[InputRequired(), Length(max=LONGEST_QUERY)],
        render_kw={"dir": "ltr", "autocomplete": "off"},
    )


@staff.get("/audit")
@needs(Object.AUDIT)
def audit_lines() -> Response:
    """List the lines of the audit, the newest first."""
    return _list(Find())


@staff.post("/audit")
@needs(Object.AUDIT)
@limited("search")
def find_in_audit() -> AnyResponse:
    """Find a person or a case by what was typed, and go on to who saw them."""
    form = Find()
    if not form.is_right():
        return _list(form)
    found = audit_view.find(
        connection(), resources().ring, gate.me().organisation_id, gate.clearance(), form.data["who"]
    )
    if found is None:
        form.who.errors = [gettext(NOBODY)]
        return _list(form)
    page.seen(contacts=[found.id] if found.kind == Sort.CONTACT else [])
    page.note("audit.searched", "audit")
    return redirect(_page_of(found), 303)


@staff.get("/audit/lines/<int:seq>")
@needs(Object.AUDIT)
def audit_line(seq: int) -> Response:
    """Show one line with its detail."""
    ring, organisation_id = resources().ring, gate.me().organisation_id
    found = audit_view.line(connection(), ring, organisation_id, seq) if seq < 1 << 62 else None
    if found is None:
        abort(404)
    about = audit_view.subjects(connection(), organisation_id, seq)
    _know(found.actor, *(str(subject.id) for subject in about if subject.kind == Sort.STAFF))
    page.note("audit.line_read", f"audit {seq}")
    more = {name: it for name, it in found.detail.items() if name not in SHOWN_APART}
    return page.show("audit_line.html", line=found, about=about, more=more, name_of=actor_name)


@staff.get("/audit/people/<uuid:contact_id>")
@needs(Object.AUDIT)
def audit_of_person(contact_id: UUID) -> Response:
    """Show everybody who saw a person, and why."""
    page.note("audit.person_read", f"contact {contact_id}")
    return _about(Subject(Sort.CONTACT, contact_id))


@staff.get("/audit/cases/<uuid:case_id>")
@needs(Object.AUDIT)
def audit_of_case(case_id: UUID) -> Response:
    """Show everybody who saw a case, and why."""
    page.note("audit.case_read", f"grievance {case_id}")
    return _about(Subject(Sort.CASE, case_id))


@staff.get("/audit/chain")
@needs(Object.AUDIT)
def audit_chain() -> Response:
    """Show whether the record is whole: what verifying it found last, and how far it is anchored."""
    organisation_id = gate.me().organisation_id
    page.note("audit.chain_read", "audit")
    return page.show(
        "audit_chain.html",
        checked=audit_check.latest(connection(), organisation_id),
        head=chain.head_of(connection(), organisation_id),
    )


@staff.get("/security")
@needs(Object.SECURITY)
def security_lines() -> Response:
    """List the lines about accounts and access, without any person."""
    asked = SECURITY.asked()
    found, more = _read(asked, security=True)
    page.note("audit.security_read", "audit", page=asked.page)
    shown = SECURITY.show(asked, found, more=more, by=_by())
    return page.show("security_lines.html", list=shown, name_of=actor_name)


def filters_of(values: Asked, *, security: bool = False) -> Filters:
    """Return what an address narrows the lines to. Days are those of the reader's zone."""
    group, until = values.value("group"), values.value("until")
    return Filters(
        group=Group(group) if group else None,
        actor=_actor(values.value("by")),
        since=_midnight(values.value("since")),
        until=_midnight(until, days=1),
        security=security,
    )


def _list(form: Find) -> Response:
    asked = LINES.asked()
    found, more = _read(asked)
    page.note("audit.read", "audit", page=asked.page, **LINES.state(asked))
    return page.show(
        "audit_lines.html",
        status=form.status,
        list=LINES.show(asked, found, more=more, by=_by()),
        form=form,
        name_of=actor_name,
        state=LINES.state(asked),
    )


def _read(asked: Asked, *, security: bool = False) -> tuple[list[AuditLine], bool]:
    g.audit_names = audit_view.names(connection(), resources().ring, gate.me().organisation_id)
    return audit_view.lines(
        connection(),
        resources().ring,
        gate.me().organisation_id,
        filters_of(asked, security=security),
        asked.part,
    )


def _about(subject: Subject) -> Response:
    ring, organisation_id = resources().ring, gate.me().organisation_id
    found, more = audit_view.about(connection(), ring, organisation_id, subject)
    lookers = audit_view.lookers(connection(), organisation_id, subject)
    _know(*(line.actor for line in found), *(looker.actor for looker in lookers))
    return page.show(
        "audit_about.html", subject=subject, lines=found, more=more, lookers=lookers, name_of=actor_name
    )


def _know(*actors: str) -> None:
    g.audit_names = audit_view.names(connection(), resources().ring, gate.me().organisation_id, actors)


def _by() -> list[str]:
    """Return who can be chosen, by name: an address takes ids without hyphens."""
    known: dict[str, str] = g.audit_names
    return [UUID(staff_id).hex for staff_id in sorted(known, key=lambda one: known[one].casefold())] + [
        *NO_STAFF
    ]


def _actor(text: str | None) -> str | None:
    if text is None or text in NO_STAFF:
        return text
    try:
        return str(UUID(text))
    except ValueError:
        abort(404)


def _midnight(text: str | None, *, days: int = 0) -> datetime | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
    except OverflowError:
        abort(404)
    return datetime.combine(day, time(), formats.zone())


def _page_of(subject: Subject) -> str:
    values: dict[str, Any] = {
        Sort.CONTACT: {"endpoint": "staff.audit_of_person", "contact_id": subject.id},
        Sort.CASE: {"endpoint": "staff.audit_of_case", "case_id": subject.id},
    }[Sort(subject.kind)]
    return url_for(**values)
