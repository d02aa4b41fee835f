"""A flow as frozen values: a list of steps, each with an optional `when`, and jumps by step name.

Readers (YAML now; XLSForm and RapidPro graphs later) compile into these; the engine knows nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

SPEC = "paigham.flow/1"
END = "end"  # as a jump's target: the run is over


@dataclass(frozen=True, slots=True)
class Text:
    """One text with a stable id and its wording per language (ISO 639-3)."""

    id: str
    by_language: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Variant:
    """Another wording of the same step, for where `when` holds: a fact that the words rest on."""

    when: str
    text: Text
    short: Text | None = None


class AnswerType(StrEnum):
    """What a question takes."""

    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    DATE = "date"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a closed question. Answers are stored by `code`, never by number or label."""

    code: str
    number: int
    label: Text
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    goto: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Words, no wait."""

    name: str
    text: Text
    when: str | None = None
    goto: str | None = None
    media: Mapping[str, str] = field(default_factory=dict)
    short: Text | None = None
    variants: tuple[Variant, ...] = ()


class OnFailure(StrEnum):
    """What happens when the retries of a question are used up."""

    NEXT = "next"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, and a wait for its answer.

    Attributes:
        constraint: an expression over `.`, the answer; where it is false the question is asked again.
        disclosure: a rule of the flow's own that means a disclosure: an expression where it starts with "=",
            else a pattern that is searched in the folded reply.
        short: the form of one SMS, used where the full one would need more than one segment.
        variants: other wordings; the first whose `when` holds is used.
        exclusive: codes ("none") that mean nothing beside another; the others are kept.
        topics: what the question is about, for the publishing check.
    """

    name: str
    text: Text
    type: AnswerType
    options: tuple[Option, ...] = ()
    when: str | None = None
    goto: str | None = None
    constraint: str | None = None
    constraint_message: Text | None = None
    required: bool = False
    retries: int = 2
    on_failure: OnFailure = OnFailure.NEXT
    indicator: str | None = None
    personal: bool = False
    disclosure: str | None = None
    short: Text | None = None
    media: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    exclusive: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


class Action(StrEnum):
    """What a `do` step asks the shell to do, as an event."""

    LANGUAGE = "language"
    FIELD = "field"
    JOIN = "join"
    LEAVE = "leave"
    CONSENT = "consent"
    REFUSE = "refuse"
    GRIEVANCE = "grievance"
    OPT_OUT = "opt_out"
    HUMAN = "human"
    START = "start"


@dataclass(frozen=True, slots=True)
class Do:
    """An action. `arguments` are literals or, where a value starts with "=", expressions."""

    name: str
    action: Action
    arguments: Mapping[str, Any] = field(default_factory=dict)
    when: str | None = None
    goto: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One way out of a branch."""

    when: str
    goto: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A jump by the first route that holds, else by `otherwise` (None: the next step)."""

    name: str
    routes: tuple[Route, ...]
    otherwise: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the run with a disposition (completed, refused, ineligible, broken_off)."""

    name: str
    disposition: str = "completed"
    when: str | None = None


Step = Say | Ask | Do | Branch | Finish


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Flow:
    """A whole conversation.

    Attributes:
        code: stable name, letters, digits and underscores.
        languages: ISO 639-3 codes in which the flow may run; the first is the source.
        expires: how long a wait lasts before the run expires.
        reminders: times after the last question at which it is asked again.
        discreet: no agency name in any text.
        outbound: we write first; otherwise the person did.
        fields: facts about the contact or the operation that texts and expressions may use beside answers.
        topics: what the whole flow is about, for the publishing check.
        engine_texts: the engine's own wording by key, in the flow's languages; empty: English.
    """

    code: str
    title: Text
    languages: tuple[str, ...]
    steps: tuple[Step, ...]
    spec: str = SPEC
    purpose: str = ""
    owner: str = ""
    retention: str = ""
    sensitivity: str = "S1"
    expires: timedelta = timedelta(hours=72)
    reminders: tuple[timedelta, ...] = ()
    reminder_text: Text | None = None
    discreet: bool = False
    outbound: bool = True
    tests: tuple[Mapping[str, Any], ...] = ()
    fields: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    engine_texts: Mapping[str, Text] = field(default_factory=dict)
