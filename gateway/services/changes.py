"""What a change changed, for the audit: the facts that differ, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import InvalidRequest


class Unfit(InvalidRequest):
    """A fact that cannot be taken; `code` says why, `field` where it stood."""

    def __init__(self, code: str, *, field: str = "") -> None:
        super().__init__(f"This does not fit: {field} {code}.")
        self.code = code
        self.field = field


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return `{"before": …, "after": …}` with the facts that differ; empty when nothing does."""
    changed = [name for name in after if before.get(name) != after[name]]
    if not changed:
        return {}
    return {
        "before": {name: _plain(before.get(name)) for name in changed},
        "after": {name: _plain(after[name]) for name in changed},
    }


def filled(text: str, *, field: str, longest: int = 200) -> str:
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


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)
