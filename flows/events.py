"""What the engine reports. Frozen, in the past tense; the shell keeps each with one handler.

No event carries a rendered phone screen: `MessageSaid.text` is the words alone, and the options stand beside
them, so that an SMS gets a numbered list and a messenger gets buttons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Matched(StrEnum):
    """How a reply was understood."""

    CODE = "code"  # the option's code, from a button
    NUMBER = "number"  # a number in any script
    WORD = "word"  # a label or alias in one of the flow's languages
    FUZZY = "fuzzy"  # one letter off in a long word
    VALUE = "value"  # a number, date or text taken as such
    PLACE = "place"  # a shared location, or a name from the gazetteer
    MEDIA = "media"
    DEFAULT = "default"  # the question was skipped, and has a default


class Missing(StrEnum):
    """Why there is no answer. Never mixed with an answer."""

    SKIPPED = "skipped"
    NOT_UNDERSTOOD = "not_understood"
    NO_REPLY = "no_reply"
    STOPPED = "stopped"
    NOT_POSSIBLE = "not_possible"  # a picture, on a channel that carries none


class Disposition(StrEnum):
    """How far somebody has come with a flow; the shell keeps the history.

    A run ends with one from COMPLETED on. `standing.standing` tells that of a person from a session.
    """

    REGISTERED = "registered"
    CONTACTED = "contacted"
    STARTED = "started"
    PARTIAL = "partial"
    UNRESPONSIVE = "unresponsive"
    COMPLETED = "completed"
    REFUSED = "refused"
    INELIGIBLE = "ineligible"
    EXPIRED = "expired"
    BROKEN_OFF = "broken_off"
    OPTED_OUT = "opted_out"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    QUOTA_FULL = "quota_full"


@dataclass(frozen=True, slots=True)
class OptionShown:
    """An option beside a question: `number` is what an SMS shows, `code` what is stored."""

    number: int
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class MessageSaid:
    """Words for the contact.

    Attributes:
        step: name of the step that speaks.
        key: unique within the session state for its whole life; the outbox's idempotency rests on it.
        text: in `language`, placeholders filled.
        options: empty for plain messages.
        language: the language that the text really is in (after fallback).
        media: reference to an audio or image twin, or None; None too on a channel that carries none.
        path: the rounds of the repeats around the step, the outer one first.
    """

    step: str
    key: str
    text: str
    language: str
    options: tuple[OptionShown, ...] = ()
    media: str | None = None
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """A question was answered. `value` is a code, a list of codes, a number, an ISO date or text.

    Attributes:
        question: its name in the run, unique: "age", in a repeat "age[2]", in a called flow "visit.age".
        step: its name in the flow, "age".
        path: the rounds of the repeats around it, the outer one first.
        corrected: an earlier answer was taken back, or the question was reached once more.
        confirmed: the person said yes to what we had understood.
    """

    question: str
    value: str | list[str] | int | float
    type: str
    raw: str
    matched: Matched
    indicator: str | None = None
    personal: bool = False  # free text, or declared so: stored encrypted
    step: str = ""
    path: tuple[int, ...] = ()
    corrected: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class AnswerMissed:
    """A question stayed without an answer, and the flow went on."""

    question: str
    why: Missing
    raw: str = ""
    indicator: str | None = None
    step: str = ""
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerWithdrawn:
    """The person went back: the answer to this question counts no more, and the question is asked again."""

    question: str
    step: str = ""
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchDoubted:
    """We asked whether we had understood: a word with a slip in it, or one that may mean several things."""

    question: str
    raw: str
    candidates: tuple[str, ...] = ()  # what it may mean, as values


@dataclass(frozen=True, slots=True)
class MatchConfirmed:
    """The person said whether we had understood."""

    question: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class HintGiven:
    """The person asked what a question means, and was told."""

    question: str


@dataclass(frozen=True, slots=True)
class ValueCalculated:
    """A `calculate` or `meta` step kept a value."""

    name: str
    value: str | int | float | bool
    personal: bool = False
    indicator: str | None = None
    step: str = ""
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitTaken:
    """Chance decided the way on."""

    step: str
    goto: str


@dataclass(frozen=True, slots=True)
class QuotaTaken:
    """The person counts for a quota from now on."""

    quota: str


@dataclass(frozen=True, slots=True)
class QuotaReleased:
    """The run ended before its end: the person counts no more."""

    quota: str


@dataclass(frozen=True, slots=True)
class QuotaReached:
    """The quota of this person is full; the run ends."""

    quota: str


@dataclass(frozen=True, slots=True)
class ServiceAsked:
    """A service is to be asked; `flows.answered` brings its answer back.

    `key` is unique in the session's life: asking twice with the same key is asking once.
    """

    service: str
    arguments: Mapping[str, Any]
    key: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class ReplyNotUnderstood:
    """A reply matched nothing; the question was asked again or given up."""

    question: str
    raw: str


@dataclass(frozen=True, slots=True)
class FieldSet:
    """A fact about the contact is to be kept (area, age_band, sex …)."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class LanguageSet:
    """The contact chose a language (ISO 639-3)."""

    language: str


@dataclass(frozen=True, slots=True)
class GroupJoined:
    """The contact joins a group, by its code."""

    group: str


@dataclass(frozen=True, slots=True)
class GroupLeft:
    """The contact leaves a group, by its code."""

    group: str


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The contact agreed to a purpose; `text` is the id of the wording that was agreed to."""

    purpose: str
    text: str


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    """The contact refused a purpose, or withdrew."""

    purpose: str
    text: str


@dataclass(frozen=True, slots=True)
class GrievanceRaised:
    """The contact complained, asked or reported. `text` is in the person's words: it is sealed at once."""

    text: str
    type: str | None = None  # codebook type, None: not looked at yet
    category: str | None = None
    sensitivity: str | None = None


@dataclass(frozen=True, slots=True)
class DisclosureSuspected:
    """Words that may be a disclosure of violence or abuse. The flow has stopped; one neutral text follows."""

    text: str
    rule: str  # id of the list or rule that matched, never the word itself
    question: str | None = None


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The flow ends pushes at the person's wish."""


@dataclass(frozen=True, slots=True)
class HumanAsked:
    """A person must take over: the contact asked, or the flow gave up."""

    why: str


@dataclass(frozen=True, slots=True)
class FlowStarted:
    """The flow asks for another flow, by code, after this one ends."""

    flow: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An author's mistake met at run time (endless loop, bad expression). For staff; the person hears nothing of it."""

    code: str
    step: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WaitStarted:
    """The flow waits until `expires`; silence is answered by reminders at the given times.

    `question` is the one that waits for a reply. Without one the flow waits for the time itself, or for a
    service: `flows.wake` goes on at `expires`.
    """

    question: str | None
    expires: datetime
    reminders: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The flow is over for this contact."""

    disposition: Disposition


Event = (
    MessageSaid
    | AnswerGiven
    | AnswerMissed
    | AnswerWithdrawn
    | MatchDoubted
    | MatchConfirmed
    | HintGiven
    | ValueCalculated
    | SplitTaken
    | QuotaTaken
    | QuotaReleased
    | QuotaReached
    | ServiceAsked
    | ReplyNotUnderstood
    | FieldSet
    | LanguageSet
    | GroupJoined
    | GroupLeft
    | ConsentGiven
    | ConsentRefused
    | GrievanceRaised
    | DisclosureSuspected
    | OptedOut
    | HumanAsked
    | FlowStarted
    | Problem
    | WaitStarted
    | RunEnded
)
