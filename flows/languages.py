"""The language table: stored codes (ISO 639-3), what each needs on a phone, and its fallbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flows.tables import read_table

SOURCE = "eng"  # every text exists in this language
SHIPPED: tuple[str, ...] = (SOURCE, "urd", "pus", "prs", "arb", "mya", "som", "fra")


@dataclass(frozen=True, slots=True)
class Language:
    """One row of the table.

    Attributes:
        code: ISO 639-3.
        name: in English, for staff.
        endonym: the language's own name, for menus.
        babel: locale to format with, or None: ISO dates, plain numbers, no plural counts.
        fallback: codes to look in when a text is missing, in order.
        script: ISO 15924.
        direction: "ltr" or "rtl".
        digits: native digits 0 to 9 that are accepted on input, or None.
        gsm7: "yes", "partial" (without some letters) or "no".
        plural: forms that a text with a count has, in CLDR's names.
        plural_rules_from: locale whose plural rules hold, where that is not `babel`.
        iso_dates: the library's month names are placeholders or could mislead.
        audio_first: many speakers do not read the language.
        macrolanguage: ISO 639-3 code of the group that the language belongs to.
    """

    code: str
    name: str
    endonym: str
    babel: str | None
    fallback: tuple[str, ...]
    script: str
    direction: str
    digits: str | None
    gsm7: str
    plural: tuple[str, ...] = ("other",)
    plural_rules_from: str | None = None
    iso_dates: bool = False
    audio_first: bool = False
    macrolanguage: str | None = None


def _language(row: dict[str, Any]) -> Language:
    known = {name: row[name] for name in Language.__slots__ if name in row}
    return Language(**known | {"fallback": tuple(row["fallback"]), "plural": tuple(row["plural"])})


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {row["code"]: _language(row) for row in read_table("languages")["languages"]}
)
_CHAINS = {
    code: tuple(dict.fromkeys((code, *language.fallback, SOURCE))) for code, language in LANGUAGES.items()
}


def chain(code: str) -> tuple[str, ...]:
    """Where to look for a text: the language itself, its fallbacks, English last. Any code has a chain."""
    return _CHAINS.get(code) or (code, SOURCE)


def is_known(code: str) -> bool:
    """Whether the table has a row for this code."""
    return code in LANGUAGES
