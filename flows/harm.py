"""Whether a question could harm whoever is asked: word lists for each language, tuned by hand; people decide.

Ten subjects are never asked by message (`TOPICS`). A question on one of them is refused where its words leave little
doubt: a row of `refused` matches, or a word of `core` stands in one sentence with a word for the person who is asked.
Where such a word stands alone, or beside a word for services and information, the author is asked to look (a doubt).

A row is read on the folded text (`flows.folding`), within one sentence:
  word      that word                     word* / *word   that word with any ending / beginning
  a|b       either; "_" is a space        ..  up to two words between     ...  up to six
An empty alternative at the end of a row makes its last word optional. Burmese is matched anywhere in the text, with
up to 12 or 40 characters between. `others` are words that look like the person asked and are not ("your camp"); what
is `excused` is taken out before a subject is looked for ("a religious holiday"); `service` are words of services and
information, and `knows` are questions about what people know of them.

Drafted without native speakers: each operation reviews its languages with its protection staff before relying on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import product
from typing import Any, NamedTuple

from flows.folding import fold
from flows.languages import chain
from flows.tables import read_table

LANGUAGES = ("eng", "urd", "pus", "prs", "arb", "mya", "som", "fra")

# What the tables call a subject, and what flows and indicators call it.
TOPICS: Mapping[str, str] = {
    "gbv": "gbv_or_sea_experience",
    "torture": "torture_experience",
    "children": "recruitment_or_association_of_children",
    "trafficking": "trafficking_experience",
    "actors": "perpetrator_or_armed_actor_identity",
    "orientation": "sexual_orientation",
    "religion": "religion_or_ethnicity_of_the_person",
    "health": "hiv_or_health_diagnosis",
    "address": "exact_address",
    "claim": "asylum_claim_content",
}
# Where there are services that people may be asked about: "do you know where somebody who was … finds help?"
_SERVED = frozenset({"gbv", "torture", "children", "trafficking", "health"})
_SENTENCES = re.compile(r"[.?!;؟۔؛။\n]+")
_BETWEEN = r"\W{1,3}"
_GAPS = {"..": r"(?:\W{1,3}\w+){0,2}?\W{1,3}", "...": r"(?:\W{1,3}\w+){0,6}?\W{1,3}"}
_MYANMAR_GAPS = {"..": ".{0,12}?", "...": ".{0,40}?"}
_CUT = " | "  # stands for what was taken out, so that no words meet that were apart
_NAME_PARTS = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
MOST_LISTED = 2  # options that name two religions are a question about religion


class Hit(NamedTuple):
    """A subject that a text touches. `refused`: little doubt; else the author should look. `words`: what told."""

    topic: str
    refused: bool
    words: str


class Row(NamedTuple):
    """One row: what must be in the text at all, and the expression that decides."""

    needs: tuple[tuple[str, ...], ...]
    pattern: str

    def find(self, folded: str) -> re.Match[str] | None:
        """Return where it matches. The expression is compiled only when each of its words is there."""
        if not all(any(word in folded for word in need) for need in self.needs):
            return None
        return _compiled(self.pattern).search(folded)

    def cut(self, folded: str) -> str:
        """Return the text without what matches."""
        if self.find(folded) is None:
            return folded
        return _compiled(self.pattern).sub(_CUT, folded)


class Subject(NamedTuple):
    """The rows of one subject in one language."""

    refused: tuple[Row, ...]
    core: Row
    excused: tuple[Row, ...]


class Table(NamedTuple):
    """All rows of one language."""

    you: Row
    others: tuple[Row, ...]
    service: tuple[Row, ...]
    knows: tuple[Row, ...]
    subjects: Mapping[str, Subject]
    listed: Mapping[str, Row]
    not_listed: Row

    def speaks_to_you(self, folded: str) -> bool:
        """Whether a sentence is about the person who is asked."""
        for row in self.others:
            folded = row.cut(folded)
        return self.you.find(folded) is not None

    def is_service(self, folded: str) -> bool:
        """Whether a sentence is about services and information."""
        return any(row.find(folded) for row in self.service)

    def is_knowledge(self, folded: str) -> bool:
        """Whether a sentence asks what people know of services: "do you know where …"."""
        return any(row.find(folded) for row in self.knows)


def look(text: str, language: str) -> list[Hit]:
    """Return the subjects that a text of a question touches, each once, what is refused before what is doubtful."""
    return list(_look(text, language))


# A draft is checked after each change, and all of its texts but one are as they were.
@lru_cache(maxsize=16384)
def _look(text: str, language: str) -> tuple[Hit, ...]:
    found: dict[str, Hit] = {}
    for table in _tables_of(language):
        for sentence in _sentences(text):
            for hit in _of_sentence(table, sentence):
                _keep(found, hit)
    return tuple(found.values())


def look_at_options(question: str, labels: Sequence[str], language: str) -> list[Hit]:
    """Return the subjects that the options of a question touch: a word in one, or two of a kind among them."""
    return list(_look_at_options(question, tuple(labels), language))


@lru_cache(maxsize=4096)
def _look_at_options(question: str, labels: tuple[str, ...], language: str) -> tuple[Hit, ...]:
    found: dict[str, Hit] = {}
    folded = [fold(label) for label in labels]
    for table in _tables_of(language):
        sentences = list(_sentences(question))
        personal = any(table.speaks_to_you(sentence) for sentence in sentences)
        personal = personal and not any(table.is_service(sentence) for sentence in sentences)
        for label in folded:
            for hit in _of_sentence(table, label):
                _keep(found, hit._replace(refused=hit.refused or personal))
        for hit in _listed(table, fold(question), folded):
            _keep(found, hit)
    return tuple(found.values())


def look_at_name(name: str) -> list[Hit]:
    """Return the subjects that the name of a step or the code of an option names, as forms name their questions."""
    parts = _NAME_PARTS.findall(_CAMEL.sub("_", name).lower())
    whole = f"_{'_'.join(parts)}_"
    if _excused_names() & set(parts):
        return []
    return [
        Hit(TOPICS[key], refused=True, words=word)
        for key, words in _names().items()
        if (word := next((word for word in words if f"_{word}_" in whole), None)) is not None
    ]


def _keep(found: dict[str, Hit], hit: Hit) -> None:
    known = found.get(hit.topic)
    if known is None or (hit.refused and not known.refused):
        found[hit.topic] = hit


def _sentences(text: str) -> Iterator[str]:
    return (fold(part) for part in _SENTENCES.split(text) if part.strip())


def _of_sentence(table: Table, sentence: str) -> Iterator[Hit]:
    for key, subject in table.subjects.items():
        left = sentence
        for row in subject.excused:
            left = row.cut(left)
        match = next((match for row in subject.refused if (match := row.find(left))), None)
        if match is not None:
            harm = key not in _SERVED or not table.is_knowledge(sentence)
            yield Hit(TOPICS[key], refused=harm, words=match[0].strip())
        elif (word := subject.core.find(left)) is not None:
            harm = table.speaks_to_you(sentence) and not table.is_service(sentence)
            yield Hit(TOPICS[key], refused=harm, words=word[0].strip())


def _listed(table: Table, question: str, labels: Sequence[str]) -> Iterator[Hit]:
    tongue = table.not_listed.find(question) is not None
    for key, row in table.listed.items():
        named = [label for label in labels if row.find(label)]
        if len(named) >= MOST_LISTED:
            yield Hit(TOPICS[key], refused=not tongue, words=", ".join(named[:3]))


# Reading the tables


def _tables_of(language: str) -> list[Table]:
    """Return the tables that a text is read with: of its language and those it falls back to, and English.

    Many write English words among their own; a language that we have no words of is read with all tables.
    """
    known = [code for code in chain(language) if code in LANGUAGES]
    if known == ["eng"] and language != "eng":
        known = list(LANGUAGES)
    return [_table(code) for code in dict.fromkeys([*known, "eng"])]


@cache
def _table(language: str) -> Table:
    content = read_table(f"harm/{language}")
    build = _Builder(language, content.get("before"))
    return Table(
        build.row(content["you"]),
        build.rows(content["others"]),
        build.rows(content["service"]),
        build.rows(content["knows"]),
        {key: _subject(build, content["topics"][key]) for key in TOPICS},
        {key: build.row(row) for key, row in content["listed"].items()},
        build.row(content["not_listed"]),
    )


def _subject(build: _Builder, content: Mapping[str, Any]) -> Subject:
    return Subject(build.rows(content["refused"]), build.row(content["core"]), build.rows(content["excused"]))


@cache
def _names() -> dict[str, list[str]]:
    return {key: row.split("|") for key, row in read_table("harm/eng")["names"].items()}


@cache
def _excused_names() -> frozenset[str]:
    return frozenset(read_table("harm/eng")["names_excused"].split("|"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """An expression, compiled when it is first likely to match: all together take a second, few are ever needed."""
    return re.compile(pattern)


class _Builder:
    """Turns rows of one language into expressions."""

    def __init__(self, language: str, before: Sequence[Sequence[str | None]] | None) -> None:
        self.spaced = language != "mya"
        self.gaps = _GAPS if self.spaced else _MYANMAR_GAPS
        joined = ["".join(part or "" for part in parts) for parts in product(*before or ())]
        self.before = f"(?:{'|'.join(sorted(map(fold, filter(None, joined)), key=len, reverse=True))})?"
        self.before = self.before if any(joined) else ""

    def rows(self, texts: Iterable[str]) -> tuple[Row, ...]:
        return tuple(map(self.row, texts))

    def row(self, text: str) -> Row:
        tokens = text.split()
        while tokens[-1] in self.gaps:
            tokens.pop()
        pattern, between, needs = "", "", []
        for token in tokens:
            if token in self.gaps:
                between = self.gaps[token]
                continue
            words = [word for word in token.split("|") if word]
            choice = f"(?:{'|'.join(map(self._word, words))})"
            if token.endswith("|"):
                pattern += f"(?:{between}{choice})?"
            else:
                pattern += between + choice
                needs.append(tuple(map(self._key, words)))
            between = _BETWEEN if self.spaced else r"\s?"
        return Row(tuple(needs), pattern)

    def _word(self, word: str) -> str:
        text = (_BETWEEN if self.spaced else r"\s?").join(map(re.escape, self._folded(word)))
        if not self.spaced:
            return text
        start = r"(?<!\w)\w+" if word.startswith("*") else rf"(?<!\w){self.before}"
        return start + text + (r"\w*" if word.endswith("*") else r"(?!\w)")

    def _key(self, word: str) -> str:
        """The longest word of a token: what the text must hold somewhere."""
        return max(self._folded(word), key=len)

    @staticmethod
    def _folded(word: str) -> list[str]:
        return [part for piece in word.strip("*").split("_") for part in fold(piece).split()]
