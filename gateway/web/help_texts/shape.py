"""The shape of a help text, and sentences that several pages share."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.web.words.marking import N_


@dataclass(frozen=True, slots=True)
class Help:
    """The help of one page.

    Attributes:
        title: what the page is called.
        purpose: what it is for.
        first: what to do, in order.
        careful: what may harm a person or the operation.
    """

    title: str
    purpose: str
    first: tuple[str, ...]
    careful: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All texts beneath the title."""
        return (self.purpose, *self.first, *self.careful)


ALOUD = N_("Do not read names, numbers or complaints aloud where others can hear you.")
SCREEN = N_("Close this page before you leave your desk.")
