"""Pages in a real browser: both directions of writing, by keyboard alone, with living parts."""

import re

from playwright.sync_api import Page, expect

from gateway.models.staff import Role
from tests.e2e.browser.watch import Open
from tests.e2e.seed import PASSWORD, email
from tests.e2e.stage import Stage


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
    expect(page).to_have_url(re.compile(r":\d+/contacts$"))
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_role("link", name=re.compile("Not delivered"))).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/signin"))  # Nothing stays on the screen for whoever comes next.
    page.goto("/me/sessions")
    page.fill("#email", email(Role.COMMUNITY_STAFF))
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(re.compile("/signin"))
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
    expect(page.locator("details.help > summary")).to_be_focused()
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


def _outline(page: Page) -> float:
    width: str = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    return float(width.removesuffix("px"))
