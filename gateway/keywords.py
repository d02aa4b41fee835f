"""Words that mean something to the gateway itself: STOP, HELP, PROBLEM … in every shipped language and spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from flows.folding import fold
from flows.languages import LANGUAGES
from flows.numbers import whole_number
from flows.tables import read_table
from gateway import references

read_reference = references.read


class Keyword(StrEnum):
    """What a person may ask of the gateway in one word."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    LANGUAGE = "language"
    PROBLEM = "problem"
    STATUS = "status"
    MY_DATA = "my_data"
    DELETE = "delete"
    WRONG = "wrong"
    HUMAN = "human"
    NEWS = "news"
    APPEAL = "appeal"
    VERIFY = "verify"
    MORE = "more"


class Match(NamedTuple):
    """A keyword, and what stands behind it, as it was written ("B4K7 T2MX")."""

    keyword: Keyword
    rest: str


# A question goes the way of a complaint: to people, with a receipt and a reference.
_MEANS = {"ask": Keyword.PROBLEM}
_TOKEN = re.compile(r"[^\s.,!;:،؛۔।၊။…/=_\-]+")
_LONGEST_WHOLE = 80  # characters of a message that can be nothing but a keyword with politeness round it
_MOST_WORDS = 4  # of an alias that text may follow
_CODE = re.compile(r"[A-Za-z0-9]{3,8}")
_LIKE_A_REFERENCE = re.compile(r"(?=.*\d)[A-Za-z0-9 \-]{3,16}|[B-DF-HJ-NP-TV-Z0-9]{8}", re.IGNORECASE)


def _nothing(rest: str) -> bool:
    return not rest


def _anything(rest: str) -> bool:
    del rest
    return True


def _reference(rest: str) -> bool:
    """Whether a number was meant, right or wrong: "STATUS of the road" asks about the road."""
    folded = fold(rest).upper()
    return not rest or references.read(rest) is not None or _LIKE_A_REFERENCE.fullmatch(folded) is not None


def _code(rest: str) -> bool:
    return not rest or _CODE.fullmatch(fold(rest)) is not None


def _language(rest: str) -> bool:
    return not rest or whole_number(rest) is not None or read_language(rest) is not None


# By what a keyword takes (see data/keywords.yaml): whether words behind it still leave it a keyword.
_TAKES: Mapping[str, Callable[[str], bool]] = {
    "nothing": _nothing,
    "text": _anything,
    "reference": _reference,
    "code": _code,
    "language": _language,
}


class _Table(NamedTuple):
    aliases: Mapping[str, Keyword]
    first_words: frozenset[
        str
    ]  # of aliases and of politeness: most messages are passed over by their first word
    takes: Mapping[Keyword, Callable[[str], bool]]
    polite: frozenset[str]


def match(text: str) -> Match | None:
    """The keyword that a message is, or begins with; None for everything else.

    STOP and the other words that need nothing behind them must be the whole message, politeness and repetition
    aside: "please stop", "STOP STOP" and "stop." are STOP, "don't stop the food" is not.
    """
    if text.isdecimal():
        return None
    table = _table()
    first = _TOKEN.search(text)
    alone = fold(first[0]) if first else fold(text)
    if alone not in table.first_words:
        return None
    command = text.startswith("/")  # as messengers send them: "/start token"
    whole = _whole(_words(text) or [alone]) if len(text) <= _LONGEST_WHOLE else None
    return Match(whole, "") if whole is not None else _beginning(text, command=command)


def _whole(words: list[str]) -> Keyword | None:
    table = _table()
    found = table.aliases.get(" ".join(words))
    if found is not None:
        return found
    plain = _without(words, table.polite)
    return table.aliases.get(plain[0] if len(set(plain)) == 1 else " ".join(plain))


def plain(text: str) -> str:
    """A message as words of flows are compared with it: folded, without marks and politeness round it."""
    return " ".join(_without(_words(text), _table().polite)) or fold(text)


def _words(text: str) -> list[str]:
    return [fold(word) for word in _TOKEN.findall(text)]


def _without(words: list[str], polite: frozenset[str]) -> list[str]:
    """The words without polite ones at either end; an alias that is polite itself is left alone."""
    start, stop = 0, len(words)
    while (size := _polite(words[start:stop], polite)) and start + size < stop:
        start += size
    while (size := _polite(words[start:stop], polite, last=True)) and start < stop - size:
        stop -= size
    return words[start:stop]


def _polite(words: list[str], polite: frozenset[str], *, last: bool = False) -> int:
    """How many words at one end are a polite formula."""
    for size in range(min(len(words), _MOST_WORDS), 0, -1):
        if " ".join(words[-size:] if last else words[:size]) in polite:
            return size
    return 0


def _beginning(text: str, *, command: bool) -> Match | None:
    """A keyword whose first words are followed by what it takes."""
    table = _table()
    ends = [token.end() for token, _ in zip(_TOKEN.finditer(text), range(_MOST_WORDS), strict=False)]
    for end in reversed(ends):
        keyword = table.aliases.get(" ".join(_words(text[:end])))
        rest = text[end:].strip(" \t\r\n.,!;:،؛۔၊။=-–")
        if keyword is not None and (command or table.takes[keyword](rest)):
            return Match(keyword, rest)
    return None


def read_language(text: str) -> str | None:
    """The code of the language that a text names, by any of its names."""
    return _languages().get(fold(text))


@cache
def _table() -> _Table:
    data = read_table("keywords", package="gateway")
    aliases: dict[str, Keyword] = {}
    takes: dict[Keyword, Callable[[str], bool]] = {}
    for name, row in data["keywords"].items():
        keyword = _MEANS.get(name) or Keyword(name)
        takes[keyword] = _TAKES[row["takes"]]
        words = (word for language, words in row.items() if language != "takes" for word in words)
        aliases |= {" ".join(_words(word)) or word: keyword for word in words}
    polite = frozenset(" ".join(_words(word)) for word in data["polite"])
    first_words = frozenset(alias.partition(" ")[0] for alias in (*aliases, *polite))
    return _Table(aliases, first_words, takes, polite)


@cache
def _languages() -> Mapping[str, str]:
    """Folded name -> code. Of languages that share a name, the first in the table has it."""
    listed = read_table("keywords", package="gateway")["languages"]
    named = [(fold(name), code) for code, names in listed.items() for name in names]
    own = [(fold(name), row.code) for row in LANGUAGES.values() for name in (row.endonym, row.name, row.code)]
    return dict(reversed([*named, *own]))
