"""What pages do in a real browser: keys, bad lines, slips, dialogs, living parts, and none of it without need."""

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from gateway import db, ids
from gateway.models.staff import Role
from tests.e2e.browser.watch import Open
from tests.e2e.seed import PASSWORD, email
from tests.e2e.stage import Stage

AWAY = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
WAITING = ".toasts [data-waiting]"
DIALOG = "dialog[open]"


@pytest.fixture
def records(shown: Stage) -> Iterator[psycopg.Connection]:
    with psycopg.connect(db.dsn(shown.settings), autocommit=True) as connection:
        yield connection


def number(records: psycopg.Connection, statement: str) -> int:
    row = records.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def phones(records: psycopg.Connection) -> int:
    return number(records, "SELECT count(*) FROM contact_urn WHERE scheme = 'simulator'")


def main_text(page: Page) -> str:
    return page.locator("main").inner_text()


# --- By keyboard alone, and without a script


def test_a_case_is_found_and_left_by_keys_alone(visit: Open) -> None:
    page = visit()
    page.goto("/signin")
    page.locator("#email").focus()
    page.keyboard.type(email(Role.PROTECTION_REVIEWER))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/$"))
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.wait_for_url(re.compile("/grievances$"))
    page.keyboard.press("j")
    first = page.locator("main tbody tr").first.locator("a").first
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("main tbody tr").nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/grievances/[0-9a-f-]+"))
    page.go_back()
    page.wait_for_url(re.compile("/grievances$"))
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(re.compile("/$"))


def test_lists_and_forms_need_no_script(visit: Open, shown: Stage, records: psycopg.Connection) -> None:
    page = visit(java_script_enabled=False)
    mistakes(records, shown, 3)
    page.goto("/signin")
    page.fill("#email", email(Role.IM_OFFICER))
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_url(re.compile("/$"))
    page.goto("/problems")
    page.get_by_role("link", name="Mistake").first.click()
    expect(page).to_have_url(re.compile("sort=mistake"))
    page.select_option("#filter-flow", "kept")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("main tbody tr")).to_have_count(3)
    for box in page.locator("[data-choose]").all()[:2]:
        box.check()
    page.locator(".bulk-bar button").click()
    expect(page).to_have_url(re.compile("/problems$"))
    page.goto("/problems?flow=kept")
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.goto("/shortcuts")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keyboard shortcuts")
    tidy(records)


# --- Keys


@pytest.mark.parametrize(("language", "title"), [("eng", "ltr"), ("urd", "rtl")])
def test_the_question_mark_opens_the_keys_and_escape_closes_them(
    language: str, title: str, visit: Open
) -> None:
    page = visit(Role.IM_OFFICER, language=language)
    page.goto("/rounds")
    page.keyboard.press("?")
    dialog = page.locator(DIALOG)
    expect(dialog.locator("kbd").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('dialog')).direction") == title
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/rounds$")), "keys rest while a dialog is open"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_keys_rest_while_somebody_writes(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/rounds")
    page.keyboard.press("/")
    expect(page.locator("input[type=search]").first).to_be_focused()
    page.keyboard.type("go?")
    expect(page.locator("input[type=search]").first).to_have_value("go?")
    expect(page.locator(DIALOG)).to_have_count(0)
    expect(page).to_have_url(re.compile("/rounds$"))


