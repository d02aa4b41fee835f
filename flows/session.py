"""The values that go into the engine and come out of it: a contact, a reply, a session, a sprint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from flows.events import Disposition, Event

MAX_BACK = 10  # questions that somebody may go back
Answer = str | list[str] | int | float


class Speaker(Protocol):
    """Says values as people of a language read them. The gateway has one that knows calendars and places."""

    def date(self, value: str, language: str) -> str:
        """An ISO date, time or date with time: "2031-03-09" -> "9 March 2031"."""
        ...

    def number(self, value: float, language: str) -> str:
        """A number, in the language's digits."""
        ...

    def place(self, code: str, language: str) -> str | None:
        """The name of a place by its p-code; None: no such place is known."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What the contact's channel can show: `options` beside one message, as buttons or as a list."""

    options: int = 9


@dataclass(frozen=True, slots=True)
class Contact:
    """What the engine may know of a person, as the shell sees it now.

    Attributes:
        language: ISO 639-3.
        channel: kind of the channel; "sms" gets numbered lists and short forms, and no media.
        fields: facts about the contact and the operation, by name.
        places: folded name of a place -> p-code, or those of several places that share it.
        seed: stable for the run: what chance decides rests on it.
        quotas: how many people each quota of the flow holds now, without this one.
        speaker: says dates, numbers and places; None: as they are stored.
        limits: of the channel.
    """

    language: str
    channel: str = "sms"
    fields: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    seed: int = 0
    quotas: Mapping[str, int] = field(default_factory=dict)
    speaker: Speaker | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: words, a pressed button's code, references to media, or a shared place (lat, lon).

    `kinds` says what each of the media is ("image", "audio", "video", "file"); empty: nobody knows.
    """

    text: str = ""
    choice: str | None = None
    media: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class More:
    """What only some flows and moments need of a session. Plain values throughout.

    Attributes:
        values: by name, of calculated values, splits, called flows and services.
        positions: repeat -> the round in which the conversation stands, for the repeats around the open question.
        rounds: repeat (inside another: with that one's round, "toy[2]") -> rounds begun so far.
        totals: the same -> rounds that there will be, where it is known.
        doubt: readings of a reply of which one is to be confirmed: [raw, kind, [value, matched, choices, shown]…].
        offer: options that were offered as best matches: [places of all, first of those shown].
        withdrawn: questions whose answers were taken back and are not given anew yet.
        quotas: for which the person counts.
        started: when the run began, where the flow keeps it (ISO).
        last: the question that was open when the run expired, for answers that come late.
        service: the key of the open request to a service.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    positions: Mapping[str, int] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    doubt: list[Any] | None = None
    offer: list[Any] | None = None
    withdrawn: list[str] = field(default_factory=list)
    quotas: list[str] = field(default_factory=list)
    started: str | None = None
    last: str | None = None
    service: str | None = None


NO_MORE = More()


@dataclass(frozen=True, slots=True)
class Session:
    """Where a contact stands in a flow. Small, and JSON at every wait.

    Attributes:
        flow: the flow's code.
        step: the question that waits for its answer, the step that waits for a time or a service, or None.
        language: ISO 639-3, as chosen; texts fall back from it.
        answers: by question; only what was really answered.
        retries: replies to the open question that were not understood.
        sequence: messages said so far; each message's key rests on it.
        expires: when the wait is over, or None.
        trail: the questions passed so far, the last at the end, for whoever wants to go back. None: those that
            were answered; so it is in rows of older versions too.
        more: what only some flows need.
    """

    flow: str
    step: str | None
    language: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    retries: int = 0
    sequence: int = 0
    waiting: bool = False
    ended: bool = False
    disposition: Disposition | None = None
    expires: datetime | None = None
    trail: list[Any] | None = None
    more: More = NO_MORE

    @property
    def passed(self) -> list[Any]:
        """The trail, written out."""
        return list(self.answers)[-MAX_BACK:] if self.trail is None else self.trail

    def to_json(self) -> str:
        """One line of JSON; `from_json` gives an equal session back."""
        row: list[Any] = [
            self.flow,
            self.step,
            self.language,
            self.answers,
            self.retries,
            self.sequence,
            self.waiting,
            self.ended,
            self.disposition,
            self.expires and self.expires.isoformat(),
        ]
        if self.more is not NO_MORE:
            row += [self.trail, _said(self.more)]
        elif self.trail is not None:
            row.append(self.trail)
        return _encode(row)

    @classmethod
    def from_json(cls, text: str) -> Session:
        """Read what `to_json` wrote, in this version or an older one.

        Raises:
            ValueError: the text is not a session.
        """
        row = _decode(text)
        if type(row) is not list or not _OLDEST <= len(row) <= _NEWEST:
            raise ValueError("This is not a session of this version.")
        flow, step, language, answers, retries, sequence, waiting, ended, disposition, expires, *rest = row
        return cls(
            flow,
            step,
            language,
            answers,
            retries,
            sequence,
            waiting,
            ended,
            disposition and Disposition(disposition),
            expires and datetime.fromisoformat(expires),
            rest[0] if rest else None,
            _more(rest[1]) if len(rest) > 1 else NO_MORE,
        )


_OLDEST, _NEWEST = 10, 12  # values in the row of the first version, and of this one


def _said(more: More) -> dict[str, Any]:
    """The fields that hold something."""
    return {name: value for name in More.__slots__ if (value := getattr(more, name))}


def _more(values: Any) -> More:
    if not isinstance(values, dict) or not values.keys() <= set(More.__slots__):
        raise ValueError("This is not a session of this version.")
    return More(**values) if values else NO_MORE


# One encoder for all sessions: `json.dumps` with options builds a new one at each call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class Sprint:
    """One step of a conversation: the new session, and what happened, in order."""

    session: Session
    events: tuple[Event, ...]
