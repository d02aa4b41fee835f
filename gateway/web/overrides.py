"""Letting a wording out that the check refuses: asked for by whoever publishes, decided by two roles."""

from __future__ import annotations

from uuid import UUID

import wtforms
from flask import Response, abort, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from flows.checks.harm import CLASS_C
from flows.checks.parts import spoken
from gateway import clock
from gateway.models.staff import Role
from gateway.services import audit, overrides, publishing
from gateway.services import staff as accounts
from gateway.services.overrides import Override
from gateway.services.unfit import Unfit
from gateway.web import forms, gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.flows import draft_of, found
from gateway.web.house_forms import HouseForm
from gateway.web.language import gettext
from gateway.web.resources import connection, resources
from gateway.web.words import N_, word

REQUIRED = [wtforms.validators.InputRequired()]


class AskForm(HouseForm):
    """Why it must be asked all the same, and of whom."""

    reason = wtforms.TextAreaField(
        N_("Why must this be asked, and why by message?"),
        REQUIRED,
        description=N_("The data protection officer and the sensitive focal point read it."),
    )
    audience = wtforms.StringField(
        N_("Of whom, in which round?"), REQUIRED, description=N_("One round and one audience only.")
    )


class VoiceForm(HouseForm):
    """What one role says."""

    answer = wtforms.RadioField(
        N_("Your decision"),
        REQUIRED,
        choices=[forms.choice("no", N_("Refuse")), forms.choice("yes", N_("Agree"))],
    )
    reason = wtforms.TextAreaField(
        N_("Your reason"), REQUIRED, description=N_("It is kept with the flow and in the audit.")
    )


@staff.route("/flows/<uuid:flow_id>/override", methods=["GET", "POST"])
@needs(Object.FLOW, Action.PUBLISH)
@gate.fresh
def ask_override(flow_id: UUID) -> AnyResponse:
    """Ask that the draft as it is may go out although the check refuses it."""
    head, me, now = found(flow_id), gate.me(), clock.now()
    draft = draft_of(head).flow
    if draft is None:
        return redirect(url_for("staff.flow", flow_id=flow_id), 303)
    verdict = publishing.judge(connection(), me.organisation_id, flow_id, draft, now=now)
    form = AskForm()
    if form.is_right() and verdict.class_c:
        try:
            made = overrides.ask(
                connection(),
                flow_id,
                verdict.flow,
                reason=form.reason.data or "",
                audience=form.audience.data or "",
                by=me.id,
                now=now,
            )
        except Unfit as error:
            _fault(form, error)
        else:
            page.note(
                "flow_override.asked", f"flow_override {made}", flow=str(flow_id), reason=form.reason.data
            )
            return redirect(url_for("staff.publish_flow", flow_id=flow_id), 303)
    return page.show("flow_override_ask.html", status=form.status, flow=head, verdict=verdict, form=form)


@staff.get("/flow-overrides")
@needs(Object.FLOW_OVERRIDE)
def override_list() -> Response:
    """List what was asked for, the newest first."""
    asked = overrides.of_organisation(connection(), gate.me().organisation_id)
    return page.show("flow_overrides.html", overrides=asked, names=_names(asked), now=clock.now())


@staff.route("/flow-overrides/<uuid:override_id>", methods=["GET", "POST"])
@needs(Object.FLOW_OVERRIDE, Action.CHANGE)
@gate.fresh
def override(override_id: UUID) -> AnyResponse:
    """Show what would go out and why, and let one role say what it thinks."""
    me, now = gate.me(), clock.now()
    asked = overrides.read(connection(), me.organisation_id, override_id)
    if asked is None:
        abort(404)
    form = VoiceForm()
    if form.is_right():
        try:
            _speak(asked, form)
        except Unfit as error:
            _fault(form, error)
        else:
            return redirect(url_for("staff.override", override_id=override_id), 303)
    told = overrides.wording(connection(), override_id)
    findings = [
        item
        for item in publishing.findings(told, publishing.operation(connection(), me.organisation_id))
        if item.code in CLASS_C
    ]
    return page.show(
        "flow_override.html",
        status=form.status,
        override=asked,
        told=told,
        spoken=list(spoken(told)),
        findings=findings,
        form=form,
        hindrance=overrides.hindrance(connection(), asked, role=me.role, by=me.id, now=now),
        names=_names([asked]),
        now=now,
    )


def _speak(asked: Override, form: VoiceForm) -> None:
    me, now, agrees = gate.me(), clock.now(), form.answer.data == "yes"
    before = asked.standing(now)
    reason = form.reason.data or ""
    overrides.speak(connection(), asked, role=Role(me.role), agrees=agrees, reason=reason, by=me.id, now=now)
    later = overrides.read(connection(), me.organisation_id, asked.id)
    after = later.standing(now) if later is not None else before
    page.note(
        "flow_override.agreed" if agrees else "flow_override.refused",
        f"flow_override {asked.id}",
        flow=str(asked.flow_id),
        reason=reason,
        **audit.changed({"standing": before}, {"standing": after}),
    )


def _names(asked: list[Override]) -> dict[UUID, str]:
    people = {item.asked_by for item in asked} | {
        voice.staff_id for item in asked for voice in item.voices.values()
    }
    return accounts.names(connection(), resources().ring, people)


def _fault(form: HouseForm, error: Unfit) -> None:
    field = form[error.field] if error.field in form else next(iter(form))
    field.errors = [
        *field.errors,
        word(error.code, "publish_fault") or gettext(N_("Please look at this again")),
    ]
