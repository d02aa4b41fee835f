"""The house itself: first steps, help, what pages are built of."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
    "staff.components": Help(
        N_("Components"),
        N_("This page shows the parts that all pages are made of, in both directions of writing."),
        (
            N_("Look here when you build, translate or check a page."),
            N_("Nothing on this page changes anything."),
        ),
        (N_("Its names and numbers are invented."),),
    ),
    "staff.shortcuts": Help(
        N_("Keyboard shortcuts"),
        N_("This page lists the keys that do something without a mouse."),
        (
            N_("Press the question mark on any page to see them again."),
            N_("You can switch them off in your settings."),
        ),
    ),
    "staff.setup_step": Help(
        N_("First steps"),
        N_("Five short steps lead from an empty installation to a message on a simulated phone."),
        (
            N_("Read why each step is asked, fill it in and go on. You can go back at any time."),
            N_("Stop whenever you like: the next time you go on where you stopped."),
        ),
        (N_("Nothing here reaches a real person. Connect real numbers only after you tried your flows."),),
    ),
    "staff.help_index": Help(
        N_("Help"),
        N_("This page gathers the help of all pages that you can open."),
        (
            N_("Each page has the same help behind the question mark at its top."),
            N_("Still stuck? Ask your administrator, and name the page and what you tried."),
        ),
        (N_("Send no pictures of pages that show a person."),),
    ),
}
