"""Replies to questions without options: numbers, dates, words, places, and what was attached."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import zip_longest

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from flows.dates import read_dates
from flows.definition import AnswerType
from flows.events import Matched
from flows.folding import ascii_digits, fold
from flows.moments import read_moments
from flows.numbers import (
    decimal_number,
    doubtful_decimals,
    doubtful_wholes,
    is_like_a_phone,
    is_rough,
    whole_number,
)
from flows.plan import Question
from flows.readings import (
    MAX_NUMBER,
    MAX_READINGS,
    Circumstances,
    Outcome,
    Understood,
    Unsure,
    unsure,
)
from flows.session import Reply
from flows.slips import within_a_slip
from flows.times import read_times
from flows.words import bare, yes_no

_LATITUDES, _LONGITUDES = 90.0, 180.0
_LINK = r"(?:.*?[?&](?:q|ll|query)=)?"  # as map applications share a place
_TYPED = re.compile(
    _LINK + r"(-?\d{1,2}\.\d{2,9})°?\s*[nN]?\s*[,،;\s]\s*(-?\d{1,3}\.\d{2,9})°?\s*[eE]?(?:&.*)?"
)
_LONGEST_TYPED = 200  # characters of a link to a place
_LONGEST_PLACE = 80  # characters of a reply in which a place is looked for
_MOST_WORDS = 6  # of a place's name that is found inside a reply
_SHORTEST_PLACE = 3  # letters of a place that is found at the beginning of a name

Read = Understood | Unsure | Outcome
ACKNOWLEDGED = "OK"  # as forms write it


def read(question: Question, reply: Reply, about: Circumstances) -> Read:
    """What a reply to an open question means."""
    return _READERS[question.step.type](question, reply, about)


def _integer(question: Question, reply: Reply, about: Circumstances) -> Read:
    """A whole number; one that looks like a telephone number, or is rough, is asked back."""
    text = reply.text
    if not 0 < len(text) <= MAX_NUMBER:
        return Outcome.UNCLEAR
    if not is_rough(text):
        for words in (text, bare(fold(text))):
            number = whole_number(words, about.language)
            if number is not None:
                return _counted(question, text, number)
    return _numbers(question, [Decimal(number) for number in doubtful_wholes(text, about.language)])


def _decimal(question: Question, reply: Reply, about: Circumstances) -> Read:
    text = reply.text
    if not 0 < len(text) <= MAX_NUMBER:
        return Outcome.UNCLEAR
    doubtful = doubtful_decimals(text, about.language)
    if not is_rough(text) and len(doubtful) < 2:  # noqa: PLR2004 - else it is one of two
        for words in (text, bare(fold(text))):
            number = decimal_number(words, about.language)
            if number is not None and math.isfinite(float(number)):
                return _counted(question, text, float(number))
    return _numbers(question, list(doubtful))


def _range(question: Question, reply: Reply, about: Circumstances) -> Read:
    """A number, whole where the range has whole steps. Whether it lies in the range is the engine's to say."""
    limits = question.step.range
    whole = limits is None or all(part == int(part) for part in (limits.start, limits.end, limits.step))
    return (_integer if whole else _decimal)(question, reply, about)


def _counted(question: Question, text: str, number: float) -> Read:
    taken = Understood(number, Matched.VALUE)
    sure = not is_like_a_phone(text) or (question.step.range is not None and _fits(question, number))
    return taken if sure else unsure([taken])


def _numbers(question: Question, numbers: list[Decimal]) -> Read:
    kind = float if question.step.type is AnswerType.DECIMAL else _plain
    fitting = [kind(number) for number in numbers if _fits(question, float(number))]
    return unsure([Understood(number, Matched.VALUE) for number in fitting])


def _plain(number: Decimal) -> float:
    return int(number) if number == number.to_integral_value() else float(number)


def _fits(question: Question, number: float) -> bool:
    """Whether a number lies in the question's range and on one of its steps."""
    limits = question.step.range
    if limits is None:
        return True
    steps = (number - limits.start) / limits.step if limits.step else 0.0
    return min(limits.start, limits.end) <= number <= max(limits.start, limits.end) and math.isclose(
        steps, round(steps), abs_tol=1e-9
    )


def _moments(readings: tuple[str, ...], *, sure: bool) -> Read:
    """Dates or times: one that is sure is an answer, all others are asked back."""
    taken = [Understood(reading, Matched.VALUE) for reading in readings]
    return taken[0] if sure and len(taken) == 1 else unsure(taken)


def _date(_: Question, reply: Reply, about: Circumstances) -> Read:
    found = read_dates(reply.text, today=about.today, language=about.language)
    return _moments(tuple(day.isoformat() for day in found.values), sure=found.sure)


def _time(_: Question, reply: Reply, about: Circumstances) -> Read:
    found = read_times(reply.text, language=about.language)
    return _moments(tuple(f"{time:%H:%M}" for time in found.values), sure=found.sure)


def _datetime(_: Question, reply: Reply, about: Circumstances) -> Read:
    found = read_moments(reply.text, today=about.today, language=about.language)
    return _moments(tuple(f"{moment:%Y-%m-%dT%H:%M}" for moment in found.values), sure=found.sure)


def _words(_: Question, reply: Reply, __: Circumstances) -> Read:
    """Anything said is an answer; a voice note or picture alone is one too, by its reference."""
    text = reply.text.strip()
    if text:
        return Understood(text, Matched.VALUE)
    return Understood(reply.media[0], Matched.MEDIA) if reply.media else Outcome.UNCLEAR


