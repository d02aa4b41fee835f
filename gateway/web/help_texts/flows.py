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
    "staff.edit_flow": Help(
        N_("Edit a flow"),
        N_("Here you change the draft of a flow. People meet what you wrote only after it was published."),
        (
            N_("Choose a step on the left and change it. Everything is saved by itself, and can be undone."),
            N_("Look at what is listed below the steps: each line leads to what needs mending."),
            N_("Then rehearse the flow, and publish it."),
        ),
        (N_("When a colleague changes the same step at the same time, you are asked which version stays."),),
    ),
    "staff.flow_picture": Help(
        N_("Picture of a flow"),
        N_("This shows where a conversation may go from each step."),
        (N_("Follow the lines from the top to the end. Each box leads to its step."),),
        (N_("A step that no line leads to is never heard by anybody."),),
    ),
}
