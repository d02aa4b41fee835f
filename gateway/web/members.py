"""Members of staff: who is here, as what and where; inviting, changing, leaving, and second opinions on roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, StringField

from gateway import clock
from gateway.models.staff import Role
from gateway.services import audit, leaving, members, offices
from gateway.services import staff as accounts
from gateway.services.leaving import Leaver
from gateway.services.listing import RowOrders
from gateway.services.members import Invitation, Line, State
from gateway.services.staff import UnfitEmail
from gateway.services.unfit import Unfit
from gateway.web import gate, lists, page
from gateway.web.access import Action, Object, needs
from gateway.web.administration import parts
from gateway.web.blueprint import staff
from gateway.web.forms import FAULTY
from gateway.web.house_forms import HouseForm, choose, form_page, some_id
from gateway.web.language import gettext
from gateway.web.lists import Asked, Choice, Column, Kind
from gateway.web.resources import connection, resources, undo
from gateway.web.words import N_, word

_STAFF = ("staff.member_list", N_("Staff"))


class MemberForm(HouseForm):
    """Who somebody is here."""

    name = StringField(N_("Name"))
    email = StringField(
        N_("E-mail address"), description=N_("They sign in with it. No other message goes there.")
    )
    role = SelectField(N_("Role"), description=N_("The smallest one that lets them do their work."))
    office = SelectField(N_("Office"))

    def __init__(self, facts: Mapping[str, Any] | None = None, *, new: bool) -> None:
        super().__init__(facts)
        choose(self.role, {role: word(role, "role") for role in Role})
        choose(
            self.office,
            offices.names(connection(), gate.me().organisation_id),
            none=gettext("None in particular"),
        )
        if not new:
            del self.name
            del self.email


@staff.get("/staff")
@needs(Object.ACCOUNT)
def member_list() -> Response:
    """List one's organisation's staff."""
    kind = list_kind()
    asked = kind.asked()
    everybody = members.lines(connection(), resources().ring, gate.me().organisation_id)
    found, more = asked.part.of_rows((line for line in everybody if _fits(line, asked)), ORDERS)
    page.note("staff.listed", "staff", page=asked.page)
    page.seen(staff=[line.id for line in found])
    return page.show(
        "members.html",
        parts=parts(),
        list=kind.show(asked, found, more=more),
        waiting=members.waiting(connection(), resources().ring, gate.me().organisation_id),
    )


PARTS = ("accounts", "active", "invited", "left")
ORDERS: RowOrders[Line] = {
    "name": lambda line: line.name.casefold(),
    "role": lambda line: list(Role).index(Role(line.role)),
    "office": lambda line: line.office and line.office.casefold(),
    "seen": lambda line: line.seen_at,
}


def list_kind() -> Kind:
    """Return the list of staff, as the offices of whoever asks narrow it."""
    names = offices.names(connection(), gate.me().organisation_id)
    by_code = {office_id.hex: name for office_id, name in names.items()}
    return Kind(
        "staff.member_list",
        columns=(
            Column("name", N_("Name"), sortable=True),
            Column("role", N_("Role"), sortable=True),
            Column("office", N_("Office"), sortable=True),
            Column("teams", N_("Teams")),
            Column("seen", N_("Last seen"), sortable=True, first="desc"),
            Column("factor", N_("Second factor")),
            Column("state", N_("State")),
        ),
        filters=(
            Choice("state", N_("State"), PARTS, "accounts", lists.words("member_part"), tabs=True),
            Choice("role", N_("Role"), tuple(Role), name_of=lists.words("role")),
            Choice("office", N_("Office"), tuple(by_code), name_of=lambda code: by_code.get(code, "")),
        ),
        sort="name",
    )


def _fits(line: Line, asked: Asked) -> bool:
    part, role, office = (asked.value(name) for name in ("state", "role", "office"))
    return (
        (line.state is not State.LEFT if part == "accounts" else line.state == part)
        and role in {None, line.role}
        and (office is None or (line.office_id is not None and line.office_id.hex == office))
    )


@staff.route("/staff/invite", methods=["GET", "POST"])
@needs(Object.ACCOUNT, Action.CHANGE)
@gate.fresh
def invite_member() -> AnyResponse:
    """Make an account, and show the link that its owner needs, once."""
    form = MemberForm({"role": Role.COMMUNITY_STAFF}, new=True)
    if form.is_right():
        try:
            return _invite(form)
        except (Unfit, UnfitEmail) as error:
            undo()
            form.fault(error if isinstance(error, Unfit) else Unfit(error.code, field="email"))
    return form_page(form, title=gettext("Invite somebody"), submit=N_("Invite"), back=_STAFF)


@staff.get("/staff/<uuid:staff_id>")
@needs(Object.ACCOUNT)
def member(staff_id: UUID) -> Response:
    """Show one member of staff, and what can be done."""
    found = _member(staff_id)
    page.note("staff.read", f"staff {staff_id}")
    return page.show("member.html", person=found, me=gate.me())


@staff.route("/staff/<uuid:staff_id>/change", methods=["GET", "POST"])
@needs(Object.ACCOUNT, Action.CHANGE)
@gate.fresh
def change_member(staff_id: UUID) -> AnyResponse:
    """Give somebody another role or office; some roles wait for a second person."""
    before = _here(staff_id)
    form = MemberForm({"role": before.role, "office": str(before.office_id or "")}, new=False)
    if form.is_right():
        try:
            return _change(before, form)
        except Unfit as error:
            undo()
            form.fault(error)
    return form_page(
        form,
        title=before.name or gettext("No name"),
        submit=N_("Save"),
        back=_STAFF,
        lead=gettext("Whoever gets another role is signed out and signs in anew."),
    )


@staff.post("/staff/<uuid:staff_id>/link")
@needs(Object.ACCOUNT, Action.CHANGE)
@gate.fresh
def link_member(staff_id: UUID) -> Response:
    """Make a new link with which somebody sets a password, and show it once."""
    found = _here(staff_id)
    link = accounts.link(connection(), staff_id, resources().settings.pages_url, now=clock.now())
    page.note("staff.password_link_made", f"staff {staff_id}")
    return page.show("member_link.html", person=found, link=link, waits=False)


@staff.route("/staff/<uuid:staff_id>/leave", methods=["GET", "POST"])
@needs(Object.ACCOUNT, Action.CHANGE)
@gate.fresh
def leave_member(staff_id: UUID) -> AnyResponse:
    """Show what ends when somebody leaves; then end it."""
    found = _here(staff_id)
    if staff_id == gate.me().id:
        abort(404)  # A colleague does that, so that somebody is left who did.
    leaver = Leaver(staff_id, gate.me().organisation_id, some_id(request.form.get("heir")))
    fault = None
    if request.method == "POST":
        try:
            return _leave(leaver)
        except Unfit as error:
            undo()
            fault = error.code
    return page.show(
        "member_leave.html",
        status=FAULTY if fault else 200,
        person=found,
        steps=leaving.preview(connection(), leaver),
        heirs=leaving.heirs(connection(), resources().ring, leaver),
        fault=fault,
    )


@staff.get("/approvals")
@needs(Object.APPROVAL)
def approvals() -> Response:
    """List the changes of role that wait for a second person."""
    found = members.waiting(connection(), resources().ring, gate.me().organisation_id)
    return page.show("approvals.html", parts=parts(), waiting=found, me=gate.me())


@staff.post("/approvals/<uuid:change_id>")
@needs(Object.APPROVAL, Action.CHANGE)
@gate.fresh
def decide(change_id: UUID) -> AnyResponse:
    """Agree to a change of role, or refuse it."""
    answer = request.form.get("answer")
    if answer not in {"agree", "refuse"}:
        abort(404)
    decided = members.decide(
        connection(),
        gate.me().organisation_id,
        change_id,
        by=gate.me().id,
        approve=answer == "agree",
        now=clock.now(),
    )
    if decided is None:
        abort(404)
    roles = audit.changed({"role": decided.from_role}, {"role": decided.to_role})
    action = "staff.role_agreed" if decided.approved else "staff.role_refused"
    page.note(action, f"staff {decided.staff_id}", asked_by=str(decided.asked_by), **roles)
    return redirect(url_for("staff.approvals"), 303)


def _invite(form: MemberForm) -> Response:
    data = form.data
    made = members.invite(
        connection(),
        resources().ring,
        gate.me().organisation_id,
        Invitation(data["email"] or "", data["name"] or "", data["role"], some_id(data["office"])),
        base_url=resources().settings.pages_url,
        by=gate.me().id,
        now=clock.now(),
    )
    page.note("staff.invited", f"staff {made.staff_id}", role=data["role"], waits=made.waits)
    return page.show("member_link.html", person=_member(made.staff_id), link=made.link, waits=made.waits)


def _change(before: Line, form: MemberForm) -> AnyResponse:
    me, now, office_id = gate.me(), clock.now(), some_id(form.office.data)
    members.set_office(connection(), me.organisation_id, before.id, office_id)
    done = members.change_role(
        connection(), me.organisation_id, before.id, to=form.role.data, by=me.id, now=now
    )
    changed = audit.changed(
        {"role": before.role, "office": str(before.office_id or "")},
        {"role": form.role.data, "office": str(office_id or "")},
    )
    page.note("staff.changed" if done else "staff.role_asked", f"staff {before.id}", **changed)
    onward = url_for("staff.member", staff_id=before.id) if done else url_for("staff.approvals")
    return redirect(onward, 303)


def _leave(leaver: Leaver) -> AnyResponse:
    done = leaving.leave(connection(), leaver, now=clock.now())
    heir = str(leaver.heir_id) if leaver.heir_id else None
    page.note("staff.left", f"staff {leaver.staff_id}", heir=heir, ended=done)
    return redirect(url_for("staff.member_list"), 303)


def _member(staff_id: UUID) -> Line:
    found = members.find(connection(), resources().ring, gate.me().organisation_id, staff_id)
    if found is None:
        abort(404)
    return found


def _here(staff_id: UUID) -> Line:
    found = _member(staff_id)
    if found.state is State.LEFT:
        abort(404)
    return found
