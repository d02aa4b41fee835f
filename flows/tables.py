"""Tables of facts that ship with the engine: YAML files in a package's `data`, read once each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

# The C parser reads the same safe subset ten times as fast; PyYAML without libyaml does not have it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def read_table(name: str, *, package: str = "flows") -> Any:
    """The content of `<package>/data/<name>.yaml`."""
    text = (files(package) / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, chosen above
