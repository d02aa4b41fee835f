"""Case references: eight characters that can be read aloud, mean nothing, and catch a slip of the tongue.

Seven are random, the eighth is a check character (Luhn mod 30 over the alphabet below), so that every single
wrong character is noticed.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

from flows.folding import ascii_digits

ALPHABET = "0123456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_BASE = len(ALPHABET)
_VALUE = {letter: place for place, letter in enumerate(ALPHABET)}
# Letters that are heard or written for another one; the alphabet has none of them.
_SAME = str.maketrans({"O": "0", "I": "1", "L": "1"})
_PIECE = re.compile(r"[0-9A-Z]+")
_MOST_PIECES = 40  # of a message that is searched; a reference comes early


def new() -> str:
    """Return a fresh reference. 30 to the power of 7 are possible, so it cannot be guessed."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + _check(body)


def is_valid(reference: str) -> bool:
    """Whether a reference in its plain form has the right length, letters and check character."""
    return (
        len(reference) == LENGTH
        and all(letter in _VALUE for letter in reference)
        and _check(reference[:-1]) == reference[-1]
    )


def read(text: str) -> str | None:
    """The one reference that a text holds, however it is typed, or None.

    Any case, any script's digits, O for 0, I or L for 1, spaces and hyphens inside ("b4k7-t2mx"), words around
    it ("my number is B4K7 T2MX please"). A text with two different references holds none.
    """
    plain = unicodedata.normalize("NFKC", ascii_digits(text)).upper()
    pieces = [piece.translate(_SAME) for piece in _PIECE.findall(plain)]
    if is_valid("".join(pieces)):
        return "".join(pieces)
    found = {joined for start in range(min(len(pieces), _MOST_PIECES)) if (joined := _join(pieces[start:]))}
    return found.pop() if len(found) == 1 else None


def _join(pieces: list[str]) -> str | None:
    """The reference that the first pieces are when written together, if they are one."""
    joined = ""
    for piece in pieces:
        joined += piece
        if len(joined) >= LENGTH:
            break
    return joined if is_valid(joined) else None


def _check(body: str) -> str:
    total = 0
    for place, letter in enumerate(reversed(body)):
        value = _VALUE[letter] * (2 if place % 2 == 0 else 1)
        total += value // _BASE + value % _BASE
    return ALPHABET[-total % _BASE]
