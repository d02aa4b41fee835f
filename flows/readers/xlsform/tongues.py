"""Which language a heading like "Dari (fa)" means, by the language table; or a guess that somebody confirms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from flows.languages import LANGUAGES, SOURCE

_HEADING = re.compile(r"(?P<name>[^()]*?)\s*(?:\((?P<code>[^()]*)\))?\s*")
_NEAR = 0.75  # of the letters
# Names that forms write beside those of the language table.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "afaan oromo": "orm",
        "arabic": "arb",
        "bangla": "ben",
        "burmese": "mya",
        "farsi": "pes",
        "fulfulde": "ful",
        "fulah": "ful",
        "jingpho": "kac",
        "kachin": "kac",
        "kinyarwanda": "kin",
        "kurmanji": "kmr",
        "levantine": "apc",
        "myanmar": "mya",
        "oromiffa": "orm",
        "oromifa": "orm",
        "pashto": "pus",
        "pashtu": "pus",
        "pushto": "pus",
        "persian": "pes",
        "punjabi": "pnb",
        "sorani": "ckb",
        "swahili": "swh",
        "tigrigna": "tir",
        "uzbek": "uzs",
    }
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What a heading means: a code of the language table or None; `sure` where nobody needs to confirm it."""

    code: str | None
    sure: bool


def meant(heading: str) -> Meant:
    """The language of a heading; "" (no language) is a guess of English."""
    match = _HEADING.fullmatch(heading.strip())
    if not heading.strip():
        return Meant(SOURCE, sure=False)
    if match is None:
        return Meant(None, sure=False)
    name, code = match["name"].strip().lower(), (match["code"] or "").strip().lower()
    possible = _by_code(code) if code else _by_code(name)
    if len(possible) == 1:
        return Meant(possible[0], sure=True)
    named = _named(name)
    if possible:
        return Meant(named if named in possible else possible[0], sure=named in possible)
    return Meant(named or _near(name), sure=bool(named) and not code)


@cache
def _by_code(code: str) -> tuple[str, ...]:
    """The rows of the table that a code of two or three letters may mean; "ar" is standard Arabic first."""
    code = code.replace("_", "-").split("-")[0]
    if code in LANGUAGES:
        return (code,)
    rows = [row for row in LANGUAGES.values() if (row.babel or "").split("_")[0] == code]
    plain = [row.code for row in rows if row.babel == code and row.code == _macro(code)]
    return tuple(dict.fromkeys([*plain, *(row.code for row in rows)])) if not plain else tuple(plain)


def _macro(code: str) -> str:
    """The language that two letters mean where the table has several of one group."""
    return {"ar": "arb", "ps": "pus", "ur": "urd", "bn": "ben", "ku": "kmr", "ti": "tir"}.get(code, "")


@cache
def _names() -> Mapping[str, str]:
    rows = list(
        reversed([*LANGUAGES.values()])
    )  # where two have one name, the first row of the table keeps it
    known = {row.endonym.lower(): row.code for row in rows}
    known |= {row.name.split("(")[0].strip().lower(): row.code for row in rows}
    return known | {row.name.lower(): row.code for row in rows} | dict(_NAMES)


def _named(name: str) -> str | None:
    return _names().get(name)


def _near(name: str) -> str | None:
    """The language whose name is spelled nearly so."""
    close = get_close_matches(name, _names(), n=1, cutoff=_NEAR) if name else []
    return _names()[close[0]] if close else None


def heading(code: str) -> str:
    """The heading to write for a language of ours, which `meant` reads as the same language for sure."""
    row = LANGUAGES.get(code)
    if row is None:
        return code
    short = (row.babel or "").split("_")[0]
    name = row.name.split("(")[0].strip()
    plain = f"{name} ({short})"
    return plain if short and meant(plain) == Meant(code, sure=True) else f"{name} ({code})"
