"""Tickets of this browser: what a page must remember until the next request, bound to the browser's own cookie."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import after_this_request, g, request
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import tickets
from gateway.web import gate
from gateway.web.resources import connection, resources

COOKIE = "paigham_door"  # of strangers; members have their session's


def put(kind: str, state: Mapping[str, Any]) -> None:
    """Remember a state for this browser, in place of what stood there under the kind."""
    secret = g.get("given_secret") or _secret() or g.get("door_secret") or _give_cookie()
    tickets.put(connection(), resources().ring, f"{kind}:{secret}", state, now=clock.now())


def look(kind: str) -> dict[str, Any] | None:
    """Return what this browser's ticket says, and leave it."""
    secret = _secret()
    if secret is None:
        return None
    return tickets.look(connection(), resources().ring, f"{kind}:{secret}", now=clock.now())


def take(kind: str) -> dict[str, Any] | None:
    """Return what this browser's ticket says, once."""
    secret = _secret()
    if secret is None:
        return None
    return tickets.take(connection(), resources().ring, f"{kind}:{secret}", now=clock.now())


def _secret() -> str | None:
    # Of a session that is over the cookie is only a random word, which is all that a stranger needs.
    return request.cookies.get(gate.cookie_name()) or request.cookies.get(COOKIE)


def _give_cookie() -> str:
    g.door_secret = secret = secrets.token_urlsafe(32)

    @after_this_request
    def give(response: Any) -> Any:
        _set(response, secret)
        return response

    return secret


def _set(response: AnyResponse, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(tickets.LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=resources().settings.secure_cookies,
    )
