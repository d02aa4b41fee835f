"""Help of the pages of flows."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
    "staff.flows": Help(
        N_("Flows"),
        N_("Here are all conversations that the gateway can hold: surveys, menus and messages."),
        (
            N_("Open a line to see what a flow is for, and to edit or publish it."),
            N_("A flow reaches people only after it was published."),
        ),
        (N_("A question can put a person in danger. Ask only what you need."),),
    ),
    "staff.flow": Help(
        N_("One flow"),
        N_("This page shows what a flow is for, who answers for it, and what the check says."),
        (
            N_("Read first what is refused, and mend it."),
            N_("Then look at what is doubtful, and decide."),
        ),
        (N_("Others in the family may read each text. Write nothing that could harm when it is seen."),),
    ),
}
