"""What a reader on a weak line pays: the bytes that a real browser receives, of every page, with full lists."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from gateway import clock, db, ids
from gateway.channels.base import Received
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.services import channels, inbox, staff
from gateway.services.people import House
from tests.e2e import page_list
from tests.e2e.page_list import Sight
from tests.e2e.screenshots import sights
from tests.e2e.seed import _handle, signed_in
from tests.e2e.stage import Stage, stage

FIRST = 60 * 1024  # bytes over the wire, headers included, with all that a page loads
LATER = 20 * 1024
FULL = 60  # more than a page of any list
LANGUAGES = ("eng", "urd")
BUILDERS = {"components"}  # for whoever builds pages, not for whoever works in them


@pytest.fixture(scope="module")
def full() -> Iterator[Stage]:
    """A stage of its own: more than a page of each list."""
    with stage() as made:
        fill(made)
        yield made


def fill(made: Stage) -> None:
    ring = Keyring.of(made.settings)
    now = clock.now() - timedelta(hours=1)
    with db.connect(made.settings) as connection:
        row = connection.execute("SELECT id FROM channel WHERE kind = 'twilio' LIMIT 1").fetchone()
        assert row is not None
        line = channels.load(connection, ring, row[0])
        assert line is not None
        for place in range(FULL):
            urn = f"tel:+92300777{place:04}"
            for turn, text in enumerate(
                ("PROBLEM", f"The tap of block {place} has been dry for {place} days.")
            ):
                said = Received(f"full-{place}-{turn}", urn, text=text)
                inbox.store(connection, ring, line, said, now=now + timedelta(seconds=turn))
                _handle(connection, House(ring), now + timedelta(seconds=turn + 1))
            connection.execute(
                "INSERT INTO flow_problem (id, organisation_id, flow_code, step, code, detail, created_at)"
                " VALUES (%s, %s, 'grievance_intake', %s, 'bad_expression', '${age} > ''eighteen''', now())",
                [ids.new(), made.made.organisation_id, f"step_{place}"],
            )
        connection.execute("UPDATE message_out SET status = 'failed', reason = '30003' WHERE segments > 0")
        connection.commit()


@pytest.fixture(scope="module")
def weighed(full: Stage, browser: Browser) -> dict[str, dict[str, tuple[int, list[str]]]]:
    """By language and page: the bytes that came, and what they were. The first page comes with an empty cache."""
    found = sights(full, browser)
    return {language: _weigh(full, browser, language, found) for language in LANGUAGES}


def _weigh(
    full: Stage, browser: Browser, language: str, found: list[Sight]
) -> dict[str, tuple[int, list[str]]]:
    weights = {}
    for role in (None, *page_list.ORDER):
        context = _context(full, browser, role, language)
        page = context.new_page()
        home = "/" if role else "/signin"
        weights[f"the first page of {role}"] = _bytes(page, context, home)
        for sight in found:
            if sight.role == role and sight.name not in BUILDERS:
                weights[sight.name] = _bytes(page, context, sight.path)
        context.close()
    return weights


def _context(full: Stage, browser: Browser, role: Role | None, language: str) -> BrowserContext:
    context = browser.new_context(base_url=full.url)
    context.add_cookies([{"name": "paigham_language", "value": language, "url": full.url}])
    if role is not None:
        context.add_cookies([{"name": "paigham", "value": _session(full, role, language), "url": full.url}])
    return context


def _session(full: Stage, role: Role, language: str) -> str:
    engine = db.engine(full.settings)
    with engine.begin() as connection:
        staff_id = staff.find(connection, Keyring.of(full.settings), full.made.emails[role])
        assert staff_id is not None
        staff.set_language(connection, staff_id, language)
    engine.dispose()
    return signed_in(full.settings, staff_id, now=clock.now())


def _bytes(page: Page, context: BrowserContext, address: str) -> tuple[int, list[str]]:
    """Open a page; the browser itself counts what came over the wire."""
    watch = context.new_cdp_session(page)
    sizes: dict[str, float] = {}
    names: dict[str, str] = {}

    def came(event: Any) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    watch.on(
        "Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]})
    )
    watch.on("Network.loadingFinished", came)
    watch.send("Network.enable")
    page.goto(address)
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(150)
    watch.detach()
    return int(sum(sizes.values())), [
        f"{size:.0f} {names.get(key, '?')}" for key, size in sizes.items() if size
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_costs_no_more_than_sixty_kilobytes(language: str, weighed: Any) -> None:
    first = {name: found for name, found in weighed[language].items() if name.startswith("the first")}
    assert len(first) > 4
    assert {name: found for name, found in first.items() if not 5_000 < found[0] <= FIRST} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_later_page_costs_more_than_twenty_kilobytes(language: str, weighed: Any) -> None:
    later = {name: found for name, found in weighed[language].items() if not name.startswith("the first")}
    assert len(later) > 25
    assert {name: found for name, found in later.items() if found[0] > LATER} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_loaded_once_is_not_loaded_again(language: str, weighed: Any) -> None:
    later = {name: found[1] for name, found in weighed[language].items() if not name.startswith("the first")}
    again = {name: [part for part in parts if "paigham." in part] for name, parts in later.items()}
    assert {name: parts for name, parts in again.items() if parts} == {}
