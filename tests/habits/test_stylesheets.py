"""The stylesheet keeps to directions that turn with the writing, to its own names for colours, and to our server."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "gateway/web/static/paigham.css").glob("*.css"))
TEMPLATES = ROOT / "gateway" / "web" / "templates"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Left, right, top and bottom, width and height: each has a name that turns with the direction of writing.
PHYSICAL = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border)-(?:left|right|top|bottom)[-\w]*|left|right|top|bottom"
    r"|(?:min-|max-)?(?:width|height)|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
# Four values go top, right, bottom, left: only where both sides are alike does nothing turn.
FOUR = re.compile(r"(?:margin|padding|inset)\s*:\s*([^;{}]+);")
SPACE = re.compile(r"\s+(?![^(]*\))")
QUERY = re.compile(r"@media[^{]*")
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
NAMES = re.compile(r"(--[\w-]+)\s*:")
USES = re.compile(r"var\((--[\w-]+)")


def rules(path: Path) -> str:
    return QUERY.sub("@media ", COMMENT.sub("", path.read_text("utf-8")))


def test_there_are_stylesheets_to_look_at():
    assert len(SHEETS) > 6
    assert sum(len(rules(path)) for path in SHEETS) > 20_000


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_is_placed_by_left_and_right(path):
    assert PHYSICAL.findall(rules(path)) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_four_values_are_alike_on_both_sides(path):
    found = [SPACE.split(values.strip()) for values in FOUR.findall(rules(path))]
    assert [values for values in found if len(values) == 4 and values[1] != values[3]] == []


def test_the_habit_would_see_a_left_or_a_width():
    for text in (
        "a { margin-left: 1px }",
        "a { left: 0 }",
        "a { text-align: right }",
        "a { max-width: 3rem }",
    ):
        assert PHYSICAL.search(text), text
    for text in ("a { border-inline-end-width: 1px }", "a { line-height: 1 }", "a { inset-inline: 0 }"):
        assert not PHYSICAL.search(text), text


@pytest.mark.parametrize("path", SHEETS[1:-1], ids=lambda path: path.name)
def test_colours_have_names_except_on_paper(path):

    assert HEX.findall(rules(path)) == []


def test_every_name_that_is_used_is_defined_and_every_one_defined_is_used():
    text = "\n".join(rules(path) for path in SHEETS)
    assert set(USES.findall(text)) == set(NAMES.findall(text))


def test_dark_is_the_same_dark_by_the_device_and_by_choice():
    text = rules(SHEETS[0])
    chosen = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', text, re.DOTALL)
    device = re.search(r":root:is\([^{]*\) \{(.*?)\}", text, re.DOTALL)
    assert chosen
    assert device
    assert chosen[1].split() == device[1].split()


def test_no_stylesheet_loads_from_elsewhere():
    for path in SHEETS:
        assert "//" not in rules(path), path.name
        assert "@import" not in rules(path), path.name


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r"^  '([a-z]+)': '", (TEMPLATES / "icons.html").read_text("utf-8"), re.MULTILINE))
    templates = "\n".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    menu = (ROOT / "gateway/web/page.py").read_text("utf-8")
    named = set(re.findall(r"\bicon\('([a-z]+)'\)", templates))
    named |= set(re.findall(r'Entry\("[\w.]+", N_\("[^"]+"\), "([a-z]+)"', menu))
    assert len(named) > 10
    assert named <= drawn
