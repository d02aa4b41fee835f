"""How many SMS a text takes, and where it is cut.

An SMS holds 140 octets: 160 septets of the GSM 7-bit alphabet, or 70 UTF-16 units once a single character
lies outside it (3GPP TS 23.038); parts of a longer message lose 7 septets or 3 units to a header (TS 23.040).
A text is brought to NFC first, as it is when sent: a decomposed é would force UCS-2. Nothing else is changed;
zero-width joiners are spelling in Persian and Pashto.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

GSM7 = "GSM-7"
UCS2 = "UCS-2"
UNASSIGNED = "\N{REPLACEMENT CHARACTER}"  # marks free places, and the escape, in the data file's tables
ESCAPE = "\x1b"
BEYOND_BASIC = re.compile("[\U00010000-\U0010ffff]")


class Alphabet:
    """GSM characters of one septet and of two, and how many septets an SMS then holds.

    Args:
        tables: the national tables in use ("urdu locking"); "" for the default.
        one, two: the characters that take one septet, and two (an escape before them).
        single: septets of a message of one part.
        part: septets of each part of a longer message.
    """

    encoding = GSM7

    def __init__(self, one: str, two: str, *, single: int, part: int, tables: str = "") -> None:
        self.tables = tables
        self.one = frozenset(one) - {UNASSIGNED}
        self.two = frozenset(two) - {UNASSIGNED} - self.one
        self.single = single
        self.part = part
        self._all_single = re.compile(f"{_one_of(self.one)}*").fullmatch
        self._all_known = re.compile(f"{_one_of(self.one | self.two)}*").fullmatch

    def spread(self, text: str) -> str | None:
        """The septets, written as characters with their escapes; None when one is not in this alphabet."""
        if self._all_single(text):
            return text
        if not self._all_known(text):
            return None
        for character in self.two:
            text = text.replace(character, ESCAPE + character)
        return text

    def gather(self, units: str) -> str:
        """The text that a run of septets stands for."""
        return units.replace(ESCAPE, "")

    def leads(self, unit: str) -> bool:
        """Whether this septet belongs to the one after it."""
        return unit == ESCAPE


class Wide:
    """UTF-16: every character has a place, those beyond the basic plane take two units."""

    encoding = UCS2
    tables = ""
    single = 70
    part = 67

    def spread(self, text: str) -> str:
        """The UTF-16 units, each as a character."""
        if len(text.encode("utf-16-le", "surrogatepass")) == 2 * len(text):
            return text
        return BEYOND_BASIC.sub(_pair, text)

    def gather(self, units: str) -> str:
        """The text that a run of units stands for."""
        return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def leads(self, unit: str) -> bool:
        """Whether this unit is the first half of a surrogate pair."""
        return "\ud800" <= unit <= "\udbff"


def _pair(found: re.Match[str]) -> str:
    above = ord(found[0]) - 0x10000
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))


def _one_of(characters: Iterable[str]) -> str:
    return "[" + "".join(map(re.escape, sorted(characters))) + "]"


class Size(NamedTuple):
    """The cheap answer: encoding, units (septets, or UTF-16 units) and number of SMS."""

    encoding: str
    units: int
    segments: int


@dataclass(frozen=True, slots=True)
class Offender:
    """A character outside the GSM alphabet, and what could stand for it: "" is nothing, None is unknown."""

    character: str
    instead: str | None


@dataclass(frozen=True, slots=True)
class Segments:
    """The full answer, for the person who writes the text.

    Attributes:
        encoding: "GSM-7" or "UCS-2".
        units: septets, or UTF-16 units, of the whole text.
        segments: number of SMS; 0 for no text at all.
        per_segment: units in each of them.
        remaining: units still free in the last one.
        tables: the national tables that the count rests on, or "".
        offending: characters that force UCS-2, each once, in their order.
    """

    encoding: str
    units: int
    segments: int
    per_segment: tuple[int, ...]
    remaining: int
    tables: str = ""
    offending: tuple[Offender, ...] = ()

    @property
    def can_be_gsm7(self) -> bool:
        """Whether every offending character has something that could stand in its place."""
        return bool(self.offending) and all(item.instead is not None for item in self.offending)


def size(text: str) -> Size:
    """Measure quickly, with the default alphabet: this is what broadcasts are priced by."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    spread = DEFAULT.spread(text)
    if spread is not None:
        return Size(GSM7, len(spread), _how_many(spread, DEFAULT))
    spread = WIDE.spread(text)
    return Size(UCS2, len(spread), _how_many(spread, WIDE))


