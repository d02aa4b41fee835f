"""Every staff page with somebody who may see it, found by the application's own routes.

Pages whose address needs an id are found as a person finds them: by following links from those that need none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from flask import Flask
from playwright.sync_api import APIRequestContext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

from gateway.models.staff import Role
from gateway.web import access
from gateway.web.help_texts import NO_PAGE

LINK = re.compile(r'<a\b[^>]*href="(/[^"]*)"')
# Who looks: whoever sees most first.
ORDER = (
    Role.SENSITIVE_FOCAL_POINT,
    Role.DATA_PROTECTION_OFFICER,
    Role.ADMIN,
    Role.IM_OFFICER,
    Role.TRANSLATOR,
    Role.VIEWER_AGGREGATE,
)
# What the pictures are called where the endpoint does not say it well.
NAMES = {"contacts": "conversations", "contact": "conversation", "grievance": "case", "round_": "round"}
# Pages of strangers and of nobody.
STRANGERS = {"signin": "/signin"}


@dataclass(frozen=True)
class Sight:
    """One page: what it is called, where it is, and as whom it is looked at (None: a stranger)."""

    name: str
    path: str
    role: Role | None


def routes(app: Flask) -> dict[str, tuple[Rule, Role]]:
    """Each page behind the gate by its endpoint, with the first role that may see it."""
    found = {}
    for rule in app.url_map.iter_rules():
        role = _who(app, rule)
        if role is not None and rule.endpoint not in NO_PAGE and "GET" in (rule.methods or ()):
            found[rule.endpoint] = (rule, role)
    return found


def plain(app: Flask) -> Iterator[Sight]:
    """Pages that need nothing but their address."""
    yield from (Sight(name, path, None) for name, path in STRANGERS.items())
    for endpoint, (rule, role) in routes(app).items():
        if not rule.arguments:
            yield Sight(name_of(endpoint), rule.rule, role)


def linked(app: Flask, role: Role, requests: APIRequestContext, start: list[str]) -> Iterator[Sight]:
    """Pages with an id that a role finds by links, one of each kind. `requests` carry the role's session; what of
    `start` it may not see answers without links.
    """
    wanted = {endpoint for endpoint, (rule, who) in routes(app).items() if rule.arguments and who == role}
    urls = app.url_map.bind("localhost")
    waiting, seen = list(start), set(start)
    while waiting and wanted:
        for path in LINK.findall(requests.get(waiting.pop(0)).text()):
            address = unescape(path).partition("#")[0]
            endpoint = _endpoint(urls, address)
            if endpoint in wanted and address not in seen:
                wanted.discard(endpoint)
                yield Sight(name_of(endpoint), address, role)
                waiting.append(address)
                seen.add(address)


def name_of(endpoint: str) -> str:
    """What a page's pictures are called."""
    short = endpoint.removeprefix("staff.")
    return NAMES.get(short, short.replace(".", "-"))


def _who(app: Flask, rule: Rule) -> Role | None:
    if not rule.endpoint.startswith("staff."):
        return None
    asked = access.rule_of(app.view_functions[rule.endpoint])
    if asked is None or asked.object is None:
        return None
    return next((role for role in ORDER if access.allows(role, asked.object, asked.action)), None)


def _endpoint(urls: MapAdapter, address: str) -> str:
    try:
        return str(urls.match(address.partition("?")[0], method="GET")[0])
    except HTTPException:
        return ""
