"""From an empty `paigham up` to the first message on a simulated phone, in a browser, as an administrator goes."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.operation import free_port

ROOT = Path(__file__).resolve().parents[3]
LINK = re.compile(r"http://\S+/welcome/\S+")
READY_WITHIN = 90  # seconds
WAIT = 20_000  # milliseconds


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    """The link that a new gateway prints for its first administrator."""
    said = tmp_path / "said.txt"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PAIGHAM_")}
    for name in ("DATABASE_URL", "REDIS_URL"):
        clean.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="paigham-first-") as folder, said.open("wb") as output:
        ports = ["--port", str(free_port()), "--webhooks-port", str(free_port())]
        running = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "up", "--data", folder, *ports],
            cwd=ROOT,
            env=clean
            | {"PYTHONPATH": str(ROOT), "PAIGHAM_SECOND_FACTOR": "off"},  # others test the second factor
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _link(running, said)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)


def _link(running: subprocess.Popen[bytes], said: Path) -> str:
    last = time.monotonic() + READY_WITHIN
    while time.monotonic() < last and running.poll() is None:
        text = said.read_text()
        found = LINK.search(text)
        if found is not None and "End with Ctrl-C." in text:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(said.read_text())


def sign_up(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("#name", "First Person")
    page.fill("#email", "first@example.org")
    page.fill("#password", "a lantern in block seven")
    page.fill("#again", "a lantern in block seven")
    page.press("#again", "Enter")
    page.wait_for_url("**/")


def refresh_until_heard(page: Page) -> None:
    for _ in range(100):
        if page.locator(".screen .bubble.in").count():
            return
        page.get_by_role("button", name="Look for new messages").click()
        page.wait_for_timeout(100)
    expect(page.locator(".screen .bubble.in")).to_have_count(1)


def test_the_first_steps_lead_to_a_message_without_javascript(browser: Browser, link: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    sign_up(page, link)
    page.get_by_role("link", name="Take the first steps").click()
    page.fill("#name", "Response Kharan")
    page.fill("#organisation", "Relief Kharan")
    page.select_option("#country", "PK")
    page.select_option("#timezone", "Asia/Karachi")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Languages of the people")
    expect(page.locator("#name")).to_have_value("Response Kharan")
    page.get_by_label("English").check()
    page.get_by_label("Urdu").check()
    page.get_by_role("button", name="Save and go on").click()

    expect(page.locator("#timezone")).to_have_value("Asia/Karachi")
    page.fill("#name", "Main office")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("link", name="Back").click()
    expect(page.locator("#name")).to_have_value("Main office")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_label("Simple phone").check()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Services and coping").check()
    page.get_by_role("button", name="Save and go on").click()

    expect(page.locator(".preview .bubble")).to_contain_text("1) Yes")
    page.select_option("#language", "eng")
    page.get_by_role("button", name="Send it to my phone").click()
    page.wait_for_url("**/simulator/*")
    refresh_until_heard(page)
    expect(page.locator(".screen .bubble.in")).to_contain_text("1) Yes")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("link", name="Take the first steps")).to_have_count(0)
    context.close()


def test_the_first_steps_are_taken_by_keyboard_alone(browser: Browser, link: str) -> None:
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    sign_up(page, link)
    page.goto(page.url + "setup")
    keys(
        page,
        "#name",
        "Response Kharan",
        "Tab",
        "Relief",
        "Tab",
        "Pakistan",
        "Tab",
        "Asia/Kar",
        "Tab",
        "Space",
    )
    advance(page, "office")
    keys(page, "#name", "Main office")
    advance(page, "channel")
    keys(page, "input[name=kind]", "Space")
    advance(page, "flow")
    keys(page, "input[name=flow]", "ArrowDown", "ArrowDown")
    advance(page, "message")
    page.focus("form.setup button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/simulator/*")
    expect(page.locator(".screen .bubble.in").first).to_be_visible()
    context.close()


def keys(page: Page, start: str, *pressed: str) -> None:
    """Type from a field on: names of keys are pressed, all else is typed."""
    page.locator(start).first.focus()
    for each in pressed:
        if each in {"Tab", "Space", "ArrowDown"}:
            page.keyboard.press(each)
        else:
            page.keyboard.type(each)


def advance(page: Page, step: str) -> None:
    page.focus("form.setup button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/setup/{step}")
