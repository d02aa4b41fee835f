"""The one place where Flask is put together.

A web server is given `gateway.app:application` as a factory (granian: `target="gateway.app:application"`,
`factory=True`); it reads settings from the environment. Tests call `create_app` with settings of their own.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from gateway import log
from gateway import settings as configuration
from gateway.errors import SettingsInvalid
from gateway.settings import Settings
from gateway.web import resources
from gateway.web.access import PROVIDERS
from gateway.web.resources import Resources

WEBHOOKS = "webhooks"
STAFF = "staff"
PARTS = frozenset({WEBHOOKS, STAFF})
DOOR = "paigham.webhooks"  # where the webhooks keep what their requests share


def application() -> Flask:
    """Build the application from the environment, once for each web process."""
    settings = configuration.read()
    log.configure(settings.log_level)
    app = create_app(settings)
    if WEBHOOKS in _parts(settings):
        app.extensions[DOOR].watch()
    return app


def create_app(settings: Settings) -> Flask:
    """Put the application together. Nothing connects before the first request.

    Raises:
        SettingsInvalid: `parts` names something that there is not.
        CannotStart: the keys cannot be read.
    """
    parts = _parts(settings)
    app = Application("gateway", static_folder=None, template_folder=None)
    resources.install(app, Resources.of(settings))
    app.teardown_request(resources.close)
    _configure(app, settings)
    if STAFF in parts:
        from gateway.web import pages

        pages.install(app)
    if WEBHOOKS in parts:
        from gateway.web import webhooks

        app.extensions[DOOR] = webhooks.Door.of(settings, resources.of(app).ring)
        app.register_blueprint(webhooks.blueprint)
    from gateway.web import health

    app.register_blueprint(health.blueprint)
    return app


class Application(Flask):
    """Flask that keeps what exceptions say to itself: they may quote what people wrote."""

    def log_exception(self, *details: Any) -> None:
        """Log nothing: `gateway.web.errors` logs each bug once, by its type and places."""


class Sessions(SecureCookieSessionInterface):
    """Signed cookies that hold the token of forms and nothing else; webhooks do not even look for one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie; None makes Flask use a session that cannot be written."""
        if request.path.startswith(PROVIDERS):  # Flask opens the session before it knows the route.
            return None
        return super().open_session(app, request)


def _configure(app: Flask, settings: Settings) -> None:
    # The index key is one of the secrets that all processes share; the label keeps its uses apart.
    app.secret_key = resources.of(app).ring.index("web: signature of the form cookie")
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="paigham_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # A form lives as long as the browser's session.
    )


def _parts(settings: Settings) -> frozenset[str]:
    named = frozenset(part.strip() for part in settings.parts.split(",") if part.strip())
    if not named or named - PARTS:
        raise SettingsInvalid([f"{configuration.variable('parts')} must name: {' or '.join(sorted(PARTS))}."])
    return named
