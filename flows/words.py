"""Small words that every question understands: yes, no, skip, all, none, and what politeness puts round them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flows.folding import fold
from flows.tables import read_table

_TABLE = read_table("words")
_LONGEST = 80  # characters of a reply that may be a few small words
_PHRASE = 4  # words that one of them may have
TOKEN = re.compile(r"[^\s.,!;:،؛۔؟၊။…/=_]+")


def _per_language(kind: str) -> dict[str, frozenset[str]]:
    symbols = _folded(_TABLE["symbols"][kind])
    return {code: _folded(words) | symbols for code, words in _TABLE[kind].items()}


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _phrases(words: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(TOKEN.findall(fold(word))) for word in words)


_YES_IN = _per_language("yes")
_NO_IN = _per_language("no")
_ALL_YES = frozenset[str]().union(*_YES_IN.values())
_ALL_NO = frozenset[str]().union(*_NO_IN.values())

SKIP: frozenset[str] = frozenset[str]().union(*_per_language("skip").values())
YES: frozenset[str] = _ALL_YES - _ALL_NO - SKIP
NO: frozenset[str] = _ALL_NO - _ALL_YES - SKIP
POLITE: frozenset[str] = _phrases(_TABLE["polite"])
_POLITE_SYMBOLS = frozenset(_TABLE["polite_symbols"]) | {"\u200d", "\ufe0f"}
_AROUND = POLITE | _phrases(_TABLE["around"])
_NOT = _folded(_TABLE["not"])
_ALL = _folded(word for words in _TABLE["all"].values() for word in words)
_JOINING = _folded(_TABLE["separators"])  # Pashto "او" is "yes", and "and"
_NONE = _folded(word for words in _TABLE["none"].values() for word in words)


def yes_no(folded: str, language: str | None = None) -> bool | None:
    """Whether a folded text says yes (True) or no (False); None: neither, or both.

    The words of `language` come first: a word that languages disagree about is read as its speaker means it.
    Several words that all say the same, and polite ones between them, say it too: "jee haan shukriya", "👍👍".
    """
    meaning = _one_yes_no(folded, language)
    if meaning is not None or not folded or len(folded) > _LONGEST:
        return meaning
    if folded.isalnum():
        return None
    if not any(map(str.isalnum, folded)):
        return _agreed([_one_yes_no(char, language) for char in folded if char not in _POLITE_SYMBOLS])
    return _agreed(_meanings(TOKEN.findall(folded), language))


def begins_yes_no(folded: str, language: str | None = None) -> bool | None:
    """What the first words of a longer text say, where they are words for yes or no in this very language."""
    words = TOKEN.findall(folded)
    for size in range(min(_PHRASE, len(words) - 1), 0, -1):
        start = " ".join(words[:size])
        yes, no = start in _YES_IN.get(language or "", ()), start in _NO_IN.get(language or "", ())
        if yes != no and start not in _JOINING:
            return yes
    return None


def signed(text: str, folded: str) -> bool | None:
    """What a thumb or a tick beside nothing but polite words says: "👍 thank you"."""
    if folded not in POLITE:
        return None
    signs = [_one_yes_no(char, None) for char in text if not char.isalnum()]
    return _agreed([sign for sign in signs if sign is not None])


def says_both(folded: str, language: str | None = None) -> bool:
    """Whether a text holds a word for yes and a word for no of this language: "yes no", "haan ya nahi"."""
    words = set(TOKEN.findall(folded))
    yes, no = _YES_IN.get(language or "", frozenset()), _NO_IN.get(language or "", frozenset())
    return not ((yes - no).isdisjoint(words) or (no - yes).isdisjoint(words))


def _one_yes_no(folded: str, language: str | None) -> bool | None:
    if language is not None and (folded in _YES_IN.get(language, ())) != (folded in _NO_IN.get(language, ())):
        return folded in _YES_IN[language]
    if folded in YES:
        return True
    return False if folded in NO else None


def _agreed(meanings: list[bool | None]) -> bool | None:
    return meanings[0] if len(set(meanings)) == 1 else None


def _meanings(words: list[str], language: str | None) -> list[bool | None]:
    """What each phrase says, the longest first; polite ones say nothing, and anything else is a None."""
    meanings: list[bool | None] = []
    while words:
        for size in range(min(_PHRASE, len(words)), 0, -1):
            phrase = " ".join(words[:size])
            meaning = _one_yes_no(phrase, language)
            if meaning is not None or phrase in POLITE:
                meanings += [] if meaning is None else [meaning]
                words = words[size:]
                break
        else:
            return [None]
    return meanings


def is_skip(folded: str) -> bool:
    """Whether a folded text asks to skip the question. "0" does not: it may be a value."""
    return folded in SKIP


def names_all(folded: str) -> bool:
    """Whether a folded text says "all of them"."""
    return folded in _ALL


def names_none(folded: str) -> bool:
    """Whether a folded text says "none of them"."""
    return folded in _NONE


def turns_round(folded: str) -> bool:
    """Whether a folded text holds a word that may turn it into its opposite, or takes something out."""
    words = set(TOKEN.findall(folded))
    return not _NOT.isdisjoint(words) or "မ" in folded


def bare(folded: str) -> str:
    """A folded text without what politeness and habit put round it: "my answer is 2, please" is "2"."""
    if len(folded) > _LONGEST:
        return folded
    tokens = list(TOKEN.finditer(folded))
    start, stop = _kept([token[0] for token in tokens], _AROUND)
    return folded[tokens[start].start() : tokens[stop - 1].end()] if stop > start else folded


def without(words: list[str], formulas: frozenset[str]) -> list[str]:
    """The words without formulas at either end; what is nothing but formulas keeps its last one."""
    start, stop = _kept(words, formulas)
    return words[start:stop]


def _kept(words: list[str], formulas: frozenset[str]) -> tuple[int, int]:
    start, stop = 0, len(words)
    while (size := _formula(words[start:stop], formulas)) and start + size < stop:
        start += size
    while (size := _formula(words[start:stop], formulas, last=True)) and start < stop - size:
        stop -= size
    return start, stop


def _formula(words: list[str], formulas: frozenset[str], *, last: bool = False) -> int:
    """How many words at one end are a formula."""
    for size in range(min(len(words), _PHRASE), 0, -1):
        if " ".join(words[-size:] if last else words[:size]) in formulas:
            return size
    return 0
