"""The simulated phone in a real browser, with workers behind it: with JavaScript and without."""

import pytest
from playwright.sync_api import Page, expect

from gateway.models.staff import Role
from tests.e2e.browser.watch import Open

HEARD = ".screen .bubble.in"
SAID = ".screen .bubble.out"


def take(page: Page, *, kind: str = "sms", language: str = "eng", flow: str = "") -> None:
    page.goto("/simulator")
    page.check(f"input[value={kind}]")
    page.select_option("#phone-language", language)
    page.select_option("#flow", flow)
    page.click("main button.main")
    page.wait_for_url("**/simulator/*")


def say(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")


def test_a_survey_is_answered_on_a_simple_phone(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    take(page, flow="monitoring_services")
    expect(page.locator(HEARD)).to_have_count(1)
    expect(page.locator(HEARD).first).to_contain_text("1) Yes")
    expect(page.locator(HEARD).first.locator(".meta")).to_contain_text("1 SMS")
    say(page, "1")
    expect(page.locator(HEARD)).to_have_count(2)
    expect(page.locator(SAID)).to_have_count(1)
    say(page, "2")
    expect(page.locator(HEARD)).to_have_count(3)
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#text")).to_have_value("")


def test_options_are_buttons_on_a_messenger(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    take(page, kind="messenger", flow="monitoring_services")
    page.locator(f"{HEARD} button", has_text="Yes").click()
    expect(page.locator(HEARD)).to_have_count(2)
    expect(page.locator(f"{SAID} .words")).to_have_text(["Yes"])
    expect(page.locator(f"{HEARD} button", has_text="Yes")).to_have_count(0)
    expect(page.locator(f"{HEARD} button", has_text="18-59")).to_be_visible()


def test_a_person_who_writes_in_urdu_reads_from_the_right(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    take(page, language="urd")
    say(page, "مدد")
    expect(page.locator(HEARD).first).to_be_visible()
    direction = page.evaluate(
        "getComputedStyle(document.querySelector('.screen .bubble.out .words')).direction"
    )
    assert direction == "rtl"


def test_a_disclosure_is_met_with_one_neutral_answer(visit: Open) -> None:
    page = visit(Role.SENSITIVE_FOCAL_POINT)
    take(page)
    say(page, "the guard wants me to sleep with him before he gives food")
    expect(page.locator(HEARD)).to_have_count(1)
    for word in ("guard", "sleep", "abuse", "violence"):
        expect(page.locator(HEARD).first).not_to_contain_text(word)
    page.goto("/grievances")
    expect(page.locator("tr.sealed").first).to_be_visible()


@pytest.mark.parametrize("kind", ["sms", "messenger"])
def test_the_phone_works_without_javascript(kind: str, visit: Open) -> None:
    page = visit(Role.IM_OFFICER, java_script_enabled=False)
    take(page, kind=kind, flow="monitoring_services")
    _refresh_until(page, 1)
    if kind == "sms":
        page.fill("#text", "1")
        page.get_by_role("button", name="Send").click()
    else:
        page.locator(f"{HEARD} button", has_text="Yes").click()
    expect(page.locator(SAID)).to_have_count(1)
    _refresh_until(page, 2)
    expect(page.locator(HEARD).nth(1)).to_contain_text("How old are you?")


def _refresh_until(page: Page, count: int) -> None:
    for _ in range(50):
        if page.locator(HEARD).count() >= count:
            return
        page.get_by_role("button", name="Look for new messages").click()
        page.wait_for_timeout(100)
    expect(page.locator(HEARD)).to_have_count(count)
