"""Whether a text may disclose violence, abuse or danger to life: word lists, tuned by hand; a person decides.

The gateway never asks for such things and never repeats them. When one comes, the flow ends, the message is
sealed, and one neutral sentence follows. What matched is known by a rule's id alone. The small language of the
rules is explained in `data/disclosure.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import NamedTuple

from flows.folding import fold
from flows.tables import read_table
from flows.zawgyi import as_unicode, other_reading

_GAP = r"(?:\W{1,4}\w{1,40}){0,3}?\W{1,4}"  # up to three words between
_MYANMAR_GAP = ".{0,24}?"
_SENTENCE_END = r"(?=\s?(?:[.!?,;:۔؟،؛။၊]|$))"
_ELLIPSIS = "..."
_END = "$"
_MYANMAR = re.compile("[\u1000-\u109f]")
_WORD = re.compile(r"\w+")
_TERM = re.compile(r"<(\w+)>")
_STEM = 4  # letters by which a word with any ending is looked up; no stem is shorter
_TABLE = read_table("disclosure")


class Words(NamedTuple):
    """The words that one token of a rule may stand for, for a quick look before the expression is tried."""

    whole: frozenset[str]
    stems: frozenset[str]  # first letters of words with any ending

    def meet(self, words: frozenset[str], stems: frozenset[str]) -> bool:
        """Whether a text with these words, and these first letters of words, holds one of ours."""
        return not (self.whole.isdisjoint(words) and self.stems.isdisjoint(stems))


_ANY = Words(frozenset(), frozenset())  # nothing to look for beforehand


class Rule(NamedTuple):
    """One rule: its id, the words it starts with, those of its other tokens, and the expression that decides."""

    id: str
    place: int  # in the table: of several rules that match, the first is named
    starts: Words
    needs: tuple[Words, ...]
    pattern: str
    spaced: bool  # a script that puts spaces between words


class Index(NamedTuple):
    """Rules by the words they may start with: an ordinary text is passed over at a few look-ups a word."""

    words: dict[str, list[Rule]]
    stems: dict[str, list[Rule]]
    burmese: dict[str, list[Rule]]


def suspect(text: str) -> str | None:
    """The id of a rule that the text matches ("gbv.urd.2"), or None.

    The text is folded first, so spelling variants, accents and case do not matter, and Burmese typed with a Zawgyi
    font is looked at as Unicode. An ordinary text costs
    little more than its folding.
    """
    rule = suspect_folded(fold(as_unicode(text)))
    if rule is None and (other := other_reading(text)) is not None:
        rule = suspect_folded(fold(other))
    return rule


def suspect_folded(folded: str) -> str | None:
    """The same for a text that is folded already."""
    likely = [*_likely(folded), *(_likely_burmese(folded) if _MYANMAR.search(folded) else ())]
    likely.sort(key=lambda rule: rule.place)
    return next((rule.id for rule in likely if _compiled(rule.pattern).search(folded)), None)


def _likely(folded: str) -> Iterator[Rule]:
    """Rules that have a word for each of their tokens in the text."""
    index = _index()
    words = _words_of(folded)
    stems = frozenset([word[:_STEM] for word in words])
    if index.words.keys().isdisjoint(words) and index.stems.keys().isdisjoint(stems):
        return
    for rule in _starting(index.words, words) + _starting(index.stems, stems):
        if all(need.meet(words, stems) for need in rule.needs):
            yield rule


def _words_of(folded: str) -> frozenset[str]:
    pieces = folded.split()
    # Nearly all pieces are words already; only those with something else in them need the expression.
    odd = [piece for piece in pieces if not piece.isalnum()]
    return frozenset(pieces + _WORD.findall(" ".join(odd)) if odd else pieces)


def _starting(table: dict[str, list[Rule]], words: Iterable[str]) -> list[Rule]:
    return [rule for word in words if word in table for rule in table[word]]


def _likely_burmese(folded: str) -> Iterator[Rule]:
    for start, rules in _index().burmese.items():
        if start in folded:
            yield from (rule for rule in rules if _holds_all(folded, rule.needs))


def _holds_all(folded: str, needs: tuple[Words, ...]) -> bool:
    return all(any(word in folded for word in need.whole) for need in needs)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A rule's expression, compiled when it is first likely: all take a second, few are ever needed."""
    return re.compile(pattern)


