"""Reading a reply: buttons, numbers in any script, words in any of the flow's languages, dates, places."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple

from flows.dates import read_date
from flows.definition import AnswerType
from flows.events import Matched
from flows.folding import fold
from flows.lists import split_list
from flows.numbers import decimal_number, whole_number
from flows.plan import AMBIGUOUS, Question, words_for
from flows.session import Answer, Reply
from flows.slips import one_slip_away
from flows.words import is_skip, yes_no

MAX_REPLY = 10_000  # characters; what comes after them is cut
MAX_NUMBER = 64  # characters of a number, its words and spaces included
MAX_PARTS = 64  # parts of a list
_UNSAFE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COPIED = re.compile(r"([0-9]{1,2})[\W_]+(.+)")
_LATITUDES, _LONGITUDES = 90.0, 180.0


class Understood(NamedTuple):
    """An answer; `choices` are the places of the chosen options, `shown` a name for a value that is a code."""

    value: Answer
    matched: Matched
    choices: tuple[int, ...] = ()
    shown: str | None = None


class Suspected(NamedTuple):
    """Words that may be a disclosure, by the id of the rule."""

    rule: str


class Unsure(NamedTuple):
    """What the person may have meant, likeliest first, and only the person can say.

    One reading asks "Did you mean …?", several ask "Which one?". Nothing of it is an answer before that.
    """

    readings: tuple[Understood, ...]

    @property
    def candidates(self) -> tuple[int, ...]:
        """The places of the options, where each reading is one option; else nothing."""
        places = tuple(place for reading in self.readings for place in reading.choices)
        return places if all(len(reading.choices) == 1 for reading in self.readings) else ()

    @property
    def matched(self) -> Matched:
        """How the first reading came about."""
        return self.readings[0].matched


class Outcome(Enum):
    """A reply that is no answer."""

    SKIP = "skip"
    UNCLEAR = "unclear"


Reading = Understood | Unsure | Suspected | Outcome


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What reading depends on beside the question and the reply.

    Attributes:
        language: of the conversation; its words come first.
        today: for years written with two digits.
        suspects: gives the id of a disclosure rule that the text matches, or None.
        hidden: places of options whose own `when` is false.
        places: folded name -> p-code.
    """

    language: str
    today: date
    suspects: Callable[[str], str | None]
    hidden: frozenset[int] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)


def clean(text: str) -> str:
    """The text as it can be stored and matched: cut, without control characters and lone surrogates."""
    text = text[:MAX_REPLY]
    return text if text.isprintable() else _UNSAFE.sub("", text)


def read(question: Question, reply: Reply, about: Circumstances) -> Reading:
    """What a reply means as an answer to a question. `reply.text` is taken as cleaned.

    An exact match of an option comes first, then the look for a disclosure, then everything that leaves room.
    """
    closed = bool(question.choices)
    if closed:
        exact = _exact(question, reply, about)
        if exact is not None:
            return exact
    rule = about.suspects(reply.text) if reply.text else None
    if rule is not None:
        return Suspected(rule)
    if _skips(question, reply.text):
        return Outcome.SKIP
    return (
        _forgiving(question, reply, about) if closed else _READERS[question.step.type](question, reply, about)
    )


def _skips(question: Question, text: str) -> bool:
    """The word for skip, and 0 where it is not a number like any other."""
    folded = fold(text) if len(text) <= MAX_NUMBER else ""
    numeric = question.step.type in {AnswerType.INTEGER, AnswerType.DECIMAL}
    return is_skip(folded) or (folded == "0" and not numeric)


# Closed questions


def _exact(question: Question, reply: Reply, about: Circumstances) -> Understood | Outcome | None:
    """The options that the reply names without any doubt; None: it names none."""
    many = question.step.type is AnswerType.SELECT_MULTIPLE
    if reply.choice is not None:
        pressed = [question.by_code.get(code) for code in (reply.choice.split() if many else [reply.choice])]
        if pressed and None not in pressed:
            return _chosen(question, [place for place in pressed if place is not None], Matched.CODE, about)
    place, matched = _option(question, reply.text, about.language)
    if place is not None:
        return _chosen(question, [place], matched, about)
    return _exact_list(question, reply.text, about) if many else None


def _exact_list(question: Question, text: str, about: Circumstances) -> Understood | Outcome | None:
    parts = split_list(text)
    if not 1 < len(parts) <= MAX_PARTS:
        return None
    found = [_option(question, part, about.language) for part in parts]
    places = [place for place, _ in found if place is not None]
    if len(places) < len(parts):
        return None
    words = any(matched is not Matched.NUMBER for _, matched in found)
    return _chosen(question, places, Matched.WORD if words else Matched.NUMBER, about)


def _option(question: Question, text: str, language: str) -> tuple[int | None, Matched]:
    """The place of the option that a word or number names exactly.

    Digits are a number before they are a word; a number in words ("two") comes last, because a short word
    may be an option's label in one language and a number in another.
    """
    folded = fold(text)
    place = question.by_number.get(folded)
    if place is not None:
        return place, Matched.NUMBER
    short = len(text) <= MAX_NUMBER
    if short and any(map(str.isdigit, folded)):
        place = _numbered(question, text)
        if place is not None:
            return place, Matched.NUMBER
    place = _worded(question, folded, language)
    if place is not None:
        return (None if place == AMBIGUOUS else place), Matched.WORD
    if not short or not folded:
        return None, Matched.NUMBER
    place = _copied(question, folded, language)
    return (_numbered(question, text) if place is None else place), Matched.NUMBER


