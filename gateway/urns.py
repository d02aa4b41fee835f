"""Addresses as we keep them: `tel:+923001234567`, `short:12345`, `telegram:4711`, `simulator:amina`.

One person's address is written in exactly one way, because contacts are found by a hash of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat, ValidationResult

from gateway.errors import InvalidRequest


class InvalidUrn(InvalidRequest):
    """An address that cannot exist. The text never quotes it."""

    code = "invalid_urn"


def normalise(scheme: str, raw: str, *, region: str | None = None) -> str:
    """Write an address in its one way.

    Args:
        scheme: "tel", "short" (a short code or an alphanumeric sender), "telegram" or "simulator".
        raw: as a provider, a file or a person writes it; digits of any script.
        region: ISO 3166 region of national numbers ("PK"); None accepts international ones only.

    Returns:
        "tel:" and E.164; "short:" for three to six bare digits, which are a service and not a person's phone.

    Raises:
        InvalidUrn: no such address can exist.
    """
    reader = _READERS.get(scheme)
    if reader is None:
        raise InvalidUrn("An address has an unknown scheme.")
    return reader(raw, region)


def mask(urn: str) -> str:
    """Show the end of an address alone, for pages and lists: "•••• 4567"; less of a short one."""
    address = urn.partition(":")[2]
    shown = 4 if len(address) >= LONG else len(address) // 4
    return f"•••• {address[-shown:]}" if shown else "••••"


LONG = 8  # An address of at least so many characters may show four of them.
MAX_RAW = 64
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE = re.compile(r"[0-9]{3,6}")
_SENDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &+_.-]{0,10}")
_CHAT = re.compile(r"[1-9][0-9]{0,18}")
_NAME = re.compile(r"[\w+.-]{1,64}")


def _tel(raw: str, region: str | None) -> str:
    if _E164.fullmatch(raw) and _is_canonical(raw):
        return "tel:" + raw
    text = raw.strip()
    if _SHORT_CODE.fullmatch(text) and not _is_national(text, region):
        return "short:" + text
    return "tel:" + _parsed(text, region)


def _is_national(digits: str, region: str | None) -> bool:
    """Whether so few digits are a whole phone number, as in the smallest countries."""
    try:
        return region is not None and phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except NumberParseException:
        return False


def _parsed(text: str, region: str | None) -> str:
    # Letters would be read as a telephone keypad's digits, so "Ahmad" could become somebody's number.
    if len(text) > MAX_RAW or any(character.isalpha() for character in text):
        raise InvalidUrn("A phone number holds letters or is too long.")
    if region is None and text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        number = None
    if number is None or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise InvalidUrn("A phone number cannot exist.")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _is_canonical(raw: str) -> bool:
    """Say whether E.164 digits are already what the slow path would make of them, without parsing.

    That is so when the length fits the country and the national part does not begin with something that the
    library strips (a trunk prefix as in +44 0…). What remains undecided here goes the slow way.
    """
    for length in (1, 2, 3):
        rule = _rule(raw[1 : 1 + length])
        if rule is not None:
            lengths, stripped = rule
            national = raw[1 + length :]
            return len(national) in lengths and not (stripped and stripped.match(national))
    return False


@lru_cache(maxsize=1200)
def _rule(calling_code: str) -> tuple[frozenset[int], re.Pattern[str] | None] | None:
    """The possible lengths of national numbers of a country, and what is stripped from their front."""
    region = phonenumbers.region_code_for_country_code(int(calling_code))
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(calling_code), region)
    if metadata is None or metadata.general_desc is None:
        return None
    stripped = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(stripped) if stripped else None


def _short(raw: str, region: str | None) -> str:
    del region
    text = raw.strip()
    if not _SENDER_NAME.fullmatch(text):
        raise InvalidUrn("A short code or sender name cannot exist.")
    return "short:" + text


def _telegram(raw: str, region: str | None) -> str:
    del region
    text = raw.strip()
    if not _CHAT.fullmatch(text):
        raise InvalidUrn("A Telegram chat id must be a positive whole number.")
    return "telegram:" + text


def _simulator(raw: str, region: str | None) -> str:
    del region
    text = raw.strip()
    if not _NAME.fullmatch(text):
        raise InvalidUrn("A simulated phone's name must be one word.")
    return "simulator:" + text


_READERS: dict[str, Callable[[str, str | None], str]] = {
    "tel": _tel,
    "short": _short,
    "telegram": _telegram,
    "simulator": _simulator,
}
