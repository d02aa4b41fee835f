"""Who is on duty: all teams at a glance, one team's week, planning it, and handing over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import wtforms
from babel import dates
from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.models.staff import Role
from gateway.services import audit, escalation, notices
from gateway.services import roster as service
from gateway.services import staff as accounts
from gateway.services.roster import Duty, Span, TeamLine, UnfitShift
from gateway.web import formats, forms, gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import gettext
from gateway.web.resources import connection, resources
from gateway.web.words import N_, word

DAYS = 7
FARTHEST = timedelta(days=400)  # weeks beyond are nobody's plan
HANDS_OVER_AFTER = timedelta(hours=2)  # how long after a shift one may still hand over
REQUIRED = [wtforms.validators.InputRequired()]


class Planned(forms.Form):
    """Shifts of one person in one week. Days and people are filled in by the view."""

    days = wtforms.SelectMultipleField(
        N_("Days"),
        choices=[],
        validators=REQUIRED,
        option_widget=wtforms.widgets.CheckboxInput(),
        widget=wtforms.widgets.ListWidget(prefix_label=False),
    )
    begin = wtforms.TimeField(N_("From"), REQUIRED)
    until = wtforms.TimeField(
        N_("until"), REQUIRED, description=N_("An hour before the beginning is one of the next day.")
    )
    person = wtforms.SelectField(N_("On duty"), REQUIRED, choices=[])
    backup = wtforms.SelectField(
        N_("Backup"), choices=[], description=N_("Who is asked when the person on duty does not look.")
    )


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a team's week: its shifts, and the hours that nobody covers."""

    at: datetime
    today: bool
    shifts: list[Duty]
    missing: list[Span]


@staff.get("/roster")
@needs(Object.ROSTER)
def rosters() -> Response:
    """Show each team with who is on duty now and what is left open."""
    me, now = gate.me(), clock.now()
    teams = service.teams(connection(), me.organisation_id, me.id)
    planned = service.shifts(connection(), [team.id for team in teams], now, now + service.AHEAD)
    lines = [
        (
            team,
            [item for item in planned if item.team_id == team.id and item.starts_at <= now],
            _missing([item for item in planned if item.team_id == team.id], now),
        )
        for team in teams
    ]
    patience = escalation.patience(notices.driver(connection()), me.organisation_id)
    return page.show("rosters.html", teams=lines, names=_names(planned), patience=patience, now=now)


def _missing(planned: list[Duty], now: datetime) -> list[Span]:
    return service.gaps([(item.starts_at, item.ends_at) for item in planned], now, now + service.AHEAD)


@staff.post("/roster")
@needs(Object.ROSTER, Action.CHANGE)
def set_patience() -> AnyResponse:
    """Set how long nobody may look before the next person is asked; administrators alone do."""
    me, form = gate.me(), request.form
    if me.role is not Role.ADMIN or form.get("priority") not in escalation.PATIENCE:
        abort(404)
    after = {name: _minutes(form.get(name, "")) for name in ("backup_after", "lead_after")}
    hot, priority = notices.driver(connection()), form["priority"]
    before = dict(zip(after, escalation.patience(hot, me.organisation_id)[priority], strict=True))
    escalation.set_patience(hot, me.organisation_id, priority, **after)
    changed = audit.changed(before, after)
    page.note("patience.changed", f"organisation {me.organisation_id}", priority=priority, **changed)
    flash(N_("Saved."), "good")
    return redirect(url_for("staff.rosters"), 303)


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= escalation.MOST_MINUTES):
        abort(400)
    return int(text)


@staff.get("/roster/<uuid:team_id>")
@needs(Object.ROSTER)
def roster(team_id: UUID) -> Response:
    """Show a team's week, and to whoever may the form to plan it."""
    team = _team(team_id)
    week = _week(team)
    return _show(team, week, _form(team, week))


