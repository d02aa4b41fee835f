"""Numbers as people type them: any script's digits, groups, fractions, words; and how sure one can be of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from flows.folding import ascii_digits, fold
from flows.number_words import number_in_words
from flows.tables import read_table

# Limits of what is read as a number: longer digit strings are telephone numbers or noise.
_DIGITS_AT_MOST = 18
_LONGEST = 64  # characters, words and spaces included
_LIKE_A_PHONE = 9  # digits from which a number is hardly a count
_LIKE_A_PHONE_WITH_PREFIX = 6  # digits of the same behind a zero or a plus
# Thousands in groups: 1,000,000 and 1 000 and 1'000, or 1,00,000 as in South Asia.
_GROUPED = r"[1-9]\d{0,2}(?:[,،'٬ ]\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}"
_GROUPS = re.compile(_GROUPED)
_NOT_DIGITS = re.compile(r"[^\d]")
_POINT = re.compile(r"(\d+)([.,،٫])(\d+)")
_POINT_AFTER_GROUPS = re.compile(rf"({_GROUPED}|\d{{1,3}}(?:\.\d{{3}})+)([.,٫])(\d+)")
_SURE_GROUPS = re.compile(
    r"[1-9]\d{0,2}(?:(?:['٬ ]\d{3})+|(?:,\d{3}){2,}|(?:\.\d{3}){2,})|[1-9]\d?(?:,\d{2})+,\d{3}"
)
_NEGATIVE = re.compile(r"\s*[-\u2212]\d")
_BARE_POINT = re.compile(r"\s*[.,٫]\d")
_VULGAR = {ord("½"): ".5", ord("¼"): ".25", ord("¾"): ".75"}
_TABLE = read_table("numbers")


def _either(words: list[str]) -> str:
    return "|".join(sorted((re.escape(fold(word)) for word in words), key=len, reverse=True))


_LABEL = "n°|" + _either(_TABLE["labels"])
_NUMBER = re.compile(rf"(?:(?:{_LABEL})[ .:#-]{{0,3}})?(\d+|{_GROUPED})(?: ?(?:{_LABEL}))?")
_LABELLED = re.compile(rf"(?:(?:{_LABEL})[ .:#-]{{0,3}})?(\d.*?)(?: ?(?:{_LABEL}))?")


def whole_number(text: str, language: str | None = None) -> int | None:
    """A whole number as people write it, or None.

    Any script's digits ("3", "۳", "၃", "③", also mixed), a keycap, punctuation round it ("(3)", "3."), a word before
    or after ("no 3", "نمبر ۳"), thousands in groups ("1,000": only a fraction could be meant otherwise), a minus
    sign directly before it, or words of a shipped language ("three", "do sau"). "1,3" and "3 kg" are none.
    """
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) <= _DIGITS_AT_MOST else None
    folded = fold(text)
    match = None if _BARE_POINT.match(text) else _NUMBER.fullmatch(folded)
    if match is None:
        return number_in_words(folded, language)
    digits = _NOT_DIGITS.sub("", match[1])
    if len(digits) > _DIGITS_AT_MOST:
        return None
    return -int(digits) if _NEGATIVE.match(text) else int(digits)


def decimal_number(text: str, language: str | None = None) -> Decimal | None:
    """A number with or without a fraction, or None.

    Point, comma, Arabic comma and Arabic decimal sign are read: "1.5", "1,5", "۱٫۵"; halves in words and signs
    too ("½", "ڈیڑھ"). "1,500" and "1.500" may be fifteen hundred or one and a half: such a text is refused.
    """
    text = text.translate(_VULGAR)
    folded = fold(f"0{text.strip()}" if _BARE_POINT.match(text) else text)
    labelled = _LABELLED.fullmatch(folded)
    plain = _plain_decimal(labelled[1] if labelled else folded)
    if plain is None:
        return _in_words(folded, language)
    if len(plain) > _DIGITS_AT_MOST:
        return None
    return -Decimal(plain) if _NEGATIVE.match(text) else Decimal(plain)


def _in_words(folded: str, language: str | None) -> Decimal | None:
    fraction = _fractions().get(folded)
    if fraction is not None:
        return fraction
    number = number_in_words(folded, language)
    return None if number is None else Decimal(number)


def _plain_decimal(folded: str) -> str | None:
    """The number in Python's spelling; None when it is none or could be two."""
    if folded.isdecimal():
        return folded
    if _SURE_GROUPS.fullmatch(folded):
        return _NOT_DIGITS.sub("", folded)
    if match := _POINT.fullmatch(folded):
        whole, _, fraction = match.groups()
        return None if _is_group(match) else f"{whole}.{fraction}"
    match = _POINT_AFTER_GROUPS.fullmatch(folded)
    if match is None or match[2] in match[1]:
        return None
    return f"{_NOT_DIGITS.sub('', match[1])}.{match[3]}"


