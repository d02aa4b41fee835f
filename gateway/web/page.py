"""What every page shares: its frame, its words and formats, and the line that reading a person leaves in the audit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, make_response, render_template, request

from gateway.web import assets, formats, forms, gate, language, mine, tokens, words
from gateway.web.access import Object
from gateway.web.help_texts import HELP
from gateway.web.notes import note, note_there, seen
from gateway.web.words import N_

__all__ = ["harden", "install", "note", "note_there", "page_number", "seen", "show"]

MOST_PAGES = 200

# Pages with a part that is refreshed while they are open.
LIVING = {
    name: name.replace(".html", "_live.html")
    for name in ("overview.html", "round.html", "phone.html", "results.html")
}

# No script, style, image or form of anybody else; nothing inline; in nobody's frame. A file of ours that a page does
# not name with this response's nonce is no script of it: what somebody uploads here cannot become one.
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",  # Nothing of a person stays in a browser.
}


# The menu's groups, in their order; the first has no heading.
FIRST, PEOPLE, SURVEYS, HOUSE, OWN = "", N_("People"), N_("Surveys and flows"), N_("The house"), N_("You")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu, shown to whoever may see its object."""

    endpoint: str
    label: str
    icon: str
    object: Object
    group: str = HOUSE


MENU = (
    Entry("staff.overview", N_("Overview"), "home", Object.OVERVIEW, FIRST),
    Entry("staff.contacts", N_("Conversations"), "talk", Object.CONTACT, PEOPLE),
    Entry("staff.grievances", N_("Grievances"), "flag", Object.GRIEVANCE, PEOPLE),
    Entry("staff.rounds", N_("Rounds"), "chart", Object.SURVEY, SURVEYS),
    Entry("staff.messages", N_("Messages to check"), "alert", Object.DELIVERY, PEOPLE),
    Entry("staff.flows", N_("Flows"), "branch", Object.FLOW, SURVEYS),
    Entry("staff.translations", N_("Translations"), "globe", Object.TRANSLATION, SURVEYS),
    Entry("staff.problems", N_("Flow problems"), "wrench", Object.PROBLEM, SURVEYS),
    Entry("staff.simulator", N_("Phone simulator"), "phone", Object.SIMULATOR, SURVEYS),
    Entry("staff.audit_lines", N_("Audit"), "shield", Object.AUDIT),
    Entry("staff.security_lines", N_("Access log"), "key", Object.SECURITY),
    Entry("staff.partners", N_("Partners"), "chart", Object.PARTNERS),
    Entry("staff.administration", N_("Administration"), "house", Object.ADMINISTRATION),
    Entry("staff.rosters", N_("Duty roster"), "calendar", Object.ROSTER, PEOPLE),
    Entry("staff.mails", N_("Mails to staff"), "mail", Object.MAIL),
    Entry("staff.me", N_("My settings"), "gear", Object.SELF, OWN),
    Entry("staff.help_index", N_("Help"), "help", Object.SELF, OWN),
    Entry("staff.components", N_("Components"), "shapes", Object.SELF, OWN),
)


def install(app: Flask) -> None:
    """Give templates their words and formats."""
    app.context_processor(_frame)
    app.jinja_env.filters |= {
        "when": formats.when,
        "moment": formats.moment,
        "day": formats.day,
        "day_input": formats.day_input,
        "digits": formats.digits,
        "ago": formats.ago,
        "for_long": formats.for_long,
        "number": formats.number,
        "word": words.word,
        "lang": language.tag,
        "language": language.name,
    }
    app.jinja_env.globals |= {
        "asset": assets.asset,
        "nonce": tokens.nonce,
        "percent": formats.percent,
        "lasted": formats.lasted,
        "sms_cost": formats.sms_cost,
        "preference": mine.preference,
        "ngettext": formats.counted,
        "endonym": language.endonym,
        "direction_of": language.direction,
        "form_token": gate.form_token,
        "form_key": forms.form_key,
        "FORM_FIELD": gate.FORM_FIELD,
        "may": gate.may,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def show(template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a page; a script that asks for its living part alone gets that, or learns that it is as it was."""
    live = LIVING.get(template) if request.args.get("part") == "live" else None
    text = render_template(live or template, **values)
    answer = make_response(text, status)
    return _unless_known(answer, text) if "part" in request.args else answer


def page_number(text: str | None = None) -> int:
    """Return the page that the address asks for, from 1. Far beyond the last page stands the last that we show."""
    asked = text or request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit()):
        return 1
    return min(max(int(asked[:20]), 1), MOST_PAGES)


def harden(response: Response) -> Response:
    """Add the headers that every page carries; what a view set itself stays."""
    response.headers.setdefault("Content-Security-Policy", POLICY.format(nonce=tokens.nonce()))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _unless_known(answer: Response, text: str) -> Response:
    """Answer 304 when the script says that it has this part already. What is random in a page does not count."""
    digest = hashlib.sha256(tokens.without_random(text).encode()).hexdigest()
    answer.set_etag(digest[:32], weak=True)
    answer.make_conditional(request)
    return answer


def _frame() -> dict[str, Any]:
    member = gate.member()
    return {
        "member": member,
        "menu": _menu() if member else [],
        "back": request.full_path.rstrip("?") if request.method == "GET" else request.path,
        "language_code": language.language(),
        "lang_tag": language.tag(language.language()),
        "dir": language.direction(),
        "offered": language.offered(),
        "help": HELP.get(request.endpoint or ""),
    }


def _menu() -> list[tuple[str, list[Entry]]]:
    """Return the groups that hold an entry for who asks, with those entries."""
    seen = [entry for entry in MENU if gate.may(entry.object)]
    groups = [
        (group, [entry for entry in seen if entry.group == group])
        for group in (FIRST, PEOPLE, SURVEYS, HOUSE, OWN)
    ]
    return [(group, entries) for group, entries in groups if entries]
