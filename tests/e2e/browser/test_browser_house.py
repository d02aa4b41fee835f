"""Looking after the house in a real browser: what roles may see, and somebody who leaves."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Page, expect

from gateway import clock, db, ids
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.services import staff
from gateway.web.words import house
from tests.e2e.browser.watch import Open
from tests.e2e.seed import PASSWORD, email, signed_in
from tests.e2e.stage import Stage

# Roles of whom the matrix says different things, and the pages that show what its rows name.
ASKED = (Role.PROTECTION_REVIEWER, Role.IM_OFFICER, Role.DATA_PROTECTION_OFFICER)
SHOWN = {"grievance": "/grievances", "survey": "/rounds", "audit": "/audit"}


@pytest.fixture
def records(shown: Stage) -> Iterator[psycopg.Connection]:
    with psycopg.connect(db.dsn(shown.settings), autocommit=True) as connection:
        yield connection


def test_each_role_finds_what_the_table_of_roles_promises_and_nothing_else(visit: Open) -> None:
    page = visit(Role.ADMIN)
    page.goto("/administration")
    page.locator("main a[href='/roles']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/roles")
    promised = {name: promises(page, name) for name in SHOWN}
    assert [promised[name][Role.IM_OFFICER] for name in SHOWN] == [False, True, False]
    assert [promised[name][Role.DATA_PROTECTION_OFFICER] for name in SHOWN] == [False, True, True]
    for role in ASKED:
        theirs = visit(role, expects={404})
        for name, path in SHOWN.items():
            answer = theirs.goto(path)
            assert answer is not None
            assert answer.status == (200 if promised[name][role] else 404), (role, path)


def promises(page: Page, name: str) -> dict[Role, bool]:
    """What the matrix says of seeing a thing, by role."""
    heads = [head.strip() for head in page.locator("table.matrix thead th").all_inner_texts()]
    row = page.locator("table.matrix tbody tr").filter(
        has=page.get_by_role("rowheader", name=str(house.OBJECT[name]), exact=True)
    )
    cells = row.first.locator("th, td").all_inner_texts()
    return {role: "yes" in cells[heads.index(str(house.ROLE[role]))] for role in ASKED}


@pytest.fixture
def leaver(shown: Stage) -> UUID:
    """A reviewer who will not stay."""
    engine = db.engine(shown.settings)
    with engine.begin() as connection:
        ring = Keyring.of(shown.settings)
        made = staff.create(
            connection,
            ring,
            organisation_id=shown.made.organisation_id,
            email=f"{ids.new().hex}@paigham.example",
            name="Some Leaver",
            role=Role.PROTECTION_REVIEWER,
        )
    engine.dispose()
    return made


def test_somebody_leaves_in_urdu_by_keyboard_and_their_open_browser_is_out(
    visit: Open, shown: Stage, records: psycopg.Connection, leaver: UUID
) -> None:
    theirs = visit()
    theirs.context.add_cookies([session(shown, leaver)])
    theirs.goto("/")
    expect(theirs.locator("h1")).to_be_visible()
    page = visit(Role.ADMIN, language="urd")
    longer_ago(records, email(Role.ADMIN), shown)
    page.goto(f"/staff/{leaver}")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator(f"a[href='/staff/{leaver}/leave']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/me/confirm"))
    page.locator("#confirm_password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/staff/{leaver}/leave")
    ends = page.locator("section[aria-labelledby=ends] li")
    expect(ends.first).to_be_visible()
    assert any(re.search(r"[1۱]", text) for text in ends.all_inner_texts()), "one open browser"
    page.locator("#heir").focus()
    page.keyboard.press("ArrowDown")
    heir = page.locator("#heir").input_value()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff")
    row = records.execute("SELECT role FROM staff WHERE id = %s AND active", [heir]).fetchone()
    assert row == (Role.PROTECTION_REVIEWER,)
    assert records.execute("SELECT active FROM staff WHERE id = %s", [leaver]).fetchone() == (False,)
    theirs.get_by_role("link").filter(has_text="Rounds").first.click()
    theirs.wait_for_url(re.compile("/signin"))


def session(shown: Stage, staff_id: UUID) -> Any:
    secret = signed_in(shown.settings, staff_id, now=clock.now())
    return {"name": "paigham", "value": secret, "url": shown.url}


def longer_ago(records: psycopg.Connection, address: str, shown: Stage) -> None:
    """Let the last proof of who somebody is lie an hour back."""
    records.execute(
        "UPDATE staff_session SET fresh_at = fresh_at - interval '1 hour'"
        " FROM staff WHERE staff.id = staff_id AND email_index = %s",
        [staff.index(Keyring.of(shown.settings), address)],
    )
