"""How a message looks as one SMS: counting units, enough to choose between a full and a short form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from flows.events import MessageSaid
from flows.folding import ascii_digits

GSM_UNITS = 160  # of 7 bits, one SMS (3GPP TS 23.040)
UCS2_UNITS = 70  # of 16 bits

# 3GPP TS 23.038, 6.2.1: the default alphabet, and the extension table whose characters take two units.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
_GSM = GSM_BASIC | GSM_EXTENSION
_NUMBER = re.compile(r"(?<![\d,.\-])\d+(?![\d\-]|[.,]\d)")


def units(text: str) -> tuple[int, int]:
    """The units a text takes and one SMS may have: (109, 160), or (56, 70) where UCS-2 is needed."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)  # as it is sent: a decomposed é would need UCS-2
    if _GSM.issuperset(text):
        return len(text) + sum(map(text.count, GSM_EXTENSION)), GSM_UNITS
    return len(text.encode("utf-16-le", "surrogatepass")) // 2, UCS2_UNITS


def fits_one_sms(text: str) -> bool:
    """Whether one SMS is enough."""
    taken, allowed = units(text)
    return taken <= allowed


def as_sms(said: MessageSaid) -> str:
    """The text with its options as a numbered list, unless the words hold the numbers already."""
    return with_options(said.text, ((option.number, option.label) for option in said.options))


def with_options(text: str, options: Iterable[tuple[int, str]]) -> str:
    """A text and its `(number, label)` options, as an SMS shows them."""
    listed = list(options)
    if not listed or holds_numbers(text, [number for number, _ in listed]):
        return text
    return "\n".join([text, *(f"{number}) {label}" for number, label in listed)])


def holds_numbers(text: str, numbers: Iterable[int]) -> bool:
    """Whether the text names every number, each alone and in this order: "Reply 1 to agree, 2 to refuse"."""
    seen = iter(_NUMBER.findall(ascii_digits(text)))
    return all(str(number) in seen for number in numbers)