def _is_group(match: re.Match[str]) -> bool:
    """Whether the part behind a point may be thousands: "1.500"."""
    whole, sign, fraction = match.groups()
    return sign != "٫" and len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0"  # noqa: PLR2004 - a group


@cache
def _fractions() -> Mapping[str, Decimal]:
    rows = _TABLE["fractions"].items()
    return MappingProxyType(
        {fold(word): Decimal(value) for value, words in rows for word in words.split("|")}
    )


# What may be a number, and only the person can say.

_ABOUT = _either(_TABLE["about"])
_UNIT = _either(_TABLE["units"])
_ROUGH = re.compile(r"[<>~≈±≤≥+]")
_ESTIMATE = re.compile(rf"(?:(?:{_ABOUT}) )*(.*?)(?:(?: |(?<=\d))(?:{_UNIT}))?(?: ?(?:{_ABOUT}))?")
_EITHER = re.compile(r"(.{1,24}?)(?: ?[-–/] ?| (?:or|to|ya|یا|تا|سے|se|او|أو|ou|a|ama|ilaa|သို့မဟုတ်) )(.{1,24})")
_NO_FRACTION = re.compile(r"(\d{1,15})[.,٫]0{1,2}")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def is_rough(text: str) -> bool:
    """Whether a sign beside a number says that it is none exactly: "5+", "<10", "~3"."""
    return _ROUGH.search(text) is not None


def is_like_a_phone(text: str) -> bool:
    """Whether the digits of a text look like a telephone or card number rather than a count."""
    digits = _NOT_DIGITS.sub("", ascii_digits(text))
    prefixed = text.lstrip().startswith("+") or digits.startswith("0")
    return len(digits) >= _LIKE_A_PHONE or (prefixed and len(digits) > _LIKE_A_PHONE_WITH_PREFIX)


def doubtful_wholes(text: str, language: str | None = None) -> tuple[int, ...]:
    """The whole numbers that a text may mean and only the person can confirm; at most two.

    "about 5", "5+", "5 people", "5.0" and "2.000" may be one number; "5 or 6" and "5-6" are one of two.
    """
    return tuple(int(number) for number in _doubtful(text, language) if number == number.to_integral_value())


def doubtful_decimals(text: str, language: str | None = None) -> tuple[Decimal, ...]:
    """The same for numbers with a fraction; "1,500" is fifteen hundred or one and a half."""
    match = _POINT.fullmatch(fold(text))
    if match is not None and _is_group(match) and len(match[0]) <= _DIGITS_AT_MOST:
        return Decimal(match[1] + match[3]), Decimal(f"{match[1]}.{match[3]}")
    return _doubtful(text, language)


def _doubtful(text: str, language: str | None) -> tuple[Decimal, ...]:
    if not text or len(text) > _LONGEST:
        return ()
    folded = fold(_ROUGH.sub(" ", text.translate(_VULGAR)))
    if match := _NO_FRACTION.fullmatch(folded):
        return (Decimal(match[1]),)
    if _THOUSANDS.fullmatch(folded):
        return (Decimal(folded.replace(".", "")),)
    one = _estimate(folded, language)
    if one is not None:
        return (one,)
    match = _EITHER.fullmatch(folded)
    both = (_estimate(match[1], language), _estimate(match[2], language)) if match else ()
    numbers = tuple(number for number in both if number is not None)
    return numbers if len(set(numbers)) == 2 else ()  # noqa: PLR2004 - "5 or 6"


def _estimate(folded: str, language: str | None) -> Decimal | None:
    match = _ESTIMATE.fullmatch(folded)
    if match is None or not match[1]:
        return None
    return decimal_number(match[1], language)
