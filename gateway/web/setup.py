"""The first steps: one page a step, each says why it is asked; what was typed stays, and one can always go back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import wtforms
from babel import Locale
from flask import Response, abort, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms.validators import InputRequired, Length, Optional

from flows.languages import LANGUAGES, SHIPPED
from gateway import clock
from gateway.services import audit, preferences, simulator
from gateway.services import setup as service
from gateway.services.round_questions import wording
from gateway.services.setup import Named, Progress, Step
from gateway.services.simulator import PhoneKind
from gateway.web import formats, forms, gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import gettext, language, name
from gateway.web.place_fields import PlaceField
from gateway.web.resources import after_commit, connection, resources, undo, unsealed
from gateway.web.words import N_

LONGEST_NAME = 100

TITLES: Mapping[Step, str] = {
    Step.OPERATION: N_("The operation"),
    Step.OFFICE: N_("The first office"),
    Step.CHANNEL: N_("The first channel"),
    Step.FLOW: N_("The first flow"),
    Step.MESSAGE: N_("A first message"),
}
WHY: Mapping[Step, str] = {
    Step.OPERATION: N_(
        "The name tells everybody what this installation is for. Times and languages of what follows start from "
        "what you choose here, and you can change everything later."
    ),
    Step.OFFICE: N_(
        "Staff belong to an office. Its time zone decides what “today” is for them, "
        "and its area decides which cases are theirs."
    ),
    Step.CHANNEL: N_(
        "A channel is a way to reach people. The first one is a simulator: it costs nothing, and no real person "
        "gets anything. Real numbers come later."
    ),
    Step.FLOW: N_(
        "A flow is a conversation that runs by itself: questions, answers, and what follows from them. "
        "These were checked. Choose the one that you want to see first."
    ),
    Step.MESSAGE: N_(
        "Now the flow writes to a phone of your own. The phone is invented and nobody else sees it, but the message "
        "goes the same way as all messages to real people."
    ),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One step in the list at the top."""

    step: Step
    title: str
    done: bool
    open: bool


class OperationForm(forms.Form):
    """The operation and whoever runs it."""

    name = wtforms.StringField(
        N_("Name of the operation"),
        [InputRequired(), Length(max=LONGEST_NAME)],
        description=N_("For example: Response Kharan"),
    )
    organisation = wtforms.StringField(
        N_("Name of your organisation"), [InputRequired(), Length(max=LONGEST_NAME)]
    )
    country = wtforms.SelectField(N_("Country"), [InputRequired()])
    timezone = wtforms.SelectField(N_("Time zone"), [InputRequired()])
    languages = wtforms.SelectMultipleField(
        N_("Languages of the people"),
        [InputRequired()],
        description=N_("Choose all in which you want to write."),
        option_widget=wtforms.widgets.CheckboxInput(),
        widget=wtforms.widgets.ListWidget(prefix_label=False),
    )


class OfficeForm(forms.Form):
    """The first office."""

    name = wtforms.StringField(N_("Name of the office"), [InputRequired(), Length(max=LONGEST_NAME)])
    timezone = wtforms.SelectField(N_("Time zone"), [InputRequired()])
    area = PlaceField(
        N_("Code of its area"),
        [Optional(), Length(max=40)],
        description=N_("The p-code, if you know it. You can load a list of places later."),
    )


class ChannelForm(forms.Form):
    """The kind of phone that is simulated."""

    kind = wtforms.RadioField(
        N_("What kind of phone do most people have?"),
        [InputRequired()],
        choices=[
            forms.choice(PhoneKind.SMS, N_("Simple phone: SMS, options are numbers")),
            forms.choice(PhoneKind.MESSENGER, N_("Messenger: options are buttons")),
        ],
        default=PhoneKind.SMS.value,
    )


class FlowForm(forms.Form):
    """One of the flows that ship."""

    flow = wtforms.RadioField(N_("Flow"), [InputRequired()])


class MessageForm(forms.Form):
    """The language in which the phone's owner reads."""

    language = wtforms.SelectField(N_("Language of the message"), [InputRequired()])


@staff.get("/setup")
@needs(Object.SETUP)
def setup() -> AnyResponse:
    """Go on where the first steps stopped."""
    progress = service.read(connection(), gate.me().organisation_id)
    return redirect(url_for("staff.setup_step", step=progress.next.value), 303)


