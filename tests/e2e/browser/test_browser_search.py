"""Search, settings and first steps in a real browser: found without scripts, read as chosen, whole for axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.crypto import Keyring
from gateway.drain import Drains
from gateway.models.staff import Role
from tests.e2e.browser.watch import Open
from tests.e2e.stage import Stage

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def indexed(shown: Stage) -> Stage:
    """The stage, with everybody in the search's index."""
    drains = Drains(shown.settings, Keyring.of(shown.settings))
    drains.index_search()
    drains.close()
    return shown


def faults(page: Page) -> list[str]:
    found = Axe().run(page)
    assert found.response["passes"]
    return [
        f"{fault['id']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
    ]


def search(page: Page, words: str) -> None:
    page.fill("#asked", words)
    with page.expect_navigation():
        page.press("#asked", "Enter")


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
def test_the_box_in_the_frame_finds_without_leaving_a_trace_in_the_address(
    options: dict[str, bool], indexed: Stage, visit: Open
) -> None:
    page = visit(Role.COMMUNITY_STAFF, **options)
    page.goto("/contacts")
    page.fill("#finder", "services")
    with page.expect_navigation():
        page.press("#finder", "Enter")
    assert page.url == f"{indexed.url}/search"
    expect(page.locator("#asked")).to_have_value("services")
    expect(page.locator(f"a[href='/rounds/{indexed.made.round_id}']")).to_be_visible()


def test_a_found_person_is_masked_and_one_press_away(indexed: Stage, visit: Open) -> None:
    page = visit(Role.COMMUNITY_STAFF)
    page.goto("/search")
    search(page, "0001")
    first = page.locator(".hits a").first
    expect(first).to_contain_text("•••• 0001")
    first.click()
    expect(page.locator("#said")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["eng", "urd"])
def test_axe_finds_nothing_on_what_was_found(width: int, language: str, indexed: Stage, visit: Open) -> None:
    del indexed
    page = visit(Role.SENSITIVE_FOCAL_POINT, width=width, language=language)
    page.goto("/search")
    for words in ("0001", "services", "nobodyatall"):
        search(page, words)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_first_steps(width: int, visit: Open) -> None:
    page = visit(Role.ADMIN, width=width, expects={422})
    page.goto("/setup/operation")
    page.click("form.setup button[type=submit]")
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("path", ["/me", "/help", "/search"])
@pytest.mark.parametrize(("width", "language"), [(1280, "eng"), (390, "urd")])
def test_axe_finds_nothing_on_settings_and_help(path: str, width: int, language: str, visit: Open) -> None:
    page = visit(Role.IM_OFFICER, width=width, language=language)
    page.goto(path)
    page.locator("details.help > summary").click()
    expect(page.locator("details.help .help-text")).to_be_visible()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_times_follow_the_chosen_calendar_and_digits_at_once(visit: Open) -> None:
    page = visit(Role.PROTECTION_REVIEWER, language="urd")
    page.goto("/me")
    page.check("input[value=solar_hijri]")
    page.check("input[value=own]")
    page.check("input[value=dark]")
    page.locator("form.settings button[type=submit]").click()
    page.wait_for_url("**/me?saved=1")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/grievances")
    shown = page.locator("main").inner_text()
    assert any("۰" <= letter <= "۹" for letter in shown)
    stamps = page.locator("time").evaluate_all("all => all.map(item => item.dateTime)")
    assert stamps
    assert all(stamp[:2] == "20" for stamp in stamps), "machines read Gregorian days in Latin digits"
