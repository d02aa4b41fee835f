"""Templates keep to the policy of the pages: nothing inline, nothing from elsewhere, a token in every form."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "gateway" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SCRIPTS = sorted(path for path in (WEB / "static").rglob("*.js") if path.is_file())
INLINE = {
    "a handler in an attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style in an attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b", re.IGNORECASE),
    "an address that is a script": re.compile(r"javascript:", re.IGNORECASE),
    "a word that is not escaped": re.compile(r"\|\s*safe\b"),
}
SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
STYLESHEET = re.compile(r"<link\b[^>]*rel=\"stylesheet\"[^>]*>")
FORM = re.compile(r"<form\b[^>]*method=\"post\"[^>]*>(.*?)</form>", re.DOTALL | re.IGNORECASE)
TOKEN = re.compile(r"\btoken\(\)|form_token\(\)|\bpost_form\b")
# What makes a page out of a string runs without the policy's leave.
MAKES_CODE = re.compile(r"\beval\(|new Function\b|setTimeout\(\s*[\"'`]|document\.write|insertAdjacentHTML")


def name(path: Path) -> str:
    return str(path.relative_to(WEB))


def test_there_are_templates_and_scripts_to_look_at():
    assert len(TEMPLATES) > 15
    assert SCRIPTS


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_nothing_in_a_template_is_inline(path: Path):
    text = path.read_text("utf-8")
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []
    assert [body for body in SCRIPT.findall(text) if body.strip()] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_scripts_and_stylesheets_name_the_nonce(path: Path):
    text = path.read_text("utf-8")
    tags = [found[0] for found in re.finditer(r"<script\b[^>]*>", text)] + STYLESHEET.findall(text)
    assert [tag for tag in tags if 'nonce="{{ nonce() }}"' not in tag] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_form_that_changes_something_carries_a_token(path: Path):
    text = path.read_text("utf-8")
    assert [body[:80] for body in FORM.findall(text) if not TOKEN.search(body)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_no_script_makes_code_or_pages_out_of_strings(path: Path):
    found = MAKES_CODE.search(path.read_text("utf-8"))
    assert found is None, found


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_no_script_keeps_anything_beyond_the_tab(path: Path):
    text = path.read_text("utf-8")
    for keeper in ("localStorage", "indexedDB", "document.cookie", "serviceWorker", "caches."):
        assert keeper not in text
