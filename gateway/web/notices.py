"""What waits for whoever asks: their notices, where each leads, and when they want mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any
from uuid import UUID

import wtforms
from flask import Response, abort, current_app, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.quiet import Digest
from gateway.services import audit, notice_settings
from gateway.services import notices as service
from gateway.services.notices import Kind, Line
from gateway.web import forms, gate, lists, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import gettext
from gateway.web.lists import Choice, Column
from gateway.web.resources import connection, resources
from gateway.web.words import N_
from gateway.web.words.notices import NOTICE

SHOWS = ("unread", "all")
LIST = lists.Kind(
    "staff.notices",
    columns=(
        Column("what", N_("What")),
        Column("priority", N_("Priority")),
        Column("at", N_("Since")),
    ),
    filters=(Choice("show", N_("List"), SHOWS, "unread", lists.words("notice_list"), tabs=True),),
    sort="at",
    direction="desc",
)

# Where a notice leads, by the first word of its object: endpoint and the name of the id in the address.
PLACES: Mapping[str, tuple[str, str]] = {
    "grievance": ("staff.grievance", "case_id"),
    "team": ("staff.roster", "team_id"),
    "staff": ("staff.member", "staff_id"),
}
# The same for kinds whose object has no page of its own: endpoint and what the address says.
LISTS: Mapping[str, tuple[str, dict[str, str]]] = {
    Kind.MESSAGE_PARKED: ("staff.messages", {"status": "parked"}),
    Kind.FLOW_PROBLEM: ("staff.problems", {}),
    Kind.MAIL_FAILED: ("staff.mails", {}),
    Kind.CHANNEL_FAULTY: ("staff.overview", {"_anchor": "channels"}),
    Kind.ROLE_CHANGE: ("staff.approvals", {}),
    Kind.FLOW_EXCEPTION: ("staff.override_list", {}),
    Kind.UNUSUAL: ("staff.audit_lines", {}),
    Kind.AGREEMENT_ENDS: ("staff.agreement_list", {}),
}


def target(line: Line) -> str:
    """Return the address that a notice leads to; whether the reader may see it is decided there."""
    endpoint, values = LISTS.get(line.kind, ("", {}))
    if not endpoint:
        endpoint, name = PLACES.get(line.object_kind, ("", ""))
        values = {name: str(line.object_id)}
    if endpoint not in current_app.view_functions:
        return url_for("staff.overview")
    return url_for(endpoint, **values)  # type: ignore[arg-type]  # anchors and ids alike


def unread() -> int:
    """Return how many notices whoever asks has not read; asked once a request."""
    somebody = gate.member()
    if somebody is None:
        return 0
    if "unread" not in g:
        g.unread = service.unread(connection(), somebody.id)
    count: int = g.unread
    return count


@staff.get("/notices")
@needs(Object.SELF)
def notices() -> Response:
    """List the reader's own notices; or, for the frame, only how many there are."""
    if request.args.get("part") == "bell":
        return page.show("bell.html")
    asked = LIST.asked()
    only_unread = asked.value("show") == "unread"
    found, more = service.of(connection(), gate.me().id, only_unread=only_unread, page=asked.page)
    return page.show("notices.html", list=LIST.show(asked, found, more=more), only_unread=only_unread)


@staff.post("/notices")
@needs(Object.SELF, Action.CHANGE)
def mark_notices() -> AnyResponse:
    """Mark notices as read: one, those that were chosen, or all; and go on to the one that was opened."""
    opened = lists.chosen("open")
    if opened:
        return open_notice(next(iter(opened)))
    ids = None if "all" in request.form else lists.chosen("only") or lists.chosen()
    _mark(ids)
    return redirect(url_for("staff.notices"), 303)


@staff.get("/notices/<uuid:notice_id>")
@needs(Object.SELF)
def notice(notice_id: UUID) -> Response:
    """Show one notice: where the links in mails lead."""
    found = service.one(connection(), gate.me().id, notice_id)
    if found is None:
        abort(404)
    return page.show("notice.html", notice=found)


