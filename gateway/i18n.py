"""Catalogs, read as they are translated: `locales/<language>/LC_MESSAGES/<domain>.po`, no compiling.

A language is an ISO 639-3 code of flows.languages; its fallback chain ends in English, whose texts are the
msgids. Babel never sees a stored code: it does not know many of them, and reads some as another language.
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

from flows.languages import LANGUAGES, SHIPPED, SOURCE, chain, is_known

GATEWAY = "gateway"
FLOWS = "flows"
# Languages that the staff pages are translated into.
UI_LANGUAGES = ("eng", "urd", "arb", "fra", "mya", "prs")


@cache
def _read(domain: str, language: str) -> Catalog | None:
    path = resources.files("locales") / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=None, domain=domain)


def catalog(domain: str, language: str) -> Mapping[str, str]:
    """What is translated: msgid to msgstr, without fuzzy and empty ones, and without texts with a count."""
    return _singles(domain, language) if is_known(language) else {}


@cache
def _singles(domain: str, language: str) -> Mapping[str, str]:
    messages = _read(domain, language) or ()
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.id  # the header has none
        and message.string
        and not message.fuzzy
    }


def flow_catalogs() -> dict[str, Mapping[str, str]]:
    """Every shipped language's texts of the library flows, for `flows.load`."""
    return {language: catalog(FLOWS, language) for language in SHIPPED if language != SOURCE}


def translate(domain: str, msgid: str, language: str) -> tuple[str, str]:
    """Return (text, language used), looking along the fallback chain; English is the msgid itself."""
    for code in chain(language):
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
def _plurals(language: str) -> Mapping[str, tuple[str, ...]]:
    """Texts with a count: msgid of the singular to the forms, in the order of CLDR's names."""
    messages = (_read(GATEWAY, language) or ()) if is_known(language) else ()
    return {
        message.id[0]: tuple(message.string)
        for message in messages
        if isinstance(message.id, tuple)
        and isinstance(message.string, tuple)
        and all(message.string)
        and not message.fuzzy
    }


@cache
def _plural_rule(language: str) -> PluralRule | None:
    """The rule by which a number picks a form; None where one form is for all."""
    row = LANGUAGES[language]
    name = row.plural_rules_from or row.babel
    return Locale.parse(name).plural_form if name else None


def plural_form(language: str, number: float) -> int:
    """Which of a language's forms (`Language.plural`) a number takes; the last where no rule says otherwise."""
    forms, rule = LANGUAGES[language].plural, _plural_rule(language)
    name = rule(number) if rule is not None else forms[-1]
    return forms.index(name) if name in forms else len(forms) - 1


def ngettext_for(language: str) -> Callable[[str, str, int], str]:
    """Return an ngettext for pages in one language."""

    def ngettext(one: str, many: str, number: int) -> str:
        for code in chain(language):
            forms = _plurals(code).get(one)
            if forms:
                return forms[min(plural_form(code, number), len(forms) - 1)]
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
    """Write a date in a language; ISO where there are no data for it, or none that can be trusted."""
    locale = locale_of(language)
    if locale is None or LANGUAGES[language].iso_dates:
        return day.isoformat()
    return dates.format_date(day, "medium", locale=locale)


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
