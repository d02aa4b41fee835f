"""What may be wrong with a translation, told before anybody is sent it. Pure: words in, findings out.

A finding that is `refused` cannot be saved: the text would lie, break, or lose what people answer by. Everything else
is for the translator to weigh, who knows the language and we do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from flows import zawgyi
from flows.folding import ascii_digits, fold
from flows.languages import LANGUAGES
from flows.rendering import holds_numbers
from flows.texts import PLACEHOLDER, names_in
from gateway import invisible, keywords, segments

LONGEST = 4000  # characters of one text
ZAWGYI = 0.95  # probability above which Burmese is taken for Zawgyi
SAME_SHORT = 3  # letters: shorter words are often alike in two languages


@dataclass(frozen=True, slots=True)
class Term:
    """What the glossary says of a word: its translation, and words that must not be used for it."""

    term: str
    translation: str
    forbidden: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A text, its translation, and what stands around them.

    Attributes:
        source, target: the words.
        source_language, language: ISO 639-3.
        numbers: of the options that belong to the text, where it is a question's.
        others: words that other options of the same question have in this language, by their code.
        terms: of the glossary, for these languages.
    """

    source: str
    target: str
    source_language: str
    language: str
    numbers: tuple[int, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """One finding. `detail`: what it is about, shown as it stands."""

    code: str
    detail: tuple[str, ...] = ()
    refused: bool = False


def check(pair: Pair) -> list[Doubt]:
    """Return what is wrong with a translation, the worst first; nothing for one that is not there yet."""
    if not pair.target.strip():
        return []
    found = [doubt for rule in RULES for doubt in rule(pair)]
    return sorted(found, key=lambda doubt: not doubt.refused)


def refusals(pair: Pair) -> list[Doubt]:
    """Return only what keeps a translation from being saved."""
    return [doubt for doubt in check(pair) if doubt.refused]


def _has_its_placeholders(pair: Pair) -> Iterator[Doubt]:
    wanted, found = names_in(pair.source), names_in(pair.target)
    if wanted - found:
        yield Doubt("placeholder_missing", tuple(f"${{{name}}}" for name in sorted(wanted - found)), True)
    if found - wanted:
        yield Doubt("placeholder_unknown", tuple(f"${{{name}}}" for name in sorted(found - wanted)), True)
    rest = PLACEHOLDER.sub("", pair.target)
    if "{" in rest or "}" in rest:
        yield Doubt("brace", refused=True)


def _is_not_too_long(pair: Pair) -> Iterator[Doubt]:
    if len(pair.target) > LONGEST:
        yield Doubt("too_long", refused=True)


def _hides_nothing(pair: Pair) -> Iterator[Doubt]:
    for code, name in invisible.faults(pair.target):
        yield Doubt(code, (name,) if name else (), code in {"override", "unbalanced"})


def _has_its_numbers(pair: Pair) -> Iterator[Doubt]:
    if _lists(pair.source, pair.numbers) and not _lists(pair.target, pair.numbers):
        yield Doubt("numbering", tuple(map(str, pair.numbers)), True)
        return
    wanted, found = _numbers(pair.source), _numbers(pair.target)
    if wanted != found:
        changed = sorted({*(wanted - found), *(found - wanted)}, key=int)
        yield Doubt("numbers", tuple(changed))


def _lists(text: str, numbers: tuple[int, ...]) -> bool:
    return bool(numbers) and holds_numbers(text, numbers)


def _numbers(text: str) -> Counter[str]:
    words = ascii_digits(PLACEHOLDER.sub(" ", text))
    return Counter(str(int(found)) for found in _DIGITS.findall(_GROUP.sub("", words)))


_DIGITS = re.compile(r"(?<![0-9])[0-9]{1,18}(?![0-9])")  # Longer ones are no numbers, and cost time to read.
_GROUP = re.compile(r"(?<=[0-9])[,٬'](?=[0-9]{3}(?![0-9]))")


def _differs_from_other_options(pair: Pair) -> Iterator[Doubt]:
    mine = fold(pair.target)
    taken = [code for code, words in pair.others.items() if mine in {fold(word) for word in words}]
    if taken:
        yield Doubt("same_as_option", tuple(taken), True)


def _is_unicode(pair: Pair) -> Iterator[Doubt]:
    if pair.language == BURMESE and is_zawgyi(pair.target):
        yield Doubt("zawgyi", refused=True)


BURMESE = "mya"  # Shan and Karen share the letters, and the detector errs on them.


def is_zawgyi(text: str) -> bool:
    """Whether Burmese words are written in the old Zawgyi encoding, which phones of today show wrongly."""
    return zawgyi.probability(text) > ZAWGYI


def _is_trimmed(pair: Pair) -> Iterator[Doubt]:
    if pair.target != pair.target.strip() or _DOUBLE.search(pair.target):
        yield Doubt("spaces")


_DOUBLE = re.compile(r"[ \u00a0]{2,}")


def _mixes_no_scripts(pair: Pair) -> Iterator[Doubt]:
    """A Cyrillic а among Latin letters looks right, and is found by nobody and costs a whole second SMS."""
    mixed = [word for word in _WORD.findall(pair.target) if len(_alphabets(word)) > 1]
    known = LANGUAGES.get(pair.language)
    if known is not None and known.script == "Latn":
        mixed += [word for word in _WORD.findall(pair.target) if _alphabets(word) & {"CYRILLIC", "GREEK"}]
    if mixed:
        yield Doubt("mixed_script", tuple(dict.fromkeys(mixed)))


_WORD = re.compile(r"[^\W\d_]+")
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")  # alphabets with letters that look the same


def _alphabets(word: str) -> frozenset[str]:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word)
    return frozenset(name for name in names if name in _ALIKE)


