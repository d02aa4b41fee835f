"""The exposed application: webhooks and their health. It knows no member of staff, no page and no session."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException

from gateway import log
from gateway.crypto import Keyring
from gateway.settings import Settings
from gateway.web import edge, health, webhooks
from gateway.web.health import Vitals

logger = log.get(__name__)


def create(settings: Settings) -> Flask:
    """Put it together. Nothing connects before the first request."""
    ring = Keyring.of(settings)
    app = edge.Application("gateway", static_folder=None, template_folder=None)
    app.session_interface = NoSessions()
    app.url_map.merge_slashes = (
        False  # Werkzeug would answer with an address that it builds from the Host header.
    )
    door = webhooks.install(app, settings, ring)
    health.install(app, Vitals(ring, door.waker.redis, door.pool.connection))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    # Signatures are made over our public address, so that no Host header has a say in anything.
    edge.install(app, settings, part="webhooks", hosts=None)
    return app


class NoSessions(SecureCookieSessionInterface):
    """Looks for no cookie and never sets one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:  # noqa: ARG002 - Flask's call
        """Return None, which makes Flask use a session that cannot be written."""
        return None


def _refused(error: HTTPException) -> Response:
    """Answer bare: what is wrong is nobody's business out there."""
    return Response(status=error.code or HTTPStatus.INTERNAL_SERVER_ERROR)


def _broken(error: Exception) -> Response:
    log.bug(logger, error, found=edge.request_id())
    away = isinstance(error, webhooks.AWAY)
    return Response(status=HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR)
