"""Organisations, offices and teams: listed, added, changed and closed by administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from flask import Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, SelectField, StringField

from gateway.models.organisations import OfficeKind, OrganisationKind
from gateway.services import audit, flow_store, members, offices, organisations, teams
from gateway.services.bridge import plain
from gateway.services.members import State
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.administration import parts
from gateway.web.blueprint import staff
from gateway.web.house_forms import CheckboxesField, HouseForm, choose, form_page, some_id
from gateway.web.language import gettext
from gateway.web.place_fields import PlaceField, PlacesField
from gateway.web.resources import connection, inside, resources, undo
from gateway.web.words import N_, word

# --- Organisations


class OrganisationForm(HouseForm):
    """What an organisation is."""

    code = StringField(
        N_("Code"), description=N_("Short, small letters; it stays. Programs know the organisation by it.")
    )
    name = StringField(N_("Name"))
    kind = SelectField(N_("Kind"))
    hotline = StringField(
        N_("Hotline"), description=N_("The number that texts may name. Leave it empty for none.")
    )
    active = BooleanField(N_("Works in the operation"))

    def __init__(
        self, facts: Mapping[str, Any] | None = None, *, new: bool = False, own: bool = False
    ) -> None:
        super().__init__(facts)
        choose(self.kind, {kind: word(kind, "organisation_kind") for kind in OrganisationKind})
        if new or own:
            del (
                self.active
            )  # Nobody closes the organisation that they work in: nobody would be left to open it.
        if not new:
            del self.code


@staff.get("/organisations")
@needs(Object.ORGANISATION)
def organisation_list() -> Response:
    """List the organisations of the operation."""
    found = organisations.lines(connection())
    return page.show("organisations.html", parts=parts(), organisations=found, leads=_leads())


@staff.route("/organisations/add", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
def add_organisation() -> AnyResponse:
    """Add an organisation; the lead does."""
    form = OrganisationForm({"kind": OrganisationKind.PARTNER}, new=True)
    if form.is_right() and not _leads():
        form.fault(Unfit("not_lead", field="code"))
    elif form.is_right():
        facts = {name: form.data[name] or "" for name in ("code", "name", "kind", "hotline")}
        try:
            made = organisations.add(connection(), gate.me().organisation_id, **facts)
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            _begin(made, facts)
            return redirect(url_for("staff.organisation_list"), 303)
    return form_page(
        form,
        title=gettext("Add an organisation"),
        submit=N_("Add"),
        back=("staff.organisation_list", N_("Organisations")),
        lead=gettext(
            "It begins with the flows that ship. Then invite its first administrator, from the list."
        ),
    )


@staff.route("/organisations/<uuid:organisation_id>/change", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
def change_organisation(organisation_id: UUID) -> AnyResponse:
    """Change an organisation: one's own, or any when one's own leads."""
    before = organisations.find(connection(), organisation_id)
    if before is None or (organisation_id != gate.me().organisation_id and not _leads()):
        abort(404)
    form = OrganisationForm(before, own=organisation_id == gate.me().organisation_id)
    if form.is_right():
        facts = {name: form.data[name] or "" for name in ("name", "kind", "hotline")}
        active = bool(form.data.get("active", True))
        try:
            organisations.change(connection(), organisation_id, active=active, **facts)
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            changed = audit.changed(
                {name: before[name] for name in (*facts, "active")}, {**facts, "active": active}
            )
            page.note("organisation.changed", f"organisation {organisation_id}", **changed)
            return redirect(url_for("staff.organisation_list"), 303)
    return form_page(
        form,
        title=before["name"],
        submit=N_("Save"),
        back=("staff.organisation_list", N_("Organisations")),
        lead=gettext(
            "When an organisation is closed, its people cannot sign in and nothing is shared with it."
        ),
    )


def _begin(organisation_id: UUID, facts: Mapping[str, Any]) -> None:
    """Give a new organisation the flows that ship, and write it into its own audit too."""
    told = audit.changed({}, facts)
    page.note("organisation.added", f"organisation {organisation_id}", **told)
    with inside(organisation_id) as theirs:
        flow_store.publish_library(plain(theirs), organisation_id)
        page.note_there(organisation_id, "organisation.added", f"organisation {organisation_id}", **told)


# --- Offices


class OfficeForm(HouseForm):
    """What an office is."""

    name = StringField(N_("Name"))
    code = StringField(N_("Code"), description=N_("As your organisation writes it, if it has codes."))
    kind = SelectField(N_("Kind"))
    timezone = SelectField(N_("Time zone"))
    area = PlaceField(N_("Where it stands"), description=N_("The place's name, or its code."))
    areas = PlacesField(
        N_("Places that it serves"),
        description=N_("Names or codes of places, one in a line; what lies below is meant too."),
    )
    active = BooleanField(N_("Open"))

    def __init__(self, facts: Mapping[str, Any] | None = None, *, new: bool) -> None:
        super().__init__(facts)
        choose(self.kind, {kind: word(kind, "office_kind") for kind in OfficeKind})
        choose(self.timezone, {zone: zone.replace("_", " ") for zone in sorted(available_timezones())})
        if new:
            del self.active

    def facts(self) -> offices.Facts:
        """Return what the form says."""
        data = self.data
        return offices.Facts(
            name=data["name"] or "",
            code=data["code"] or None,
            kind=data["kind"],
            timezone=data["timezone"],
            area=data["area"] or None,
            areas=self.areas.codes,
            active=bool(data.get("active", True)),
        )


@staff.get("/offices")
@needs(Object.ORGANISATION)
def office_list() -> Response:
    """List one's organisation's offices and sites."""
    found = offices.lines(connection(), gate.me().organisation_id)
    return page.show("offices.html", parts=parts(), offices=found)


@staff.route("/offices/add", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
def add_office() -> AnyResponse:
    """Open an office."""
    form = OfficeForm({"timezone": gate.me().timezone, "kind": OfficeKind.OFFICE}, new=True)
    if form.is_right():
        facts = form.facts()
        try:
            made = offices.add(connection(), gate.me().organisation_id, facts)
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            page.note("office.added", f"office {made}", **audit.changed({}, facts.told()))
            return redirect(url_for("staff.office_list"), 303)
    return form_page(form, title=gettext("Add an office or site"), submit=N_("Add"), back=_OFFICES)


@staff.route("/offices/<uuid:office_id>", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
def change_office(office_id: UUID) -> AnyResponse:
    """Change an office, or close it."""
    before = offices.find(connection(), gate.me().organisation_id, office_id)
    if before is None:
        abort(404)
    form = OfficeForm(before.told() | {"areas": "\n".join(before.areas)}, new=False)
    if form.is_right():
        facts = form.facts()
        try:
            offices.change(connection(), gate.me().organisation_id, office_id, facts)
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            page.note("office.changed", f"office {office_id}", **audit.changed(before.told(), facts.told()))
            return redirect(url_for("staff.office_list"), 303)
    return form_page(form, title=before.name, submit=N_("Save"), back=_OFFICES)


_OFFICES = ("staff.office_list", N_("Offices"))

# --- Teams


class TeamForm(HouseForm):
    """What a team is, and who is in it."""

    name = StringField(N_("Name"))
    office = SelectField(N_("Office"))
    members = CheckboxesField(N_("Members"))
    leads = CheckboxesField(N_("Who leads it"), description=N_("Alerts that nobody takes come to them."))
    active = BooleanField(N_("Works"))

    def __init__(self, facts: Mapping[str, Any] | None = None, *, new: bool) -> None:
        super().__init__(facts)
        organisation_id = gate.me().organisation_id
        people = {
            line.id: line.name or gettext("No name")
            for line in members.lines(connection(), resources().ring, organisation_id)
            if line.state is not State.LEFT
        }
        choose(self.members, people)
        choose(self.leads, people)
        choose(self.office, offices.names(connection(), organisation_id), none=gettext("None in particular"))
        if new:
            del self.active

    def facts(self) -> teams.Facts:
        """Return what the form says."""
        data = self.data
        return teams.Facts(
            name=data["name"] or "",
            office_id=some_id(data["office"]),
            active=bool(data.get("active", True)),
            members=frozenset(map(UUID, data["members"] or ())),
            leads=frozenset(map(UUID, data["leads"] or ())),
        )


@staff.get("/teams")
@needs(Object.ORGANISATION)
def team_list() -> Response:
    """List one's organisation's teams."""
    found = teams.lines(connection(), gate.me().organisation_id)
    return page.show("teams.html", parts=parts(), teams=found)


@staff.route("/teams/add", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
def add_team() -> AnyResponse:
    """Make a team."""
    form = TeamForm(new=True)
    if form.is_right():
        facts = form.facts()
        try:
            made = teams.add(connection(), gate.me().organisation_id, facts)
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            page.note("team.added", f"team {made}", **audit.changed({}, facts.told()))
            return redirect(url_for("staff.team_list"), 303)
    return form_page(form, title=gettext("Make a team"), submit=N_("Make"), back=_TEAMS)


@staff.route("/teams/<uuid:team_id>", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
def change_team(team_id: UUID) -> AnyResponse:
    """Change a team and who is in it."""
    before = teams.find(connection(), gate.me().organisation_id, team_id)
    if before is None:
        abort(404)
    told = before.told()
    form = TeamForm(told | {"office": told["office"] or ""}, new=False)
    if form.is_right():
        facts = form.facts()
        try:
            teams.change(connection(), gate.me().organisation_id, team_id, facts)
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            page.note("team.changed", f"team {team_id}", **audit.changed(told, facts.told()))
            return redirect(url_for("staff.team_list"), 303)
    return form_page(form, title=before.name, submit=N_("Save"), back=_TEAMS)


_TEAMS = ("staff.team_list", N_("Teams"))


def _leads() -> bool:
    return organisations.leads(connection(), gate.me().organisation_id)
