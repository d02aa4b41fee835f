"""Catalogs, read as they are translated: `locales/<language>/LC_MESSAGES/<domain>.po`, no compiling.

A language is an ISO 639-3 code of flows.languages; its fallback chain ends in English, whose texts are the msgids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.plural import PluralRule

from flows.languages import LANGUAGES, SHIPPED, chain

GATEWAY = "gateway"
FLOWS = "flows"
SOURCE = "eng"
# Languages that the staff pages are translated into.
UI_LANGUAGES = ("eng", "urd", "arb", "fra", "mya", "prs")


@cache
def _read(domain: str, language: str) -> Catalog | None:
    path = resources.files("locales") / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=None, domain=domain)


@cache
def catalog(domain: str, language: str) -> Mapping[str, str]:
    """Return what is translated: msgid to msgstr, without fuzzy and empty ones; plurals are left to `plural`."""
    found = _read(domain, language)
    if found is None:
        return {}
    return {
        message.id: message.string
        for message in found
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and _usable(message)
    }


def _usable(message: object) -> bool:
    return bool(getattr(message, "string", "")) and not getattr(message, "fuzzy", False)


def flow_catalogs() -> dict[str, Mapping[str, str]]:
    """Every shipped language's texts of the library flows, for `flows.load`."""
    return {language: catalog(FLOWS, language) for language in SHIPPED if language != SOURCE}


def translate(domain: str, msgid: str, language: str) -> tuple[str, str]:
    """Return (text, language used), looking along the fallback chain; English is the msgid itself."""
    for code in chain(language):
        if code == SOURCE:
            break
        text = catalog(domain, code).get(msgid)
        if text:
            return text, code
    return msgid, SOURCE


def gettext_for(language: str) -> Callable[[str], str]:
    """Return a gettext for pages in one language."""

    def gettext(msgid: str) -> str:
        return translate(GATEWAY, msgid, language)[0]

    return gettext


@cache
def _plurals(language: str) -> tuple[Mapping[str, tuple[str, ...]], Callable[[int], int]]:
    found = _read(GATEWAY, language)
    if found is None:
        return {}, lambda _: 0
    forms = {
        message.id[0]: tuple(message.string)
        for message in found
        if isinstance(message.id, tuple) and isinstance(message.string, tuple) and all(message.string)
    }
    rule = PluralRule.parse(_plural_rules(language)) if language in LANGUAGES else None
    return forms, (lambda number: _form(rule, found, number))


def _plural_rules(language: str) -> Mapping[str, str]:
    locale = locale_of(language)
    return locale.plural_form.rules if locale is not None else {}


def _form(rule: PluralRule | None, found: Catalog, number: int) -> int:
    if rule is None:
        return 0
    tags = [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in rule.tags or tag == "other"]
    return min(tags.index(rule(number)), max(found.num_plurals - 1, 0))


def ngettext_for(language: str) -> Callable[[str, str, int], str]:
    """Return an ngettext for pages in one language."""

    def ngettext(one: str, many: str, number: int) -> str:
        for code in chain(language):
            if code == SOURCE:
                break
            forms, pick = _plurals(code)
            if one in forms:
                return forms[one][pick(number)]
        return one if number == 1 else many

    return ngettext


def direction(language: str) -> str:
    """Return "rtl" or "ltr"; an unknown code reads like English."""
    known = LANGUAGES.get(language)
    return known.direction if known is not None else "ltr"


@cache
def locale_of(language: str) -> Locale | None:
    """Return Babel's locale of a language, by our own table; None where Babel has no data."""
    known = LANGUAGES.get(language)
    if known is None or known.babel is None:
        return None
    return Locale.parse(known.babel)


def format_date(day: date, language: str) -> str:
    """Write a date in a language; ISO where there are no data for it."""
    locale = locale_of(language)
    return day.isoformat() if locale is None else dates.format_date(day, "medium", locale=locale)


def format_time(moment: datetime, language: str, timezone: str = "UTC") -> str:
    """Write a time of day in a zone; 24 hours where there are no data for the language."""
    zone = dates.get_timezone(timezone)
    locale = locale_of(language)
    if locale is None:
        return moment.astimezone(zone).strftime("%H:%M")
    return dates.format_time(moment, "short", tzinfo=zone, locale=locale)


def format_datetime(moment: datetime, language: str, timezone: str = "UTC") -> str:
    """Write a date and time in a zone."""
    zone = dates.get_timezone(timezone)
    local = moment.astimezone(zone)
    return f"{format_date(local.date(), language)}, {format_time(moment, language, timezone)}"


def format_number(number: float, language: str) -> str:
    """Write a number with the language's separators and digits."""
    locale = locale_of(language)
    return f"{number:,}" if locale is None else numbers.format_decimal(number, locale=locale)
