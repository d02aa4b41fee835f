"""A flow as frozen values: a list of steps, each with an optional `when`, and jumps by step name.

Readers (YAML, XLSForm) compile into these; the engine knows nothing else. Groups and repeats hold steps of
their own; `walking.every_step` walks through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

SPEC = "paigham.flow/2"
READABLE = ("paigham.flow/1", SPEC)  # specs that readers take; the oldest first
END = "end"  # as a jump's target: the run is over
OTHER = "other"  # the code of the option that `Ask.other` adds


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
    TIME = "time"
    DATETIME = "datetime"
    RANK = "rank"
    LOCATION = "location"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    ACKNOWLEDGE = "acknowledge"
    RANGE = "range"


CHOSEN = frozenset({AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE, AnswerType.RANK})  # from options
SHOWN = frozenset({AnswerType.IMAGE, AnswerType.AUDIO, AnswerType.VIDEO, AnswerType.FILE})  # by a medium
OWN_WORDS = frozenset({AnswerType.TEXT, AnswerType.PLACE, AnswerType.LOCATION, *SHOWN})  # always personal


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a closed question. Answers are stored by `code`, never by number or label.

    Attributes:
        columns: further columns of its list, for `Ask.filter`.
        media: language -> reference to a picture or a recording of the option.
    """

    code: str
    number: int
    label: Text
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    goto: str | None = None
    when: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    media: Mapping[str, str] = field(default_factory=dict)


class MediaFallback(StrEnum):
    """What happens on a channel that carries no media; without one the words stand alone, or are asked for."""

    WORDS = "words"
    SKIP = "skip"


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
    media_fallback: MediaFallback | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


class OnFailure(StrEnum):
    """What happens when the retries of a question are used up."""

    NEXT = "next"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `start` to `end`, both included, in steps of `step`."""

    start: float
    end: float
    step: float = 1


@dataclass(frozen=True, slots=True)
class Attachments:
    """What a media question takes: how many, and how large each may be (KiB; None: the channel's own limit)."""

    most: int = 1
    kilobytes: int | None = None


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
        list: name of a list of the flow, instead of `options`.
        filter: an expression over the columns of an option (a bare name) and answers (`${x}`).
        other: what is asked after the added option "other" was chosen; its answer is `<name>_other`.
        lookup: the answer is typed and the best matches are offered; None: where there are more than nine.
        hint, guidance: said on "?"; the guidance where there is no hint.
        default: taken where the question is skipped: a literal, or an expression where it starts with "=".
        required_when: an expression; where it holds the question is required.
        range: of a `range` question, and a bound for numbers.
        ranks: how many options a `rank` answer names, in order; None: all of them.
        timeout: how long this question waits; then it is missed and the flow goes on to `timeout_goto`.
        confirm: the answer is read back, and taken when the person says yes.
        media_fallback: of a media question on a channel that carries no media; None: a plain word, and on.
        extra: columns of the form it came from that mean nothing here.
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
    list: str | None = None
    filter: str | None = None
    other: Text | None = None
    lookup: bool | None = None
    hint: Text | None = None
    guidance: Text | None = None
    default: str | None = None
    appearance: str | None = None
    required_when: str | None = None
    required_message: Text | None = None
    range: Range | None = None
    ranks: int | None = None
    timeout: timedelta | None = None
    timeout_goto: str | None = None
    confirm: bool = False
    media_fallback: MediaFallback | None = None
    attachments: Attachments | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


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
    CALL = "call"
    ASK_SERVICE = "ask_service"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Do:
    """An action. `arguments` are literals or, where a value starts with "=", expressions.

    `otherwise` is where an action leads that failed: a service that did not answer.
    """

    name: str
    action: Action
    arguments: Mapping[str, Any] = field(default_factory=dict)
    when: str | None = None
    goto: str | None = None
    otherwise: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


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
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chance:
    """One way out of a split: taken by `weight` parts of all."""

    weight: int
    goto: str


@dataclass(frozen=True, slots=True)
class Split:
    """A jump by chance, the same for the same `Contact.seed`. `${name}` is where it led."""

    name: str
    routes: tuple[Chance, ...]
    when: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the run with a disposition (completed, refused, ineligible, broken_off)."""

    name: str
    disposition: str = "completed"
    when: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Calculate:
    """A value worked out from answers, for `${name}`. `value` is an expression.

    It is personal where it is declared so, or rests on an answer that is.
    """

    name: str
    value: str
    when: str | None = None
    personal: bool = False
    indicator: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


class Fact(StrEnum):
    """What a `meta` step keeps: a date, the moment of the run's beginning or end, a word about the talk."""

    TODAY = "today"
    START = "start"
    END = "end"
    LANGUAGE = "language"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Meta:
    """A fact about the run itself, for `${name}`. The one about the end is known when the run is over."""

    name: str
    fact: Fact
    when: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that belong together, and are passed over together. The label is for staff; it is not said."""

    name: str
    steps: tuple[Step, ...]
    label: Text | None = None
    when: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repeat:
    """Steps that are gone through several times: `count` times, or as long as `another` is answered with yes.

    The answers are `name[1]`, `name[2]`. Inside, `${name}` is that of the present round and `${<repeat>}` its
    number; outside they are lists.

    Attributes:
        count: an expression; None: after each round the person is asked.
        another: that question; None: a sentence of the engine.
        most: rounds at most.
    """

    name: str
    steps: tuple[Step, ...]
    label: Text | None = None
    when: str | None = None
    count: str | None = None
    another: Text | None = None
    most: int = 20
    extra: Mapping[str, str] = field(default_factory=dict)


Step = Say | Ask | Do | Branch | Split | Finish | Calculate | Meta | Group | Repeat


@dataclass(frozen=True, slots=True)
class Quota:
    """No more than `most` people for whom `when` holds. The shell counts; the engine ends the run."""

    name: str
    when: str
    most: int


class TriggerKind(StrEnum):
    """What begins a flow."""

    KEYWORD = "keyword"
    FIRST_CONTACT = "first_contact"
    LINK = "link"
    BROADCAST = "broadcast"
    SCHEDULE = "schedule"
    MISSED_CALL = "missed_call"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One way in which the flow begins.

    Attributes:
        words: of a keyword: language -> words.
        schedule: of a schedule: when, as the gateway reads it ("mon 09:00").
        event: of an event: its name ("grievance_closed").
        interrupts: a keyword that is heard in the middle of another flow too.
    """

    kind: TriggerKind
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schedule: str | None = None
    event: str | None = None
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """What an answer is for: indicator -> product ("site sheet") -> decision."""

    indicator: str
    product: str
    decision: str


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
        lists: named lists of options, for `Ask.list`.
        window: hours of the day in which people are addressed, "09:00-19:00"; the shell holds what is outside.
        attempts: how often the whole flow is offered to somebody who does not react.
        quota_text: said to somebody whose quota is full.
        audience, decision: who is asked, and which decision the answers serve, in words.
        settings: of the form it came from, kept for the way back.
        subflows: the flows that `call` steps name, by code; filled in when a revision is frozen.
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
    lists: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    window: str | None = None
    attempts: int = 1
    quotas: tuple[Quota, ...] = ()
    quota_text: Text | None = None
    triggers: tuple[Trigger, ...] = ()
    audience: str = ""
    decision: str = ""
    analysis: tuple[Use, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    subflows: Mapping[str, Flow] = field(default_factory=dict)
