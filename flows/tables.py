"""Tables of facts that ship with the engine: YAML files in `flows/data`, read once each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# The C parser reads the same safe subset ten times as fast; PyYAML without libyaml does not have it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def read_table(name: str) -> Any:
    """The content of `flows/data/<name>.yaml`."""
    text = (files("flows") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, chosen above
