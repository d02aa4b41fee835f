"""One simulated person: hears a message, and answers as people do. Pure; `crowd.py` carries the words.

People read numbered options ("1) Yes 2) No", "1 English 2 اردو") or press buttons; they write digits of their
own script or the words of a label; some answer nonsense first, some late, some never; some stop, complain, or
say what only a person should read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import yaml

from gateway.fakes.wire import Heard


class Habit(StrEnum):
    """How a person replies."""

    DIGITS = "digits"  # the option's number, in the script of the language; on a messenger, the button
    LATIN = "latin"  # the option's number in Latin digits
    WORDS = "words"  # the label, as written
    WRONG_FIRST = "wrong_first"  # nonsense, then right
    LATE = "late"  # right, long after the others
    NEVER = "never"
    STOPS = "stops"  # STOP in the own language, to the second question
    COMPLAINS = "complains"  # PROBLEM to the second question, then a complaint
    DISCLOSES = "discloses"  # words that a machine must not answer, to the second question


HELP = "HUMAN"
DECISIVE = 2  # The question at which habits show that end or leave the conversation.
LATE_FACTOR = 20.0
YES_OR_NO = 2
TAIL = 60  # characters by which a question is known
AGREES = 0.9  # Of two options the first is nearly always "yes".


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a speaker of one language says; see phrases.yaml."""

    app: str
    endonym: str
    digits: str
    asks: Sequence[str]
    counts: Sequence[str]
    stop: str
    problem: str
    hello: str
    nonsense: Sequence[str]
    answers: Sequence[str]
    complaints: Sequence[str]
    disclosures: Sequence[str]


