"""Case references: eight characters that can be read aloud, mean nothing, and catch a slip of the tongue.

Seven are random, the eighth is a check character (Luhn mod 30 over the alphabet below).
"""

from __future__ import annotations

import secrets

from flows.folding import ascii_digits

ALPHABET = "0123456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_BASE = len(ALPHABET)
_VALUE = {letter: place for place, letter in enumerate(ALPHABET)}
# Letters that are heard or written for another one; the alphabet has none of them.
_SAME = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


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
    """Read a reference as people type it: any case, native digits, O for 0, I or L for 1, spaces and hyphens."""
    reference = ascii_digits(text).upper().translate(_SAME).strip()
    return reference if is_valid(reference) else None


def _check(body: str) -> str:
    total = 0
    for place, letter in enumerate(reversed(body)):
        value = _VALUE[letter] * (2 if place % 2 == 0 else 1)
        total += value // _BASE + value % _BASE
    return ALPHABET[-total % _BASE]