def _medium(question: Question, reply: Reply, _: Circumstances) -> Read:
    """The first attachment of the kind that was asked for, by its reference; any one to a question for a file."""
    wanted = str(question.step.type)
    fitting = [
        medium
        for medium, kind in zip_longest(reply.media, reply.kinds[: len(reply.media)])
        if wanted == AnswerType.FILE or kind in {wanted, None}
    ]
    return Understood(fitting[0], Matched.MEDIA) if fitting else Outcome.UNCLEAR


def _acknowledge(_: Question, reply: Reply, about: Circumstances) -> Read:
    """Any yes, a press on the only button, or the number beside it."""
    folded = fold(reply.text) if len(reply.text) <= MAX_NUMBER else ""
    if reply.choice is not None:
        return Understood(ACKNOWLEDGED, Matched.CODE)
    agreed = folded == "1" or yes_no(folded, about.language) is True
    return Understood(ACKNOWLEDGED, Matched.WORD) if agreed else Outcome.UNCLEAR


def _location(question: Question, reply: Reply, about: Circumstances) -> Read:
    """A shared location as a form keeps it, "lat lon 0 0", and coordinates that are typed or in a link to a map.

    A phone that can share none may name the place.
    """
    if reply.place is not None and _on_earth(*reply.place):
        return Understood(_point(*reply.place), Matched.PLACE)
    text = ascii_digits(reply.text).replace("٫", ".").strip()
    typed = _TYPED.fullmatch(text) if len(text) <= _LONGEST_TYPED else None
    if typed is None:
        return _place(question, reply, about)
    if not _on_earth(float(typed[1]), float(typed[2])):
        return Outcome.UNCLEAR
    return Understood(_point(float(typed[1]), float(typed[2])), Matched.VALUE)


def _point(latitude: float, longitude: float) -> str:
    return f"{latitude:.5f} {longitude:.5f} 0 0"


def _place(_: Question, reply: Reply, about: Circumstances) -> Read:
    """A shared location as "lat,lon", a known place as its p-code.

    Words stay as they are where no places are known.
    """
    if reply.place is not None and _on_earth(*reply.place):
        return Understood("{:.5f},{:.5f}".format(*reply.place), Matched.PLACE)
    text = reply.text.strip()
    if not about.places:
        return Understood(text, Matched.VALUE) if text else Outcome.UNCLEAR
    folded = fold(text)
    for name in (folded, bare(folded)):
        codes = _codes(about.places.get(name, ()))
        if len(codes) == 1:
            return Understood(codes[0], Matched.PLACE)
        if codes:
            return _places([name], about.places)
    near = _near(folded, about.places) if len(folded) <= _LONGEST_PLACE else []
    return _places(near, about.places)


def _codes(codes: str | tuple[str, ...]) -> tuple[str, ...]:
    return (codes,) if isinstance(codes, str) else codes


def _places(names: list[str], places: Mapping[str, str | tuple[str, ...]]) -> Unsure | Outcome:
    """The places of some names, to be asked about."""
    found = [(code, name) for name in names for code in _codes(places[name])]
    return unsure([Understood(code, Matched.FUZZY, shown=name) for code, name in found])


def _near(folded: str, places: Mapping[str, object]) -> list[str]:
    """The names that a slip, or the rest of the name, is missing from; names that stand in the reply."""
    names = list(places)
    slips = extract(folded, names, scorer=OSA.distance, score_cutoff=1, limit=MAX_READINGS + 1)
    near = within_a_slip(folded, [(name, name) for name, _, _ in slips])
    if near or len(folded) < _SHORTEST_PLACE:
        return near
    return [name for name in names if name.startswith(f"{folded} ")] or _named_inside(folded, places)


def _named_inside(folded: str, places: Mapping[str, object]) -> list[str]:
    """The names that some words of a reply are, the longest ones; a name inside another one is not meant."""
    words = folded.split()
    found: list[str] = []
    for size in range(min(len(words), _MOST_WORDS), 0, -1):
        for start in range(len(words) - size + 1):
            name = " ".join(words[start : start + size])
            if len(name) > _SHORTEST_PLACE and name in places and not any(name in longer for longer in found):
                found.append(name)
    return found


def _on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= _LATITUDES and abs(longitude) <= _LONGITUDES


def _unclear(_: Question, __: Reply, ___: Circumstances) -> Read:
    """A closed question without options: nothing can be an answer."""
    return Outcome.UNCLEAR


_READERS: Mapping[AnswerType, Callable[[Question, Reply, Circumstances], Read]] = {
    AnswerType.SELECT_ONE: _unclear,
    AnswerType.SELECT_MULTIPLE: _unclear,
    AnswerType.RANK: _unclear,
    AnswerType.INTEGER: _integer,
    AnswerType.DECIMAL: _decimal,
    AnswerType.RANGE: _range,
    AnswerType.TEXT: _words,
    AnswerType.DATE: _date,
    AnswerType.TIME: _time,
    AnswerType.DATETIME: _datetime,
    AnswerType.PLACE: _place,
    AnswerType.LOCATION: _location,
    AnswerType.IMAGE: _medium,
    AnswerType.AUDIO: _medium,
    AnswerType.VIDEO: _medium,
    AnswerType.FILE: _medium,
    AnswerType.ACKNOWLEDGE: _acknowledge,
}
