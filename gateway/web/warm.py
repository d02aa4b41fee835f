"""What the first visitor would wait for, made ready while nobody waits: templates, catalogs, files, formats, Argon2.

It runs beside the process's first requests, in a thread of its own, and delays nothing: whoever comes meanwhile makes
what they need themselves, as they would without it. What the sign-in page needs comes first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator

from flask import Flask
from flask_security import hash_password

from gateway import clock, i18n, log
from gateway.web import language
from gateway.web.assets import assets

FIRST = ("signin.html", "security/second.html", "overview.html", "error.html")
BREATH = 0.005  # seconds between two steps: visitors go first

logger = log.get(__name__)


def begin(app: Flask) -> threading.Thread:
    """Start to warm an application up, and return the thread that does."""
    thread = threading.Thread(target=warm, args=[app], name="warm", daemon=True)
    thread.start()
    return thread


def warm(app: Flask) -> None:
    """Do each step; one that fails is told, and what it was for fails or works when somebody asks for it."""
    try:
        with app.app_context():
            for _ in _steps(app):
                time.sleep(BREATH)
    except Exception as error:
        logger.warning("not_warm", exc_info=error)


def _steps(app: Flask) -> Iterator[None]:
    every = app.jinja_env.list_templates(extensions=["html"])
    yield from _templates(app, FIRST)
    for code in language.offered():
        _speak(code)
        yield
    assets()
    yield
    hash_password("warm")
    yield
    yield from _templates(app, every)


def _templates(app: Flask, names: Iterable[str]) -> Iterator[None]:
    for name in names:
        app.jinja_env.get_template(name)
        yield


def _speak(code: str) -> None:
    """Read a language's catalog, and its ways to write dates and numbers."""
    i18n.catalog(i18n.GATEWAY, code)
    i18n.ngettext_for(code)("%(count)s day", "%(count)s days", 2)
    i18n.format_datetime(clock.now(), code)
    i18n.format_number(1234.5, code)
