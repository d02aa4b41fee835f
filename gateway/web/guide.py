"""Help: a panel on every page, and one page with all of it."""

from __future__ import annotations

from flask import Response, current_app, url_for

from gateway.web import access, gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.help_texts import HELP


@staff.get("/help")
@needs(Object.SELF)
def help_index() -> Response:
    """Show the help of all pages that the member may open."""
    entries = [(endpoint, text, _address(endpoint)) for endpoint, text in HELP.items() if _is_mine(endpoint)]
    return page.show("help.html", entries=entries)


def _is_mine(endpoint: str) -> bool:
    view = current_app.view_functions.get(endpoint)
    rule = access.rule_of(view) if view is not None else None
    return rule is not None and rule.object is not None and gate.may(rule.object, rule.action)


def _address(endpoint: str) -> str | None:
    """Return where a page is; None for one that shows a single thing, which nobody can choose here."""
    endpoint = _ENTRANCES.get(endpoint, endpoint)
    rules = list(current_app.url_map.iter_rules(endpoint))
    return url_for(endpoint) if any(not rule.arguments for rule in rules) else None


_ENTRANCES = {"staff.setup_step": "staff.setup"}  # pages of several parts begin elsewhere