@cache
def _index() -> Index:
    index = Index({}, {}, {})
    for rule in _rules():
        for word in rule.starts.whole:
            (index.words if rule.spaced else index.burmese).setdefault(word, []).append(rule)
        for stem in rule.starts.stems:
            index.stems.setdefault(stem, []).append(rule)
    return index


def _rules() -> Iterator[Rule]:
    rows = (
        (f"{topic}.{language}.{number}", language, row)
        for topic, languages in _TABLE["topics"].items()
        for language, rows in languages.items()
        for number, row in enumerate(rows, start=1)
    )
    return (_rule(name, place, language, row) for place, (name, language, row) in enumerate(rows))


def _rule(name: str, place: int, language: str, row: str) -> Rule:
    terms = _TABLE["terms"].get(language, {})
    tokens = [_TERM.sub(lambda match: str(terms[match[1]]), word).split("|") for word in row.split()]
    spaced = _MYANMAR.search("".join(tokens[0])) is None
    joined = _written_before(language) if spaced else ("",)
    starts = _words(tokens[0], joined, spaced=spaced)
    needs = filter(any, (_words(words, joined, spaced=spaced) for words in tokens[1:]))
    return Rule(name, place, starts, tuple(needs), _pattern(tokens, joined, spaced=spaced), spaced)


def _written_before(language: str) -> tuple[str, ...]:
    """What is written together with a word's beginning ("wal-", "bil-"), longest first."""
    parts = _TABLE["written_before"].get(language, [[""]])
    return tuple(sorted(("".join(choice) for choice in product(*parts)), key=len, reverse=True))


def _words(alternatives: list[str], joined: tuple[str, ...], *, spaced: bool) -> Words:
    if _ELLIPSIS in alternatives or _END in alternatives:
        return _ANY
    keys = [_key_word(alternative, spaced=spaced) for alternative in alternatives]
    every = [prefix + key for key in keys for prefix in joined]
    if any(word.endswith("*") and len(word) <= _STEM for word in every):
        return _ANY
    stems = frozenset(word[:_STEM] for word in every if word.endswith("*"))
    return Words(frozenset(word for word in every if not word.endswith("*")), stems)


def _key_word(alternative: str, *, spaced: bool) -> str:
    """The word that a text must hold: "mar_jana" -> "jana", "molest*" -> "molest*"; the longest says most."""
    text = fold(alternative.rstrip("*").replace("_", " "))
    if not spaced:
        return text.partition(" ")[0]
    pieces = _WORD.findall(text)
    word = str(max(pieces, key=len))
    return f"{word}*" if word == pieces[-1] and alternative.endswith("*") else word


def _pattern(tokens: list[list[str]], joined: tuple[str, ...], *, spaced: bool) -> str:
    between, gap = (r"\W{1,4}", _GAP) if spaced else (r"\s?", _MYANMAR_GAP)
    prefix = f"(?:{'|'.join(joined)})" if any(joined) else ""
    pattern, before = r"(?<!\w)" if spaced else "", ""
    for words in tokens:
        if words == [_ELLIPSIS]:
            before = gap
            continue
        texts = (
            _SENTENCE_END if word == _END else before + prefix + _word(word, spaced=spaced) for word in words
        )
        pattern, before = f"{pattern}(?:{'|'.join(texts)})", between
    return pattern


def _word(word: str, *, spaced: bool) -> str:
    space = r"\W{1,2}" if spaced else r"\s?"
    text = space.join(re.escape(fold(part)) for part in word.rstrip("*").split("_"))
    if not spaced:
        return text
    return rf"{text}\w*" if word.endswith("*") else rf"{text}(?!\w)"
