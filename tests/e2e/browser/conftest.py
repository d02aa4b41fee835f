"""One stage and one Chromium for all browser tests; each test has a context of its own.

Every page is watched: an error in its console, or a request to another host, fails the test.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gateway import clock
from gateway.crypto import Keyring
from gateway.models.staff import Role
from tests.e2e import chromium
from tests.e2e.browser.watch import Open, Watch
from tests.e2e.seed import signed_in
from tests.e2e.stage import Stage, stage

WAIT = 15_000  # milliseconds


@pytest.fixture(scope="session")
def shown() -> Iterator[Stage]:
    """The pages, running."""
    chromium.need()
    with stage() as running:
        yield running


@pytest.fixture(scope="session")
def browser(shown: Stage) -> Iterator[Browser]:
    """The machine's Chromium."""
    del shown
    with sync_playwright() as player:
        launched = chromium.launch(player)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, shown: Stage) -> Iterator[Open]:
    """Open a page as a role (None: a stranger), at a width, in a language, with or without JavaScript."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_page(
        role: Role | None = None,
        *,
        width: int = 1280,
        language: str = "eng",
        expects: set[int] | None = None,
        allows: tuple[str, ...] = (),
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=shown.url, **options)
        context.set_default_timeout(WAIT)
        context.add_cookies([_cookie(shown, "paigham_language", language)])
        if role is not None:
            context.add_cookies([_cookie(shown, "paigham", _session(shown, role, language))])
        watch = Watch(context, urlsplit(shown.url).netloc)
        watch.expected, watch.allowed = expects or set(), allows
        opened.append((context, watch))
        return context.new_page()

    yield open_page
    for context, watch in opened:
        context.close()
        assert watch.faults == []


def _cookie(shown: Stage, name: str, value: str) -> Any:
    return {"name": name, "value": value, "url": shown.url}


def _session(shown: Stage, role: Role, language: str) -> str:
    from gateway import db
    from gateway.services import staff

    engine = db.engine(shown.settings)
    with engine.begin() as connection:
        staff_id = staff.find(connection, Keyring.of(shown.settings), shown.made.emails[role])
        assert staff_id is not None
        staff.set_language(connection, staff_id, language)
    engine.dispose()
    return signed_in(shown.settings, staff_id, now=clock.now())
