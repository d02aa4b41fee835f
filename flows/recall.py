"""What people say about the question itself: back, "what does it mean?", more; and yes or no to a doubt of ours."""

from __future__ import annotations

from functools import cache

from flows.folding import fold
from flows.numbers import whole_number
from flows.session import Reply
from flows.tables import read_table
from flows.words import NO, SKIP, YES, yes_no

LONGEST = 40  # characters of a reply that may be such a word
_CODE = "pick_"


@cache
def _words(kind: str) -> tuple[frozenset[str], frozenset[str]]:
    """Signs, as they are, and folded words of all languages."""
    table: dict[str, list[str]] = read_table("recall")[kind]
    words = {fold(word) for code, row in table.items() if code != "symbols" for word in row}
    return frozenset(table["symbols"]), frozenset(words - YES - NO - SKIP - {""})


def _means(kind: str, text: str, *, words: bool = True) -> bool:
    if not text or len(text) > LONGEST:
        return False
    signs, known = _words(kind)
    return text.strip() in signs or (words and fold(text) in known)


def is_back(text: str) -> bool:
    """Whether somebody wants to correct the last answer."""
    return _means("back", text)


def is_help(text: str, *, words: bool = True) -> bool:
    """Whether somebody asks what the question means; without `words` only "?" does."""
    return _means("help", text, words=words)


def is_more(text: str) -> bool:
    """Whether somebody wants to see more of a list."""
    return _means("more", text)


def code_of(number: int) -> str:
    """The code of the button for the so many-th reading, from 1."""
    return f"{_CODE}{number}"


def picked(reply: Reply, count: int, language: str) -> int | bool | None:
    """What a reply says to "Did you mean …?" or "Which one?".

    With one reading: True or False; with several: a number from 1. None: the reply is about something else.
    """
    if reply.choice is not None:
        return _pressed(reply.choice, count)
    if not reply.text or len(reply.text) > LONGEST:
        return None
    number = whole_number(reply.text)
    if count > 1:
        return number if number is not None and 1 <= number <= count else None
    if number in {1, 2}:
        return number == 1
    return yes_no(fold(reply.text), language)


def _pressed(code: str, count: int) -> int | bool | None:
    if count == 1:
        answers: dict[str, bool] = {"yes": True, "no": False}
        return answers.get(code)
    number = code.removeprefix(_CODE)
    return (
        int(number) if code.startswith(_CODE) and number.isdecimal() and 1 <= int(number) <= count else None
    )