@staff.post("/roster/<uuid:team_id>")
@needs(Object.ROSTER, Action.CHANGE)
def plan_roster(team_id: UUID) -> AnyResponse:
    """Put somebody on duty on some days of a week."""
    team = _led(team_id)
    week = _week(team)
    form = _form(team, week)
    if not form.is_right() or not _plan(team, form):
        return _show(team, week, form)
    flash(N_("Planned."), "good")
    return redirect(_address(team, week), 303)


def _plan(team: TeamLine, form: Planned) -> bool:
    data: dict[str, Any] = form.data
    try:
        spans = [
            service.span(date.fromisoformat(day), data["begin"], data["until"], team.zone)
            for day in data["days"]
        ]
        service.plan(
            connection(),
            team,
            organisation_id=gate.me().organisation_id,
            staff_id=UUID(data["person"]),
            backup_id=UUID(data["backup"]) if data["backup"] else None,
            spans=spans,
        )
    except UnfitShift as error:
        field = form.backup if error.code == "same_person" else form.person
        field.errors = [word(error.code, "shift_fault")]
        return False
    page.note("shift.planned", f"team {team.id}", person=data["person"], days=data["days"])
    return True


@staff.post("/roster/<uuid:team_id>/copy")
@needs(Object.ROSTER, Action.CHANGE)
def copy_week(team_id: UUID) -> AnyResponse:
    """Plan a week as the week before."""
    team = _led(team_id)
    week = _week(team)
    copied = service.copy_week(connection(), team, gate.me().organisation_id, week)
    page.note("roster.copied", f"team {team.id}", shifts=copied)
    flash(N_("Copied from the week before.") if copied else N_("There was nothing to copy."), "good")
    return redirect(_address(team, week), 303)


@staff.post("/roster/<uuid:team_id>/remove")
@needs(Object.ROSTER, Action.CHANGE)
def remove_shift(team_id: UUID) -> AnyResponse:
    """Take a shift off the roster."""
    team = _led(team_id)
    shift_id = _id(request.form.get("shift"))
    if not service.remove(connection(), team.id, shift_id):
        abort(404)
    page.note("shift.removed", f"team {team.id}", shift=str(shift_id))
    return redirect(_address(team, _week(team)), 303)


@staff.post("/roster/<uuid:team_id>/handover")
@needs(Object.ROSTER, Action.CHANGE)
def hand_over(team_id: UUID) -> AnyResponse:
    """Leave open cases to the next person."""
    team, me = _team(team_id), gate.me()
    if not _hands_over(team):
        abort(404)
    try:
        given, kept = service.hand_over(
            connection(),
            team,
            organisation_id=me.organisation_id,
            staff_id=me.id,
            next_id=_id(request.form.get("next")),
            objects=request.form.getlist("object"),
            now=clock.now(),
        )
    except UnfitShift:
        abort(404)
    page.note("handover.made", f"team {team.id}", cases=given, kept=kept)
    if kept:
        flash(N_("Some cases stay with you: the next person may not see them. Ask your lead."), "bad")
    else:
        flash(N_("Handed over."), "good")
    return redirect(url_for("staff.roster", team_id=team.id), 303)


# ---------------------------------------------------------------------- what the page needs


def _team(team_id: UUID) -> TeamLine:
    me = gate.me()
    found = service.team(connection(), me.organisation_id, me.id, team_id)
    if found is None:
        abort(404)
    return found


def _led(team_id: UUID) -> TeamLine:
    """Return a team that whoever asks may plan for: its lead, or an administrator."""
    team = _team(team_id)
    if not _may_plan(team):
        abort(404)
    return team


def _may_plan(team: TeamLine) -> bool:
    return team.lead or gate.me().role is Role.ADMIN


def _week(team: TeamLine) -> Span:
    """Return the week that the address or the form asks for; this one when it asks for none."""
    today = clock.now().astimezone(team.zone).date()
    try:
        asked = date.fromisoformat(request.values.get("week") or today.isoformat())
    except ValueError:
        abort(404)
    if abs(asked - today) > FARTHEST:
        abort(404)
    return service.week_of(asked, team.zone)


