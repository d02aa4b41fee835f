"""Keys of the pages: which letter leads where, and the page that says so in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.words import N_

# After `g`: to a page of the menu. Letters of the English names; keyboards of other scripts have them too.
GO: Mapping[str, str] = {
    "staff.overview": "o",
    "staff.contacts": "c",
    "staff.grievances": "g",
    "staff.messages": "m",
    "staff.rounds": "r",
    "staff.flows": "f",
    "staff.problems": "p",
    "staff.simulator": "s",
    "staff.administration": "a",
    "staff.me": "e",
    "staff.help_index": "h",
}
LISTS: tuple[tuple[str, str], ...] = (
    ("j", N_("The next row")),
    ("k", N_("The row before")),
    ("Enter", N_("Open the row")),
    ("x", N_("Choose the row, or leave it")),
    ("n", N_("The next page of the list")),
    ("p", N_("The page before")),
)
ANYWHERE: tuple[tuple[str, str], ...] = (
    ("/", N_("Search")),
    ("?", N_("Show these keys")),
    ("Esc", N_("Close what is open")),
)


def go_key(endpoint: str) -> str:
    """Return the letter that leads to a page; empty: none does."""
    return GO.get(endpoint, "")


@staff.get("/shortcuts")
@needs(Object.SELF)
def shortcuts() -> Response:
    """Show the keys: those of pages that the member may open, of lists, and those that work anywhere."""
    places = [
        (GO[entry.endpoint], entry) for entry in page.MENU if entry.endpoint in GO and gate.may(entry.object)
    ]
    return page.show("shortcuts.html", places=places, lists=LISTS, anywhere=ANYWHERE)