def units(text: str) -> int:
    """Septets or UTF-16 units of a text, with the default alphabet."""
    return size(text).units


def count(text: str, *, shift_tables: Sequence[str] = ()) -> Segments:
    """Measure, and say which characters cost the most.

    Args:
        text: as it would be sent, placeholders filled.
        shift_tables: national tables that the channel can announce ("urdu", "turkish" …); most cannot.

    Raises:
        KeyError: there is no such table.
    """
    text = unicodedata.normalize("NFC", text)
    alphabet, parts = _best(text, shift_tables)
    sizes = tuple(map(len, parts))
    room = alphabet.part if len(parts) > 1 else alphabet.single
    return Segments(
        encoding=alphabet.encoding,
        units=sum(sizes),
        segments=len(parts),
        per_segment=sizes,
        remaining=room - (sizes[-1] if sizes else 0),
        tables=alphabet.tables,
        offending=_offending(text) if alphabet is WIDE else (),
    )


def split(text: str, *, shift_tables: Sequence[str] = ()) -> list[str]:
    """Cut a text into the parts that are sent, each as full as it can be. Joined, they are the text in NFC.

    An escape pair and a surrogate pair stay together.

    Raises:
        KeyError: there is no such table.
    """
    alphabet, parts = _best(unicodedata.normalize("NFC", text), shift_tables)
    return [alphabet.gather(part) for part in parts]


def _best(text: str, shift_tables: Sequence[str]) -> tuple[Alphabet | Wide, list[str]]:
    """The alphabet that needs the fewest parts, and those parts; the default wins a tie."""
    candidates: list[Alphabet | Wide] = [DEFAULT, *_national(tuple(shift_tables)), WIDE]
    spreads = [(item, item.spread(text)) for item in candidates]
    cut = [(item, _cut(spread, item)) for item, spread in spreads if spread is not None]
    return min(cut, key=lambda pair: len(pair[1]))


def _how_many(spread: str, alphabet: Alphabet | Wide) -> int:
    return min(len(spread), 1) if len(spread) <= alphabet.single else len(_cut(spread, alphabet))


def _cut(spread: str, alphabet: Alphabet | Wide) -> list[str]:
    """Pack units greedily into parts; a unit that belongs to the next one goes with it."""
    if len(spread) <= alphabet.single:
        return [spread] if spread else []
    parts, start = [], 0
    while start < len(spread):
        stop = start + alphabet.part
        if stop < len(spread) and alphabet.leads(spread[stop - 1]):
            stop -= 1
        parts.append(spread[start:stop])
        start = stop
    return parts


def _offending(text: str) -> tuple[Offender, ...]:
    known = DEFAULT.one | DEFAULT.two
    return tuple(Offender(item, look_alike(item)) for item in dict.fromkeys(text) if item not in known)


@cache
def look_alike(character: str) -> str | None:
    """What could stand for a character in the GSM alphabet. A suggestion to a person, never done silently.

    Letters of other scripts have none; nor have the zero-width joiners, which are spelling.
    """
    listed: str | None = _data()["look_alikes"].get(character)
    if listed is not None:
        return listed
    plain = "".join(
        item for item in unicodedata.normalize("NFKD", character) if not unicodedata.combining(item)
    )
    plain = plain.replace("\N{FRACTION SLASH}", "/")
    return plain if plain and DEFAULT.spread(plain) is not None else None


@cache
def _national(tables: tuple[str, ...]) -> tuple[Alphabet, ...]:
    return tuple(alphabet for table in tables for alphabet in _with_table(table))


def _with_table(name: str) -> Iterator[Alphabet]:
    """The ways to use a national table: its single shift, its locking shift, or both.

    One table's header takes 4 octets of the message, or 3 beside the one that counts parts: 155 and 149
    septets; two tables leave 152 and 146.
    """
    table, default = _data()["national"][name], _data()
    yield Alphabet(default["basic"], table["single"], single=155, part=149, tables=f"{name} single")
    if "locking" in table:
        locking = table["locking"]
        yield Alphabet(locking, default["extension"], single=155, part=149, tables=f"{name} locking")
        yield Alphabet(locking, table["single"], single=152, part=146, tables=f"{name} locking and single")


@cache
def _data() -> dict[str, Any]:
    text = resources.files("gateway").joinpath("data/gsm.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


DEFAULT = Alphabet(_data()["basic"], _data()["extension"], single=160, part=153)
WIDE = Wide()
