"""The audit as a file: CSV for spreadsheets, or JSON lines; each ends with a manifest over all that stands before it.

The manifest says how many lines there are, where the chain ended when the file was made, and the SHA-256 of every byte
before it, so that a copy can be compared with the line that the export left in the audit.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

COLUMNS = (
    "seq",
    "at",
    "actor",
    "name",
    "action",
    "object",
    "persons",
    "cases",
    "accounts",
    "detail",
    "previous",
    "hash",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for the beginning of a formula
CHUNK = 64 * 1024  # characters given out at a time


@dataclass
class Manifest:
    """What stands at the end of the file; filled while the file is made."""

    head_seq: int
    head_hash: str
    made_at: datetime
    lines: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def values(self) -> dict[str, Any]:
        """Return the manifest as the file and the audit hold it."""
        return {
            "lines": self.lines,
            "head_seq": self.head_seq,
            "head_hash": self.head_hash,
            "made_at": self.made_at.astimezone(UTC).isoformat(timespec="seconds"),
            "sha256": self.digest.hexdigest(),
        }


def as_csv(rows: Iterable[dict[str, Any]], manifest: Manifest) -> Iterator[bytes]:
    """Write rows as CSV in UTF-8; the last row is "manifest" and its values as `name=value`."""
    yield from _counted(_chunks([dict(zip(COLUMNS, COLUMNS, strict=True))], _csv), manifest)
    yield from _counted(_chunks(_tallied(rows, manifest), _csv), manifest)
    last = [f"{name}={value}" for name, value in manifest.values().items()]
    yield _csv_row(["manifest", *last]).encode()


def as_json_lines(rows: Iterable[dict[str, Any]], manifest: Manifest) -> Iterator[bytes]:
    """Write rows as JSON, one a line; the last line is {"manifest": …}."""
    yield from _counted(_chunks(_tallied(rows, manifest), _json), manifest)
    yield _json({"manifest": manifest.values()}).encode()


WRITERS: dict[str, Callable[[Iterable[dict[str, Any]], Manifest], Iterator[bytes]]] = {
    "csv": as_csv,
    "jsonl": as_json_lines,
}
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


def cell(value: Any) -> str:
    """Write a value so that a spreadsheet takes it for text and nothing else."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA) else text


def _csv(row: dict[str, Any]) -> str:
    return _csv_row([cell(row[name]) for name in COLUMNS])


def _csv_row(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _tallied(rows: Iterable[dict[str, Any]], manifest: Manifest) -> Iterator[dict[str, Any]]:
    for row in rows:
        manifest.lines += 1
        yield row


def _chunks(rows: Iterable[dict[str, Any]], write: Callable[[dict[str, Any]], str]) -> Iterator[bytes]:
    waiting: list[str] = []
    size = 0
    for row in rows:
        waiting.append(write(row))
        size += len(waiting[-1])
        if size >= CHUNK:
            yield "".join(waiting).encode("utf-8", "replace")
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode("utf-8", "replace")


def _counted(chunks: Iterable[bytes], manifest: Manifest) -> Iterator[bytes]:
    for chunk in chunks:
        manifest.digest.update(chunk)
        yield chunk