@staff.get("/setup/<step>")
@needs(Object.SETUP)
def setup_step(step: str) -> AnyResponse:
    """Show one step with what was typed before."""
    progress, asked = _progress(step)
    return _show(progress, asked, FORMS[asked](progress))


@staff.post("/setup/<step>")
@needs(Object.SETUP, Action.CHANGE)
def take_step(step: str) -> AnyResponse:
    """Keep what was typed, and go on."""
    progress, asked = _progress(step)
    form = FORMS[asked](progress)
    if not form.is_right():
        return _show(progress, asked, form)
    return TAKE[asked](progress, form)


@staff.post("/setup/skip")
@needs(Object.SETUP, Action.CHANGE)
def skip_setup() -> AnyResponse:
    """End the first steps here."""
    service.finish(connection(), gate.me().organisation_id, now=clock.now())
    page.note("setup.skipped", "operation")
    flash(N_("You find the first steps again under Help."), "plain")
    return redirect(url_for("staff.overview"), 303)


def _progress(step: str) -> tuple[Progress, Step]:
    """Return how far things are, and the step that is asked for; one that is too far ahead leads back."""
    try:
        asked = Step(step)
    except ValueError:
        abort(404)
    progress = service.read(connection(), gate.me().organisation_id)
    if not _is_open(progress, asked):
        abort(404)
    return progress, asked


def _is_open(progress: Progress, step: Step) -> bool:
    order = list(Step)
    return order.index(step) <= order.index(progress.next)


def _show(progress: Progress, step: Step, form: forms.Form) -> Response:
    order = list(Step)
    place = order.index(step)
    return page.show(
        "setup.html",
        status=form.status,
        form=form,
        step=step,
        number=place + 1,
        count=len(order),
        title=TITLES[step],
        why=WHY[step],
        marks=[Mark(each, TITLES[each], each in progress.done, _is_open(progress, each)) for each in order],
        before=order[place - 1] if place else None,
        offers=_offers() if step is Step.FLOW else [],
        preview=_preview(progress) if step is Step.MESSAGE else [],
        usual=SHIPPED,
        over=progress.over,
    )


# --- Forms with what is known


def _operation_form(progress: Progress) -> OperationForm:
    known = progress.named
    form = OperationForm(
        data={
            "name": known.name,
            "organisation": known.organisation,
            "country": known.country,
            "timezone": known.timezone,
            "languages": list(known.languages),
        }
        if known
        else {"timezone": formats.zone().key}
    )
    form.country.choices = [forms.choice("", gettext(N_("Choose a country"))), *_countries()]
    form.timezone.choices = _zones()
    form.languages.choices = [forms.choice(code, name(code)) for code in _languages()]
    return form


def _office_form(progress: Progress) -> OfficeForm:
    known, named = progress.office, progress.named
    form = OfficeForm(
        data={"name": known.name, "timezone": known.timezone, "area": known.area or ""}
        if known
        else {"timezone": named.timezone if named else "UTC"}
    )
    form.timezone.choices = _zones()
    return form


def _channel_form(progress: Progress) -> ChannelForm:
    return ChannelForm(data={"kind": progress.phone_kind or PhoneKind.SMS.value})


def _flow_form(progress: Progress) -> FlowForm:
    form = FlowForm(data={"flow": progress.flow or service.offers()[0].flow.code})
    form.flow.choices = [
        forms.choice(offer.flow.code, wording(offer.flow.title, language())[0])
        for offer in service.offers()
        if not offer.errors
    ]
    return form


def _message_form(progress: Progress) -> MessageForm:
    spoken = progress.named.languages if progress.named else SHIPPED
    form = MessageForm(data={"language": spoken[0]})
    form.language.choices = [forms.choice(code, name(code)) for code in spoken]
    return form


def _countries() -> list[Any]:
    named = Locale.parse(formats.locale()).territories
    known = [(code, title) for code, title in named.items() if _is_country(code)]
    return [forms.choice(code, title) for code, title in sorted(known, key=lambda pair: pair[1])]


def _is_country(code: str) -> bool:
    return len(code) == len("PK") and code.isalpha() and code not in _NOWHERE


