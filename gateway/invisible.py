"""Characters that nobody sees: shown as marks, and told apart into those that spell and those that harm.

Marks of direction change the order in which a line is read (UAX 9). Some belong there: an isolate keeps a number whole
inside right-to-left words. An override turns letters round, so that a text shows what it does not say; none is let in.
Joiners are spelling in the Arabic script and in those of India and Burma, and nothing in a Latin word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

LRM, RLM, ALM = "\u200e", "\u200f", "\u061c"
ZWNJ, ZWJ = "\u200c", "\u200d"
LRE, RLE, PDF, LRO, RLO = "\u202a", "\u202b", "\u202c", "\u202d", "\u202e"
LRI, RLI, FSI, PDI = "\u2066", "\u2067", "\u2068", "\u2069"

EMBEDDINGS = frozenset({LRE, RLE})
OVERRIDES = frozenset({LRO, RLO})
ISOLATES = frozenset({LRI, RLI, FSI})
DIRECTION = frozenset({LRM, RLM, ALM})

# How a mark is shown, by the short names of Unicode's own charts.
MARKS: Mapping[str, str] = {
    LRM: "LRM",
    RLM: "RLM",
    ALM: "ALM",
    ZWNJ: "ZWNJ",
    ZWJ: "ZWJ",
    LRE: "LRE",
    RLE: "RLE",
    PDF: "PDF",
    LRO: "LRO",
    RLO: "RLO",
    LRI: "LRI",
    RLI: "RLI",
    FSI: "FSI",
    PDI: "PDI",
    "\u200b": "ZWSP",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
    "\u00a0": "NBSP",
    "\u202f": "NNBSP",
    "\u2060": "WJ",
}
# French puts a space that does not break before its marks; in any language it may stand between a number and its unit.
_SPACES = frozenset("\u00a0\u202f")
_JOINING = re.compile(
    r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0700-\u074f\u07c0-\u07ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff"
    r"\uaa60-\uaa7f\U00010d00-\U00010d3f]"
)
_PICTURE = re.compile(r"[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")


class Piece(NamedTuple):
    """A stretch of a text: words as they are, or the name of one hidden character."""

    words: str
    mark: str = ""


def pieces(text: str) -> list[Piece]:
    """Cut a text where hidden characters stand, so that a page can show each as a mark."""
    found: list[Piece] = []
    start = 0
    for place, letter in enumerate(text):
        if is_hidden(letter):
            if start < place:
                found.append(Piece(text[start:place]))
            found.append(Piece("", name_of(letter)))
            start = place + 1
    return [*found, Piece(text[start:])] if start < len(text) else found


def is_hidden(letter: str) -> bool:
    """Whether a character shows nothing of its own."""
    return letter in MARKS or (unicodedata.category(letter) in {"Cf", "Cc"} and letter not in "\n\t")


def name_of(letter: str) -> str:
    """Return the short name of a hidden character, else its number: "U+2063"."""
    return MARKS.get(letter) or f"U+{ord(letter):04X}"


def faults(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a text's hidden characters: (code, name of the character).

    Codes: "override" and "unbalanced" must not reach a phone; "embedding", "joiner" and "hidden" are for a person
    to look at.
    """
    yield from (("override", name_of(letter)) for letter in dict.fromkeys(text) if letter in OVERRIDES)
    if not balanced(text):
        yield "unbalanced", ""
    yield from (("embedding", name_of(letter)) for letter in dict.fromkeys(text) if letter in EMBEDDINGS)
    yield from (
        ("joiner", name_of(letter))
        for place, letter in enumerate(text)
        if letter in {ZWNJ, ZWJ} and not _spells(text, place)
    )
    yield from (("hidden", name_of(letter)) for letter in dict.fromkeys(text) if _is_stray(letter))


def balanced(text: str) -> bool:
    """Whether each isolate, embedding and override is closed by its own end, in each line."""
    return all(_line_balanced(line) for line in text.split("\n"))


def _line_balanced(line: str) -> bool:
    opened: list[str] = []
    for letter in line:
        if letter in ISOLATES:
            opened.append(PDI)
        elif letter in EMBEDDINGS | OVERRIDES:
            opened.append(PDF)
        elif letter in {PDI, PDF} and (not opened or opened.pop() != letter):
            return False
    return not opened


def _spells(text: str, place: int) -> bool:
    """Whether a joiner stands between letters that join, or in a picture made of several."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if _JOINING.match(before) and _JOINING.match(after):
        return True
    return text[place] == ZWJ and bool(_PICTURE.match(before) and _PICTURE.match(after))


def _is_stray(letter: str) -> bool:
    known = DIRECTION | EMBEDDINGS | OVERRIDES | ISOLATES | _SPACES | {PDI, PDF, ZWNJ, ZWJ}
    return is_hidden(letter) and letter not in known
