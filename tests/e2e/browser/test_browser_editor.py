"""The editor and the rehearsal in a real browser: typing, choosing, moving, two people at once, a line that breaks."""

import itertools
import re
from collections.abc import Iterator
from urllib.parse import quote_plus
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from gateway import clock, db
from gateway.models.staff import Role
from gateway.services import drafts
from tests.e2e.browser.test_browser_look import BEYOND, PRESSED, THUMB, TOUCH, _faults
from tests.e2e.browser.watch import Open
from tests.e2e.stage import Stage
from tests.unit.flows.test_editing import SMALL, names

WRITER, OTHER = Role.COMMUNITY_STAFF, Role.IM_OFFICER
AWAY = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
_numbers = itertools.count(1)


class Bench:
    """A draft of the test's own, and what stands in it."""

    def __init__(self, stage: Stage) -> None:
        self._engine = db.engine(stage.settings)
        code = f"bench{next(_numbers)}"
        with self._engine.begin() as connection:
            self.flow_id: UUID = drafts.create(
                connection,
                stage.made.organisation_id,
                code=code,
                title="Water",
                source=SMALL.replace("flow: water", f"flow: {code}"),
                by=None,
                now=clock.now(),
            )

    def address(self, step: str = "", page: str = "edit") -> str:
        return f"/flows/{self.flow_id}/{page}" + (f"?step={step}" if step else "")

    @property
    def source(self) -> str:
        with self._engine.begin() as connection:
            return drafts.read(connection, self.flow_id).source

    def close(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM flow WHERE id = :id"), {"id": self.flow_id})
        self._engine.dispose()


@pytest.fixture
def bench(shown: Stage) -> Iterator[Bench]:
    made = Bench(shown)
    yield made
    made.close()


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text("Saved")


def type_into(page: Page, name: str, text: str) -> None:
    """Write, and wait until it is said that it was saved."""
    field = page.locator(f'[name="{name}"]')
    with page.expect_response(lambda answer: quote_plus(text) in (answer.request.post_data or "")):
        field.fill(text)
    saved(page)


def test_what_is_typed_is_saved_by_itself_and_counted_as_sms(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address("hello"))
    size = page.locator("#size-f-t-text-eng")
    expect(size).to_contain_text("1 SMS")
    type_into(page, "t|text|eng", "Good day. " * 20)
    expect(size).to_contain_text("2 SMS")
    expect(page.locator('[name="t|text|eng"]')).to_be_focused()
    type_into(page, "t|text|urd", "سلام")
    expect(page.locator("#size-f-t-text-urd")).to_contain_text("UCS-2")
    assert "urd: سلام" in bench.source
    page.locator("button[value=undo]").click()
    expect(page.locator('[name="t|text|urd"]')).to_have_value("")
    page.locator("button[value=redo]").click()
    expect(page.locator('[name="t|text|urd"]')).to_have_value("سلام")


def test_a_condition_is_chosen_without_typing_and_by_keyboard(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address("hello"))
    page.locator('[name="c|when|0|name"]').focus()
    page.select_option('[name="c|when|0|name"]', "works")
    value = page.locator('[name="c|when|0|value"]')
    expect(value).to_have_value("yes")
    expect(page.locator('[name="c|when|0|name"]')).to_be_focused()
    value.select_option("no")
    expect(page.locator('[name="v|when"]')).to_have_value("${works} = 'no'")
    page.locator('[name="c|when|1|name"]').select_option("works")
    expect(page.locator('[name="c|when|join"]')).to_be_visible()
    page.locator('[name="c|when|join"]').select_option("or")
    expect(page.locator('[name="v|when"]')).to_have_value("${works} = 'no' or ${works} = 'yes'")


def test_an_expression_with_a_fault_shows_where_while_one_types(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address("sorry"))
    page.locator(".condition summary").first.click()
    type_into(page, "v|when", "${works} = 'no' and and")
    expect(page.locator("#f-v-when-fault mark")).to_be_visible()
    type_into(page, "v|when", "${works} = 'yes'")
    expect(page.locator("#f-v-when-fault mark")).to_have_count(0)


def test_steps_are_put_in_moved_by_keys_and_taken_out(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address("hello"))
    page.select_option("#kind", "ask")
    page.locator(".adder button").click()
    page.wait_for_url(re.compile("step=question1"))
    expect(page.locator('[name="t|text|eng"]')).to_be_focused()
    line = page.locator('[data-step="question1"] a')
    line.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-step]").first).to_have_attribute("data-step", "question1")
    expect(line).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("[data-step]").nth(1)).to_have_attribute("data-step", "question1")
    page.locator("button[value=remove]").click()
    page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator('[data-step="question1"]')).to_have_count(0)
    assert names(bench.source) == ["hello", "works", "sorry"]


def test_a_step_is_dragged_to_another_place(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address())
    target = page.locator('[data-step="sorry"]')
    box = target.bounding_box()
    assert box is not None
    page.locator('[data-step="hello"]').drag_to(target, target_position={"x": 40, "y": box["height"] - 4})
    expect(page.locator("[data-step]").last).to_have_attribute("data-step", "hello")
    assert names(bench.source) == ["works", "sorry", "hello"]


def test_two_people_on_one_step_choose_and_neither_loses_a_word(visit: Open, bench: Bench) -> None:
    first, second = visit(WRITER), visit(OTHER, expects={409})
    first.goto(bench.address("hello"))
    second.goto(bench.address("hello"))
    type_into(first, "t|text|eng", "Hi.")
    second.locator('[name="t|text|eng"]').fill("Salaam.")
    choice = second.locator("#conflict section")
    expect(choice).to_be_focused()
    expect(choice).to_contain_text("Hi.")
    expect(choice).to_contain_text("Salaam.")
    choice.locator("button[value=mine]").click()
    expect(second.locator("#conflict section")).to_have_count(0)
    assert "Salaam." in bench.source
    type_into(second, "t|text|eng", "Salaam, friend.")
    assert "Salaam, friend." in bench.source


