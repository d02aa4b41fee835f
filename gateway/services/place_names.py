"""Names of places for texts, remembered for a while: the same few stand in most messages of an operation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.db import Connection

KEPT_SECONDS = 300.0
MOST_KEPT = 10_000  # places; then all are forgotten and asked for anew


@dataclass
class PlaceNames:
    """What places are called, by p-code and language."""

    _kept: dict[str, tuple[float, Mapping[str, str] | None]] = field(default_factory=dict)

    def of(self, connection: Connection, code: str) -> Mapping[str, str] | None:
        """Return a place's names by language, at most five minutes old; None: the gazetteer has no such place."""
        kept = self._kept.get(code)
        if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        row = connection.execute("SELECT names, name FROM area WHERE pcode = %s", [code]).fetchone()
        names = None if row is None else {**row[0], "": row[1]}
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[code] = (time.monotonic(), names)
        return names
