"""The lead's administrator invites the first administrator of an organisation that has nobody yet."""

from __future__ import annotations

from uuid import UUID

from flask import abort
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField

from gateway import clock
from gateway.services import founding, organisations
from gateway.services.staff import UnfitEmail
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.house_forms import HouseForm, form_page
from gateway.web.language import gettext
from gateway.web.resources import connection, inside, resources, undo
from gateway.web.words import N_


class FounderForm(HouseForm):
    """Who administers an organisation first."""

    name = StringField(N_("Name"))
    email = StringField(
        N_("E-mail address"), description=N_("They sign in with it. No other message goes there.")
    )


@staff.route("/organisations/<uuid:organisation_id>/invite", methods=["GET", "POST"])
@needs(Object.ORGANISATION, Action.CHANGE)
@gate.fresh
def invite_founder(organisation_id: UUID) -> AnyResponse:
    """Make the account of an organisation's first administrator, and show the link that its owner needs, once."""
    found = organisations.find(connection(), organisation_id)
    if (
        found is None
        or not organisations.leads(connection(), gate.me().organisation_id)
        or not founding.waits(connection(), organisation_id)
    ):
        abort(404)
    form = FounderForm()
    if form.is_right():
        try:
            return _invite(organisation_id, form, name=found["name"])
        except (Unfit, UnfitEmail) as error:
            undo()
            form.fault(error if isinstance(error, Unfit) else Unfit(error.code, field="email"))
    return form_page(
        form,
        title=gettext("Invite the first administrator of %(organisation)s") % {"organisation": found["name"]},
        submit=N_("Invite"),
        back=("staff.organisation_list", N_("Organisations")),
        lead=gettext("They look after its staff from then on; you do not see them."),
    )


def _invite(organisation_id: UUID, form: FounderForm, *, name: str) -> AnyResponse:
    made = founding.invite(
        connection(),
        resources().ring,
        organisation_id,
        email=form.email.data or "",
        name=form.name.data or "",
        base_url=resources().settings.pages_url,
        by=gate.me().id,
        now=clock.now(),
    )
    if made is None:
        abort(404)
    told = {"role": "admin", "organisation": str(organisation_id), "replaced": list(map(str, made.replaced))}
    page.note("staff.invited", f"staff {made.staff_id}", **told)
    with inside(organisation_id):
        page.note_there(organisation_id, "staff.invited", f"staff {made.staff_id}", **told)
    return page.show("member_link.html", organisation=name, link=made.link, waits=False)
