"""Random words of one response: the nonce of its policy, and tokens that are masked so that no two look alike.

What is random in a page is remembered, so that two pages that differ in nothing else can be told to be the same.
"""

from __future__ import annotations

import base64
import binascii
import secrets

from flask import g

NONCE_BYTES = 16
KEY_BYTES = 15  # of a form's key: 20 characters


def nonce() -> str:
    """Return the word that lets this response's own script and stylesheet in, and nothing else."""
    if "nonce" not in g:
        g.nonce = random_word(NONCE_BYTES)
    word: str = g.nonce
    return word


def random_word(size: int) -> str:
    """Return a fresh random word of so many bytes, and remember that this response holds it."""
    return _remembered(secrets.token_urlsafe(size))


def mask(secret: str) -> str:
    """Return a secret under a random mask: another text each time, and twice as long (against BREACH)."""
    raw = secret.encode()
    pad = secrets.token_bytes(len(raw))
    return _remembered(base64.urlsafe_b64encode(pad + _mixed(raw, pad)).decode())


def unmask(masked: str | None) -> str | None:
    """Return the secret under a mask; None when it is no mask of ours."""
    try:
        both = base64.urlsafe_b64decode((masked or "").encode("ascii"))
        half, odd = divmod(len(both), 2)
        return None if odd or not half else _mixed(both[half:], both[:half]).decode()
    except (binascii.Error, UnicodeError):
        return None


def without_random(text: str) -> str:
    """Return what a page says, without the words that are random in it."""
    for word in g.get("random_words", ()):
        text = text.replace(word, "")
    return text


def _remembered(word: str) -> str:
    if g:
        g.setdefault("random_words", []).append(word)
    return word


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
