"""What begins flows: the order of precedence with a text to try, triggers, their links and QR codes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from gateway import clock
from gateway.services import audit, trigger_list
from gateway.services import triggers as service
from gateway.services.bridge import plain
from gateway.services.replies import ORDER, Tried, try_out
from gateway.services.trigger_book import book
from gateway.services.trigger_list import Line
from gateway.services.triggers import OFFERED, Busy, Happening, Kind, New, WordsTaken
from gateway.services.unfit import Unfit
from gateway.web import gate, page, qr
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.house_forms import HouseForm, choose, form_page, some_id
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.resources import connection, undo
from gateway.web.words import N_, word

LONGEST_TRY = 500  # characters
ANY_LANGUAGE = "mul"  # staff write all spellings of a word together
PICTURES = {"svg": ("image/svg+xml", qr.svg), "png": ("image/png", qr.png)}


class TriggerForm(HouseForm):
    """What begins a flow. Which fields count depends on the kind; the service tells what is missing."""

    flow = SelectField(N_("Flow"))
    kind = SelectField(N_("Begins by"))
    words = TextAreaField(
        N_("Words"), description=N_("For a word: all its spellings, with commas or in lines of their own.")
    )
    during = BooleanField(N_("The word counts in the middle of another conversation too"))
    schedule = StringField(
        N_("When"),
        description=N_("For a time: “daily 09:00”, “mon thu 18:30”, “day 31 08:00” or “2031-03-09 09:00”."),
    )
    channel = SelectField(N_("Channel"), description=N_("For a time: on which channel people are asked."))
    group = SelectField(N_("Group"), description=N_("For a time: only the members of this group."))
    event = SelectField(N_("What happened"))
    busy = SelectField(N_("While the person is in another conversation"))

    def __init__(self) -> None:
        super().__init__({"busy": Busy.QUEUE.value})
        found = trigger_list.choices(plain(connection()), gate.me().organisation_id)
        choose(self.flow, found.flows)
        choose(self.kind, {kind.value: word(kind, "trigger_kind") for kind in OFFERED})
        choose(self.channel, found.channels, none=gettext("–"))
        choose(self.group, found.groups, none=gettext("Everybody"))
        happenings = [what for what in Happening if what is not Happening.MISSED_CALL]
        choose(self.event, {what.value: word(what, "happening") for what in happenings}, none=gettext("–"))
        choose(self.busy, {busy.value: word(busy, "busy") for busy in Busy})

    def new(self) -> New:
        """What was filled in."""
        given = (self.words.data or "").replace("،", ",").replace("၊", ",").replace("\n", ",").split(",")
        return New(
            UUID(self.flow.data),
            Kind(self.kind.data),
            words={ANY_LANGUAGE: given},
            during=bool(self.during.data),
            event=self.event.data or None,
            schedule=self.schedule.data or None,
            group_id=some_id(self.group.data),
            channel_id=some_id(self.channel.data),
            busy=Busy(self.busy.data),
        )


@staff.get("/flows/triggers")
@needs(Object.FLOW)
def triggers() -> Response:
    """Show the order of precedence and the organisation's triggers."""
    return _show()


@staff.post("/flows/triggers")
@needs(Object.FLOW)
def try_trigger() -> Response:
    """Say what a text would do. It is not kept, and stands in no address."""
    text = request.form.get("text", "").strip()[:LONGEST_TRY]
    is_waiting = request.form.get("is_waiting") == "1"
    if not text:
        return _show()
    found = try_out(book(plain(connection()), gate.me().organisation_id), text, is_waiting=is_waiting)
    return _show(text=text, tried=found, is_waiting=is_waiting)


def _show(*, text: str = "", tried: Tried | None = None, is_waiting: bool = False) -> Response:
    lines = trigger_list.lines(plain(connection()), gate.me().organisation_id)
    titles = {line.flow_code: line.flow_title for line in lines}
    return page.show(
        "triggers.html",
        lines=lines,
        order=[step for step, _ in ORDER],
        text=text,
        tried=tried,
        begins=titles.get(tried.flow) if tried is not None and tried.flow else None,
        is_waiting=is_waiting,
    )


@staff.route("/flows/triggers/add", methods=["GET", "POST"])
@needs(Object.FLOW, Action.CHANGE)
def add_trigger() -> AnyResponse:
    """Let a flow begin by something more."""
    form = TriggerForm()
    if form.is_right() and (made := _made(form)) is not None:
        flash(N_("The flow listens from now on."), "good")
        return redirect(url_for("staff.trigger", trigger_id=made), 303)
    return form_page(
        form,
        title=gettext("Add a trigger"),
        submit=N_("Add"),
        back=("staff.triggers", N_("What begins a flow")),
    )


