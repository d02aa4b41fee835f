"""The gazetteer as reading a reply needs it: folded names, and the places that have them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.db import Connection

KEPT_SECONDS = 300.0
_NAMES = """
SELECT n.folded, n.pcode FROM area_name AS n JOIN area AS a ON a.pcode = n.pcode
WHERE a.retired_at IS NULL AND n.folded <> '' ORDER BY a.level, n.pcode
"""


@dataclass
class PlaceCodes:
    """Folded name -> p-codes, at most five minutes old."""

    _read: float | None = None
    _codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, connection: Connection) -> Mapping[str, tuple[str, ...]]:
        """The codes, read when somebody first looks: few replies name a place."""
        return _Later(self, connection)

    def read(self, connection: Connection) -> Mapping[str, tuple[str, ...]]:
        """Read them, unless that was done within five minutes."""
        if self._read is None or time.monotonic() - self._read > KEPT_SECONDS:
            codes: dict[str, dict[str, None]] = {}
            for folded, pcode in connection.execute(_NAMES):
                codes.setdefault(folded, {})[pcode] = None
            self._codes = {folded: tuple(found) for folded, found in codes.items()}
            self._read = time.monotonic()
        return self._codes


class _Later(Mapping[str, tuple[str, ...]]):
    """The codes of a connection that may never be asked for."""

    def __init__(self, codes: PlaceCodes, connection: Connection) -> None:
        self._kept = codes
        self._connection = connection

    def __getitem__(self, folded: str) -> tuple[str, ...]:
        return self._kept.read(self._connection)[folded]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept.read(self._connection))

    def __len__(self) -> int:
        return len(self._kept.read(self._connection))
