"""Values in a row's cells: parameters, defaults, literals."""

from __future__ import annotations

import re

from pyxform.utils import default_is_dynamic

from flows.readers.xlsform.entries import Entry
from flows.readers.xlsform.form import Cells

_PARAMETER = re.compile(r"([A-Za-z][\w-]*)\s*=\s*([^\s,;]+)")


def parameters(cells: Cells) -> dict[str, str]:
    """What the column of parameters says: name -> value."""
    return dict(_PARAMETER.findall(cells.value("parameters")))


def plain_type(entry: Entry) -> str:
    """The type as pyxform would call it: a date with hyphens is no calculation."""
    return str(entry.kind.answer) if entry.kind.answer is not None else "text"


def dynamic(written: str, kind: str) -> bool:
    """Whether a default is worked out: pyxform decides, by what stands there."""
    return bool(written) and bool(default_is_dynamic(written, kind))


def quoted(text: str) -> str | None:
    """A text as a literal of an expression; None where it holds both kinds of quotation marks."""
    return f"'{text}'" if "'" not in text else f'"{text}"' if '"' not in text else None
