"""Numbers written out: "twenty five", "do sau", "خمسة وعشرون", "နှစ်ဆယ့်ငါး", and the first, second, third.

Each language has a small grammar of its own in `data/numbers.yaml`. A text is a number only where it is one as a
whole; where two languages read two numbers in it, it is none, unless the conversation's own language is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain as joined
from types import MappingProxyType
from typing import Any, NamedTuple

from flows.folding import fold
from flows.languages import chain
from flows.tables import read_table

_LONGEST = 64  # characters of a number written out
_MOST_WORDS = 12
_PHRASE = 4  # words that one number word may have: "kow iyo toban"
_TEN, _HUNDRED = 10, 100
_UNSPACED = "mya"
_MYANMAR = re.compile("[\u1000-\u109f]")
_HYPHEN = re.compile(r"[-‐\u2010-\u2015]")


class _Grammar(NamedTuple):
    """How one language writes numbers out, all words folded.

    Attributes:
        values: word -> the number it is by itself, in any conversation.
        own: the same, in a conversation in this language; `values` are among them.
        inside: the same, beside another number word; `own` are among them.
        scales: word -> what it multiplies by.
        joins: words between the parts.
        glued: a join that is written together with the next word, or "".
        units_first: "five and twenty" is an order of the language.
        unspaced: all words, longest first, of a script without spaces; else None.
    """

    values: Mapping[str, int]
    own: Mapping[str, int]
    inside: Mapping[str, int]
    scales: Mapping[str, int]
    joins: frozenset[str]
    glued: str
    units_first: bool
    unspaced: re.Pattern[str] | None


def number_in_words(folded: str, language: str | None = None) -> int | None:
    """The number that a folded text writes out; None: it writes none, or more than one."""
    if not folded or len(folded) > _LONGEST:
        return None
    known = WORDS.get(folded)
    if known is not None and language is None:
        return known
    for code in chain(language) if language else ():
        number = _read(folded, code, own=True)
        if number is not None:
            return number
    if known is not None:
        return known
    found = {_read(folded, code, own=False) for code in _grammars()} - {None}
    return found.pop() if len(found) == 1 else None


def ordinal(folded: str, language: str | None = None) -> int | None:
    """The place that a folded text names: "second", "2nd", "دوسرا", "le premier". None: none, or two."""
    if not folded or len(folded) > _LONGEST:
        return None
    plain = " ".join(word for word in folded.split() if word not in _FILLERS) or folded
    for code in chain(language) if language else ():
        place = _ordinals().get(code, _NO_WORDS).get(plain)
        if place is not None:
            return place
    found = {table[plain] for table in _ordinals().values() if plain in table}
    return found.pop() if len(found) == 1 else None


_NO_WORDS: Mapping[str, int] = MappingProxyType({})
_FILLERS = frozenset(
    map(fold, ("the", "one", "option", "le", "la", "wala", "wali", "والا", "والی", "آپشن", "گزینه", "choix"))
)


def _read(folded: str, code: str, *, own: bool) -> int | None:
    grammar = _grammars().get(code)
    if grammar is None:
        return None
    values = _values(folded, grammar, own=own)
    if not values or (not own and isinstance(values[0], _Scale) and len(values) == 1):
        return None  # Burmese "yar", a hundred, is "small" in Somali.
    return _sum(values, units_first=grammar.units_first)


class _Scale(NamedTuple):
    """A word that multiplies what stands before it."""

    by: int


_Part = int | _Scale


def _values(folded: str, grammar: _Grammar, *, own: bool) -> list[_Part] | None:
    """The numbers and scales of a text in order; None: something else stands in it too."""
    words = _words(folded, grammar)
    if words is None or not 0 < len(words) <= _MOST_WORDS:
        return None
    alone = _parts(words, grammar.own if own else grammar.values, grammar)
    if alone is not None or len(words) == 1:
        return alone
    parts = _parts(words, grammar.inside, grammar)
    return parts if parts is not None and len(parts) > 1 else None


def _words(folded: str, grammar: _Grammar) -> list[str] | None:
    if grammar.unspaced is not None and _MYANMAR.search(folded):
        bare = folded.replace(" ", "")
        found = grammar.unspaced.findall(bare)
        return found if "".join(found) == bare else None
    return _HYPHEN.sub(" ", folded).split()


def _parts(words: list[str], table: Mapping[str, int], grammar: _Grammar) -> list[_Part] | None:
    parts: list[_Part] = []
    start = 0
    while start < len(words):
        for size in range(min(_PHRASE, len(words) - start), 0, -1):
            part = _part(" ".join(words[start : start + size]), table, grammar)
            if part is not None:
                parts.append(part)
                start += size
                break
        else:
            if words[start] not in grammar.joins:
                return None
            start += 1
    return parts


def _part(phrase: str, table: Mapping[str, int], grammar: _Grammar) -> _Part | None:
    number = table.get(phrase)
    if number is not None:
        return number
    scale = grammar.scales.get(phrase)
    if scale is not None:
        return _Scale(scale)
    rest = phrase.removeprefix(grammar.glued) if grammar.glued else phrase
    return _part(rest, table, grammar) if rest != phrase and rest else None


def _sum(parts: list[_Part], *, units_first: bool) -> int | None:
    """Multiply and add, from the highest scale down; None where the parts do not make one number."""
    scales = [part.by for part in parts if isinstance(part, _Scale)]
    if not scales:
        return _small([part for part in parts if not isinstance(part, _Scale)], units_first=units_first)
    highest = max(scales)
    place = parts.index(_Scale(highest))
    before, after = parts[:place], parts[place + 1 :]
    times = _sum(before, units_first=units_first) if before else 1
    rest = _sum(after, units_first=units_first) if after else 0
    if times is None or rest is None or times == 0 or rest >= highest:
        return None
    return times * highest + rest


def _small(numbers: list[int], *, units_first: bool) -> int | None:
    """One number, tens and a unit in the language's order, or a round number and what is smaller."""
    if len(numbers) == 1:
        return numbers[0]
    first, rest = numbers[0], numbers[1:]
    if first >= _HUNDRED and first % _HUNDRED == 0:
        small = _small(rest, units_first=units_first)
        return first + small if small is not None and 0 < small < _HUNDRED else None
    if len(rest) != 1:
        return None
    tens, unit = (rest[0], first) if units_first and first < _TEN else (first, rest[0])
    return tens + unit if tens in range(20, 100, 10) and 0 < unit < _TEN else None


