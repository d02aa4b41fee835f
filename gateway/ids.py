"""Identifiers: UUIDs that sort by time (RFC 9562, version 7), so that indexes grow at their end."""

from __future__ import annotations

import hashlib
import os
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_FRACTION_BITS = 12
_TAIL_BITS = 62
_FRACTION = (1 << _FRACTION_BITS) - 1
_TAIL = (1 << _TAIL_BITS) - 1
_NANOSECONDS = 1_000_000  # in a millisecond


def new() -> UUID:
    """Return a fresh id whose first 48 bits are milliseconds since 1970.

    The next 12 bits are the fraction of the millisecond (RFC 9562 §6.2, method 3), so that ids that one host makes
    within a millisecond keep their order too.
    """
    milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS)
    return _build(
        milliseconds, (rest << _FRACTION_BITS) // _NANOSECONDS, int.from_bytes(os.urandom(8), "big")
    )


def derive(parent: UUID, key: str) -> UUID:
    """Return the one id that belongs to `key` below `parent`: the same at every call.

    A row written under a derived id can be written only once, whoever tries again. The parent's time is kept,
    so that derived ids sort with their parents.
    """
    digest = hashlib.blake2b(key.encode(), key=parent.bytes, digest_size=10).digest()
    bits = int.from_bytes(digest, "big")
    return _build(parent.int >> 80, bits >> _TAIL_BITS, bits)


def _build(milliseconds: int, next_12: int, last_62: int) -> UUID:
    high = (milliseconds << 80) | _VERSION | ((next_12 & _FRACTION) << 64)
    return UUID(int=high | _VARIANT | (last_62 & _TAIL))
