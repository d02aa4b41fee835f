"""Every page says what it is for: short, in plain words, and nothing is explained that there is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.settings import Settings
from gateway.web import access, resources
from gateway.web.help_texts import HELP, NO_PAGE, Help

LONGEST = 24  # words in a sentence
JARGON = re.compile(
    r"\b(API|database|server|token|URL|cookie|JSON|webhook|user|beneficiar\w+|ticket|queue|sync\w*|cache|render\w*)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The pages; nothing connects before a request."""
    made = create_pages(
        Settings(
            database_url="postgresql://nobody@127.0.0.1:9/none",
            redis_url="redis://127.0.0.1:9/0",
            data=tmp_path_factory.mktemp("data"),
            keys=Keyring.generate().to_json(),
        )
    )
    yield made
    resources.of(made).engine.dispose()


def pages(app: Flask) -> set[str]:
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("staff.")
    }


def test_every_page_has_help_and_nothing_else_has(app: Flask) -> None:
    assert sorted(pages(app) - NO_PAGE - set(HELP)) == [], "write their help in gateway/web/help_texts/"
    assert sorted(set(HELP) - pages(app)) == [], "these pages are gone"
    assert sorted(NO_PAGE - pages(app)) == [], "these routes are gone"
    assert len(HELP) > 12


def test_what_is_no_page_is_open_to_strangers_or_has_a_rule(app: Flask) -> None:
    assert all(access.rule_of(app.view_functions[endpoint]) is not None for endpoint in NO_PAGE)


@pytest.mark.parametrize("text", HELP.values(), ids=HELP)
def test_help_is_three_to_six_short_plain_sentences(text: Help) -> None:
    assert 3 <= len(text.sentences) <= 6
    assert text.first, "it says what to do"
    for paragraph in text.sentences:
        assert paragraph[-1] in ".?!"
        assert not JARGON.search(paragraph), paragraph
        for sentence in re.split(r"(?<=[.?!:])\s", paragraph):
            assert len(sentence.split()) <= LONGEST, sentence


def test_pages_that_show_people_say_what_could_harm_them(app: Flask) -> None:
    del app
    shows_people = {"staff.contacts", "staff.contact", "staff.grievances", "staff.grievance", "staff.phone"}
    assert {name for name in shows_people if not HELP[name].careful} == set()


def test_the_frame_shows_the_help_and_errors_do_not() -> None:
    templates = Path(resources.__file__).parent / "templates"
    assert '{% include "help_panel.html" %}' in (templates / "base.html").read_text()
