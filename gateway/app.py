"""The two Flask applications, made from one code base: what strangers reach, and what staff open.

A web server is given a factory (granian: `target="gateway.app:webhooks"` or `"gateway.app:pages"`, `factory=True`); it
reads settings from the environment. Tests call `create_webhooks` and `create_pages` with settings of their own.

The webhooks' process is the only one that the internet reaches. It imports no staff page and no service that reads
people (an import contract keeps it so), has no route for staff, and works under a database role that cannot read what
people wrote. Imports stand inside the factories so that each process loads its own part alone.
"""

from __future__ import annotations

from flask import Flask

from gateway import log
from gateway import settings as configuration
from gateway.settings import Settings


def webhooks() -> Flask:
    """Build the exposed application from the environment, once for each of its processes."""
    app = create_webhooks(_read())
    from gateway.web.webhooks import door_of

    door_of(app).watch()
    return app


def pages() -> Flask:
    """Build the internal application from the environment, once for each of its processes."""
    app = create_pages(_read())
    from gateway.web import warm

    warm.begin(app)
    return app


def create_webhooks(settings: Settings) -> Flask:
    """Put the exposed application together. Nothing connects before the first request.

    Raises:
        CannotStart: the keys cannot be read.
    """
    from gateway.web import exposed

    return exposed.create(settings)


def create_pages(settings: Settings) -> Flask:
    """Put the internal application together. Nothing connects before the first request.

    Raises:
        CannotStart: the keys cannot be read.
    """
    from gateway.web import internal

    return internal.create(settings)


def _read() -> Settings:
    settings = configuration.read()
    log.configure(settings.log_level)
    return settings
