"""Facts that cannot be taken, told by the field that they stood in."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import InvalidRequest

LONGEST = 200  # characters of a name


class Unfit(InvalidRequest):
    """A fact that cannot be taken; `code` says why, `field` where it stood."""

    def __init__(self, code: str, *, field: str = "") -> None:
        super().__init__(f"This does not fit: {field} {code}.")
        self.code = code
        self.field = field


def filled(text: str, *, field: str, longest: int = LONGEST) -> str:
    """Return a text without the space around it.

    Raises:
        Unfit: "empty" or "too_long".
    """
    found = " ".join(text.split())
    if not found:
        raise Unfit("empty", field=field)
    if len(found) > longest:
        raise Unfit("too_long", field=field)
    return found


def among(value: str, known: Iterable[str], *, field: str) -> str:
    """Return a value of a fixed set.

    Raises:
        Unfit: "unknown".
    """
    if value not in set(known):
        raise Unfit("unknown", field=field)
    return value
