"""The published JSON Schema of flows: `paigham flow schema` prints it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def source() -> str:
    """The schema of the present spec, as it is published."""
    return (files("flows") / "schema" / "flow-2.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """The same as plain values."""
    found: dict[str, Any] = json.loads(source())
    return found
