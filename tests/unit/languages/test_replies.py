"""Hundreds of replies in each language, as people type them, and what each is read as."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

import flows
from flows.answers import Circumstances, Outcome, Understood, Unsure, clean, read
from flows.disclosure import suspect
from flows.folding import fold
from flows.languages import SHIPPED
from flows.plan import plan_of

FOLDER = Path(__file__).parents[2] / "fixtures" / "replies"
TODAY = date(2031, 3, 9)
QUESTIONS = plan_of(flows.load((FOLDER / "questions.yaml").read_text(encoding="utf-8"))).questions
PLACES = {
    fold(name): code
    for code, names in {
        "AF01": ["Kabul", "کابل", "Kabul city", "kaboul", "ကဘူးလ်"],
        "PK01": ["Peshawar", "پشاور", "پېښور", "بيشاور"],
        "PK04": ["Mardan East", "مردان شرقی"],
        "PK05": ["Mardan West", "مردان غربی"],
        "SO01": ["Muqdisho", "Mogadishu", "مقديشو", "Mogadiscio"],
        "MM01": ["Yangon", "ရန်ကုန်"],
        "MM02": ["Sittwe", "စစ်တွေ"],
        "SY01": ["Damascus", "دمشق", "Damas"],
    }.items()
    for name in names
}
FEWEST = 300  # replies of a language
AS_WRITTEN = "="  # as a reading: the reply itself
LEAST_DOUBT = 0.25  # of them are not to be taken as they are


def rows():
    """(language, question, expected, reply) of every file."""
    for language in SHIPPED:
        table = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
        for question, readings in table.items():
            for expected, replies in readings.items():
                yield from (
                    (language, question, str(expected), reply) for reply in replies.splitlines() if reply
                )


ROWS = list(rows())


def of(language, question):
    """The rows of one question in one language."""
    return [row for row in ROWS if row[:2] == (language, question)]


def told(value):
    if isinstance(value, list):
        return "+".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def understood(language, question, reply):
    """What a reply is read as, in the words of the files."""
    about = Circumstances(language, TODAY, suspect, places=PLACES)
    match read(QUESTIONS[question], flows.Reply(clean(reply)), about):
        case Understood(value):
            return told(value)
        case Unsure(readings):
            return "? " + "|".join(told(one.value) for one in readings)
        case Outcome() as outcome:
            return outcome.value
        case suspected:
            return f"suspected {suspected.rule}"


@pytest.mark.parametrize(("language", "question"), sorted({row[:2] for row in ROWS}))
def test_replies_are_read_as_their_writers_meant_them(language, question):
    wrong = {
        reply: (found, expected)
        for _, _, expected, reply in of(language, question)
        if (found := understood(language, question, reply))
        != (reply.strip() if expected == AS_WRITTEN else expected)
    }
    assert wrong == {}


@pytest.mark.parametrize("language", SHIPPED)
def test_each_language_has_hundreds_of_replies_and_doubt_among_them(language):
    expected = [row[2] for row in ROWS if row[0] == language]
    doubted = [each for each in expected if each == "unclear" or each.startswith("?")]
    assert len(expected) >= FEWEST
    assert len(doubted) >= LEAST_DOUBT * len(expected)


def test_no_reply_stands_twice():
    seen = Counter((language, question, reply) for language, question, _, reply in ROWS)
    assert [row for row, count in seen.items() if count > 1] == []


PAGE = Path(__file__).parents[3] / "docs" / "reading-replies.md"
EXAMPLE = re.compile(r"^\| (\w+) \| (.+?) \| ((?:[^|\\]|\\\|)+?) \|$", re.MULTILINE)
EXAMPLES = [found for found in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")) if found[0] in QUESTIONS]


def test_the_page_has_examples_of_every_outcome():
    readings = [reading for _, _, reading in EXAMPLES]
    assert len(readings) > 50
    assert "unclear" in readings
    assert any(reading.startswith("?") for reading in readings)


@pytest.mark.parametrize(("question", "reply", "reading"), EXAMPLES)
def test_the_page_tells_the_truth(question, reply, reading):
    assert understood("eng", question, reply) == reading.replace("\\|", "|")
