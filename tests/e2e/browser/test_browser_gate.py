"""Publishing in a real browser: by keyboard, with differences marked, two who decide, and whole for axe."""

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway import clock, db, ids
from gateway.models.staff import Role
from gateway.services import drafts
from tests.e2e.browser.watch import Open
from tests.e2e.stage import Stage

WATER = """\
spec: paigham.flow/2
flow: {code}
title: {{eng: Water}}
languages: [eng]
purpose: p
owner: im_officer
retention: survey_link
outbound: false
steps:
  - ask: water
    type: text
    text: "{words}"
"""


def flow(shown: Stage, words: str) -> tuple[UUID, str]:
    code = f"water_{ids.new().hex}"
    engine = db.engine(shown.settings)
    with engine.begin() as connection:
        made = drafts.create(
            connection,
            shown.made.organisation_id,
            code=code,
            title="Water",
            source=WATER.format(code=code, words=words),
            by=None,
            now=clock.now(),
        )
    engine.dispose()
    return made, code


def change(shown: Stage, flow_id: UUID, code: str, words: str) -> None:
    engine = db.engine(shown.settings)
    with engine.begin() as connection:
        source = WATER.format(code=code, words=words)
        drafts.import_yaml(connection, flow_id, source, by=None, now=clock.now())
    engine.dispose()


def faults(page: Page) -> list[str]:
    found = Axe().run(page)
    assert found.response["passes"]
    return [
        f"{fault['id']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
    ]


def test_a_draft_is_published_by_keyboard_and_its_changes_are_marked(visit: Open, shown: Stage) -> None:
    flow_id, code = flow(shown, "Is there enough water?")
    page = visit(Role.IM_OFFICER)
    page.goto(f"/flows/{flow_id}")
    page.get_by_role("link", name="Publish").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish Water")
    assert faults(page) == []
    page.get_by_label("Why is this published?").fill("The round begins")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The round begins")).to_be_visible()
    change(shown, flow_id, code, "Is there clean water?")
    page.goto(f"/flows/{flow_id}/revisions?from=1&to=draft")
    expect(page.locator("ins")).to_have_text("clean")
    expect(page.locator("del")).to_have_text("enough")
    assert faults(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_refused_leads_to_its_step_and_to_the_two_who_decide(
    visit: Open, shown: Stage, width: int
) -> None:
    flow_id, _ = flow(shown, "What is your religion?")
    page = visit(Role.IM_OFFICER)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"/flows/{flow_id}")
    assert faults(page) == []
    page.get_by_role("link", name="Step water").click()
    expect(page).to_have_url(f"{shown.url}/flows/{flow_id}/edit?step=water#step-water")
    page.goto(f"/flows/{flow_id}/publish")
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    page.get_by_role("link", name="Ask for an exception").click()
    expect(page.get_by_label("Of whom")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Why must this be asked").fill("The ministry asked for it in writing, nobody else can.")
    page.get_by_label("Of whom").fill("One camp")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("waits for both of them")).to_be_visible()
    officer = visit(Role.DATA_PROTECTION_OFFICER)
    officer.goto("/flow-overrides")
    assert faults(officer) == []
    officer.get_by_role("link", name="Water").first.click()
    expect(officer.get_by_text("What is your religion?")).to_be_visible()
    assert faults(officer) == []