def test_two_people_on_different_steps_see_one_another_and_come_together(visit: Open, bench: Bench) -> None:
    first, second = visit(WRITER), visit(OTHER)
    first.goto(bench.address("hello"))
    second.goto(bench.address("sorry"))
    expect(second.locator("#here")).to_contain_text("is editing hello")
    type_into(first, "t|text|eng", "Hi.")
    type_into(second, "t|text|eng", "Oh.")
    expect(second.locator('[data-step="hello"]')).to_contain_text("Hi.")
    assert "Hi." in bench.source
    assert "Oh." in bench.source


def test_what_is_typed_while_the_line_is_away_is_sent_when_it_is_back(visit: Open, bench: Bench) -> None:
    page = visit(WRITER, allows=AWAY)
    page.goto(bench.address("hello"))
    page.context.set_offline(offline=True)
    page.locator('[name="t|text|eng"]').fill("Written in a tunnel.")
    expect(page.locator(".toasts [data-waiting]")).to_be_visible()
    page.locator('[name="t|text|eng"]').fill("Written in a long tunnel.")
    page.context.set_offline(offline=False)
    expect(page.locator(".toasts [data-waiting]")).to_have_count(0)
    saved(page)
    expect(page.locator('[data-step="hello"]')).to_contain_text("Written in a long tunnel.")
    assert "Written in a long tunnel." in bench.source


def test_the_last_words_before_another_page_are_not_lost(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address("hello"))
    page.locator('[name="t|text|eng"]').focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("!")
    page.locator('[data-step="sorry"] a').click()
    page.wait_for_url(re.compile("step=sorry"))
    expect(page.locator('[data-step="hello"]')).to_contain_text("Hello.!")


def test_a_flow_is_rehearsed_and_the_talk_kept_as_a_test(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address(page="rehearse"))
    talk = page.locator(".screen-talk")
    expect(talk).to_contain_text("1) Yes")
    page.locator("#text").fill("perhaps")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.out")).to_have_count(1)
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("۱")
    page.keyboard.press("Enter")
    expect(talk).to_contain_text("The talk is over")
    expect(page.locator(".facts")).to_contain_text("works")
    page.locator("#test-name").fill("It works")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("#tests")).to_contain_text("All tests pass")
    assert "name: It works\n" in bench.source
    assert bench.source.count("name: It works") == 2


def test_a_messenger_shows_buttons_and_time_can_pass(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address(page="rehearse"))
    page.select_option("#channel", "telegram")
    page.get_by_role("button", name="Begin again").click()
    page.locator(".device .choices button", has_text="No").click()
    expect(page.locator(".screen-talk")).to_contain_text("You said No.")
    page.get_by_role("button", name="Until nobody waits any more").click()
    expect(page.locator(".screen-talk")).to_contain_text("The talk is over")


def test_editing_and_rehearsing_need_no_script(visit: Open, bench: Bench) -> None:
    page = visit(WRITER, java_script_enabled=False)
    page.goto(bench.address("hello"))
    page.locator('[name="t|text|eng"]').fill("Good day.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator('[data-step="hello"]')).to_contain_text("Good day.")
    page.locator('button[value="move:down"]').click()
    expect(page.locator("[data-step]").nth(1)).to_have_attribute("data-step", "hello")
    page.goto(bench.address(page="rehearse"))
    page.locator("#text").fill("1")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".screen-talk")).to_contain_text("The talk is over")


def test_on_a_wide_screen_the_talk_stands_beside_and_hears_each_change(visit: Open, bench: Bench) -> None:
    page = visit(WRITER, width=1600)
    page.goto(bench.address("sorry"))
    page.locator("[data-open-beside]").click()
    talk = page.locator("#beside .screen-talk")
    expect(talk).to_contain_text("Does it work?")
    page.locator("#beside textarea").fill("2")
    page.keyboard.press("Enter")
    expect(talk).to_contain_text("You said No.")
    expect(page.locator("#beside textarea")).to_be_focused()
    type_into(page, "t|text|eng", "We are sorry: {works}.")
    expect(talk).to_contain_text("We are sorry: No.")
    assert _faults(page) == []


def test_there_is_no_room_beside_on_a_small_screen(visit: Open, bench: Bench) -> None:
    page = visit(WRITER)
    page.goto(bench.address("sorry"))
    expect(page.locator("[data-open-beside]")).to_be_hidden()


PAGES = (("works", "edit"), ("sorry", "edit"), ("", "rehearse"), ("", "picture"))


@pytest.mark.parametrize(("width", "language", "scheme"), [(1280, "eng", "light"), (390, "urd", "dark")])
def test_an_open_step_keeps_nobody_out(
    width: int, language: str, scheme: str, visit: Open, bench: Bench
) -> None:
    page = visit(WRITER, width=width, language=language, color_scheme=scheme)
    faults = {}
    page.goto(bench.address("works"))
    for summary in page.locator("main details:not(.help) > summary").all():
        summary.click()
    faults["works"] = _faults(page)
    page.goto(bench.address() + "?view=text")
    faults["text"] = _faults(page)
    assert {name: found for name, found in faults.items() if found} == {}


def test_an_open_step_fits_thumbs_and_small_phones(visit: Open, bench: Bench) -> None:
    page = visit(WRITER, width=320, has_touch=True)
    for step, name in PAGES:
        page.goto(bench.address(step, name))
        assert page.evaluate(BEYOND) <= 0, name
        assert page.evaluate(TOUCH, [*PRESSED, THUMB]) == [], name
