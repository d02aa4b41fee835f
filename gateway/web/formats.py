"""Times, durations and numbers as the reader writes them: in their language, zone, calendar and digits.

Everything that a page shows goes through here; what machines read (`datetime=`, values of inputs of their own kind)
stays ISO. Whoever chose nothing reads the Gregorian calendar and Latin digits in the zone of their office.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from flows.folding import ascii_digits
from flows.languages import LANGUAGES, chain
from gateway import calendars, clock
from gateway.calendars import Calendar
from gateway.settings import read_price
from gateway.web import gate
from gateway.web.language import gettext, language, ngettext
from gateway.web.mine import preference
from gateway.web.resources import resources
from gateway.web.words import N_

ENGLISH = "en"

# How a day of these calendars is written: translators may put the parts in another order.
DAY_AND_MONTH = N_("%(day)s %(month)s")
DAY_MONTH_YEAR = N_("%(day)s %(month)s %(year)s")
# Names of months, the first month first: solar ones as Afghanistan calls them, after the signs of the zodiac.
MONTHS: Mapping[Calendar, tuple[str, ...]] = {
    Calendar.SOLAR_HIJRI: (
        N_("Hamal"),
        N_("Sawr"),
        N_("Jawza"),
        N_("Saratan"),
        N_("Asad"),
        N_("Sunbula"),
        N_("Mizan"),
        N_("Aqrab"),
        N_("Qaws"),
        N_("Jadi"),
        N_("Dalw"),
        N_("Hut"),
    ),
    Calendar.HIJRI: (
        N_("Muharram"),
        N_("Safar"),
        N_("Rabi al-Awwal"),
        N_("Rabi al-Thani"),
        N_("Jumada al-Ula"),
        N_("Jumada al-Akhira"),
        N_("Rajab"),
        N_("Shaban"),
        N_("Ramadan"),
        N_("Shawwal"),
        N_("Dhu al-Qada"),
        N_("Dhu al-Hijja"),
    ),
}


def locale() -> str:
    """Return the locale to format with; a language that the library does not know borrows its fallback's."""
    known = (LANGUAGES[code].babel for code in chain(language()) if code in LANGUAGES)
    return next((found for found in known if found), ENGLISH)


def zone() -> ZoneInfo:
    """Return the reader's zone: their own choice, else their office's."""
    somebody = gate.member()
    named = preference().timezone or (somebody.timezone if somebody is not None else "UTC")
    try:
        return ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def midnight(now: datetime) -> datetime:
    """Return the beginning of the reader's day; where clocks skip midnight, the first moment after it."""
    return datetime.combine(now.astimezone(zone()).date(), time(), zone())


def when(moment: datetime) -> str:
    """Write a time briefly: the hour for today, the day and the hour for this year, else the date."""
    local, today = moment.astimezone(zone()), clock.now().astimezone(zone())
    hour = local.strftime("%H:%M")
    if local.date() == today.date():
        return digits(hour)
    if _year(local.date()) == _year(today.date()):
        return digits(f"{_day_and_month(local.date())} {hour}")
    return day(local.date())


def moment(value: datetime) -> str:
    """Write a time in full, with its zone."""
    local = value.astimezone(zone())
    if preference().calendar is Calendar.GREGORIAN:
        written = digits(dates.format_datetime(local, "medium", locale=locale()))
    else:
        written = f"{day(local.date())}, {digits(local.strftime('%H:%M:%S'))}"
    return f"{written} {zone().key}"


def day(value: date, *, calendar: Calendar | None = None) -> str:
    """Write a day in full, in the reader's calendar or in another one."""
    calendar = calendar or preference().calendar
    if calendar is Calendar.GREGORIAN:
        return digits(dates.format_date(value, "medium", locale=locale()))
    return _named(value, DAY_MONTH_YEAR, calendar)


def day_input(value: date | None) -> str:
    """Write a day as inputs of the reader's calendar take it back: "1403-07-15"; nothing for None."""
    if value is None:
        return ""
    return digits(calendars.day_of(value, preference().calendar).iso())


def read_day(text: str) -> date:
    """Read a day that the reader typed, in their calendar and any digits. Raises InvalidDay."""
    return calendars.read(text, preference().calendar)


def read_number(text: str) -> int | None:
    """Read a whole number that the reader typed, in any digits; None when it is none."""
    plain = ascii_digits(text.strip())
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= LONGEST_NUMBER else None


LONGEST_NUMBER = 12  # digits


def ago(value: datetime) -> str:
    """Write how long ago something was, or how far off it is."""
    return _distance(value - clock.now(), add_direction=True)


def for_long(since: datetime) -> str:
    """Write how long something has lasted."""
    return _distance(clock.now() - since, add_direction=False)


def lasted(seconds: float) -> str:
    """Write how long something took, in the unit that suits it."""
    delta = timedelta(seconds=max(round(seconds), 1))
    return digits(dates.format_timedelta(delta, threshold=1.2, locale=locale()))


def sms_cost(count: int) -> str:
    """Write what so many SMS cost, where the operation has told its price; else nothing."""
    price = read_price(resources().settings.sms_price)
    if price is None:
        return ""
    amount, currency = price
    # As many places as the price itself has: half a cent is no cent.
    places = max(2, -int(amount.as_tuple().exponent))
    pattern = f"#,##0.{'0' * places} ¤¤"
    cost = numbers.format_currency(amount * count, currency, pattern, locale=locale(), currency_digits=False)
    return digits(cost)


def number(value: float) -> str:
    """Write a number with the language's separators."""
    return digits(numbers.format_decimal(value, locale=locale()))


def percent(part: int, whole: int) -> str:
    """Write a share in whole percents; of nothing, nothing."""
    return digits(numbers.format_percent(part / whole, "#,##0%", locale=locale())) if whole else ""


def digits(text: str) -> str:
    """Write the digits of a text in the script that the reader chose."""
    return calendars.in_digits(text, language(), preference().digits)


@pass_context
def counted(context: Context, one: str, many: str, count: int, **variables: Any) -> str:
    """Translate a text with a count for a template; `num` in it is the count as the reader writes numbers."""
    text = ngettext(one, many, count)
    filled = {"num": number(count), **variables}
    return Markup(text) % filled if context.eval_ctx.autoescape else text % filled  # noqa: S704 - our own catalogs


def _year(value: date) -> int:
    return calendars.day_of(value, preference().calendar).year


def _day_and_month(value: date) -> str:
    calendar = preference().calendar
    if calendar is Calendar.GREGORIAN:
        return dates.format_skeleton("MMMd", datetime.combine(value, time()), locale=locale())
    return _named(value, DAY_AND_MONTH, calendar)


def _named(value: date, pattern: str, calendar: Calendar) -> str:
    counted_day = calendars.day_of(value, calendar)
    parts = {
        "day": counted_day.day,
        "month": gettext(MONTHS[calendar][counted_day.month - 1]),
        "year": counted_day.year,
    }
    return digits(gettext(pattern) % parts)


def _distance(delta: timedelta, *, add_direction: bool) -> str:
    return digits(
        dates.format_timedelta(
            delta, granularity="minute", threshold=1.2, add_direction=add_direction, locale=locale()
        )
    )