def _copied(question: Question, folded: str, language: str) -> int | None:
    """A line copied from the list, "1) Yes": taken where number and words name the same option."""
    line = _COPIED.fullmatch(folded)
    if line is None:
        return None
    place = question.by_number.get(line[1])
    return place if place is not None and place == _worded(question, fold(line[2]), language) else None


def _numbered(question: Question, text: str) -> int | None:
    number = whole_number(text)
    return None if number is None else question.by_number.get(str(number))


def _worded(question: Question, folded: str, language: str) -> int | None:
    """By label, alias or code: in the person's language, then in any of the flow's; then as yes or no."""
    place = words_for(question, language).get(folded)
    if place is None:
        place = question.any_words.get(folded)
    if place is None and (question.yes is not None or question.no is not None):
        agrees = yes_no(folded, language)
        place = None if agrees is None else question.yes if agrees else question.no
    return place


def _forgiving(question: Question, reply: Reply, about: Circumstances) -> Understood | Outcome:
    """One letter off in a long word, for the whole reply or for parts of a list."""
    many = question.step.type is AnswerType.SELECT_MULTIPLE
    whole = _nearly(question, reply.text, about.language)
    if whole is not None:
        return _chosen(question, [whole], Matched.FUZZY, about)
    parts = split_list(reply.text)[: MAX_PARTS + 1] if many else []
    if not 1 < len(parts) <= MAX_PARTS:
        return Outcome.UNCLEAR
    found = [_exactly_or_nearly(question, part, about.language) for part in parts]
    places = [place for place in found if place is not None]
    return _chosen(question, places, Matched.FUZZY, about) if len(places) == len(parts) else Outcome.UNCLEAR


def _exactly_or_nearly(question: Question, text: str, language: str) -> int | None:
    place, _ = _option(question, text, language)
    return _nearly(question, text, language) if place is None else place


def _nearly(question: Question, text: str, language: str) -> int | None:
    """The one option with a word that the text misses by a letter; None where none or several do."""
    folded = fold(text)
    if AMBIGUOUS in (question.any_words.get(folded), words_for(question, language).get(folded)):
        return None
    return one_slip_away(folded, question.any_words.items())


def _chosen(
    question: Question, places: list[int], matched: Matched, about: Circumstances
) -> Understood | Outcome:
    """The answer of chosen options: one code, or codes in the order of the options."""
    if AMBIGUOUS in places or not about.hidden.isdisjoint(places):
        return Outcome.UNCLEAR
    kept = tuple(sorted(set(places)))
    if question.step.type is not AnswerType.SELECT_MULTIPLE:
        return Understood(question.choices[kept[0]].code, matched, kept)
    if len(kept) > 1:
        kept = tuple(at for at in kept if question.choices[at].code not in question.step.exclusive) or kept
    return Understood([question.choices[place].code for place in kept], matched, kept)


# Open questions


def _integer(_: Question, reply: Reply, __: Circumstances) -> Understood | Outcome:
    number = whole_number(reply.text) if 0 < len(reply.text) <= MAX_NUMBER else None
    return Outcome.UNCLEAR if number is None else Understood(number, Matched.VALUE)


def _decimal(_: Question, reply: Reply, __: Circumstances) -> Understood | Outcome:
    number = decimal_number(reply.text) if 0 < len(reply.text) <= MAX_NUMBER else None
    if number is None or not math.isfinite(value := float(number)):
        return Outcome.UNCLEAR
    return Understood(value, Matched.VALUE)


def _date(_: Question, reply: Reply, about: Circumstances) -> Understood | Outcome:
    day = read_date(reply.text, today=about.today)
    return Outcome.UNCLEAR if day is None else Understood(day.isoformat(), Matched.VALUE)


def _words(_: Question, reply: Reply, __: Circumstances) -> Understood | Outcome:
    """Anything said is an answer; a voice note or picture alone is one too, by its reference."""
    text = reply.text.strip()
    if text:
        return Understood(text, Matched.VALUE)
    return Understood(clean(reply.media[0]), Matched.MEDIA) if reply.media else Outcome.UNCLEAR


def _place(_: Question, reply: Reply, about: Circumstances) -> Understood | Outcome:
    """A shared location as "lat,lon", a known place as its p-code.

    Words stay as they are where no places are known.
    """
    if reply.place is not None and _on_earth(*reply.place):
        return Understood("{:.5f},{:.5f}".format(*reply.place), Matched.PLACE)
    text = reply.text.strip()
    if not about.places:
        return Understood(text, Matched.VALUE) if text else Outcome.UNCLEAR
    folded = fold(text)
    code = about.places.get(folded)
    if code is not None:
        return Understood(code, Matched.PLACE)
    code = one_slip_away(folded, about.places.items())
    return Outcome.UNCLEAR if code is None else Understood(code, Matched.FUZZY)


def _on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= _LATITUDES and abs(longitude) <= _LONGITUDES


def _unclear(_: Question, __: Reply, ___: Circumstances) -> Outcome:
    """A closed question without options: nothing can be an answer."""
    return Outcome.UNCLEAR


_READERS: Mapping[AnswerType, Callable[[Question, Reply, Circumstances], Understood | Outcome]] = {
    AnswerType.SELECT_ONE: _unclear,
    AnswerType.SELECT_MULTIPLE: _unclear,
    AnswerType.INTEGER: _integer,
    AnswerType.DECIMAL: _decimal,
    AnswerType.TEXT: _words,
    AnswerType.DATE: _date,
    AnswerType.PLACE: _place,
}
