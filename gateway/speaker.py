"""Dates, numbers and places inside texts, as people of a language read them (`flows.Speaker`).

An SMS shows Latin digits, whatever the language, and no space that would cost it its alphabet; a messenger shows the
digits of the language. A language that the locale library has no data for, or none that can be trusted, gets ISO dates
and plain numbers. Which languages count days in another calendar is declared, never guessed: the same language is
read on both sides of a border.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812 - the protocol calls a method `date`
from datetime import datetime, time

from babel import Locale, dates, numbers

from flows.languages import LANGUAGES, chain
from gateway import calendars, i18n
from gateway.calendars import Calendar, Digits

# Day before month, and the year in full: nobody can take one for another. Burmese says the year first.
PATTERN, PATTERNS = "d MMMM y", {"mya": "y MMMM d"}
# Names of the solar months by language, as Afghanistan and Iran call them; no locale library holds them.
SOLAR_MONTHS: Mapping[str, tuple[str, ...]] = {
    "prs": ("حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"),
    "pus": (
        "وری",
        "غویی",
        "غبرګولی",
        "چنګاښ",
        "زمری",
        "وږی",
        "تله",
        "لړم",
        "لیندۍ",
        "مرغومی",
        "سلواغه",
        "کب",
    ),
    "pes": (
        *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
        *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
    ),
    "eng": (
        *("Hamal", "Sawr", "Jawza", "Saratan", "Asad", "Sunbula"),
        *("Mizan", "Aqrab", "Qaws", "Jadi", "Dalw", "Hut"),
    ),
}
LARGEST = 1e15  # beyond it a number is no count of anything, and is left as it is
PLACES = 6  # behind the point
_WIDE_SPACES = {ord("\u00a0"): " ", ord("\u202f"): " "}  # they stand in no SMS alphabet

# What may be a p-code at all: nothing that a person wrote is looked up, and no short count.
_CODE = re.compile(r"(?=.*[A-Za-z]|.{4})[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", re.ASCII)

Names = Mapping[str, str]


def _no_place(code: str) -> Names | None:
    del code
    return None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says values on one kind of channel.

    Attributes:
        sms: whether the channel is SMS.
        calendars: language -> the calendar that its people count in, where it is not the Gregorian.
        places: p-code -> names by language; None: no such place.
    """

    sms: bool = True
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    places: Callable[[str], Names | None] = _no_place

    def date(self, value: str, language: str) -> str:
        """Say an ISO date, time, or date with time; what is none of them stays as it is."""
        read = _moment(value)
        if read is None:
            return value
        day, hour = read
        parts = [self._day(day, language)] if day is not None else []
        if hour is not None:
            parts.append(f"{hour:%H:%M}")
        return self._digits(" ".join(parts), language)

    def number(self, value: float, language: str) -> str:
        """Say a number with the language's separators."""
        locale = _locale(language)
        if not -LARGEST < value < LARGEST:
            return str(value)
        if locale is None:
            return self._digits(f"{value:,}", language)
        # One way for all of the Arabic script: with their own digits, point and comma take the script's own signs.
        style = Locale.parse("en") if LANGUAGES[language].script == "Arab" else locale
        said = numbers.format_decimal(
            round(value, PLACES), locale=style, decimal_quantization=False, numbering_system="latn"
        )
        return self._digits(said, language)

    def place(self, code: str, language: str) -> str | None:
        """Say a place's name in the language or the next of its fallbacks; any name where it has none of them."""
        names = self.places(code) if _CODE.fullmatch(code) else None
        if not names:
            return None
        known = (names.get(each) for each in chain(language))
        return next((name for name in known if name), None) or next(iter(names.values()))

    def _day(self, day: Date, language: str) -> str:
        locale = _locale(language)
        if locale is None or LANGUAGES[language].iso_dates:
            return day.isoformat()
        if self.calendars.get(language) is Calendar.SOLAR_HIJRI:
            return _solar(day, language)
        return dates.format_date(day, PATTERNS.get(language, PATTERN), locale=locale)

    def _digits(self, text: str, language: str) -> str:
        known = LANGUAGES.get(language)
        if known is not None and known.iso_dates:
            return text
        wanted = Digits.LATIN if self.sms else Digits.OWN
        written = calendars.in_digits(text, language, wanted)
        return written.translate(_WIDE_SPACES) if self.sms else written


def _locale(language: str) -> Locale | None:
    return i18n.locale_of(language)


def _moment(value: str) -> tuple[Date | None, time | None] | None:
    """Read a date, a time or both; times lose their zone: they were said in the person's own."""
    try:
        if ":" not in value:
            return Date.fromisoformat(value), None
        if "-" not in value.partition("T")[0]:
            return None, time.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.date(), moment.time()


def _solar(day: Date, language: str) -> str:
    counted = calendars.day_of(day, Calendar.SOLAR_HIJRI)
    months = next((SOLAR_MONTHS[code] for code in chain(language) if code in SOLAR_MONTHS), None)
    if months is None:
        return counted.iso()
    return f"{counted.day} {months[counted.month - 1]} {counted.year}"


def read_calendars(text: str) -> dict[str, Calendar]:
    """Read which language counts in which calendar: "prs=solar_hijri, pus=solar_hijri".

    Raises:
        ValueError: with what is wrong, in words.
    """
    found = {}
    for item in text.replace(",", " ").split():
        language, _, name = item.partition("=")
        if language not in LANGUAGES:
            raise ValueError(f"names “{language}”, which is no language of the table")
        if name not in SPOKEN_CALENDARS:
            raise ValueError(f"must be like prs=solar_hijri; known are {', '.join(SPOKEN_CALENDARS)}")
        found[language] = Calendar(name)
    return found


SPOKEN_CALENDARS = (Calendar.GREGORIAN, Calendar.SOLAR_HIJRI)
