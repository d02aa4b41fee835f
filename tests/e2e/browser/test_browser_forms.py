"""A form brought in a real browser: looked at, mended by leaving rows out, made a draft; also without scripts."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway import ids
from gateway.models.staff import Role
from tests.e2e.browser.watch import Open
from tests.unit.flows.form_builders import workbook

SURVEY = """
| type | name | label::English (en) | relevant |
| barcode | card | Scan | |
| select_one yn or_other | water | Is there water? | |
| text | why | Why? | ${card} != '' |
| integer | litres | How many litres? | |
"""
CHOICES = "| list_name | name | label::English (en) |\n| yn | yes | Yes |\n| yn | no no | No |"


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "water.xlsx"
    path.write_bytes(workbook(SURVEY, CHOICES, {"form_id": f"water_{ids.new().hex}"}))
    return path


def bring(page: Page, form: Path) -> None:
    page.goto("/flows/import")
    page.set_input_files("#file", form)
    page.locator("form:has(#file) button").click()
    page.wait_for_url("**/flows/import/*")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no_scripts"])
def test_a_form_becomes_a_draft_after_its_author_agreed(visit: Open, form: Path, *, scripts: bool) -> None:
    page = visit(Role.IM_OFFICER, java_script_enabled=scripts)
    bring(page, form)
    expect(page.locator("main")).to_contain_text("A conversation cannot scan a barcode.")
    expect(page.get_by_role("button", name="Make the draft")).to_have_count(0)
    page.get_by_label("I agree to leave all of these rows out").check()
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Make the draft").click()
    page.wait_for_url("**/edit")
    expect(page.locator("main")).to_contain_text("litres")
    expect(page.locator("main")).not_to_contain_text("Scan")


@pytest.mark.parametrize(("language", "width"), [("eng", 1280), ("urd", 390)])
def test_the_report_is_whole_for_axe_and_fits(visit: Open, form: Path, *, language: str, width: int) -> None:
    page = visit(Role.IM_OFFICER, language=language, width=width)
    bring(page, form)
    found = Axe().run(page)
    assert found.response["passes"]
    assert [fault["id"] for fault in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