def _address(team: TeamLine, week: Span, by: int = 0) -> str:
    monday = week[0].astimezone(team.zone).date() + timedelta(days=7 * by)
    return url_for("staff.roster", team_id=team.id, week=monday.isoformat())


def _form(team: TeamLine, week: Span) -> Planned:
    form = Planned()
    people = service.members(connection(), team.id)
    names = accounts.names(connection(), resources().ring, people)
    choices = [
        forms.choice(str(key), name or key.hex[-8:]) for key, name in sorted(names.items(), key=_by_name)
    ]
    form.person.choices = choices
    form.backup.choices = [forms.choice("", gettext(N_("Nobody"))), *choices]
    monday = week[0].astimezone(team.zone).date()
    days = (monday + timedelta(days=by) for by in range(DAYS))
    form.days.choices = [forms.choice(day.isoformat(), _weekday(day)) for day in days]
    return form


def _by_name(item: tuple[UUID, str]) -> str:
    return item[1].casefold()


def _show(team: TeamLine, week: Span, form: Planned) -> Response:
    now, monday = clock.now(), week[0].astimezone(team.zone).date()
    planned = service.shifts(connection(), [team.id], *week)
    on_duty = service.shifts(connection(), [team.id], now, now + timedelta(seconds=1))
    members = service.members(connection(), team.id)
    hands_over = _hands_over(team)
    return page.show(
        "roster.html",
        status=form.status,
        team=team,
        form=form,
        days=[_day(monday + timedelta(days=by), planned, team, now) for by in range(DAYS)],
        on_duty=on_duty,
        names=_names([*planned, *on_duty], also=members),
        members=members,
        may_plan=_may_plan(team),
        missing=service.missing(connection(), team.id, now=now),
        alerts=service.unanswered(connection(), team.id),
        going_on=service.going_on(connection(), gate.me().id, now=now) if hands_over else None,
        handovers=service.handovers(connection(), team.id),
        hour=lambda moment, beside=None: _hour(moment, team, beside),
        weekday=lambda moment: _weekday(moment.astimezone(team.zone).date()),
        weeks=[_address(team, week, by) for by in (-1, 1)],
        week=monday,
        now=now,
    )


def _day(day: date, planned: list[Duty], team: TeamLine, now: datetime) -> Day:
    start, end = (service.day_of(day + timedelta(days=by), team.zone) for by in (0, 1))
    spans = [(item.starts_at, item.ends_at) for item in planned]
    missing = service.gaps(spans, max(start, now), end) if end > now else []
    begun = [item for item in planned if start <= item.starts_at < end]
    return Day(start, now.astimezone(team.zone).date() == day, begun, missing if planned else [])


def _names(planned: list[Duty], also: Any = ()) -> dict[UUID, str]:
    people = (
        {item.staff_id for item in planned}
        | {item.backup_id for item in planned if item.backup_id}
        | set(also)
    )
    return accounts.names(connection(), resources().ring, people)


def _hands_over(team: TeamLine) -> bool:
    """Whether whoever asks is on duty for a team, or was until a moment ago."""
    now, me = clock.now(), gate.me().id
    lately = service.shifts(connection(), [team.id], now - HANDS_OVER_AFTER, now)
    return team.member and any(me in {item.staff_id, item.backup_id} for item in lately)


def _weekday(day: date) -> str:
    """Write a day of a week with its name."""
    return f"{dates.format_date(day, 'EEEE', locale=formats.locale())}, {formats.day(day)}"


def _hour(moment: datetime, team: TeamLine, beside: datetime | None = None) -> str:
    """Write an hour of a team's wall clock; with its day where that is another than the one it stands beside."""
    local = moment.astimezone(team.zone)
    hour = formats.digits(f"{local:%H:%M}")
    if beside is None or beside.astimezone(team.zone).date() == local.date():
        return hour
    return f"{dates.format_date(local.date(), 'EEE', locale=formats.locale())} {hour}"


def _id(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        abort(404)