def open_notice(notice_id: UUID) -> AnyResponse:
    """Mark a notice as read and lead to what it is about."""
    found = service.one(connection(), gate.me().id, notice_id)
    if found is None:
        abort(404)
    _mark([found.id])
    return redirect(target(found), 303)


def _mark(ids: list[UUID] | None) -> None:
    me = gate.me()
    marked = service.mark_read(connection(), me.id, ids, now=clock.now())
    if marked:
        page.note("notice.read", f"staff {me.id}", notices=marked)


# ---------------------------------------------------------------------- when they want mail


class Wanted(forms.Form):
    """When and about what a person wants mail: what their role is told of."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.about.choices = [forms.choice(kind, gettext(NOTICE[kind])) for kind in _offered()]

    by_mail = wtforms.BooleanField(
        N_("Write to me by e-mail when something waits"),
        description=N_("The mail says how urgent it is and where to look, and nothing else."),
    )
    digest = wtforms.RadioField(
        N_("How often"),
        choices=[
            forms.choice(Digest.AT_ONCE, N_("At once")),
            forms.choice(Digest.HOURLY, N_("Gathered, every full hour")),
            forms.choice(Digest.DAILY, N_("Gathered, once a day")),
        ],
    )
    digest_at = wtforms.TimeField(N_("Time of the daily mail"), [wtforms.validators.InputRequired()])
    quiet_from = wtforms.TimeField(
        N_("Leave me alone from"),
        [wtforms.validators.InputRequired()],
        description=N_("Only what is immediate danger reaches you then, and only while you are on duty."),
    )
    quiet_until = wtforms.TimeField(
        N_("until"),
        [wtforms.validators.InputRequired()],
        description=N_("The same time twice means: never leave me alone."),
    )
    about = wtforms.SelectMultipleField(
        N_("Mail me about"),
        choices=[],
        validators=[wtforms.validators.Optional()],
        option_widget=wtforms.widgets.CheckboxInput(),
        widget=wtforms.widgets.ListWidget(prefix_label=False),
    )


@staff.get("/me/notices")
@needs(Object.SELF)
def my_notices() -> Response:
    """Show when the reader wants mail."""
    return _settings(Wanted(data=_present()))


@staff.post("/me/notices")
@needs(Object.SELF, Action.CHANGE)
def change_my_notices() -> AnyResponse:
    """Keep when the reader wants mail."""
    form, me = Wanted(), gate.me()
    if not form.is_right():
        return _settings(form)
    data, before = form.data, _told(_present())
    # Kinds that their role is never told of are not offered, and stay as they are.
    muted = set(_offered()) - set(data.pop("about") or ())
    notice_settings.save(connection(), me.id, muted=muted, **data)
    page.note("notice_setting.changed", f"staff {me.id}", **audit.changed(before, _told(_present())))
    flash(N_("Saved."), "good")
    return redirect(url_for("staff.my_notices"), 303)


def _offered() -> list[str]:
    """Return the kinds that the reader's role may be told of."""
    told = service.kinds_of(gate.me().role)
    return [kind for kind in NOTICE if kind in told]


def _present() -> dict[str, object]:
    me = gate.me()
    wishes = notice_settings.of(service.driver(connection()), [me.id])[me.id]
    habits = wishes.habits
    return {
        "by_mail": wishes.by_mail,
        "digest": habits.digest,
        "digest_at": habits.digest_at,
        "quiet_from": habits.quiet_from,
        "quiet_until": habits.quiet_until,
        "about": [kind for kind in NOTICE if kind not in wishes.muted],
    }


def _told(present: Mapping[str, object]) -> dict[str, object]:
    """The same for the audit."""
    return {name: f"{it:%H:%M}" if isinstance(it, time) else it for name, it in present.items()}


def _settings(form: Wanted) -> Response:
    me = gate.me()
    zone = notice_settings.of(service.driver(connection()), [me.id])[me.id].habits.zone
    mails = bool(resources().settings.smtp_url)
    return page.show("my_notices.html", status=form.status, form=form, zone=zone.key, mails=mails)


TEMPLATE_WORDS: Mapping[str, Callable[..., object]] = {"unread": unread, "notice_target": target}
