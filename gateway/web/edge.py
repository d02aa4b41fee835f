"""Round every request, before Flask looks at it: proxies believed or not, a known Host, an id, a line in the log.

Both applications, the exposed and the internal one, are wrapped in it. A request's id is made here and stands in every
log line that the request causes, in the header `X-Request-ID`, and on error pages as the code to ask for. A proxy's
own id is taken over only where a proxy is trusted: strangers must not be able to write into others' lines.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from gateway import log, measures
from gateway.settings import LOOPBACK, Settings

REQUEST_ID = "X-Request-ID"
ID_IN_ENVIRON = "paigham.request_id"
ROUTE_IN_ENVIRON = "paigham.route"
NO_ROUTE = "none"
ONLY_HTTPS = ("Strict-Transport-Security", "max-age=31536000")  # for a year, from the first answer over HTTPS
BARE = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
# Asked every few seconds by whoever watches: their lines would hide all others.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
# A message has its row, and a line would cost as much as storing it: only refusals are told, or all at level debug.
ON_THE_WAY = "/in/"
# Ids in the forms that our log writes: a UUID, or hexadecimal digits that are no telephone number.
_PROXY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{16,64}").fullmatch
_HOST = re.compile(r"([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?").fullmatch

logger = log.get(__name__)


class Application(Flask):
    """Flask that keeps what exceptions say to itself: they may quote what people wrote."""

    def log_exception(self, *details: Any) -> None:
        """Log nothing: the error handlers log each bug once, by its type and places."""


def install(app: Flask, settings: Settings, *, part: str, hosts: frozenset[str] | None) -> None:
    """Wrap an application.

    Args:
        app: it is given its route names, and its `wsgi_app` is wrapped.
        settings: how many proxies are trusted.
        part: "webhooks" or "pages", for the counts of requests.
        hosts: names under which it answers, in lower case without port; None: under any.
    """
    app.before_request(_note_route)
    wrapped = Edge(
        app.wsgi_app,
        part=part,
        hosts=hosts,
        trusted=settings.trusted_proxies > 0,
        always=(ONLY_HTTPS,) if settings.secure_cookies else (),
    )
    app.wsgi_app = _behind_proxies(wrapped, settings.trusted_proxies)  # type: ignore[method-assign]


def known_hosts(settings: Settings) -> frozenset[str]:
    """The names under which staff pages answer: their address, where they listen, and those that are set."""
    listening = {settings.host, LOOPBACK.get(settings.host, settings.host), "localhost", "127.0.0.1", "[::1]"}
    named = {name.strip() for name in settings.allowed_hosts.split(",") if name.strip()}
    return frozenset(map(bare_host, listening | named | {urlsplit(settings.pages_url).netloc}))


def request_id() -> str:
    """The id of the request that is being served."""
    found: str = request.environ.get(ID_IN_ENVIRON, "")
    return found


class Edge:
    """A WSGI application round another one."""

    def __init__(
        self,
        inner: Any,
        *,
        part: str,
        hosts: frozenset[str] | None,
        trusted: bool,
        always: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.inner = inner
        self.part = part
        self.hosts = hosts
        self.trusted = trusted
        self.always = always

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request; its line is written when its answer is ready to be sent."""
        begun, code = time.perf_counter(), "500"
        found = environ[ID_IN_ENVIRON] = self._id(environ)

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal code
            code = status[:3]
            return start_response(status, [*headers, *self.always, (REQUEST_ID, found)], *rest)

        with log.scope(request=found):
            try:
                body: Iterable[bytes] = self._answer(environ)(environ, started)
                return body
            finally:
                self._tell(environ, int(code), time.perf_counter() - begun)

    def _answer(self, environ: dict[str, Any]) -> Any:
        host = environ.get("HTTP_HOST", "")
        if self.hosts is not None and (not _HOST(host.lower()) or bare_host(host) not in self.hosts):
            return Response("This gateway has another name.\n", 400, headers=BARE)
        return self.inner

    def _id(self, environ: dict[str, Any]) -> str:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        return given if self.trusted and _PROXY_ID(given) else log.new_id()

    def _tell(self, environ: dict[str, Any], status: int, seconds: float) -> None:
        method, route = environ.get("REQUEST_METHOD", ""), environ.get(ROUTE_IN_ENVIRON, NO_ROUTE)
        measures.count_request(self.part, method=method, route=route, status=status, seconds=seconds)
        fine = status < HTTPStatus.BAD_REQUEST
        if fine and route in PROBES:
            return
        tell = logger.debug if fine and route.startswith(ON_THE_WAY) else logger.info
        tell("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _behind_proxies(app: Any, count: int) -> Any:
    """Believe as many proxies as are trusted, about the caller's address and scheme; never about the host."""
    return ProxyFix(app, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0) if count else app


def _note_route() -> None:
    """Remember the route's template: unlike the path it holds no id, no token and no search."""
    if request.url_rule is not None:
        request.environ[ROUTE_IN_ENVIRON] = request.url_rule.rule
    g.request_id = request_id()


def bare_host(host: str) -> str:
    """A host without its port, in lower case."""
    host = host.lower()
    return (
        host
        if host.endswith("]")
        else host.partition("]")[0] + "]"
        if host.startswith("[")
        else host.partition(":")[0]
    )
