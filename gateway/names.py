"""Names and numbers as people search for them: what of a person is indexed, and what a typed text may mean.

Pure: it makes the texts that a blind index hashes, and never sees the index. A name is found by its words in any
order, by the first three letters or more of each, and, across spellings and scripts, by how its consonants sound:
"Mohammed", "Muhammad" and "محمد" are one. A number is found by its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.folding import ascii_digits, fold

BEGINNINGS = (3, 4, 5, 7)  # letters that are indexed; a beginning between them is looked at one by one
SHORTEST_PREFIX = BEGINNINGS[0]
SHORTEST_ENDING, LONG_ENDING = (
    4,
    7,
)  # digits: what is indexed of a number; ends between them are looked at one by one
MOST_WORDS = 8  # of a name or of what is searched
LONGEST_WORD = 40  # letters
LONGEST_QUERY = 100  # characters

_LETTERS = re.compile(r"[^\W\d_]")
_BREAKS = re.compile(r"[\s.,;:/\\|()\[\]\"“”«»_+*~=<>-]+")
_NUMBER = re.compile(r"[+0-9 ()./\u2010-\u2015\u202a-\u202e\u2066-\u2069-]+")

# Latin spellings of one sound, the longest first; what stands in neither table below is no consonant of its own.
_DIGRAPHS = (
    ("kh", "x"),
    ("gh", "g"),
    ("sh", "c"),
    ("ch", "j"),
    ("zh", "j"),
    ("th", "s"),
    ("dh", "z"),
    ("ph", "f"),
)
_LATIN = {letter: letter for letter in "bcdfghjklmnpqrstxz"} | {"c": "k", "q": "k", "p": "b"}
# Letters of the Arabic script as `fold` leaves them; without vowels, glides and ain, in which spellings differ most.
_ARABIC = {
    **dict(zip("بپتٹثجچحخدڈ", "bbttsjjhxdd", strict=True)),
    **dict(zip("ذرڑزژسشصضطظ", "zrrzjscsztz", strict=True)),
    **dict(zip("غفقکگلمنه", "gfkkglmnh", strict=True)),
    **dict(zip("څځټډړږښ", "szttrzx", strict=True)),
}
_VOWELS = "aeiouاآع"
_SHORTEST_SOUND = 2  # consonants; one alone would be everybody's


def words(name: str) -> list[str]:
    """Return the folded words of a name, each once, in their order; an apostrophe parts none."""
    parts = (fold(part).replace("'", "").replace(" ", "") for part in _BREAKS.split(name))
    found = dict.fromkeys(part[:LONGEST_WORD] for part in parts if _LETTERS.search(part))
    return list(found)[:MOST_WORDS]


def sound(word: str) -> str | None:
    """Return the consonants of a word as they sound, alike over spellings and scripts; None when there are too few.

    Doubled consonants count once, and an h at the end, which many leave out, not at all. Whether a word begins with a
    vowel counts: Ahmad is not Hamid.
    """
    opening = "a" if word[:1] and word[0] in _VOWELS else ""
    for spelled, letter in _DIGRAPHS:
        word = word.replace(spelled, letter.upper())
    heard = (
        _ARABIC.get(letter) or _LATIN.get(letter) or letter.lower() * letter.isupper() for letter in word
    )
    once = re.sub(r"(.)\1+", r"\1", "".join(heard)).removesuffix("h")
    return opening + once if len(once) >= _SHORTEST_SOUND else None


def name_terms(name: str) -> set[str]:
    """Return what a name is indexed under."""
    return {term for word in words(name) for term in _word_terms(word)}


def _word_terms(word: str) -> Iterator[str]:
    if len(word) < SHORTEST_PREFIX:
        yield f"word:{word}"
    yield from (f"begin:{word[:length]}" for length in BEGINNINGS if length <= len(word))
    heard = sound(word)
    if heard is not None:
        yield f"sound:{heard}"


def number_terms(digits: str) -> set[str]:
    """Return what a number is indexed under: ends of two lengths."""
    return {f"end:{digits[-length:]}" for length in (SHORTEST_ENDING, LONG_ENDING) if len(digits) >= length}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a typed text may mean.

    Attributes:
        words: folded words, of which a name must have each.
        digits: a number or the end of one, in ASCII digits; None when the text is none.
    """

    words: tuple[str, ...]
    digits: str | None

    @property
    def alternatives(self) -> list[list[str]]:
        """The terms to look under: one of each list must be there."""
        if self.digits is not None:
            length = LONG_ENDING if len(self.digits) >= LONG_ENDING else SHORTEST_ENDING
            return [[f"end:{self.digits[-length:]}"]]
        return [_alternatives(word) for word in self.words]

    def fits_name(self, name: str) -> bool:
        """Whether a name has every word that was asked for, by its beginning or by its sound."""
        known = words(name)
        return bool(self.words) and all(any(_fits(word, each) for each in known) for word in self.words)

    def fits_number(self, digits: str) -> bool:
        """Whether a number ends so. Zeros before a long one may be a prefix for dialling, and count for nothing."""
        if self.digits is None:
            return False
        plain = self.digits.lstrip("0") if len(self.digits) >= LONG_ENDING else self.digits
        return digits.endswith(self.digits) or (len(plain) >= SHORTEST_ENDING and digits.endswith(plain))


def read(text: str) -> Asked:
    """Read what somebody typed into the search."""
    text = text[:LONGEST_QUERY]
    return Asked(tuple(words(text)), _digits(text))


def _digits(text: str) -> str | None:
    plain = ascii_digits(unicodedata.normalize("NFKC", text)).strip()
    digits = re.sub(r"[^0-9]", "", plain)
    return digits if _NUMBER.fullmatch(plain) and len(digits) >= SHORTEST_ENDING else None


def _alternatives(word: str) -> list[str]:
    length = max((length for length in BEGINNINGS if length <= len(word)), default=0)
    exact = f"begin:{word[:length]}" if length else f"word:{word}"
    heard = sound(word)
    return [exact] if heard is None else [exact, f"sound:{heard}"]


def _fits(asked: str, known: str) -> bool:
    if asked == known or (len(asked) >= SHORTEST_PREFIX and known.startswith(asked)):
        return True
    heard = sound(asked)
    return heard is not None and heard == sound(known)


def digits_of(urn: str) -> str | None:
    """Return the digits of an address that is a number; None for other addresses."""
    scheme, _, address = urn.partition(":")
    digits = address.removeprefix("+")
    return digits if scheme in NUMBERED and digits.isascii() and digits.isdigit() else None


NUMBERED: Sequence[str] = ("tel", "telegram")  # schemes whose addresses are numbers