@cache
def phrases() -> Mapping[str, Phrases]:
    """All phrases by ISO 639-3 code."""
    text = resources.files("gateway.fakes").joinpath("phrases.yaml").read_text(encoding="utf-8")
    data: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return {code: Phrases(**entry) for code, entry in data.items()}


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person sends: text, or a pressed button; `patience` multiplies the usual time to think.

    `chose` is the option that is meant, as (code, label); None for what chooses nothing.
    """

    text: str = ""
    button: str | None = None
    patience: float = 1.0
    chose: tuple[str, str] | None = field(default=None, compare=False)


class Person:
    """A phone with somebody behind it.

    Args:
        channel: "twilio" or "telegram".
        address: E.164 number or chat id.
        language: ISO 639-3.
        habit: how this person replies.
        seed: the same seed hears and says the same.
    """

    def __init__(self, channel: str, address: str, *, language: str, habit: Habit, seed: int) -> None:
        self.channel, self.address, self.language, self.habit = channel, address, language, habit
        self.phrases = phrases()[language]
        self.asked = 0
        self._random = random.Random(seed)
        self._last = ""
        self._repeats = 0
        self._complaining = False

    def hear(self, heard: Heard) -> Saying | None:
        """Give the reply to one message, None if it asks nothing or this person does not reply."""
        options = self._options(heard)
        if not options and not self._is_question(heard.text):
            return None
        self.asked += 1
        self._note(heard.text.strip())
        if self.habit is Habit.NEVER:
            return None
        return self._by_habit() or self._answer(heard, options)

    def _note(self, text: str) -> None:
        """Count how often this question was heard. Asked again, it has a new beginning and the old end."""
        again = bool(self._last) and text.endswith(self._last)
        self._repeats = self._repeats + 1 if again else 0
        self._last = text[-TAIL:]

    def _by_habit(self) -> Saying | None:
        """What is said whatever the question."""
        if self.habit is Habit.WRONG_FIRST and not self._repeats:
            return Saying(self._random.choice(self.phrases.nonsense))
        if self._complaining or self.asked != DECISIVE:
            return None
        if self.habit is Habit.COMPLAINS:
            self._complaining = True
            return Saying(self.phrases.problem)
        return {
            Habit.STOPS: Saying(self.phrases.stop),
            Habit.DISCLOSES: Saying(self._random.choice(self.phrases.disclosures)),
        }.get(self.habit)

    def _answer(self, heard: Heard, options: Sequence[tuple[str, str]]) -> Saying:
        patience = LATE_FACTOR if self.habit is Habit.LATE else 1.0
        if not options:
            return Saying(self._in_own_words(heard.text), patience=patience)
        code, label = self._choose(options)
        chose = (code, label)
        if self.habit is Habit.WORDS:
            return Saying(label, patience=patience, chose=chose)
        if heard.buttons:
            return Saying(button=code, patience=patience, chose=chose)
        return Saying(self._written(code), patience=patience, chose=chose)

    def _options(self, heard: Heard) -> Sequence[tuple[str, str]]:
        return heard.buttons or read_options(heard.text)

    def _choose(self, options: Sequence[tuple[str, str]]) -> tuple[str, str]:
        own = [option for option in options if self.phrases.endonym in option[1]]
        if own:
            return own[0]
        if len(options) == YES_OR_NO and self._random.random() < AGREES:
            return options[0]
        return self._random.choice([option for option in options if not _is_child(option[1])])

    def _written(self, number: str) -> str:
        if self.habit is Habit.LATIN:
            return number
        return number.translate(str.maketrans("0123456789", self.phrases.digits))

    def _in_own_words(self, question: str) -> str:
        """A complaint, a number or words. Asked again, a person tries the other kind."""
        if self._complaining:
            return self._random.choice(self.phrases.complaints)
        wants_number = any(word in question.casefold() for word in self.phrases.counts)
        if wants_number == (self._repeats % 2 == 0):
            return self._written(str(self._random.randint(1, 60)))
        return self._random.choice(self.phrases.answers)

    def _is_question(self, text: str) -> bool:
        """Whether a text asks something: in the own language, or in English, which texts fall back to.

        What names the way to a person (HUMAN) is help with a question that stands in another message.
        """
        if HELP in text:
            return False
        folded = text.casefold()
        return any(mark in folded for mark in (*self.phrases.asks, *phrases()["eng"].asks))


_ISOLATES = str.maketrans("", "", "\u200e\u200f\u2066\u2067\u2068\u2069")
_ON_LINES = re.compile(r"^\s*(\d{1,2})(?=[\s).:\-])[).:\-]?", re.MULTILINE)
_INLINE = re.compile(r"(?:^|(?<=[\s(:.,;،؛]))(\d{1,2})(?=[\s).:\-])[).:\-]?")
_SENTENCE_END = re.compile(r"[.。۔။]\s")


def read_options(text: str) -> list[tuple[str, str]]:
    """Find numbered options: numbers of any script that count up from one, each followed by its label.

    Gives (number in Latin digits, label). One lone number is no choice, so fewer than two options are none.
    """
    text = text.translate(_ISOLATES)
    return _counted(_ON_LINES, text) or _counted(_INLINE, text)


def _counted(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    marks: list[re.Match[str]] = []
    for mark in pattern.finditer(text):
        if int(mark[1]) == len(marks) + 1:
            marks.append(mark)
        elif int(mark[1]) == 1 and len(marks) < YES_OR_NO:
            marks = [mark]  # The first "1" was a price or a number of days: the options begin here.
    starts = [mark.start() for mark in marks] + [len(text)]
    labels = [_label(text[mark.end() : end]) for mark, end in zip(marks, starts[1:], strict=True)]
    if len(labels) < YES_OR_NO or not all(labels):
        return []
    return [(str(number), label) for number, label in enumerate(labels, start=1)]


def _label(text: str) -> str:
    first_line = text.strip().partition("\n")[0]
    return _SENTENCE_END.split(first_line)[0].strip(" .,;،؛:)۔။")


def _is_child(label: str) -> bool:
    """Whether an option says "under 18", in whatever language: simulated people are adults."""
    return "18" in label and "59" not in label
