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
from flows.slips import SlipIndex, one_slip
from flows.tables import read_table
from flows.words import POLITE, is_skip, without, yes_no
from flows.zawgyi import as_unicode, other_reading
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
    """A keyword, and what stands behind it, as it was written ("B4K7 T2MX").

    `slip`: one letter of the keyword is wrong. While a question is open such a text is an answer, unless it is STOP.
    """

    keyword: Keyword
    rest: str
    slip: bool = False


# A question goes the way of a complaint: to people, with a receipt and a reference.
_MEANS = {"ask": Keyword.PROBLEM}
_TOKEN = re.compile(r"[^\s.,!;:،؛۔।၊။…/=_\-]+")
_LONGEST_WHOLE = 80  # characters of a message that can be nothing but a keyword with politeness round it
_LONGEST_SLIP = 32  # characters of a message that may be a keyword with one letter wrong
_STOP = "stop"
_LONG_STOP = 6  # letters of an alias of STOP in which a slip is forgiven
_LONG_ALIAS = 8  # letters of any other alias, but for the first of its language
_GRAVE = frozenset({Keyword.WRONG, Keyword.DELETE})
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
    ]  # of aliases and politeness: most messages are passed over by their first word
    takes: Mapping[Keyword, Callable[[str], bool]]
    slips: SlipIndex[Keyword]
    not_slips: frozenset[str]


def match(text: str) -> Match | None:
    """The keyword that a message is, or begins with; None for everything else.

    STOP and the other words that need nothing behind them must be the whole message, politeness and repetition
    aside: "please stop", "STOP STOP" and "stop." are STOP, "don't stop the food" is not.
    """
    if text.isdecimal():
        return None
    text = as_unicode(text)
    found = _exact(text)
    if found is None and (other := other_reading(text)) is not None:
        found = _exact(other)
    return found if found is not None else _slipped(text)


def _exact(text: str) -> Match | None:
    first = _TOKEN.search(text)
    alone = fold(first[0]) if first else fold(text)
    if alone not in _table().first_words:
        return None
    command = text.startswith("/")  # as messengers send them: "/start token"
    whole = _whole(_words(text) or [alone]) if len(text) <= _LONGEST_WHOLE else None
    return Match(whole, "") if whole is not None else _beginning(text, command=command)


def _slipped(text: str) -> Match | None:
    """The one keyword that a message is but for one letter. A slip in STOP stops: not to hear it is worse."""
    if not len(_STOP) - 1 <= len(text) <= _LONGEST_SLIP:
        return None
    typed = plain(text)
    near = [Keyword.STOP] if one_slip(typed, _STOP) else _table().slips.near(typed)
    if len(near) != 1 or _is_something_else(typed):
        return None
    return Match(near[0], "", slip=True)


def _is_something_else(typed: str) -> bool:
    """Whether a text is a word of its own: a number, a yes or no, a greeting, or another word altogether."""
    if typed in _table().not_slips or typed in POLITE or is_skip(typed):
        return True
    return yes_no(typed) is not None or whole_number(typed) is not None


def _whole(words: list[str]) -> Keyword | None:
    table = _table()
    found = table.aliases.get(" ".join(words))
    if found is not None:
        return found
    bare = without(words, POLITE)
    return table.aliases.get(bare[0] if len(set(bare)) == 1 else " ".join(bare))


def plain(text: str) -> str:
    """A message as words of flows are compared with it: folded, without marks and politeness round it."""
    return " ".join(without(_words(text), POLITE)) or fold(text)


def _words(text: str) -> list[str]:
    return [fold(word) for word in _TOKEN.findall(text)]


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
    forgiven: dict[str, Keyword] = {}
    for name, row in data["keywords"].items():
        keyword = _MEANS.get(name) or Keyword(name)
        takes[keyword] = _TAKES[row["takes"]]
        for words in (words for language, words in row.items() if language != "takes"):
            folded = [" ".join(_words(word)) or word for word in words]
            aliases |= dict.fromkeys(folded, keyword)
            forgiven |= {
                word: keyword for word in folded if _forgives(keyword, word, first=word == folded[0])
            }
    first_words = frozenset(alias.partition(" ")[0] for alias in (*aliases, *POLITE))
    not_slips = frozenset(map(fold, data["not_slips"]))
    return _Table(aliases, first_words, takes, SlipIndex(forgiven.items()), not_slips)


def _forgives(keyword: Keyword, alias: str, *, first: bool) -> bool:
    """Whether a slip in an alias is forgiven.

    It is in the word that we print ourselves, the first of each language, and in long ones: among the short ones
    too many words are neighbours ("khata", wrong, and "khana", food). After WRONG nothing more is sent.
    """
    if keyword is Keyword.STOP:
        return first or len(alias) >= _LONG_STOP
    return len(alias) >= _LONG_ALIAS or (first and keyword not in _GRAVE)


@cache
def _languages() -> Mapping[str, str]:
    """Folded name -> code. Of languages that share a name, the first in the table has it."""
    listed = read_table("keywords", package="gateway")["languages"]
    named = [(fold(name), code) for code, names in listed.items() for name in names]
    own = [(fold(name), row.code) for row in LANGUAGES.values() for name in (row.endonym, row.name, row.code)]
    return dict(reversed([*named, *own]))
