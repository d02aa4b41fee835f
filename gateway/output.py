"""What children say: cut into lines, and kept in log files that stay small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAX_LINE = 16_384  # bytes; a longer line is cut into several
MAX_LOG = 5_000_000  # bytes
KEPT_LOGS = 2


class Lines:
    """Cuts a stream of bytes into lines, keeping what is not yet whole."""

    def __init__(self, *, longest: int = MAX_LINE) -> None:
        self.longest = longest
        self._rest = b""

    def feed(self, got: bytes) -> Iterator[bytes]:
        """Take the next bytes; give the lines that they complete, without their ends."""
        *lines, self._rest = (self._rest + got).split(b"\n")
        for line in lines:
            yield from self._pieces(line)
        if len(self._rest) > self.longest:
            *full, self._rest = self._pieces(self._rest)
            yield from full

    def last(self) -> Iterator[bytes]:
        """What remains when the stream is over."""
        rest, self._rest = self._rest, b""
        if rest:
            yield rest

    def _pieces(self, line: bytes) -> list[bytes]:
        return [line[start : start + self.longest] for start in range(0, len(line) or 1, self.longest)]


class RotatingLog:
    """A log file that never grows beyond its limit; older ones are kept as `name.log.1`, `.2`."""

    def __init__(self, path: Path, *, limit: int = MAX_LOG, kept: int = KEPT_LOGS) -> None:
        self.path = path
        self.limit = limit
        self.kept = kept
        self._file = path.open("ab")

    def write(self, line: bytes) -> None:
        """Append a line; the file is exchanged for a new one first when it is full."""
        if self._file.tell() + len(line) > self.limit:
            self._rotate()
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self.kept, 0, -1):
            older = self.path if number == 1 else self._numbered(number - 1)
            with suppress(FileNotFoundError):
                older.replace(self._numbered(number))
        self._file = self.path.open("ab")

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
