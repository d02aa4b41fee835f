"""Keys for programs: made and shown once, listed, taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, StringField

from gateway import clock
from gateway.services import api_keys
from gateway.services import staff as accounts
from gateway.services.api_keys import Scope
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.administration import parts
from gateway.web.blueprint import staff
from gateway.web.house_forms import CheckboxesField, HouseForm, choose, form_page
from gateway.web.language import gettext
from gateway.web.resources import connection, resources, undo
from gateway.web.words import N_, word

LASTS = {"30": N_("30 days"), "90": N_("90 days"), "365": N_("One year")}


class KeyForm(HouseForm):
    """What a key is for."""

    name = StringField(N_("What it is for"), description=N_("The program that uses it. No name of a person."))
    scopes = CheckboxesField(N_("What it may read"))
    lasts = SelectField(N_("How long it works"))

    def __init__(self) -> None:
        super().__init__({"lasts": "90"})
        choose(self.scopes, {scope: word(scope, "scope") for scope in Scope})
        choose(self.lasts, {days: gettext(text) for days, text in LASTS.items()})


@staff.get("/api-keys")
@needs(Object.API_KEY)
def key_list() -> Response:
    """List the organisation's keys."""
    found = api_keys.lines(connection(), gate.me().organisation_id, now=clock.now())
    names = accounts.names(connection(), resources().ring, {line.created_by for line in found})
    return page.show("keys.html", parts=parts(), keys=found, names=names)


@staff.route("/api-keys/add", methods=["GET", "POST"])
@needs(Object.API_KEY, Action.CHANGE)
@gate.fresh
def add_key() -> AnyResponse:
    """Make a key and show its secret, once."""
    form = KeyForm()
    if form.is_right():
        try:
            return _made(form)
        except Unfit as error:
            undo()
            form.fault(error)
    return form_page(
        form,
        title=gettext("Make a key"),
        submit=N_("Make"),
        back=("staff.key_list", N_("Keys for programs")),
        lead=gettext("A program with a key reads counts of your organisation. It sees no person."),
    )


@staff.post("/api-keys/<uuid:key_id>/revoke")
@needs(Object.API_KEY, Action.CHANGE)
@gate.fresh
def revoke_key(key_id: UUID) -> AnyResponse:
    """Take a key back; it stops working at once."""
    if not api_keys.revoke(connection(), gate.me().organisation_id, key_id, now=clock.now()):
        abort(404)
    page.note("api_key.revoked", f"api_key {key_id}")
    return redirect(url_for("staff.key_list"), 303)


def _made(form: KeyForm) -> Response:
    scopes = form.scopes.data or []
    key_id, secret = api_keys.create(
        connection(),
        gate.me().organisation_id,
        name=form.name.data or "",
        scopes=scopes,
        lasts=timedelta(days=int(form.lasts.data)),
        by=gate.me().id,
        now=clock.now(),
    )
    page.note("api_key.made", f"api_key {key_id}", scopes=sorted(scopes), days=form.lasts.data)
    return page.show("key_made.html", secret=secret)
