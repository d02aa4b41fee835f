"""Slips of the finger in long words: forgiven where they cannot turn an answer into its opposite."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

LONG_WORD = 5  # letters that a word needs before a slip in it is forgiven
LONG_BURMESE = 7  # letters and signs, of which a syllable has two or three
LONGEST = 64  # characters of a reply that may hold one

# One letter at the beginning of a word says "not" in Dari, Persian and Pashto ("نمی‌خواهم") and in Greek words
# ("amoral"), so no slip is forgiven there; this Burmese one says it anywhere, because words are not spaced.
_NOT = "မ"
_MYANMAR = re.compile("[\u1000-\u109f]")

_Target = TypeVar("_Target", bound=Hashable)


def within_a_slip(folded: str, words: Iterable[tuple[str, _Target]]) -> list[_Target]:
    """What the words within one slip of the reply stand for, each once, in their order.

    Only words of five letters and more, and without digits: "18-59" must not become "18-69".
    """
    if not LONG_WORD - 1 <= len(folded) <= LONGEST or _has_digit(folded):
        return []
    low, high = len(folded) - 1, len(folded) + 1
    near = [
        target
        for word, target in words
        if low <= len(word) <= high and _is_harmless(folded, word) and _is_long(word)
    ]
    return list(dict.fromkeys(near))


class SlipIndex(Generic[_Target]):
    """Many words, ready to be asked which of them a reply may be a slip of.

    Two texts within one slip are the same after one letter is left out of each, or out of one of them: a look-up
    for each letter of the reply finds all candidates.
    """

    __slots__ = ("_words",)

    def __init__(self, words: Iterable[tuple[str, _Target]]) -> None:
        """Index the words in which a slip is forgiven."""
        self._words: dict[str, list[tuple[str, _Target]]] = {}
        for word, target in words:
            if _is_long(word):
                for shorter in {word, *_shortened(word)}:
                    self._words.setdefault(shorter, []).append((word, target))

    def near(self, folded: str) -> list[_Target]:
        """What the words within one slip of the reply stand for, each once."""
        if not LONG_WORD - 1 <= len(folded) <= LONGEST:
            return []
        rows = [self._words[shorter] for shorter in (folded, *_shortened(folded)) if shorter in self._words]
        return within_a_slip(folded, dict.fromkeys(row for found in rows for row in found)) if rows else []


def _shortened(word: str) -> list[str]:
    """The word without one of its letters, for each of them."""
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def _is_long(word: str) -> bool:
    enough = len(word) >= LONG_BURMESE if _MYANMAR.search(word) else sum(map(str.isalpha, word)) >= LONG_WORD
    return enough and not _has_digit(word)


def one_slip(left: str, right: str) -> bool:
    """Whether one letter changed, added, left out, or two neighbours swapped, make one text of the other."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return left == right
    start = _first_difference(left, right)
    a, b = left[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def _is_harmless(reply: str, word: str) -> bool:
    """Whether the reply is one slip away from the word, and the slip is no negation."""
    if not one_slip(reply, word):
        return False
    start = _first_difference(reply, word)
    begins_word = start == 0 or word[start - 1] == " "
    return not begins_word and _NOT not in (reply[start : start + 1], word[start : start + 1])


def _first_difference(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(left), len(right)))


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
