"""A name behind a reason, and the audit that says who was shown it: in a real browser, with and without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway import db
from gateway.models.staff import Role
from tests.e2e.browser.watch import Open
from tests.e2e.stage import Stage

WORDS = "she asked us to call her back today"


def sealed_case(shown: Stage) -> str:
    with db.connect(shown.settings) as connection:
        row = connection.execute(
            "SELECT id FROM grievance WHERE sealed AND contact_id IS NOT NULL LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


def number_of(shown: Stage, case_id: str) -> str:
    """The end of an address is shown; what comes before it must not be."""
    from gateway.crypto import Keyring
    from gateway.services.inbox import ADDRESS

    with db.connect(shown.settings) as connection:
        row = connection.execute(
            "SELECT u.id, u.address_sealed FROM contact_urn u JOIN grievance g ON g.contact_id = u.contact_id"
            " WHERE g.id = %s ORDER BY u.id LIMIT 1",
            [case_id],
        ).fetchone()
    assert row is not None
    return Keyring.of(shown.settings).open(ADDRESS, row[0], row[1]).partition(":")[2]


def finds_nothing(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
@pytest.mark.parametrize(("language", "width"), [("eng", 1280), ("urd", 390)])
def test_a_name_is_shown_for_a_reason_once_and_the_officer_reads_why(
    visit: Open, shown: Stage, language: str, width: int, *, script: bool
) -> None:
    case_id = sealed_case(shown)
    number = number_of(shown, case_id)
    page = visit(
        Role.SENSITIVE_FOCAL_POINT,
        language=language,
        width=width,
        expects={422},
        java_script_enabled=script,
    )
    page.goto(f"/grievances/{case_id}")
    form = page.locator("#reveal")
    assert number not in page.content()
    form.locator("button[type=submit]").click()
    expect(form.locator("[aria-invalid=true]")).to_have_count(2)
    assert number not in page.content()
    form.locator("select[name=reason]").select_option("call_back")
    form.locator("textarea[name=words]").fill(WORDS)
    form.locator("button[type=submit]").click()
    expect(page.locator(".revealed")).to_contain_text(number)
    page.reload()
    expect(page.locator(".revealed")).to_have_count(0)
    assert number not in page.content(), "loading the answer again shows nothing"
    officer = visit(Role.DATA_PROTECTION_OFFICER, language=language, width=width)
    officer.goto(f"/audit/cases/{case_id}")
    expect(officer.get_by_text(WORDS).first).to_be_visible()
    assert number not in officer.content()
    finds_nothing(officer)


def test_the_officer_finds_a_person_by_number_and_no_address_holds_it(visit: Open, shown: Stage) -> None:
    case_id = sealed_case(shown)
    number = number_of(shown, case_id)
    page = visit(Role.DATA_PROTECTION_OFFICER)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/audit")
    finds_nothing(page)
    page.get_by_label("Number, id or case reference").fill(number)
    page.get_by_role("button", name="Find").click()
    expect(page).to_have_url(re.compile("/audit/people/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Who saw this person")
    assert [url for url in asked if number.strip("+") in url] == []
    page.get_by_role("link", name=re.compile("^Line")).first.click()
    expect(page.get_by_text("In the chain")).to_be_visible()
    finds_nothing(page)


def test_the_audit_comes_as_a_file(visit: Open) -> None:
    page = visit(Role.DATA_PROTECTION_OFFICER)
    page.goto("/audit")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Write the file").click()
    assert re.fullmatch(r"audit-\d+\.csv", coming.value.suggested_filename)
