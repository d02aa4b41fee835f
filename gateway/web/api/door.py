"""The door of the API: a key in the header `Authorization: Bearer …`, its organisation, and what it may read.

A request is bound to the key's organisation as a page is to its reader's: the same wall in PostgreSQL. What a key may
not read answers as what there is not.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, g, request

from gateway import clock
from gateway.services import api_keys
from gateway.services.api_keys import Key, Scope
from gateway.web import access, limits, page
from gateway.web.access import OPEN, Object, needs
from gateway.web.limits import limited
from gateway.web.resources import bind, commit, connection

View = TypeVar("View", bound=Callable[..., Any])

api = Blueprint("api", __name__, url_prefix="/api/v1")


def reads(scope: Scope) -> Callable[[View], View]:
    """Mark a view with the scope that a key needs for it."""

    def mark(view: View) -> View:
        view.key_scope = scope  # type: ignore[attr-defined]
        return limited("api")(needs(Object.API)(view))

    return mark


def whose() -> UUID:
    """Return the organisation of the key, behind the door."""
    key: Key = g.api_key
    return key.organisation_id


def _know() -> None:
    """Find out whose key this is. Cookies of staff do not count here."""
    g.member = g.holder = None
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    is_key = scheme.casefold() == "bearer" and secret.startswith(api_keys.PREFIX)
    g.api_key = api_keys.find(connection(), secret, now=clock.now()) if is_key else None
    if g.api_key is not None:
        limits.identify(g.api_key.id)


def _let_in() -> None:
    view = current_app.view_functions[request.endpoint or ""]
    rule, key = access.rule_of(view), g.api_key
    if rule is None:
        abort(404)
    if rule == OPEN:
        return
    if key is None:
        abort(401)
    bind(key.organisation_id, sealed=False)
    api_keys.touch(connection(), key, now=clock.now())
    if getattr(view, "key_scope", None) not in key.scopes:
        abort(404)


def _ask_for_key(response: Response) -> Response:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


api.before_request(_know)
api.before_request(limits.guard)
api.before_request(_let_in)
api.after_request(_ask_for_key)
api.after_request(page.harden)
api.after_request(commit)
