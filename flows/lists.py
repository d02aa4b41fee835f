"""Answers that name several things: commas, "and", "1 3", "1-3", and all the other ways to write a list."""

from __future__ import annotations

import re

from flows.folding import ascii_digits, fold
from flows.number_words import number_in_words
from flows.tables import read_table

_TABLE = read_table("words")
_MARKS = re.compile(r"[,،，、၊။;；؛+&|/\\\n]+")


def _words(kind: str) -> str:
    return "|".join(sorted((re.escape(word) for word in _TABLE[kind]), key=len, reverse=True))


def _folded_words(kind: str) -> str:
    return "|".join(sorted((re.escape(fold(word)) for word in _TABLE[kind]), key=len, reverse=True))


_BETWEEN_WORDS = re.compile(rf"(?:^|(?<=\s)|(?<=\d))(?:{_words('separators')})(?=\s|\d|$)", re.IGNORECASE)
_EITHER = re.compile(rf"(?:(?<=\s)|(?<=\d))(?:{_words('either')})(?=\s|\d)", re.IGNORECASE)
_GLUED_AND = re.compile(r"(?<=\s)و(?=[^\W\d_]{2})")
_KEYCAP = re.compile("(\\d)\ufe0f?\u20e3")
_CIRCLED = re.compile("([\u2460-\u2473\u2776-\u277f\u24f5-\u24ff])")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*[._*]\s*(?=\d)")
_DASHES = re.compile(r"\d+(?:\s*[-\u2010-\u2015]\s*\d+)+")
_DASH = re.compile(r"\s*[-\u2010-\u2015]\s*")
_RANGE = re.compile(
    rf"(?:(?:{_folded_words('until_starts')}) )?(\d{{1,3}}) ?(-|\b(?:{_folded_words('until')})\b|မှ) ?(\d{{1,3}})"
    rf"(?: ?(?:{_folded_words('until_ends')}))?"
)
_GLUED = re.compile(r"[1-9]{2,9}")


def split_list(text: str) -> list[str]:
    """The parts of an answer that names several things, in order, trimmed, none empty.

    Commas, semicolons, plus signs and slashes of all scripts, words for "and", points and dashes between
    digits, and spaces between numbers: "1,3", "۱ و ۳", "1 aur 3", "1-2", "1 3", "①③" all have two parts. "1-3" has
    one, because it may mean two or three of them.
    """
    text = _CIRCLED.sub(r" \1 ", _KEYCAP.sub(r" \1 ", text)).strip()
    text = _BETWEEN_DIGITS.sub(",", _BETWEEN_WORDS.sub(",", _DASHES.sub(_run, text)))
    parts = [part.strip() for part in _MARKS.split(text)]
    return [piece for part in parts if part for piece in _numbers_or_words(part)]


def unglued(text: str) -> str:
    """The text with Arabic "and" set apart from the word that it is written together with: "طعام وماء"."""
    return _GLUED_AND.sub("و ", text)


def _run(dashes: re.Match[str]) -> str:
    """Numbers with dashes between them: "1-2" and "1-3-5" are lists, "1-3" may be a range."""
    numbers = _DASH.split(dashes[0])
    first, last = int(numbers[0]), int(numbers[-1])
    sure = len(numbers) > 2 or last - first == 1  # noqa: PLR2004 - "1-3-5" names each
    return ",".join(numbers) if sure else dashes[0]


def _numbers_or_words(part: str) -> list[str]:
    tokens = part.split()
    if len(tokens) > 1 and all(fold(token).isdecimal() for token in tokens):
        return tokens
    return [part]


def alternatives(text: str) -> list[str]:
    """The parts of a text that names one thing or another: "1 or 2", "food ya pani"; else nothing."""
    parts = [part.strip() for part in _EITHER.split(text)]
    return parts if len(parts) > 1 and all(parts) else []


def runs(text: str) -> tuple[tuple[int, ...], ...]:
    """The lists of numbers that a text may mean, likeliest first: "1-3" is (1, 2, 3) or (1, 3)."""
    folded = fold(text)
    match = _RANGE.fullmatch(folded)
    if match is None:
        return _glued(folded)
    first, sign, last = int(match[1]), match[2], int(match[3])
    if not first < last:
        return ()
    whole = tuple(range(first, last + 1))
    return (whole, (first, last)) if sign == "-" and len(whole) > 2 else (whole,)  # noqa: PLR2004 - more than its ends


def _glued(folded: str) -> tuple[tuple[int, ...], ...]:
    """Numbers of one digit without anything between: "13" may be 1 and 3, where there is no thirteenth."""
    if _GLUED.fullmatch(folded) and len(set(folded)) == len(folded):
        return (tuple(map(int, folded)),)
    return ()


def spoken(text: str, language: str | None) -> tuple[int, ...]:
    """Numbers in words with nothing but spaces between: "do teen" may be 2 and 3."""
    words = fold(ascii_digits(text)).split()
    if not 1 < len(words) <= 9:  # noqa: PLR2004 - as many as a keypad has
        return ()
    numbers = [int(word) if word.isdecimal() else number_in_words(word, language) for word in words]
    found = tuple(number for number in numbers if number is not None)
    return found if len(found) == len(words) and len(set(found)) == len(found) else ()