def _folded(table: Mapping[int, str]) -> dict[str, int]:
    return {fold(word): number for number, words in table.items() for word in str(words).split("|")}


@cache
def _grammars() -> Mapping[str, _Grammar]:
    data = read_table("numbers")
    return {code: _grammar(code, data) for code in data["words"]}


def _grammar(code: str, data: Mapping[str, Any]) -> _Grammar:
    # Where nothing stands between the words, "နှစ်" and "ဆယ့်ငါး" must not be cut out of "twenty five".
    most = _TEN if code == _UNSPACED else _HUNDRED
    listed = {number: words for number, words in enumerate(data["words"][code][:most]) if words != "-"}
    values = _folded(listed) | _folded(data["tens"].get(code, {})) | _folded(data["round"].get(code, {}))
    own = values | _folded(data["own"].get(code, {}))
    scales = _folded(data["scales"].get(code, {}))
    return _Grammar(
        values,
        own,
        own | _folded(data["inside"].get(code, {})),
        scales,
        frozenset(map(fold, data["joins"].get(code, ()))),
        data["glued"].get(code, ""),
        code in data["units_first"],
        _unspaced(joined(values, scales)) if code == _UNSPACED else None,
    )


def _unspaced(words: Iterable[str]) -> re.Pattern[str]:
    burmese = sorted({word for word in words if _MYANMAR.search(word)}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, burmese)))


@cache
def _ordinals() -> Mapping[str, Mapping[str, int]]:
    listed = read_table("numbers")["ordinals"]
    return {code: _folded(dict(enumerate(rows, 1))) for code, rows in listed.items()}


def _single_words() -> dict[str, int]:
    """Folded word -> number, over all languages. A word that means two numbers is in none."""
    found: dict[str, set[int]] = {}
    for grammar in _grammars().values():
        for word, number in grammar.values.items():
            found.setdefault(word, set()).add(number)
    return {word: numbers.pop() for word, numbers in found.items() if len(numbers) == 1}


WORDS: Mapping[str, int] = MappingProxyType(_single_words())
