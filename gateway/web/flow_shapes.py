"""What stands in the form of each kind of step: its fields, in the order in which an author thinks of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.actions import ARGUMENTS
from flows.definition import Action, AnswerType
from flows.outline import Line
from gateway.web.words.marking import N_


@dataclass(frozen=True, slots=True)
class Shape:
    """One field of a form.

    Attributes:
        key: where it stands in the step.
        widget: words, condition, expression, jump, choice, flag, number, list or line.
        hint: one sentence below the label.
        choices: of a choice, as they are stored; their words stand in the table of this name.
        more: hidden until somebody asks for more.
        on: a flag that holds where nothing is written.
    """

    key: str
    widget: str
    label: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    table: str = ""
    more: bool = False
    on: bool = False


WHEN = Shape("when", "condition", N_("Only when"), N_("Left empty, everybody comes by here."))
GOTO = Shape("goto", "jump", N_("Then go to"))
TEXT = Shape("text", "words", N_("Text"))
SHORT = Shape(
    "short",
    "words",
    N_("Short form"),
    N_("Used on simple phones where the full text would need more than one SMS."),
    more=True,
)
FAILED = Shape("otherwise", "jump", N_("When it fails, go to"))
_TYPES = tuple(str(kind) for kind in AnswerType)
_DISPOSITIONS = ("completed", "refused", "ineligible", "broken_off")
PERSONAL = Shape(
    "personal", "flag", N_("The answer is kept sealed, and is never repeated in a text"), more=True
)
INDICATOR = Shape(
    "indicator", "line", N_("Indicator"), N_("The code under which answers are counted."), more=True
)

STEPS: Mapping[str, tuple[Shape, ...]] = {
    "say": (TEXT, WHEN, GOTO, SHORT),
    "ask": (
        TEXT,
        Shape("type", "choice", N_("Kind of answer"), choices=_TYPES, table="answer_type"),
        Shape("options", "options", N_("Answers to choose from")),
        WHEN,
        GOTO,
        SHORT,
        Shape("hint", "words", N_("Help"), N_("Said when somebody asks what is meant."), more=True),
        Shape("required", "flag", N_("It cannot be skipped"), more=True),
        Shape("retries", "number", N_("How often it is asked again when a reply does not fit"), more=True),
        Shape(
            "on_failure",
            "choice",
            N_("And when no reply fits"),
            choices=("next", "human"),
            table="on_failure",
            more=True,
        ),
        Shape(
            "constraint",
            "condition",
            N_("A reply is taken only when"),
            N_("Here “.” stands for the reply itself."),
            more=True,
        ),
        Shape("constraint_message", "words", N_("Said when it is not"), more=True),
        Shape("confirm", "flag", N_("The answer is read back before it is taken"), more=True),
        PERSONAL,
        Shape(
            "exclusive",
            "list",
            N_("Answers that stand alone"),
            N_("Codes like “none”, with commas between them."),
            more=True,
        ),
        INDICATOR,
        Shape(
            "topics", "list", N_("Topics"), N_("What the question is about, with commas between."), more=True
        ),
        Shape(
            "other",
            "words",
            N_("“Other”: the question that follows it"),
            N_("With words here, “other” stands among the answers."),
            more=True,
        ),
        Shape(
            "default", "line", N_("Taken when it is skipped"), N_("After = stands an expression."), more=True
        ),
        Shape("required_when", "expression", N_("It cannot be skipped when"), more=True),
        Shape("timeout", "line", N_("How long this question waits"), N_("For example 4h or 3d."), more=True),
        Shape("timeout_goto", "jump", N_("And then leads to"), more=True),
        Shape("list", "line", N_("A list of the flow instead of answers"), more=True),
        Shape("filter", "expression", N_("Which rows of the list"), more=True),
        Shape("disclosure", "line", N_("Words that mean a disclosure here"), more=True),
    ),
    "branch": (
        Shape("routes", "routes", N_("Ways on")),
        Shape("otherwise", "jump", N_("Otherwise go to")),
        WHEN,
    ),
    "split": (Shape("routes", "chances", N_("Ways on, by chance")), WHEN),
    "finish": (
        Shape("disposition", "choice", N_("It counts as"), choices=_DISPOSITIONS, table="finish"),
        WHEN,
    ),
    "calculate": (Shape("value", "expression", N_("Value")), WHEN, PERSONAL, INDICATOR),
    "meta": (
        Shape(
            "fact",
            "choice",
            N_("What is kept"),
            choices=("today", "start", "end", "language", "channel"),
            table="fact",
        ),
        WHEN,
    ),
    "group": (Shape("label", "words", N_("Name for colleagues"), N_("Nobody hears it.")), WHEN),
    "repeat": (
        Shape("label", "words", N_("Name for colleagues"), N_("Nobody hears it.")),
        WHEN,
        Shape("count", "expression", N_("How often"), N_("Left empty, people are asked after each round.")),
        Shape("another", "words", N_("The question whether to go on")),
        Shape("most", "number", N_("Rounds at most"), more=True),
    ),
}
SETTINGS: tuple[Shape, ...] = (
    Shape("title", "words", N_("Title for colleagues")),
    Shape(
        "languages",
        "list",
        N_("Languages"),
        N_("Codes of ISO 639-3 with commas between. In the first one every text must exist."),
    ),
    Shape("purpose", "line", N_("Purpose")),
    Shape("owner", "line", N_("Who answers for it")),
    Shape("retention", "line", N_("How long answers are kept")),
    Shape("sensitivity", "choice", N_("Sensitivity"), choices=("S0", "S1", "S2", "S3"), table="sensitivity"),
    Shape("outbound", "flag", N_("We write first"), on=True),
    Shape("discreet", "flag", N_("No text names an agency")),
    Shape("expires", "line", N_("How long a question waits"), N_("For example 4h or 3d.")),
    Shape("reminders", "list", N_("Reminders after"), N_("Times like 24h, with commas between.")),
    Shape("reminder_text", "words", N_("Said before the question is asked again")),
    Shape("fields", "list", N_("Facts that texts may use"), N_("Names with commas between."), more=True),
    Shape("topics", "list", N_("Topics"), more=True),
    Shape(
        "window",
        "line",
        N_("Hours in which people are written to"),
        N_("For example 09:00-19:00."),
        more=True,
    ),
    Shape("attempts", "number", N_("How often it is offered to somebody who does not react"), more=True),
)
ACTION = Shape("action", "choice", N_("What is done"), choices=tuple(map(str, Action)), table="flow_action")
_ARGUMENT: Mapping[str, tuple[str, str]] = {
    "value": ("line", N_("Value")),
    "field": ("line", N_("Fact about the person")),
    "group": ("line", N_("Group")),
    "purpose": ("line", N_("Purpose")),
    "question": ("line", N_("The question whose wording counts")),
    "text": ("line", N_("The person's words")),
    "type": ("line", N_("Kind of case")),
    "category": ("line", N_("Category")),
    "sensitivity": ("line", N_("Sensitivity")),
    "why": ("line", N_("Why")),
    "flow": ("line", N_("Flow")),
    "service": ("line", N_("Service")),
    "gives": ("list", N_("Names of the values that it gives")),
    "timeout": ("line", N_("How long it may take")),
    "until": ("line", N_("Until")),
    "for": ("line", N_("For how long")),
}


def shapes(line: Line) -> tuple[Shape, ...]:
    """Return the fields of a step."""
    if line.kind == "do":
        failed = (FAILED,) if line.values.get("action") == Action.ASK_SERVICE.value else ()
        return (ACTION, *_arguments(line.values), WHEN, GOTO, *failed)
    found = STEPS.get(line.kind, ())
    if line.kind == "ask":
        closed = str(line.values.get("type")) in {"select_one", "select_multiple", "rank"}
        return tuple(
            item
            for item in found
            if closed or item.key not in {"options", "exclusive", "list", "filter", "other"}
        )
    return found


def _arguments(values: Mapping[str, Any]) -> tuple[Shape, ...]:
    action = str(values.get("action"))
    if action not in set(Action) or Action(action) not in ARGUMENTS:
        return ()
    must, may = ARGUMENTS[Action(action)]
    return tuple(
        Shape(
            key, widget, label, N_("After = stands an expression.") if key == "value" else "", more=key in may
        )
        for key, (widget, label) in (
            (key, _ARGUMENT.get(key, ("line", key))) for key in [*sorted(must), *sorted(may - {"arguments"})]
        )
    )
