"""Draw every page at two widths, in English and Urdu: `python -m tests.e2e.screenshots [--out FOLDER]`.

With `--readme FOLDER` the few pictures of the README are copied there, as much of each as a screen holds.
"""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from gateway.models.staff import Role
from tests.e2e import page_list
from tests.e2e.chromium import launch
from tests.e2e.page_list import Sight
from tests.e2e.seed import PASSWORD, email
from tests.e2e.stage import Stage, stage

WIDTHS = {1280: 900, 390: 844}  # pixels: a desk, a phone
LANGUAGES = ("eng", "urd")
WAIT = 15_000  # milliseconds
README = (
    "overview-eng-1280",
    "conversation-eng-1280",
    "round-eng-1280",
    "phone-eng-1280",
    "overview-urd-1280",
    "grievances-urd-390",
)


def main(arguments: list[str] | None = None) -> int:
    """Draw, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"))
    parser.add_argument("--readme", type=Path, help="folder for the README's pictures (docs/images)")
    options = parser.parse_args(arguments)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    with stage() as shown, sync_playwright() as player:
        browser = launch(player)
        found = sights(shown, browser)
        for language in LANGUAGES:
            _draw(browser, shown, found, language, out)
        forgotten = sorted(missing(shown, found))
        browser.close()
    if options.readme:
        options.readme.mkdir(parents=True, exist_ok=True)
        for name in README:
            shutil.copy(out / "screens" / f"{name}.png", options.readme)
    sys.stdout.write(f"{len(list(out.glob('*.png')))} pictures are in {out}.\n")
    if forgotten:
        sys.stdout.write(f"No link of the seeded operation leads to: {', '.join(forgotten)}.\n")
    return 0


def sights(shown: Stage, browser: Browser) -> list[Sight]:
    """Every page there is; and of some, more than one: a sealed case, a list that is empty, what is not there."""
    everywhere = list(page_list.plain(shown.app))
    found = [*everywhere]
    for role in page_list.ORDER:
        start = [sight.path for sight in everywhere if sight.role is not None]
        context = browser.new_context(base_url=shown.url)
        page = context.new_page()
        sign_in(page, shown, role)
        mine = [*page_list.linked(shown.app, role, context.request, start)]
        if role is Role.SENSITIVE_FOCAL_POINT:
            mine = [sight for sight in mine if sight.name not in {"case", "phone"}] + _chosen(page)
        found += mine
        context.close()
    return found


def missing(shown: Stage, found: list[Sight]) -> set[str]:
    """Pages with an id that no link of the seeded operation leads to."""
    return {page_list.name_of(endpoint) for endpoint in page_list.routes(shown.app)} - {
        sight.name for sight in found
    }


def sign_in(page: Page, shown: Stage, role: Role) -> None:
    """Sign in as somebody of a role."""
    page.goto(f"{shown.url}/signin")
    page.fill("#email", email(role))
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(f"{shown.url}/")


def speak(page: Page, language: str) -> None:
    """Change the language of the pages."""
    with page.expect_navigation():
        page.select_option("#speak", language)
    page.wait_for_load_state()


def _draw(browser: Browser, shown: Stage, found: list[Sight], language: str, out: Path) -> None:
    for role in (None, *page_list.ORDER):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=shown.url)
        page = context.new_page()
        if role is not None:
            sign_in(page, shown, role)
        else:
            page.goto("/signin")
        if language != "eng" or role is not None:
            speak(page, language)
        for sight in found:
            if sight.role == role:
                page.goto(sight.path)
                _shoot(page, out, sight.name, language)
        context.close()


def _shoot(page: Page, out: Path, name: str, language: str) -> None:
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        page.wait_for_load_state()
        page.screenshot(path=out / "screens" / f"{name}-{language}-{width}.png")
        page.screenshot(path=out / f"{name}-{language}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})


def _chosen(page: Page) -> list[Sight]:
    """What the seeds hold on purpose, for the focal point."""
    paths = {
        "case": _first(page, "tr:not(.sealed)"),
        "sealed": _first(page, "tr.sealed"),
        "failed": "/messages?status=failed",
        "empty": "/grievances?stage=closed",
        "phone": _phone(page),
        "missing": "/nowhere",
    }
    return [Sight(name, path, Role.SENSITIVE_FOCAL_POINT) for name, path in paths.items()]


def _first(page: Page, row: str) -> str:
    page.goto("/grievances")
    return page.locator(f"tbody {row} th a").first.get_attribute("href") or ""


def _phone(page: Page) -> str:
    """Talk for a while on a simulated phone, and return its page."""
    page.goto("/simulator")
    page.select_option("#flow", "monitoring_services")
    page.click("main button.main")
    for said, heard in (("1", 2), ("2", 3), ("1", 4)):
        page.fill("#text", said)
        page.press("#text", "Enter")
        page.wait_for_function(
            "count => document.querySelectorAll('.screen .bubble.in').length >= count",
            arg=heard,
            timeout=WAIT,
        )
    return page.url.partition("#")[0]


if __name__ == "__main__":
    raise SystemExit(main())
