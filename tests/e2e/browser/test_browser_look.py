"""How every page looks: for those who see, hear or move differently, in the dark, on small screens, enlarged, on paper.

The pages are those that the application has; nobody has to add theirs here.
"""

import itertools
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from gateway.models.staff import Role
from tests.e2e import page_list
from tests.e2e.browser.watch import Open
from tests.e2e.page_list import Sight
from tests.e2e.screenshots import missing, sights
from tests.e2e.stage import Stage

SERIOUS = {"serious", "critical"}
THUMB = 44  # pixels
ROLES = (None, *page_list.ORDER)

PRESSED = (
    "button, select, input:not([type=hidden]), summary, .side a, .tabs a, .pager a, .button",
    ".unseen, details:not([open]) > :not(summary)",
    "label.choice, label.check, .choose label",
)
TOUCH = """([pressed, hidden, labels, least]) => [...document.querySelectorAll(pressed)]
  .filter(item => item.checkVisibility({visibilityProperty: true}) && !item.closest(hidden))
  .map(item => [item, (item.closest(labels) || item).getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && box.height < least)
  .map(([item, box]) => `${item.tagName} ${item.textContent.trim().slice(0, 30)}: ${Math.round(box.height)}`)"""
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="session")
def seen(browser: Browser, shown: Stage) -> list[Sight]:
    """Every page."""
    return sights(shown, browser)


def walk(
    visit: Open, seen: list[Sight], role: Role | None, **options: object
) -> Iterator[tuple[Sight, Page]]:
    """Open each page of a role, one after the other."""
    mine = [sight for sight in seen if sight.role == role]
    if mine:
        page = visit(role, expects={404}, **options)
        for sight in mine:
            page.goto(sight.path)
            yield sight, page


def test_no_page_is_forgotten(seen: list[Sight], shown: Stage) -> None:
    names = {sight.name for sight in seen}
    assert names >= {
        *("signin", "overview", "conversation", "round", "case", "sealed", "phone", "missing", "components"),
    }
    assert len(names) > 20
    assert not {sight.name for sight in page_list.plain(shown.app)} & missing(shown, seen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("width", "language", "scheme", "contrast"),
    [
        (1280, "eng", "light", "no-preference"),
        (390, "urd", "light", "no-preference"),
        (390, "eng", "dark", "no-preference"),
        (1280, "urd", "dark", "more"),
    ],
)
def test_nothing_keeps_anybody_out(
    width: int, language: str, scheme: str, contrast: str, role: Role | None, visit: Open, seen: list[Sight]
) -> None:
    faults = {}
    options = {"width": width, "language": language, "color_scheme": scheme, "contrast": contrast}
    for sight, page in walk(visit, seen, role, **options):
        found = _faults(page)
        if found:
            faults[sight.name] = found
    assert faults == {}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", ["eng", "urd"])
def test_no_page_is_wider_than_a_small_phone_or_a_desk_enlarged_twice(
    language: str, role: Role | None, visit: Open, seen: list[Sight]
) -> None:
    wide = {}
    for sight, page in walk(visit, seen, role, language=language, width=320):
        for width in (320, 640):  # 640 is what a desk of 1280 pixels has left at 200 percent
            page.set_viewport_size({"width": width, "height": 800})
            beyond = page.evaluate(BEYOND)
            if beyond > 0:
                wide[sight.name, width] = beyond
    assert wide == {}


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_pressed_is_as_large_as_a_thumb(
    role: Role | None, visit: Open, seen: list[Sight]
) -> None:
    small = {}
    for sight, page in walk(visit, seen, role, width=390, has_touch=True):
        found = page.evaluate(TOUCH, [*PRESSED, THUMB])
        if found:
            small[sight.name] = found
    assert small == {}


def test_the_menu_folds_on_a_phone_without_a_script(visit: Open) -> None:
    page = visit(Role.SENSITIVE_FOCAL_POINT, width=390, java_script_enabled=False)
    page.goto("/")
    grievances = page.locator(".side").get_by_role("link", name="Grievances")
    expect(grievances).to_be_hidden()
    page.locator(".menu > summary").click()
    grievances.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grievances")
    expect(page.locator(".side [aria-current=page]")).to_have_count(1)


