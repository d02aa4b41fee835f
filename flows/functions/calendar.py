"""Names of months and weekdays in the language of a conversation."""

from __future__ import annotations

from functools import cache
from typing import Any

from flows.languages import chain
from flows.tables import read_table


def month_name(month: int, language: str, *, short: bool) -> str:
    """The name of a month from 1 to 12; `short` as in "Mar"."""
    names: list[str] = _names(language)["months_short" if short else "months"]
    return names[month - 1]


def weekday_name(weekday: int, language: str, *, short: bool) -> str:
    """The name of a weekday, 0 for Monday; `short` as in "Sun"."""
    names: list[str] = _names(language)["weekdays_short" if short else "weekdays"]
    return names[weekday]


@cache
def _by_language() -> dict[str, dict[str, Any]]:
    return {code: row for row in read_table("calendar")["rows"] for code in row["languages"]}


def _names(language: str) -> dict[str, Any]:
    table = _by_language()
    return next(table[code] for code in chain(language) if code in table)
