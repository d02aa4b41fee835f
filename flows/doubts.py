"""Doubts: a reply that may mean something is never taken before the person says so."""

from __future__ import annotations

from typing import Any

from flows.answers import Understood
from flows.events import MatchDoubted, Matched, OptionShown
from flows.nodes import Question
from flows.recall import code_of
from flows.run import Run
from flows.session import Sprint

GUESS, READ_BACK = "guess", "read_back"


def doubt(run: Run, question: Question, readings: tuple[Understood, ...], *, raw: str, kind: str) -> Sprint:
    """Ask whether we understood: "Did you mean …?", "Which one?", or the value read back."""
    rows = [
        [reading.value, reading.matched.value, list(reading.choices), reading.shown] for reading in readings
    ]
    run.report(MatchDoubted(run.key(question), raw, tuple(str(reading.value) for reading in readings)))
    state = [raw, kind, *rows]
    say(run, question, state)
    return run.wait(question, run.session.retries, run.session.expires, doubt=state)


def say(run: Run, question: Question, state: list[Any]) -> None:
    """Say the open doubt."""
    _, kind, *rows = state
    readings = [reading_of(row) for row in rows]
    labels = [label(run, question, reading) for reading in readings]
    if len(readings) == 1:
        options = (
            OptionShown(1, "yes", run.label("yes_option")),
            OptionShown(2, "no", run.label("no_option")),
        )
        key = "read_back" if kind == READ_BACK else "did_you_mean"
        run.say_engine(question, key, options=options, filled={"answer": labels[0]})
    else:
        shown = tuple(OptionShown(number, code_of(number), text) for number, text in enumerate(labels, 1))
        run.say_engine(question, "which_one", options=shown)


def reading_of(row: list[Any]) -> Understood:
    """A reading as the session keeps it."""
    value, matched, choices, shown = row
    return Understood(value, Matched(matched), tuple(choices), shown)


def label(run: Run, question: Question, reading: Understood) -> str:
    """A reading in words, in the person's language."""
    speaker = run.contact.speaker
    if reading.shown:
        named = speaker.place(str(reading.value), run.language) if speaker is not None else None
        return named or reading.shown
    return run.spoken(reading.value, question, run.language)


def may_repeat(question: Question, readings: tuple[Understood, ...]) -> bool:
    """Whether the readings can be said back: options and known names can, a person's own words never."""
    return not question.personal or all(reading.choices or reading.shown for reading in readings)