_NOWHERE = frozenset(
    {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
)  # codes that CLDR names and that are no country


def _zones() -> list[Any]:
    return [forms.choice(zone, zone.replace("_", " ")) for zone in preferences.zones()]


def _languages() -> list[str]:
    """The languages that the library speaks, then all others that the gateway knows."""
    return [*SHIPPED, *(code for code in LANGUAGES if code not in SHIPPED)]


def _offers() -> dict[str, dict[str, Any]]:
    """What stands beside each flow."""
    return {
        offer.flow.code: {"questions": offer.questions, "languages": len(offer.flow.languages)}
        for offer in service.offers()
    }


def _preview(progress: Progress) -> list[str]:
    offer = service.offered(progress.flow)
    spoken = progress.named.languages[0] if progress.named else SHIPPED[0]
    return service.first_words(offer.flow, spoken, now=clock.now()) if offer is not None else []


# --- Steps


def _take_operation(progress: Progress, form: Any) -> AnyResponse:
    named = Named(
        form.name.data,
        form.organisation.data,
        form.country.data,
        form.timezone.data,
        tuple(form.languages.data),
    )
    service.name_operation(connection(), gate.me().organisation_id, named)
    before = asdict(progress.named) if progress.named else {}
    page.note("operation.named", "operation", **audit.changed(before, asdict(named)))
    return _on(Step.OFFICE)


def _take_office(progress: Progress, form: Any) -> AnyResponse:
    member, before = gate.me(), asdict(progress.office) if progress.office else {}
    before.pop("id", None)
    facts = {"name": form.name.data, "timezone": form.timezone.data, "area": form.area.data or None}
    office_id = service.open_office(connection(), member.organisation_id, member.id, **facts)
    page.note("office.opened", f"office {office_id}", **audit.changed(before, facts))
    return _on(Step.CHANNEL)


def _take_channel(progress: Progress, form: Any) -> AnyResponse:
    del progress
    member = gate.me()
    line = simulator.channel(
        connection(), resources().ring, member.organisation_id, PhoneKind(form.kind.data)
    )
    service.choose_phone(connection(), member.organisation_id, form.kind.data)
    page.note("channel.opened", f"channel {line.id}")
    return _on(Step.FLOW)


def _take_flow(progress: Progress, form: Any) -> AnyResponse:
    del progress
    offer = service.offered(form.flow.data)
    if offer is None:
        abort(400)
    revision_id = service.choose_flow(connection(), gate.me().organisation_id, offer.flow)
    page.note("flow.published", f"flow_revision {revision_id}")
    return _on(Step.MESSAGE)


def _take_message(progress: Progress, form: Any) -> AnyResponse:
    member, kind = gate.me(), PhoneKind(progress.phone_kind or PhoneKind.SMS)
    contact_id = simulator.open_phone(
        connection(),
        resources().ring,
        organisation_id=member.organisation_id,
        staff_id=member.id,
        kind=kind,
        language=form.language.data,
    )
    if not _send(contact_id, kind, progress.flow or ""):
        undo()
        form.form_errors.append(
            gettext(N_("The message could not be made. Choose another flow and try again."))
        )
        return _show(progress, Step.MESSAGE, form)
    service.greet(connection(), member.organisation_id, contact_id, now=clock.now())
    page.note("setup.finished", "operation")
    flash(N_("Your first message is on its way. Answer it as a person would."), "good")
    return redirect(url_for("staff.phone", contact_id=contact_id, _anchor="latest"), 303)


def _send(contact_id: UUID, kind: PhoneKind, flow: str) -> bool:
    member, kept = gate.me(), resources()
    line = simulator.channel(connection(), kept.ring, member.organisation_id, kind)
    with unsealed():
        phone = simulator.phone(connection(), kept.ring, member.organisation_id, member.id, contact_id)
    assert phone is not None  # noqa: S101 - it was made in this transaction
    kept.house.library.forget(member.organisation_id, flow)
    sent = simulator.begin(connection(), kept.house, phone, line, flow, now=clock.now())
    if sent:
        after_commit(lambda: kept.waker.outbox(line.id))
    return sent


def _on(step: Step) -> AnyResponse:
    return redirect(url_for("staff.setup_step", step=step.value), 303)


FORMS: Mapping[Step, Callable[[Progress], forms.Form]] = {
    Step.OPERATION: _operation_form,
    Step.OFFICE: _office_form,
    Step.CHANNEL: _channel_form,
    Step.FLOW: _flow_form,
    Step.MESSAGE: _message_form,
}
TAKE: Mapping[Step, Callable[[Progress, Any], AnyResponse]] = {
    Step.OPERATION: _take_operation,
    Step.OFFICE: _take_office,
    Step.CHANNEL: _take_channel,
    Step.FLOW: _take_flow,
    Step.MESSAGE: _take_message,
}
