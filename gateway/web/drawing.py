"""How charts are drawn for whoever asks: in their direction, digits and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flows.languages import LANGUAGES
from gateway.services.rounds_view import Share
from gateway.web import charts, formats, language
from gateway.web.charts import Drawn, Figures, Hand
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


def completed(title: str, first: str, shares: Sequence[Share], name_of: Callable[[str], str]) -> Drawn | None:
    """Draw who completed among those who were asked; None when nobody was asked, or too few to show."""
    rows = [
        (None, None) if share.hidden else (share.completed, share.sent - share.completed) for share in shares
    ]
    if all(completed is None for completed, _ in rows):
        return None
    figures = Figures(
        title,
        (first, gettext(N_("Completed")), gettext(N_("Not completed"))),
        tuple(name_of(share.label) for share in shares),
        (tuple(done for done, _ in rows), tuple(rest for _, rest in rows)),
    )
    return charts.stacked(figures, hand())
