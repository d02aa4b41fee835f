"""Codes in the words of staff, a module for each subject. What no table knows is shown as it is stored."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.language import gettext
from gateway.web.words import (
    audit,
    cases,
    faults,
    flow_editor,
    flow_import,
    flows,
    house,
    messages,
    notices,
    people,
    translations,
    triggers,
)
from gateway.web.words.marking import N_

__all__ = ["N_", "TABLES", "word"]

_SUBJECTS = (
    audit,
    cases,
    faults,
    flow_editor,
    flow_import,
    flows,
    house,
    messages,
    notices,
    people,
    translations,
    triggers,
)
TABLES: Mapping[str, Mapping[str, str]] = {
    name: table for subject in _SUBJECTS for name, table in subject.TABLES.items()
}


def word(code: str | None, table: str) -> str:
    """Return a code in the reader's language."""
    known = TABLES[table].get(code or "")
    return gettext(known) if known is not None else code or ""
