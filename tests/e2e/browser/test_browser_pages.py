"""Pages in a real browser: both directions of writing, by keyboard alone, without JavaScript, for everybody's eyes."""

import itertools
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.models.staff import Role
from tests.e2e.browser.watch import Open
from tests.e2e.screenshots import pages
from tests.e2e.seed import PASSWORD, email
from tests.e2e.stage import Stage

NAMES = (
    "overview",
    "conversations",
    "conversation",
    "messages",
    "rounds",
    "round",
    "grievances",
    "case",
    "sealed",
    "problems",
    "simulator",
    "phone",
    "missing",
)
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="session")
def addresses(browser: object, shown: Stage) -> dict[str, str]:
    """Each page's address; the phone among them has talked."""
    from tests.e2e.screenshots import sign_in

    context = browser.new_context(base_url=shown.url)
    page = context.new_page()
    sign_in(page, shown, Role.SENSITIVE_FOCAL_POINT)
    found = pages(shown, page)
    context.close()
    assert set(found) == set(NAMES)
    return found


def test_a_member_signs_in_reads_the_overview_and_signs_out(visit: Open) -> None:
    page = visit(expects={401})
    page.goto("/contacts")
    expect(page).to_have_url(re.compile("/signin"))
    page.fill("#email", email(Role.COMMUNITY_STAFF))
    page.fill("#password", "not the password")
    page.click("button.main")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    expect(page).to_have_url(re.compile("/contacts$"))
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_role("link", name=re.compile("Not delivered"))).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/contacts")
    expect(page).to_have_url(re.compile("/signin"))


def test_signing_in_needs_no_mouse(visit: Open) -> None:
    page = visit()
    page.goto("/signin")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type(email(Role.IM_OFFICER))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    expect(page.locator("button.main")).to_be_focused()
    assert _outline(page) >= 2
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_a_conversation_shows_who_said_what(visit: Open, shown: Stage) -> None:
    page = visit(Role.COMMUNITY_STAFF)
    page.goto(f"/contacts/{shown.made.contact_id}")
    expect(page.locator(".bubble.in").first).to_be_visible()
    expect(page.locator(".bubble.out").first).to_be_visible()
    left = page.locator(".bubble.in").first.bounding_box()
    right = page.locator(".bubble.out").first.bounding_box()
    assert left is not None
    assert right is not None
    assert left["x"] < right["x"] + right["width"]
    page.get_by_role("button", name="Show name and number").click()
    expect(page.locator(".revealed")).to_contain_text("+92")


def test_pages_in_urdu_run_from_right_to_left(visit: Open) -> None:
    page = visit(Role.PROTECTION_REVIEWER, language="urd")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("heading", level=1)).to_have_text("جائزہ")
    menu, main = page.locator(".side").bounding_box(), page.locator("main").bounding_box()
    assert menu is not None
    assert main is not None
    assert menu["x"] > main["x"], "the menu stands on the right"
    font = page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    assert "Nastaliq" in font


def test_the_language_changes_at_once_and_goes_back(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/rounds")
    page.select_option("#speak", "urd")
    expect(page.locator("html")).to_have_attribute("lang", "ur")
    expect(page).to_have_url(re.compile("/rounds$"))
    page.select_option("#speak", "eng")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rounds")


@pytest.mark.parametrize("language", ["eng", "urd"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_keeps_anybody_out(
    name: str, width: int, language: str, visit: Open, addresses: dict[str, str]
) -> None:
    page = visit(Role.SENSITIVE_FOCAL_POINT, width=width, language=language, expects={404})
    page.goto(addresses[name])
    _look(page)


@pytest.mark.parametrize("language", ["eng", "urd"])
def test_nothing_keeps_anybody_from_signing_in(language: str, visit: Open) -> None:
    page = visit(width=390, language=language)
    page.goto("/signin")
    _look(page)


@pytest.mark.parametrize("name", ["overview", "conversation", "round", "phone"])
def test_the_dark_pages_can_be_read_too(name: str, visit: Open, addresses: dict[str, str]) -> None:
    page = visit(Role.SENSITIVE_FOCAL_POINT, color_scheme="dark")
    page.goto(addresses[name])
    _look(page)


def test_a_round_refreshes_while_it_is_open(visit: Open, shown: Stage) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto(f"/rounds/{shown.made.round_id}")
    with page.expect_response(lambda answer: "part=live" in answer.url) as answered:
        pass
    assert answered.value.ok
    expect(page.get_by_role("heading", name="From asked to completed")).to_be_visible()


def test_an_open_page_notices_that_the_session_is_over(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/")
    page.context.clear_cookies(name="paigham")
    page.evaluate("document.querySelector('[data-live]').refresh()")
    expect(page).to_have_url(re.compile("/signin"))


def _look(page: Page) -> None:
    """No serious fault for people who see, hear or move differently; nothing beyond the edge of the screen."""
    found = Axe().run(page)
    faults = [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
        if fault["impact"] in SERIOUS
    ]
    assert faults == []
    assert found.response["passes"], "the rules must have run"
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(item => Number(item.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def _outline(page: Page) -> float:
    width: str = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    return float(width.removesuffix("px"))
