"""Small words that every question understands: yes, no, skip, and the ways to write a list."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flows.folding import fold
from flows.tables import read_table


def _per_language(kind: str) -> dict[str, frozenset[str]]:
    table = read_table("words")
    symbols = _folded(table["symbols"][kind])
    return {code: _folded(words) | symbols for code, words in table[kind].items()}


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


_YES_IN = _per_language("yes")
_NO_IN = _per_language("no")
_ALL_YES = frozenset[str]().union(*_YES_IN.values())
_ALL_NO = frozenset[str]().union(*_NO_IN.values())

SKIP: frozenset[str] = frozenset[str]().union(*_per_language("skip").values())
YES: frozenset[str] = _ALL_YES - _ALL_NO - SKIP
NO: frozenset[str] = _ALL_NO - _ALL_YES - SKIP


def yes_no(folded: str, language: str | None = None) -> bool | None:
    """Whether a folded text is a word for yes (True) or no (False); None: neither, or both.

    The words of `language` come first: a word that languages disagree about is read as its speaker means it.
    """
    if language is not None and (folded in _YES_IN.get(language, ())) != (folded in _NO_IN.get(language, ())):
        return folded in _YES_IN[language]
    if folded in YES:
        return True
    return False if folded in NO else None


def is_skip(folded: str) -> bool:
    """Whether a folded text asks to skip the question. "0" does not: it may be a value."""
    return folded in SKIP


_MARKS = re.compile(r"[,،，、၊။;；؛+&|/\\\n]+")
_WORDS = "|".join(
    sorted((re.escape(word) for word in read_table("words")["separators"]), key=len, reverse=True)
)
_BETWEEN_WORDS = re.compile(rf"(?:^|(?<=\s)|(?<=\d))(?:{_WORDS})(?=\s|\d|$)", re.IGNORECASE)
_KEYCAP = re.compile("(\\d)\ufe0f?\u20e3")
_CIRCLED = re.compile("([\u2460-\u2473\u2776-\u277f\u24f5-\u24ff])")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\s*[.\-–_*]\s*(?=\d)")


def split_list(text: str) -> list[str]:
    """The parts of an answer that names several things, in order, trimmed, none empty.

    Commas, semicolons, plus signs and slashes of all scripts, words for "and", points and dashes between
    digits, and spaces between numbers: "1,3", "۱ و ۳", "1 aur 3", "1-3", "1 3", "①③" all have two parts.
    """
    text = _CIRCLED.sub(r" \1 ", _KEYCAP.sub(r" \1 ", text)).strip()
    text = _BETWEEN_DIGITS.sub(",", _BETWEEN_WORDS.sub(",", text))
    parts = [part.strip() for part in _MARKS.split(text)]
    return [piece for part in parts if part for piece in _numbers_or_words(part)]


def _numbers_or_words(part: str) -> list[str]:
    tokens = part.split()
    if len(tokens) > 1 and all(fold(token).isdecimal() for token in tokens):
        return tokens
    return [part]