def test_keys_work_on_a_keyboard_of_another_script(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/")
    for key, code in (("گ", "KeyG"), ("ر", "KeyR")):
        page.evaluate(
            "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true}))",
            [key, code],
        )
    page.wait_for_url(re.compile("/rounds$"))


def test_whoever_switched_keys_off_has_none(visit: Open, records: psycopg.Connection, shown: Stage) -> None:
    records.execute(
        "INSERT INTO staff_preference (staff_id, organisation_id, shortcuts)"
        " SELECT id, organisation_id, false FROM staff WHERE role = 'translator'"
    )
    page = visit(Role.TRANSLATOR)
    page.goto("/problems")
    for key in ("?", "g", "o"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    expect(page).to_have_url(re.compile("/problems$"))
    expect(page.locator(DIALOG)).to_have_count(0)
    page.goto("/shortcuts")
    assert "switched them off" in main_text(page)


# --- Lists


def test_rows_are_chosen_together_and_by_key(visit: Open, records: psycopg.Connection, shown: Stage) -> None:
    mistakes(records, shown, 5)
    page = visit(Role.IM_OFFICER)
    page.goto("/problems?flow=kept")
    page.locator("[data-choose-all]").check()
    expect(page.locator("main [data-chosen]")).to_have_text("5 chosen")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("main [data-chosen]")).to_have_text("4 chosen")
    assert page.evaluate("document.querySelector('[data-choose-all]').indeterminate")
    page.locator(".bulk-bar button").click()
    page.wait_for_url(re.compile("/problems$"))
    page.goto("/problems?flow=kept")
    expect(page.locator("main tbody tr")).to_have_count(1)
    tidy(records)


# --- Bad lines


@pytest.mark.parametrize("language", ["eng", "urd"])
def test_what_was_sent_while_offline_is_sent_once_when_the_line_is_back(
    language: str, visit: Open, records: psycopg.Connection
) -> None:
    page = visit(Role.IM_OFFICER, language=language, allows=AWAY)
    page.goto("/simulator")
    before = phones(records)
    page.context.set_offline(offline=True)
    page.click("main button.main")
    expect(page.locator(WAITING)).to_have_attribute("data-waiting", "1")
    page.click("main button.main")
    expect(page.locator(WAITING)).to_have_attribute("data-waiting", "1")
    assert phones(records) == before
    page.context.set_offline(offline=False)
    page.wait_for_url("**/simulator/*")
    assert phones(records) == before + 1
    expect(page.locator(WAITING)).to_have_count(0)


def test_an_answer_that_was_lost_on_the_way_does_nothing_twice(
    visit: Open, records: psycopg.Connection
) -> None:
    page = visit(Role.IM_OFFICER, allows=AWAY)
    page.goto("/simulator")
    before, arrived = phones(records), []

    def lose_first_answer(route: Route) -> None:
        if route.request.method != "POST" or arrived:
            route.continue_()
            return
        arrived.append(route.fetch(max_redirects=0).status)
        route.abort()

    page.route("**/simulator", lose_first_answer)
    page.click("main button.main")
    page.wait_for_url("**/simulator/*")
    assert arrived == [204]
    assert phones(records) == before + 1


def test_a_double_click_is_one_click(visit: Open, records: psycopg.Connection) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/simulator")
    before = phones(records)
    page.dblclick("main button.main")
    page.wait_for_url("**/simulator/*")
    assert phones(records) == before + 1


def test_words_on_a_phone_wait_in_their_order(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, allows=AWAY)
    page.goto("/simulator")
    page.click("main button.main")
    page.wait_for_url("**/simulator/*")
    page.context.set_offline(offline=True)
    for text in ("one thing", "another thing", "a third thing"):
        page.fill("#text", text)
        page.press("#text", "Enter")
    expect(page.locator("#text")).to_have_value("")
    page.context.set_offline(offline=False)
    said = page.locator(".screen .bubble.out .words")
    expect(said).to_have_text(["one thing", "another thing", "a third thing"])


def test_only_a_form_without_persons_outlives_a_reload(
    visit: Open, records: psycopg.Connection, shown: Stage
) -> None:
    mistakes(records, shown, 2)
    page = visit(Role.IM_OFFICER, allows=AWAY)
    page.goto("/problems?flow=kept")
    page.route(
        "**/problems*", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    page.locator("main tbody button").first.click()
    expect(page.locator(WAITING)).to_have_attribute("data-waiting", "1")
    assert page.evaluate("sessionStorage.length") == 1
    page.unroute("**/problems*")
    page.reload()
    expect(page.locator(".toasts")).to_contain_text("Sent.")
    assert page.evaluate("sessionStorage.length") == 0
    page.goto("/problems?flow=kept")
    expect(page.locator("main tbody tr")).to_have_count(1)
    tidy(records)


def test_nothing_of_a_person_is_kept_in_the_browser(visit: Open, shown: Stage) -> None:
    page = visit(Role.COMMUNITY_STAFF, allows=AWAY)
    page.goto(f"/contacts/{shown.made.contact_id}")
    page.get_by_role("button", name="Show name and number").click()
    expect(page.locator(".revealed")).to_contain_text("+92")
    page.context.set_offline(offline=True)
    page.locator("form.speak select").first.select_option("urd")
    expect(page.locator(WAITING)).to_be_visible()
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]
    assert page.evaluate("caches.keys()") == []


def test_whoever_was_signed_out_meanwhile_loses_nothing(visit: Open, records: psycopg.Connection) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/simulator")
    before, cookies = phones(records), page.context.cookies()
    page.check("input[value=messenger]")
    page.context.clear_cookies(name="paigham")
    page.click("main button.main")
    expect(page.locator(".toasts")).to_contain_text("You were signed out")
    expect(page.locator(".toasts a")).to_have_attribute("href", "/signin")
    assert page.is_checked("input[value=messenger]")
    page.context.add_cookies(cookies)
    page.click("main button.main")
    page.wait_for_url("**/simulator/*")
    assert phones(records) == before + 1


# --- Slips


def test_leaving_a_form_that_was_changed_asks_first(visit: Open) -> None:
    page, asked = visit(Role.IM_OFFICER), []
    page.goto("/me/notices")

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Overview").first.click()
    page.wait_for_url(re.compile("/$"))
    assert asked == []
    page.goto("/me/notices")
    change(page)
    page.get_by_role("link", name="Overview").first.click()
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    expect(page).to_have_url(re.compile("/me/notices$"))
    with (
        page.expect_navigation()
    ):  # The script sends the form and then opens the page anew; before that it is still the old one.
        page.locator("main form[data-guard] button[type=submit]").first.click()
    page.get_by_role("link", name="Overview").first.click()
    page.wait_for_url(re.compile("/$"))
    assert asked == ["beforeunload"]


def change(page: Page) -> None:
    form = page.locator("main form[data-guard]").first
    for box in form.locator("input[type=checkbox], input[type=radio]").all():
        if not box.is_checked():
            box.check()
            return
    form.locator("select").first.select_option(index=1)


def test_a_question_is_asked_before_what_cannot_be_undone(visit: Open, records: psycopg.Connection) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/simulator")
    before = phones(records)
    page.evaluate("document.querySelector('main button.main').dataset.confirm = 'Really?'")
    page.click("main button.main")
    expect(page.locator(DIALOG)).to_contain_text("Really?")
    expect(page.locator(f"{DIALOG} button", has_text="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(DIALOG)).to_have_count(0)
    assert phones(records) == before
    page.click("main button.main")
    page.locator(f"{DIALOG} button", has_text="Take the phone").click()
    page.wait_for_url("**/simulator/*")
    assert phones(records) == before + 1


def test_going_back_from_an_answer_shows_the_page_before(visit: Open) -> None:
    page = visit(Role.COMMUNITY_STAFF)
    page.goto("/rounds")
    page.fill("input[type=search]", "nobody at all")
    page.press("input[type=search]", "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")
    assert "nobody" not in page.url
    page.go_back()
    expect(page).to_have_url(re.compile("/rounds$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rounds")


# --- Living parts


def test_a_living_part_is_sent_only_when_it_changed(
    visit: Open, records: psycopg.Connection, shown: Stage
) -> None:
    page, answers = visit(Role.IM_OFFICER), []
    page.goto(f"/rounds/{shown.made.round_id}")
    page.on("response", lambda answer: answers.append(answer.status) if "part=live" in answer.url else None)
    page.evaluate("document.querySelector('main [data-live]').refresh()")
    page.evaluate("document.querySelector('main [data-live]').refresh()")
    assert answers[:2] == [200, 304]
    records.execute("UPDATE survey_round SET under_age = under_age + 41 WHERE id = %s", [shown.made.round_id])
    page.evaluate("document.querySelector('main [data-live]').refresh()")
    assert 200 in answers[2:]
    records.execute("UPDATE survey_round SET under_age = under_age - 41 WHERE id = %s", [shown.made.round_id])


def test_a_page_that_nobody_looks_at_asks_for_nothing_and_catches_up(visit: Open) -> None:
    page, asked = visit(Role.IM_OFFICER), []
    page.goto("/simulator")
    page.click("main button.main")
    page.wait_for_url("**/simulator/*")
    page.on("request", lambda request: asked.append(time.monotonic()) if "part=live" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    page.wait_for_timeout(3000)
    assert asked == []
    page.evaluate(
        "delete document.hidden; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"
    )
    page.wait_for_timeout(500)
    assert len(asked) == 1


def test_a_part_that_stays_as_it_is_is_asked_for_less_and_less(visit: Open) -> None:
    page, asked = visit(Role.IM_OFFICER), []
    page.goto("/simulator")
    page.click("main button.main")
    page.wait_for_url("**/simulator/*")
    page.on("request", lambda request: asked.append(time.monotonic()) if "part=live" in request.url else None)
    page.wait_for_timeout(9000)
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert 3 <= len(asked) <= 6
    assert gaps[-1] > gaps[0] * 1.5


def test_a_page_says_when_it_cannot_be_brought_up_to_date(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, allows=AWAY)
    page.goto("/")
    page.context.set_offline(offline=True)
    page.evaluate("document.querySelector('main [data-live]').refresh()")
    expect(page.locator("[data-live-note]").first).to_contain_text("no connection")
    page.context.set_offline(offline=False)
    page.evaluate("document.querySelector('main [data-live]').refresh()")
    expect(page.locator("[data-live-note]").first).not_to_contain_text("no connection")


# --- The policy


def test_what_is_smuggled_into_a_page_does_not_run(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, allows=("Content Security Policy",))
    page.goto("/")
    ran = page.evaluate(
        """() => {
            const inline = document.createElement("script");
            inline.textContent = "window.ran = 'inline'";
            const ours = document.createElement("script");
            ours.src = document.querySelector("script[src]").src + "?again";
            ours.addEventListener("load", () => (window.ran = "ours without its nonce"));
            const styled = document.createElement("p");
            styled.setAttribute("style", "color: rgb(1, 2, 3)");
            const pressed = document.createElement("button");
            pressed.setAttribute("onclick", "window.ran = 'handler'");
            document.body.append(inline, ours, styled, pressed);
            pressed.click();
            const seen = () => [window.ran ?? null, getComputedStyle(styled).color];
            return new Promise((done) => setTimeout(() => done(seen()), 500));
        }"""
    )
    assert ran[0] is None
    assert ran[1] != "rgb(1, 2, 3)"


def test_a_page_cannot_call_another_host(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, allows=("Content Security Policy", "violates"))
    page.goto("/")
    reached = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'reached', (error) => error.name)")
    assert reached == "TypeError"


def mistakes(records: psycopg.Connection, shown: Stage, count: int) -> None:
    for place in range(count):
        records.execute(
            "INSERT INTO flow_problem (id, organisation_id, flow_code, step, code, detail, created_at)"
            " VALUES (%s, %s, 'kept', %s, 'endless_loop', '', now())",
            [ids.new(), shown.made.organisation_id, f"step_{place}"],
        )


def tidy(records: psycopg.Connection) -> None:
    records.execute("DELETE FROM flow_problem WHERE flow_code = 'kept'")


# --- Dialogs that grow from links


@pytest.mark.parametrize("language", ["eng", "urd"])
def test_a_view_is_kept_from_a_dialog_that_is_a_page_without_a_script(language: str, visit: Open) -> None:
    page = visit(Role.COMMUNITY_STAFF, language=language, expects={422})
    page.goto("/contacts?language=urd")
    link = page.locator(".kept a[data-dialog]")
    link.click()
    expect(page.locator(f"{DIALOG} #name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(DIALOG)).to_have_count(0)
    expect(page.locator("main [data-focus]")).to_be_focused()
    expect(page).to_have_url(re.compile("/views/keep"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/contacts\?language=urd$"))
    link.click()
    page.locator(f"{DIALOG} #name").fill(f"A view in {language}")
    page.keyboard.press("Enter")
    expect(page.locator(".kept a", has_text=f"A view in {language}")).to_have_attribute(
        "aria-current", "true"
    )
    expect(page.locator(".toasts .toast")).to_be_visible()
    page.goto("/views")
    page.locator(".views button").first.click()
    expect(page.locator(".views li")).to_have_count(0)


# --- Answers of other kinds


def test_a_refusal_is_a_page_and_not_a_reason_to_try_on(visit: Open) -> None:
    page, sent = visit(Role.IM_OFFICER, expects={429}), []

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        sent.append(route.request.url)
        body = "<!doctype html><title>Slow</title><main tabindex=-1><h1>Too often</h1></main>"
        route.fulfill(status=429, content_type="text/html; charset=utf-8", body=body)

    page.goto("/simulator")
    page.route("**/simulator", refuse)
    page.click("main button.main")
    expect(page.get_by_role("heading", level=1)).to_have_text("Too often")
    expect(page.locator(WAITING)).to_have_count(0)
    assert len(sent) == 1


def test_a_file_that_a_form_answers_with_is_handed_over(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/simulator")
    page.route(
        "**/simulator",
        lambda route: (
            route.fulfill(
                status=200,
                content_type="text/csv",
                headers={"Content-Disposition": 'attachment; filename="list.csv"'},
                body="a,b\n",
            )
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    with page.expect_download() as handed:
        page.click("main button.main")
    assert handed.value.suggested_filename == "list.csv"
    assert handed.value.path().read_text() == "a,b\n"
    expect(page.get_by_role("heading", level=1)).to_have_text("Phone simulator")
