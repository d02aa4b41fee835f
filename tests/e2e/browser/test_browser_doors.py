"""Coming in, in a real browser: the first administrator, an invitation, a passkey, an organisation's own account."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from gateway.models.staff import Role
from tests.e2e.browser.watch import Watch
from tests.e2e.doors import VOUCHED, Doors, doors
from tests.integration.web.people import totp

PASSWORD = "a quiet river at noon"
SERIOUS = {"serious", "critical"}
Come = Callable[..., Page]


@pytest.fixture(scope="module")
def house(browser: Browser) -> Iterator[Doors]:
    """A house that nobody lives in yet; its first administrator comes with the first test that needs one."""
    del browser
    with doors() as built:
        yield built


@pytest.fixture
def come(browser: Browser, house: Doors) -> Iterator[Come]:
    """Open a browser that has never been here."""
    opened: list[tuple[Any, Watch]] = []

    def open_page(*, width: int = 1280, language: str = "eng", expects: set[int] | None = None) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=house.url)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": "paigham_language", "value": language, "url": house.url}])
        watch = Watch(context, house.url.removeprefix("http://"))
        watch.expected = expects or set()
        watch.hosts |= {house.provider.removeprefix("http://")}
        opened.append((context, watch))
        return context.new_page()

    yield open_page
    for context, watch in opened:
        context.close()
        assert watch.faults == []


@pytest.fixture
def administered(house: Doors) -> None:
    """Somebody has been here before, so that there is an organisation to be invited into."""
    with house.connect() as connection:
        known = connection.scalar(sa.text("SELECT count(*) FROM organisation"))
    if not known:
        house.first_link()


def device(page: Page) -> Any:
    """Give the browser a device that keeps passkeys and asks for its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def test_the_first_administrator_comes_in_with_an_app(come: Come, house: Doors) -> None:
    house.forget_everybody()
    page = come()
    page.goto(house.first_link())
    page.fill("#name", "Zahra")
    page.fill("#email", "zahra@example.org")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button.main")
    expect(page.get_by_role("heading", level=1)).to_have_text("Protect your account")
    page.goto("/")
    expect(page).to_have_url(f"{house.url}/me/security/start")
    page.get_by_role("link", name="Authenticator app").click()
    expect(page.get_by_role("img", name="Picture for your authenticator app")).to_be_visible()
    look(page)
    page.get_by_text("No camera?").click()
    key = page.locator(".typed-key").inner_text()
    page.fill("#code", totp(key, time.time() - 30))
    page.click("main button.main")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    expect(page.locator(".codes code")).to_have_count(10)
    look(page)
    spare = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.context.clear_cookies()
    # By the app's next code, and once more by a recovery code.
    for code in (totp(key, time.time()), spare):
        page.goto("/me/security")
        page.fill("#email", "zahra@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button.main")
        expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
        page.fill("#confirm_code", code)
        page.press("#confirm_code", "Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
        page.context.clear_cookies()


def test_somebody_who_is_invited_comes_in_with_a_passkey_and_later_with_that_alone(
    come: Come, house: Doors, administered: None
) -> None:
    page = come(width=390)
    device(page)
    page.goto(house.invite("reviewer@example.org", Role.PROTECTION_REVIEWER))
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button.main")
    look(page)
    page.get_by_role("link", name="Passkey").click()
    page.fill("#name", "my phone")
    look(page)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("my phone")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/signin")
    page.fill("#email", "reviewer@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    look(page)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page).to_have_url(f"{house.url}/")
    page.context.clear_cookies()
    page.goto("/signin")
    page.get_by_role("link", name="Sign in with a passkey").click()
    look(page)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page).to_have_url(f"{house.url}/")
    page.goto("/me/sessions")
    expect(page.get_by_text("With a passkey").first).to_be_visible()


def test_a_device_that_says_no_leaves_the_other_ways_open(
    come: Come, house: Doors, administered: None
) -> None:
    page = come()
    page.goto("/signin/passkey")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_text("Your device did not answer")).to_be_visible()
    page.get_by_role("link", name="Sign in with a password instead").click()
    expect(page.locator("#password")).to_be_visible()


def test_somebody_comes_in_with_the_account_of_their_organisation(
    come: Come, house: Doors, administered: None
) -> None:
    house.invite(VOUCHED.email, Role.COMMUNITY_STAFF)
    page = come()
    page.goto("/me/sessions")
    page.get_by_role("link", name="Sign in with Example Agency").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.get_by_role("button", name=VOUCHED.name).click()
    expect(page).to_have_url(f"{house.url}/me/sessions")
    expect(page.get_by_text("With your organisation").first).to_be_visible()


def test_a_form_comes_back_as_it_was_sent_when_the_page_asks_who_sent_it(
    come: Come, house: Doors, administered: None
) -> None:
    page = come(expects={403})
    page.goto(house.invite("field@example.org", Role.COMMUNITY_STAFF))
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button.main")
    page.goto("/me/password")
    page.fill("#password", "another river at night")
    page.fill("#again", "another river at night")
    with house.connect() as connection:
        connection.execute(sa.text("UPDATE staff_session SET fresh_at = now() - interval '11 minutes'"))
    page.click("main button[type=submit].main")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    look(page)
    page.fill("#confirm_password", PASSWORD)
    page.get_by_role("button", name="Go on with the password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.context.clear_cookies()
    page.goto("/signin")
    page.fill("#email", "field@example.org")
    page.fill("#password", "another river at night")
    page.click("main button.main")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["eng", "urd"])
def test_nothing_keeps_anybody_out_of_their_own_account(
    language: str, width: int, come: Come, house: Doors, administered: None
) -> None:
    page = come(width=width, language=language)
    page.goto("/signin")
    look(page)
    page.goto(house.invite(f"{language}{width}@example.org", Role.COMMUNITY_STAFF, language=language))
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("main button.main")
    for path in (
        "/me/security",
        "/me/security/start",
        "/me/security/app",
        "/me/security/passkeys",
        "/me/sessions",
        "/me/password",
        "/me/confirm",
    ):
        page.goto(path)
        look(page)


def look(page: Page) -> None:
    """No serious fault for people who see, hear or move differently; nothing beyond the edge of the screen."""
    found = Axe().run(page)
    faults = [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
        if fault["impact"] in SERIOUS
    ]
    assert faults == []
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(item => Number(item.tagName[1]))")
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
