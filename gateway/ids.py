"""Identifiers: UUIDs that sort by time (RFC 9562, version 7), so that indexes grow at their end."""

from __future__ import annotations

import hashlib
import os
import time
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM_A = (1 << 12) - 1
_RANDOM_B = (1 << 62) - 1


def new() -> UUID:
    """Return a fresh id whose first 48 bits are milliseconds since 1970."""
    return _build(time.time_ns() // 1_000_000, os.urandom(10))


def derive(parent: UUID, key: str) -> UUID:
    """Return the one id that belongs to `key` below `parent`: the same at every call.

    A row written under a derived id can be written only once, whoever tries again. The parent's time is kept,
    so that derived ids sort with their parents.
    """
    digest = hashlib.blake2b(key.encode(), key=parent.bytes, digest_size=10).digest()
    return _build(parent.int >> 80, digest)


def _build(milliseconds: int, ten_bytes: bytes) -> UUID:
    bits = int.from_bytes(ten_bytes, "big")
    high = (milliseconds << 80) | _VERSION | ((bits >> 62 & _RANDOM_A) << 64)
    return UUID(int=high | _VARIANT | (bits & _RANDOM_B))
