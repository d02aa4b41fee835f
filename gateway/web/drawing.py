"""How charts are drawn for whoever asks: in their direction, digits and words."""

from __future__ import annotations

from flows.languages import LANGUAGES
from gateway.web import formats, language
from gateway.web.charts import Hand
from gateway.web.language import gettext
from gateway.web.words import N_

TOO_FEW = N_("Too few to show")
TALL = frozenset({"urd", "mya"})  # Nastaliq and Burmese need high lines.


def hand() -> Hand:
    """Return the reader's hand."""
    return hand_of(language.language())


def hand_of(code: str) -> Hand:
    """Return the hand of a language, in the reader's words and digits."""
    return Hand(
        rtl=LANGUAGES[code].direction == "rtl",
        number=formats.number,
        tall=code in TALL,
        hidden=gettext(TOO_FEW),
    )