def _is_translated(pair: Pair) -> Iterator[Doubt]:
    words = PLACEHOLDER.sub(" ", pair.source)
    letters = sum(letter.isalpha() for letter in words)
    if letters > SAME_SHORT and fold(pair.source) == fold(pair.target):
        yield Doubt("copy")


def _keeps_keywords(pair: Pair) -> Iterator[Doubt]:
    """Who is told to send STOP must be able to read the word, or one that is read alike."""
    told = {found.keyword: word for word in _CAPITALS.findall(pair.source) if (found := keywords.match(word))}
    if not told:
        return
    heard = {found.keyword for word in _phrases(pair.target) if (found := keywords.match(word))}
    lost = tuple(word for keyword, word in told.items() if keyword not in heard)
    if lost:
        yield Doubt("keyword", lost)


_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
_SPLIT = re.compile(r"[\s.,!?;:،؛؟۔၊။()\[\]=«»“”\"'-]+")


def _phrases(text: str) -> Iterator[str]:
    words = [word for word in _SPLIT.split(text) if word]
    for size in (1, 2, 3):
        yield from (" ".join(words[start : start + size]) for start in range(len(words) - size + 1))


def _fits_one_sms(pair: Pair) -> Iterator[Doubt]:
    mine, theirs = segments.size(pair.target), segments.size(pair.source)
    if mine.segments > max(theirs.segments, 1):
        yield Doubt("long", (str(mine.segments), str(theirs.segments)))


def _uses_the_glossary(pair: Pair) -> Iterator[Doubt]:
    for term in terms_in(pair.source, pair.terms):
        if term.translation and not contains(pair.target, term.translation):
            yield Doubt("term", (term.term, term.translation))
        used = tuple(word for word in term.forbidden if contains(pair.target, word))
        if used:
            yield Doubt("forbidden", (term.term, *used))


def terms_in(source: str, terms: Iterable[Term]) -> list[Term]:
    """Return the glossary's terms that a source text holds, the longest first."""
    return sorted((term for term in terms if contains(source, term.term)), key=lambda term: -len(term.term))


def contains(text: str, term: str) -> bool:
    """Whether a text holds a term as whole words where its script parts words by spaces; spelling variants count."""
    wanted = fold(term)
    if not wanted:
        return False
    if _IN_A_ROW.search(wanted):
        return wanted.replace(" ", "") in fold(text).replace(" ", "")
    edges = rf"(?<!\w){re.escape(wanted)}\w{{0,3}}(?!\w)"  # A word may carry an ending: plural, case.
    return re.search(edges, _spaced(text)) is not None


_IN_A_ROW = re.compile(r"[\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]")  # Burmese is written without spaces


def _spaced(text: str) -> str:
    return " ".join(fold(word) for word in _SPLIT.split(PLACEHOLDER.sub(" ", text)) if word)


RULES: tuple[Callable[[Pair], Iterator[Doubt]], ...] = (
    _has_its_placeholders,
    _hides_nothing,
    _is_not_too_long,
    _is_unicode,
    _has_its_numbers,
    _differs_from_other_options,
    _keeps_keywords,
    _is_translated,
    _mixes_no_scripts,
    _is_trimmed,
    _uses_the_glossary,
    _fits_one_sms,
)
CODES = (
    *("placeholder_missing", "placeholder_unknown", "brace", "override", "unbalanced", "embedding", "joiner", "hidden"),
    *("too_long", "zawgyi", "numbering", "numbers", "same_as_option", "keyword", "copy", "mixed_script", "spaces"),
    *("term", "forbidden", "long"),
)  # fmt: skip