def test_the_menu_stands_open_beside_the_page(visit: Open) -> None:
    page = visit(Role.SENSITIVE_FOCAL_POINT)
    page.goto("/")
    expect(page.locator(".menu > summary")).to_be_hidden()
    expect(page.locator(".side").get_by_role("link", name="Grievances")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.mark.parametrize("language", ["eng", "urd"])
def test_the_present_tab_and_entry_are_brought_into_sight(language: str, visit: Open) -> None:
    page = visit(Role.DATA_PROTECTION_OFFICER, width=390, language=language)
    page.goto("/agreements")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 480})
    page.goto("/components")
    expect(page.locator(".side [aria-current=page]")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0


def test_a_person_chooses_dark_whatever_the_device_says(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, color_scheme="light")
    page.goto("/me")
    light = _paper(page)
    for theme, darker in (("dark", True), ("light", False), ("contrast", False)):
        page.check(f"input[name=theme][value={theme}]")
        page.locator("main button.main").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert (sum(_paper(page)) < sum(light) / 2) == darker
    page.check("input[name=theme][value=device]")
    page.locator("main button.main").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "device")
    page.emulate_media(color_scheme="dark")
    assert sum(_paper(page)) < sum(light) / 2


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
@pytest.mark.parametrize("language", ["eng", "urd"])
def test_every_part_can_be_read_in_every_theme(theme: str, language: str, visit: Open) -> None:
    page = visit(
        Role.IM_OFFICER, language=language, reduced_motion="reduce"
    )  # a colour on its way is neither
    page.goto("/components")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    assert _faults(page) == []


def test_forced_colours_leave_borders_where_colour_spoke(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, forced_colors="active")
    page.goto("/components")
    border = "item => getComputedStyle(item).borderTopStyle + ' ' + getComputedStyle(item).borderTopWidth"
    for part in (".badge.bad", ".notice.warn", ".bubble.out", ".bulk-bar"):
        assert page.locator(part).first.evaluate(border) == "solid 1px", part
    present = page.locator(".side [aria-current=page]")
    assert present.evaluate("item => getComputedStyle(item).outlineStyle") == "solid"


def test_nothing_moves_for_whoever_wants_less_motion(visit: Open) -> None:
    for motion, moves in (("reduce", False), ("no-preference", True)):
        page = visit(Role.IM_OFFICER, reduced_motion=motion)
        page.goto("/components")
        assert bool(page.evaluate("document.getAnimations().length")) == moves


def test_a_case_on_paper_is_the_case_alone(visit: Open, seen: list[Sight]) -> None:
    page = visit(Role.SENSITIVE_FOCAL_POINT, color_scheme="dark")
    page.goto(next(sight.path for sight in seen if sight.name == "case"))
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".side", ".trail", "main button", ".help"):
        for item in page.locator(gone).all():
            expect(item).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert _paper(page) == [255, 255, 255]
    page.goto("/grievances")
    expect(page.locator(".filters")).to_be_hidden()
    assert page.locator("table.cards").evaluate("item => getComputedStyle(item).display") == "table"


def test_words_stand_in_the_letters_of_their_language(visit: Open) -> None:
    page = visit(Role.IM_OFFICER)
    page.goto("/components")
    urdu = page.locator(".mirrors [lang=ur] p").first
    assert "Nastaliq" in urdu.evaluate("item => getComputedStyle(item).fontFamily")
    size, line = urdu.evaluate(
        "item => [getComputedStyle(item).fontSize, getComputedStyle(item).lineHeight].map(parseFloat)"
    )
    assert line / size > 1.9
    assert (
        page.locator(".mirrors [dir=rtl]").first.evaluate("item => getComputedStyle(item).direction") == "rtl"
    )


def test_numbers_behind_a_chart_open_without_a_script(visit: Open) -> None:
    page = visit(Role.IM_OFFICER, java_script_enabled=False)
    page.goto("/components")
    chart = page.locator(".chart-box").first
    expect(chart.get_by_role("img")).to_be_visible()
    expect(chart.get_by_role("table")).to_be_hidden()
    chart.locator("summary").click()
    expect(chart.get_by_role("table")).to_be_visible()
    expect(chart.get_by_role("row")).to_have_count(5)


def _faults(page: Page) -> list[str]:
    """What axe finds, and headings that skip a level."""
    found = Axe().run(page)
    assert found.response["passes"], "the rules must have run"
    faults = [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found.response["violations"]
        if fault["impact"] in SERIOUS
    ]
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(item => Number(item.tagName[1]))")
    if levels.count(1) != 1 or levels[0] != 1:
        faults.append(f"headings: {levels}")
    if any(after - before > 1 for before, after in itertools.pairwise(levels)):
        faults.append(f"headings skip a level: {levels}")
    if page.evaluate(BEYOND) > 0:
        faults.append("wider than the screen")
    return faults


def _paper(page: Page) -> list[int]:
    colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
