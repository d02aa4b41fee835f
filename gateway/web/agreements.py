"""Agreements on sharing information: the register, and what each opens."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, SelectField, StringField, TextAreaField

from gateway import clock
from gateway.models.organisations import AgreementKind, Shared
from gateway.services import agreements, audit, organisations
from gateway.services.agreements import LEVELS, Terms
from gateway.services.unfit import Unfit
from gateway.web import formats, gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.administration import parts
from gateway.web.blueprint import staff
from gateway.web.house_forms import CheckboxesField, HouseForm, choose, form_page, some_id
from gateway.web.language import gettext
from gateway.web.place_fields import PlacesField
from gateway.web.resources import connection, undo
from gateway.web.words import N_, word


class AgreementForm(HouseForm):
    """What is agreed."""

    receiver = SelectField(N_("Who may read"))
    kind = SelectField(N_("Kind"))
    reference = StringField(N_("What the signed paper is called"))
    purpose = TextAreaField(N_("Purpose"))
    objects = CheckboxesField(N_("What they may read"))
    highest = SelectField(N_("Cases up to"), description=N_("Sealed cases are never shared."))
    areas = PlacesField(
        N_("Where"), description=N_("Names or codes of places, one in a line; none means everywhere.")
    )
    valid_from = DateField(N_("First day"))
    valid_until = DateField(N_("Last day"))

    def __init__(self) -> None:
        super().__init__({"valid_from": formats.midnight(clock.now()).date(), "highest": "S1"})
        others = {
            line.id: line.name
            for line in organisations.lines(connection())
            if line.active and line.id != gate.me().organisation_id
        }
        choose(self.receiver, others)
        choose(self.kind, {kind: word(kind, "agreement_kind") for kind in AgreementKind})
        choose(self.objects, {shared: word(shared, "shared") for shared in Shared})
        choose(self.highest, {level: f"{level} · {word(level, 'sensitivity')}" for level in LEVELS})

    def terms(self) -> Terms:
        """Return what the form says. Raises Unfit when it names no organisation."""
        data = self.data
        receiver = some_id(data["receiver"])
        if receiver is None:
            raise Unfit("unknown", field="receiver")
        return Terms(
            receiver,
            data["kind"],
            data["reference"] or "",
            data["purpose"] or "",
            tuple(data["objects"] or ()),
            data["highest"],
            self.areas.codes,
            data["valid_from"],
            data["valid_until"],
        )


@staff.get("/agreements")
@needs(Object.AGREEMENT)
def agreement_list() -> Response:
    """List the agreements that one's organisation gives or gets; the lead reads all."""
    today = formats.midnight(clock.now()).date()
    found = agreements.lines(connection(), today=today)
    return page.show("agreements.html", parts=parts(), agreements=found, me=gate.me())


@staff.route("/agreements/add", methods=["GET", "POST"])
@needs(Object.AGREEMENT, Action.CHANGE)
@gate.fresh
def add_agreement() -> AnyResponse:
    """Register an agreement: whose records are seen does."""
    form = AgreementForm()
    if form.is_right():
        try:
            made = agreements.register(
                connection(), gate.me().organisation_id, form.terms(), by=gate.me().id, now=clock.now()
            )
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            facts = {name: str(value) for name, value in form.data.items()}
            page.note("agreement.registered", f"agreement {made}", **audit.changed({}, facts))
            return redirect(url_for("staff.agreement_list"), 303)
    return form_page(
        form,
        title=gettext("Register an agreement"),
        submit=N_("Register"),
        back=("staff.agreement_list", N_("Agreements")),
        lead=gettext(
            "It opens records of your organisation to another. People and their numbers are never shared."
        ),
    )


@staff.post("/agreements/<uuid:agreement_id>/end")
@needs(Object.AGREEMENT, Action.CHANGE)
def end_agreement(agreement_id: UUID) -> AnyResponse:
    """End an agreement before its time; it opens nothing from this moment."""
    now = clock.now()
    if not agreements.end(connection(), gate.me().organisation_id, agreement_id, now=now):
        abort(404)
    ended = audit.changed({"ended_at": None}, {"ended_at": now.isoformat()})
    page.note("agreement.ended", f"agreement {agreement_id}", **ended)
    return redirect(url_for("staff.agreement_list"), 303)
