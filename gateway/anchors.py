"""Anchors of the audit: a file that says how far each chain had come, kept where the database's keepers do not reach.

One JSON object a line: organisation, number and hash of its newest audit line, time, the signature of the line before,
and a signature over all that. Signatures are HMACs under the ring's index key, so that the file can be checked for as
long as the ring is kept.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from gateway.crypto import Keyring
from gateway.errors import InvalidRequest

_OWNER_ONLY = 0o600


class BrokenAnchors(InvalidRequest):
    """A file of anchors that cannot be trusted. The text names the line."""

    code = "broken_anchors"


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far a chain had come. `before`: the signature of the line before in the file, "" in the first."""

    organisation_id: UUID
    seq: int
    hash: bytes
    at: datetime
    before: str = ""

    def signature(self, ring: Keyring) -> str:
        """Return the signature of this anchor at its place in the file."""
        return ring.index("audit: anchor " + json.dumps(self._fields())).hex()

    def to_json(self, ring: Keyring) -> str:
        """Write the anchor as a line of the file."""
        return json.dumps(self._fields() | {"signature": self.signature(ring)})

    def _fields(self) -> dict[str, Any]:
        return {
            "organisation": str(self.organisation_id),
            "seq": self.seq,
            "hash": self.hash.hex(),
            "at": self.at.astimezone(UTC).isoformat(timespec="seconds"),
            "before": self.before,
        }


def read(path: Path, ring: Keyring) -> list[Anchor]:
    """Read a file of anchors; one that is not there holds none.

    Raises:
        BrokenAnchors: a line was changed, removed or added by somebody without the key.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenAnchors("The file of anchors cannot be read.") from error
    return _read(text, ring)


def append(path: Path, ring: Keyring, anchors: Iterable[Anchor]) -> list[Anchor]:
    """Add anchors to the file, made if it is not there; when this returns they survive a power cut.

    Raises:
        BrokenAnchors: what the file holds cannot be trusted; nothing is added to it then.
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _OWNER_ONLY)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two processes, the second continues from the first's last line
        known = _read(_whole(file), ring)
        before = known[-1].signature(ring) if known else ""
        written = []
        for anchor in anchors:
            placed = replace(anchor, before=before)
            file.write(placed.to_json(ring) + "\n")
            written.append(placed)
            before = placed.signature(ring)
        file.flush()
        os.fsync(file.fileno())
    return written


def _whole(file: TextIO) -> str:
    """Read a file's whole lines, and cut off half a line that a power cut left behind."""
    text = file.read()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.truncate(len(whole.encode()))
    return whole


def _read(text: str, ring: Keyring) -> list[Anchor]:
    found: list[Anchor] = []
    before = ""
    for number, line in enumerate(text.split("\n")[:-1], 1):
        anchor, signature = _parsed(line, number)
        if anchor.before != before or not hmac.compare_digest(
            anchor.signature(ring).encode(), signature.encode()
        ):
            raise BrokenAnchors(f"Line {number} of the anchors was changed, or the line before it.")
        found.append(anchor)
        before = signature
    return found


def _parsed(line: str, number: int) -> tuple[Anchor, str]:
    try:
        given = json.loads(line)
        anchor = Anchor(
            UUID(given["organisation"]),
            int(given["seq"]),
            bytes.fromhex(given["hash"]),
            datetime.fromisoformat(given["at"]),
            str(given["before"]),
        )
        return anchor, str(given["signature"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenAnchors(f"Line {number} of the anchors cannot be read.") from error
