"""The internal application: staff pages, their health, and nothing that a provider calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import sqlalchemy as sa
from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from gateway.db import Connection
from gateway.services import figures
from gateway.services.bridge import plain
from gateway.settings import Settings
from gateway.web import edge, health, limits, metrics, pages, resources
from gateway.web.assets import FILES
from gateway.web.health import CHECKS, Check, NotReady, Vitals
from gateway.web.resources import Resources


def create(settings: Settings) -> Flask:
    """Put it together. Nothing connects before the first request."""
    app = edge.Application("gateway", static_folder=None, template_folder=None)
    # Werkzeug would lead from /a//b to /a/b by an address that it builds from the Host header.
    app.url_map.merge_slashes = False
    parts = Resources.of(settings)
    resources.install(app, parts)
    app.teardown_request(resources.close)
    _configure(app, settings)
    pages.install(app)
    limits.install(app, settings, parts.ring)
    checks: dict[str, Check] = {**CHECKS, "lag": partial(_lag, settings.ready_lag)}
    vitals = Vitals(parts.ring, parts.waker.redis, partial(_lend, parts.engine), checks)
    health.install(app, vitals)
    metrics.install(app, settings, vitals)
    edge.install(app, settings, part="pages", hosts=edge.known_hosts(settings))
    return app


class Sessions(SecureCookieSessionInterface):
    """Signed cookies that hold the token of forms. Files of ours do not look for one: they are kept for everybody."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie; None makes Flask use a session that cannot be written."""
        if request.path.startswith(FILES):  # Flask opens the session before it knows the route.
            return None
        return super().open_session(app, request)


def _configure(app: Flask, settings: Settings) -> None:
    app.session_interface = Sessions()
    # The index key is one of the secrets that all processes share; the label keeps its uses apart.
    app.secret_key = resources.of(app).ring.index("web: signature of the form cookie")
    app.config.update(
        # Browsers take a name with this prefix over HTTPS and from this host alone.
        SESSION_COOKIE_NAME="__Host-paigham_form" if settings.secure_cookies else "paigham_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # A form lives as long as the browser's session.
    )


@contextmanager
def _lend(engine: sa.Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield plain(connection)


def _lag(limit: int, vitals: Vitals) -> None:
    """Raise when a message has waited for too long: the machine runs, and its work is not done."""
    with vitals.lend() as connection:
        found = [item for item in figures.waiting(connection) if item.stage != "uncertain"]
    if limit and any(item.oldest_seconds > limit for item in found):
        raise NotReady("Messages wait for too long.")
