"""Every setting is explained, and the page of settings is the one that the settings write."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gateway import settings
from gateway.settings import Settings, variable

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "settings.md"
VARIABLE = re.compile(r"\b(PAIGHAM_[A-Z_]+|DATABASE_URL|REDIS_URL)\b")
KNOWN = {variable(item.name) for item in fields(Settings)}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "Procfile", ROOT / "Makefile"])


def test_the_page_of_settings_is_fresh():
    assert PAGE.read_text("utf-8") == settings.page(), "run: python -m gateway.settings > docs/settings.md"


@pytest.mark.parametrize("item", fields(Settings), ids=lambda item: item.name)
def test_every_setting_says_what_it_is_and_stands_on_the_page(item):
    doc = item.metadata["doc"]
    assert len(doc.split()) >= 3
    assert not doc.endswith(".")
    assert f"| `{variable(item.name)}` |" in PAGE.read_text("utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if page.exists()], ids=lambda page: page.name)
def test_no_page_speaks_of_a_setting_that_does_not_exist(page):
    assert set(VARIABLE.findall(page.read_text("utf-8"))) <= KNOWN


def test_a_secret_does_not_stand_on_the_page_even_as_a_default():
    secret = [item for item in fields(Settings) if not item.repr]
    assert {item.name for item in secret} >= {"database_url", "redis_url", "keys"}
    assert all(item.default == "" for item in secret)
