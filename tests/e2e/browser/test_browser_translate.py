"""Translating in a real browser: by keyboard, with findings as one types, without scripts, and whole for axe."""

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway import clock, db, ids
from gateway.models.staff import Role
from gateway.services import drafts
from tests.e2e.browser.watch import Open
from tests.e2e.stage import Stage

PUMP = """\
spec: paigham.flow/1
flow: {code}
title: {{eng: Pump}}
languages: [eng, urd]
purpose: p
owner: im_officer
retention: survey_link
outbound: false
fields: [hotline]
steps:
  - say: hello
    text: "Call ${{hotline}}."
  - say: thanks
    text: "Thank you for your help."
"""


@pytest.fixture
def pump(shown: Stage) -> tuple[str, str]:
    """A flow with two texts that are missing in Urdu: the address of its texts, and its code."""
    code = f"pump_{ids.new().hex}"
    engine = db.engine(shown.settings)
    with engine.begin() as connection:
        made: UUID = drafts.create(
            connection,
            shown.made.organisation_id,
            code=code,
            title="Pump",
            source=PUMP.format(code=code),
            by=None,
            now=clock.now(),
        )
    engine.dispose()
    return f"/flows/{made}/translate/urd", code


def faults(page: Page) -> list[str]:
    found = Axe().run(page)
    assert found.response["passes"]
    return [
        f"{fault['id']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
    ]


def test_texts_are_translated_one_after_the_other_without_a_mouse(visit: Open, pump: tuple[str, str]) -> None:
    here, code = pump
    page = visit(Role.TRANSLATOR, expects={422})
    page.goto(here)
    page.get_by_role("link", name="Next text that waits").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{code}.hello.text")
    page.locator("#target").focus()
    page.keyboard.type("فون کریں")
    expect(page.locator("#findings")).to_contain_text("A placeholder of the source is missing:")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("This cannot be saved as it is.")
    expect(page.locator("#target")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("${hotline} پر فون کریں۔")
    expect(page.locator("#findings")).to_contain_text("Nothing to point at.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/{code}.thanks.text")
    page.fill("#target", "مدد کا شکریہ۔")
    page.press("#target", "Control+Enter")
    page.wait_for_url(f"**{here}")
    expect(page.get_by_role("link", name="Next text that waits")).to_have_count(0)
    expect(page.locator("table")).to_contain_text("${hotline} پر فون کریں۔")


def test_a_text_is_translated_without_scripts(visit: Open, pump: tuple[str, str]) -> None:
    here, code = pump
    page = visit(Role.TRANSLATOR, java_script_enabled=False, expects={422})
    page.goto(f"{here}/{code}.thanks.text")
    page.fill("#target", "شکریہ {")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#findings")).to_contain_text("A brace stands alone.")
    page.fill("#target", "شکریہ")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".badges").first).to_contain_text("Translated")


@pytest.mark.parametrize(("language", "width"), [("eng", 1280), ("urd", 390)])
def test_translators_pages_are_whole_for_axe_and_fit(
    visit: Open, pump: tuple[str, str], *, language: str, width: int
) -> None:
    here, code = pump
    page = visit(Role.TRANSLATOR, language=language, width=width)
    text = f"{here}/{code}.hello.text"
    page.goto(text)
    page.fill("#target", "فون \u202e \u200c")
    page.locator("#findings .hidden-mark").first.wait_for()
    wrong = {text: [*faults(page), *_too_wide(page, width)]}
    for path in (
        "/translations",
        here.removesuffix("/urd"),
        here,
        f"{here}/import",
        "/glossary",
        "/glossary/urd/add",
    ):
        page.goto(path)
        wrong[path] = [*faults(page), *_too_wide(page, width)]
    assert {path: found for path, found in wrong.items() if found} == {}


def _too_wide(page: Page, width: int) -> list[str]:
    found: int = page.evaluate("document.documentElement.scrollWidth")
    return [f"{found} pixels"] if found > width else []
