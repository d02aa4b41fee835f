"""One's own page: language, zone, calendar, digits, look and shortcuts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeVar

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import calendars, clock
from gateway.calendars import Calendar, Digits
from gateway.services import audit
from gateway.services import preferences as service
from gateway.services import staff as accounts
from gateway.services.preferences import Preference, Theme
from gateway.web import formats, gate, language, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.mine import preference
from gateway.web.resources import connection
from gateway.web.words import N_

Word = TypeVar("Word", bound=StrEnum)

CALENDARS = {
    Calendar.GREGORIAN: N_("Gregorian"),
    Calendar.SOLAR_HIJRI: N_("Solar Hijri (Afghanistan, Iran)"),
    Calendar.HIJRI: N_("Lunar Hijri"),
}
THEMES = {
    Theme.DEVICE: N_("As my device is set"),
    Theme.LIGHT: N_("Light"),
    Theme.DARK: N_("Dark"),
    Theme.CONTRAST: N_("Strong contrast"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose. `example`: what it makes of today, or of a number."""

    code: str
    label: str
    example: str = ""


@staff.get("/me")
@needs(Object.SELF)
def me() -> Response:
    """Show what a person can choose for themselves, each with an example."""
    return page.show(
        "me.html",
        mine=preference(),
        zones=service.zones(),
        office_zone=gate.me().timezone,
        calendars=_calendars(),
        digits=_digits(),
        themes=[Choice(code, label) for code, label in THEMES.items()],
        saved="saved" in request.args,
    )


@staff.post("/me")
@needs(Object.SELF, Action.CHANGE)
def change_me() -> AnyResponse:
    """Keep what a person chose."""
    form, member = request.form, gate.me()
    spoken = form.get("language", "")
    zone = form.get("timezone") or None
    if spoken not in language.offered() or (zone is not None and zone not in service.zones()):
        abort(400)
    chosen = Preference(
        timezone=zone,
        calendar=_word(Calendar, form.get("calendar")),
        digits=_word(Digits, form.get("digits")),
        theme=_word(Theme, form.get("theme")),
        shortcuts="shortcuts" in form,
    )
    before = asdict(preference()) | {"language": member.language}
    service.save(connection(), chosen, organisation_id=member.organisation_id, staff_id=member.id)
    accounts.set_language(connection(), member.id, spoken)
    changed = audit.changed(before, asdict(chosen) | {"language": spoken})
    page.note("staff.preferences_changed", f"staff {member.id}", **changed)
    answer = redirect(url_for("staff.me", saved=1), 303)
    gate.remember_language(answer, spoken)
    return answer


def _word(kind: type[Word], text: str | None) -> Word:
    try:
        return kind(text or "")
    except ValueError:
        abort(400)


def _calendars() -> list[Choice]:
    """Each calendar with today's date in it."""
    today = clock.now().astimezone(formats.zone()).date()
    return [Choice(code, label, formats.day(today, calendar=code)) for code, label in CALENDARS.items()]


def _digits() -> list[Choice]:
    latin = Choice(Digits.LATIN, N_("Latin"), "0123456789")
    own = calendars.own_digits(language.language())
    return [latin, Choice(Digits.OWN, N_("Those of my language"), own)] if own else [latin]
