"""Long lists: the best matches for what somebody typed, among thousands of options.

The index is built once; a look costs a few milliseconds for ten thousand names. Nothing here is an answer: what is
found is offered, page by page.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extract

from flows.folding import fold
from flows.slips import LONG_WORD
from flows.words import bare

LONGEST = 80  # characters of a text that is looked up
MOST_FOUND = 60  # options that a look finds; who needs more types more
_LONG = 8  # letters of a word in which two slips are forgiven
_ALIKE = 72.0  # per cent of likeness of a whole name
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Names ready to be looked up.

    Attributes:
        names: folded name -> places of the options that have it, in their order.
        sorted_names: all names, for those that begin with a text.
        words: every word of every name -> places.
        sorted_words: all words, for the same.
    """

    names: Mapping[str, tuple[int, ...]]
    sorted_names: tuple[str, ...]
    words: Mapping[str, tuple[int, ...]]
    sorted_words: tuple[str, ...]


def index_of(options: Iterable[Iterable[str]]) -> Index:
    """The index of options in their order, each given by its names: labels in all languages, aliases, code."""
    names: dict[str, dict[int, None]] = {}
    words: dict[str, dict[int, None]] = {}
    for place, spellings in enumerate(options):
        for spelling in spellings:
            folded = fold(spelling)
            if not folded:
                continue
            names.setdefault(folded, {})[place] = None
            for word in folded.split():
                words.setdefault(word, {})[place] = None
    return Index(_frozen(names), tuple(sorted(names)), _frozen(words), tuple(sorted(words)))


def _frozen(table: dict[str, dict[int, None]]) -> dict[str, tuple[int, ...]]:
    return {word: tuple(places) for word, places in table.items()}


def best(index: Index, text: str, *, limit: int, start: int = 0) -> tuple[int, ...]:
    """The places of the options that fit a text best, from `start` on, `limit` at most; () where none is left.

    First whole names, then names that begin so, then those whose words begin so in any order, then those with slips,
    then names that are alike. The order is the same for the same text, so that "more" goes on where it stopped.
    """
    folded = fold(text[:LONGEST])
    found: dict[int, None] = {}
    for typed in dict.fromkeys((folded, bare(folded))):
        for look in (_whole, _beginning, _words_beginning, _slipped, _alike):
            if typed and len(found) < start + limit:
                found |= dict.fromkeys(look(index, typed))
    return tuple(found)[:MOST_FOUND][start : start + limit]


def is_exact(index: Index, text: str) -> tuple[int, ...]:
    """The places of the options that have a text as a whole name; several where they share it."""
    folded = fold(text[:LONGEST])
    return index.names.get(folded) or index.names.get(bare(folded), ())


def _whole(index: Index, typed: str) -> Iterable[int]:
    return index.names.get(typed, ())


def _beginning(index: Index, typed: str) -> Iterable[int]:
    names = sorted(_starting(index.sorted_names, typed), key=len)
    return (place for name in names for place in index.names[name])


def _starting(ordered: tuple[str, ...], typed: str) -> tuple[str, ...]:
    """The words of a sorted list that begin with a text; no more of them than are ever shown."""
    first = bisect_left(ordered, typed)
    return ordered[first : min(bisect_left(ordered, typed + _LAST), first + MOST_FOUND)]


def _words_beginning(index: Index, typed: str) -> list[int]:
    """Options that have, for each word of the text, a word that begins so."""
    return _all_of([_places(index, _starting(index.sorted_words, word)) for word in typed.split()])


def _slipped(index: Index, typed: str) -> list[int]:
    """Options that have, for each word of the text, a word within a slip; within two for long words."""
    return _all_of([_places(index, _near(index, word)) for word in typed.split()])


def _near(index: Index, word: str) -> list[str]:
    if len(word) < LONG_WORD or any(map(str.isdigit, word)):
        return [word] if word in index.words else []
    slips = 2 if len(word) >= _LONG else 1
    found = extract(word, index.sorted_words, scorer=OSA.distance, score_cutoff=slips, limit=MOST_FOUND)
    return [name for name, _, _ in found]


def _alike(index: Index, typed: str) -> Iterable[int]:
    if len(typed) < LONG_WORD or any(map(str.isdigit, typed)):
        return ()
    found = extract(typed, index.sorted_names, scorer=ratio, score_cutoff=_ALIKE, limit=MOST_FOUND)
    return (place for name, _, _ in found for place in index.names[name])


def _places(index: Index, words: Iterable[str]) -> dict[int, None]:
    return dict.fromkeys(place for word in words for place in index.words[word])


def _all_of(each: list[dict[int, None]]) -> list[int]:
    """The places that are in all of them, in the order of the first."""
    if not each:
        return []
    first, *rest = each
    return [place for place in first if all(place in other for other in rest)]
