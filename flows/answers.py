"""Reading a reply: buttons, numbers in any script, words in any of the flow's languages, dates, places.

What is sure is an answer. What is nearly sure is asked back. What is neither is not understood: a wrong answer is worse
than one more message.
"""

from __future__ import annotations

import re

from flows import closed, opened
from flows.definition import AnswerType
from flows.folding import fold
from flows.plan import Question
from flows.readings import (
    MAX_NUMBER,
    MAX_REPLY,
    Circumstances,
    Outcome,
    Reading,
    Suspected,
    Understood,
    Unsure,
)
from flows.session import Reply
from flows.words import is_skip
from flows.zawgyi import as_unicode, other_reading

__all__ = [
    "MAX_REPLY",
    "Circumstances",
    "Outcome",
    "Reading",
    "Suspected",
    "Understood",
    "Unsure",
    "clean",
    "read",
]

_UNSAFE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text as it can be stored and matched: cut, without control characters and lone surrogates."""
    text = text[:MAX_REPLY]
    return text if text.isprintable() else _UNSAFE.sub("", text)


def read(question: Question, reply: Reply, about: Circumstances) -> Reading:
    """What a reply means as an answer to a question. `reply.text` is taken as cleaned.

    An exact match of an option comes first, then the look for a disclosure, then everything that leaves room.
    Burmese typed with a Zawgyi font is read as Unicode, and becomes Unicode where it is kept.
    """
    text = reply.text if reply.text.isascii() else as_unicode(reply.text)
    if text is not reply.text:
        reply = Reply(text, reply.choice, reply.media, reply.place, reply.kinds)
    reading = _read(question, reply, about)
    if isinstance(reading, Understood) or text.isascii():
        return reading
    if isinstance(reading, Suspected) or (other := other_reading(text)) is None:
        return reading
    second = _read(question, Reply(other, reply.choice, reply.media, reply.place, reply.kinds), about)
    return second if reading is Outcome.UNCLEAR or isinstance(second, Understood) else reading


def _read(question: Question, reply: Reply, about: Circumstances) -> Reading:
    has_options = bool(question.choices)
    if has_options:
        exact = closed.exact(question, reply, about)
        if exact is not None:
            return exact
    rule = about.suspects(reply.text) if reply.text else None
    if rule is not None:
        return Suspected(rule)
    if _skips(question, reply.text):
        return Outcome.SKIP
    return closed.guess(question, reply, about) if has_options else opened.read(question, reply, about)


def _skips(question: Question, text: str) -> bool:
    """The word for skip, and 0 where it is not a number like any other."""
    folded = fold(text) if len(text) <= MAX_NUMBER else ""
    return is_skip(folded) or (folded == "0" and question.step.type not in _NUMERIC)


_NUMERIC = frozenset({AnswerType.INTEGER, AnswerType.DECIMAL, AnswerType.RANGE})