def _made(form: TriggerForm) -> UUID | None:
    me, new = gate.me(), form.new()
    try:
        made = service.make(plain(connection()), me.organisation_id, new, by=me.id, now=clock.now())
    except WordsTaken as error:
        undo()
        form.words.errors = [_taken(error)]
        return None
    except Unfit as error:
        undo()
        form.fault(error)
        return None
    told: dict[str, Any] = {name: _told(value) for name, value in asdict(new).items()}
    page.note("trigger.added", f"trigger {made}", **audit.changed({}, told))
    return made


def _told(value: object) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _taken(error: WordsTaken) -> str:
    """Say whose the words are."""
    return " ".join(
        gettext("“%(word)s” begins the flow “%(flow)s”.") % {"word": one.word, "flow": one.flow}
        if one.flow
        else gettext("“%(word)s” is a word of the system.") % {"word": one.word}
        for one in error.conflicts
    )


@staff.get("/flows/triggers/<uuid:trigger_id>")
@needs(Object.FLOW)
def trigger(trigger_id: UUID) -> Response:
    """Show one trigger with its links and QR codes."""
    line = _found(trigger_id)
    hot, me = plain(connection()), gate.me()
    ways = trigger_list.ways(hot, me.organisation_id, line)
    return page.show(
        "trigger.html",
        line=line,
        ways=[(way, qr.picture(way.address)) for way in ways],
        choices=trigger_list.choices(hot, me.organisation_id),
    )


@staff.get("/flows/triggers/<uuid:trigger_id>/<string:picture>")
@needs(Object.FLOW)
@limited("picture")
def trigger_picture(trigger_id: UUID, picture: str) -> Response:
    """Give a QR code as a file: "1.svg" is that of the first channel."""
    line = _found(trigger_id)
    ways = trigger_list.ways(plain(connection()), gate.me().organisation_id, line)
    number, _, form = picture.partition(".")
    place = next((way for count, way in enumerate(ways, start=1) if str(count) == number), None)
    if place is None or form not in PICTURES:
        abort(404)
    kind, draw = PICTURES[form]
    answer = Response(draw(place.address), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{line.flow_code}-{picture}"'
    return answer


@staff.post("/flows/triggers/<uuid:trigger_id>/switch")
@needs(Object.FLOW, Action.CHANGE)
def switch_trigger(trigger_id: UUID) -> AnyResponse:
    """Turn a trigger on or off."""
    line, active = _found(trigger_id), request.form.get("active") == "1"
    hot, whose = plain(connection()), gate.me().organisation_id
    try:
        changed = service.switch(hot, whose, trigger_id, active=active, now=clock.now())
    except WordsTaken as error:
        undo()
        flash(_taken(error), "bad")
        return redirect(url_for("staff.triggers"), 303)
    except Unfit as error:
        undo()
        flash(word(error.code, "form_fault"), "bad")
        return redirect(url_for("staff.triggers"), 303)
    if changed:
        facts = audit.changed({"active": line.active}, {"active": active})
        page.note("trigger.switched", f"trigger {trigger_id}", **facts)
    return redirect(url_for("staff.triggers"), 303)


@staff.post("/flows/triggers/<uuid:trigger_id>/aim")
@needs(Object.FLOW, Action.CHANGE)
def aim_trigger(trigger_id: UUID) -> AnyResponse:
    """Say on which channel, and whom, a time asks."""
    line, me = _found(trigger_id), gate.me()
    channel_id, group_id = some_id(request.form.get("channel")), some_id(request.form.get("group"))
    found = trigger_list.choices(plain(connection()), me.organisation_id)
    if channel_id is None or channel_id not in found.channels:
        abort(400)
    if group_id is not None and group_id not in found.groups:
        abort(400)
    try:
        service.aim(
            plain(connection()),
            me.organisation_id,
            trigger_id,
            channel_id=channel_id,
            group_id=group_id,
            now=clock.now(),
        )
    except Unfit as error:
        undo()
        flash(word(error.code, "form_fault"), "bad")
        return redirect(url_for("staff.trigger", trigger_id=trigger_id), 303)
    before = {"channel": line.channel, "group": line.group}
    after = {"channel": found.channels[channel_id], "group": found.groups.get(group_id) if group_id else None}
    page.note("trigger.aimed", f"trigger {trigger_id}", **audit.changed(before, after))
    flash(N_("Saved."), "good")
    return redirect(url_for("staff.trigger", trigger_id=trigger_id), 303)


def _found(trigger_id: UUID) -> Line:
    lines = trigger_list.lines(plain(connection()), gate.me().organisation_id, one=trigger_id)
    if not lines:
        abort(404)
    return lines[0]
