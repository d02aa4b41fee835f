"""Rehearsals: talking to a draft as an invented person, on the engine alone. Nothing is sent, kept or counted.

What was said so far travels with the page as a script, and is played anew at each turn: so a talk goes on as the draft
is now, and a change of the draft is heard at once in the same talk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import flows
from flows.definition import Flow
from flows.events import Event, MessageSaid, OptionShown, Problem
from flows.rendering import as_sms
from flows.session import Contact, Reply, Session, Speaker, Sprint
from gateway import segments

NOON = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)  # the day of all rehearsals, as that of tests of flows
MOST_TURNS = 100
LONGEST_WORDS = 1600  # characters of one reply
MOST_FIELDS = 50
SMS, MESSENGER = "sms", "telegram"
HEARD = 60  # characters of a message that a test must hear
MOST_WAITS = 50  # that end while time passes


class NoScript(ValueError):
    """What came is no script of a rehearsal."""


@dataclass(frozen=True, slots=True)
class Script:
    """Who talks, and what they did so far. `turns` hold one verb each, as in the tests of flows."""

    language: str
    channel: str = SMS
    facts: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    turns: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(
            [self.language, self.channel, dict(self.facts), self.seed, list(self.turns)], ensure_ascii=False
        )

    @classmethod
    def from_json(cls, text: str) -> Script:
        """Read what a page brings back.

        Raises:
            NoScript: it is none.
        """
        try:
            language, channel, facts, seed, turns = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise NoScript("This is no script.") from error
        script = cls(language, channel, facts, seed, tuple(turns) if isinstance(turns, list) else ({},))
        if not script._is_sound():
            raise NoScript("This is no script.")
        return script

    def then(self, verb: str, what: Any) -> Script:
        """Return it with one turn more."""
        return replace(self, turns=(*self.turns, {verb: what})[:MOST_TURNS])

    def _is_sound(self) -> bool:
        return (
            isinstance(self.language, str)
            and self.channel
            in (SMS, MESSENGER)  # no set: what comes may be a list, which none can be asked for
            and isinstance(self.facts, dict)
            and len(self.facts) <= MOST_FIELDS
            and all(isinstance(text, str) for text in (*self.facts, *self.facts.values()))
            and type(self.seed) is int
            and len(self.turns) <= MOST_TURNS
            and all(_is_turn(turn) for turn in self.turns)
        )


def _is_turn(turn: Any) -> bool:
    if not isinstance(turn, dict) or len(turn) != 1:
        return False
    (verb, what), *_ = turn.items()
    if verb == "shares":
        return isinstance(what, list) and [type(part) for part in what] == [float, float]
    if verb == "is_told":
        return what is False or (
            isinstance(what, dict)
            and len(what) <= MOST_FIELDS
            and all(isinstance(text, str) for text in (*what, *what.values()))
        )
    return verb in _VERBS and isinstance(what, str) and len(what) <= LONGEST_WORDS


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing on the phone. `side`: "in" what the flow said, "out" what the person did, "note" what happened."""

    side: str
    text: str
    language: str = ""
    options: tuple[OptionShown, ...] = ()
    size: segments.Size | None = None
    step: str = ""
    at: datetime = NOON


@dataclass(slots=True)
class Talk:
    """A rehearsal as it stands."""

    flow: Flow
    script: Script
    contact: Contact
    session: Session
    now: datetime = NOON
    asked: datetime = NOON
    reminded: int = 0
    bubbles: list[Bubble] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # the same talk as a test of the flow says it

    @property
    def options(self) -> tuple[OptionShown, ...]:
        """Buttons of the open question."""
        last = next((bubble for bubble in reversed(self.bubbles) if bubble.side == "in"), None)
        return last.options if last is not None and self.session.waiting else ()

    @property
    def variables(self) -> dict[str, Any]:
        """The answers so far, and what was worked out from them."""
        return {**self.session.answers, **self.session.more.values}

    @property
    def service(self) -> bool:
        """Whether the flow waits for a service to answer."""
        return self.session.more.service is not None

    @property
    def problems(self) -> list[str]:
        """Codes of the author's mistakes that were met."""
        return [event.code for event in self.events if isinstance(event, Problem)]


def play(flow: Flow, script: Script, *, speaker: Speaker | None = None) -> Talk:
    """Play a script from its beginning. `speaker`: says dates, numbers and places; None: as tests of flows say them."""
    facts = dict(script.facts)
    contact = Contact(script.language, script.channel, facts, seed=script.seed, speaker=speaker)
    talk = Talk(flow, script, contact, Session(flow.code, None, script.language))
    _take(talk, flows.start(flow, contact, now=NOON))
    for turn in script.turns:
        (verb, what), *_ = turn.items()
        _VERBS[verb](talk, what)
    return talk


def as_test(flow: Flow, script: Script, name: str) -> dict[str, Any]:
    """Return a talk as a test of the flow, that holds as the flow is now."""
    talk = play(flow, script)
    test: dict[str, Any] = {"name": name, "language": script.language, "channel": script.channel}
    if script.facts:
        test["fields"] = dict(script.facts)
    if script.seed:
        test["seed"] = script.seed
    test |= {"talk": talk.rows, "answers": dict(talk.session.answers)}
    if talk.session.disposition is not None:
        test["ends"] = talk.session.disposition.value
    else:
        test["waits_at"] = talk.session.step
    return test | ({"problems": talk.problems} if talk.problems else {})


# --- Turns


def _take(talk: Talk, sprint: Sprint) -> None:
    talk.session = Session.from_json(sprint.session.to_json())
    talk.events.extend(sprint.events)
    for event in sprint.events:
        if isinstance(event, MessageSaid):
            talk.bubbles.append(_bubble(talk, event))
            talk.rows.append({"hears": _first_words(as_sms(event))})
    if talk.session.waiting:
        talk.asked = talk.now


def _bubble(talk: Talk, said: MessageSaid) -> Bubble:
    simple = talk.contact.channel == SMS
    text = as_sms(said) if simple else said.text
    size = segments.size(text) if simple else None
    return Bubble("in", text, said.language, () if simple else said.options, size, said.step, talk.now)


def _first_words(text: str) -> str:
    """The beginning of a message, for a test: its first line, not too long."""
    return text.split("\n", 1)[0][:HEARD].strip()


def _reply(talk: Talk, shown: str, reply: Reply, row: dict[str, Any]) -> None:
    talk.rows.append(row)
    talk.bubbles.append(Bubble("out", shown, at=talk.now))
    talk.reminded = 0
    _take(talk, flows.resume(talk.flow, talk.session, talk.contact, reply, now=talk.now))


def _says(talk: Talk, what: str) -> None:
    _reply(talk, what, Reply(what), {"says": what})


def _presses(talk: Talk, what: str) -> None:
    label = next((option.label for option in talk.options if option.code == what), what)
    _reply(talk, label, Reply(choice=what), {"presses": what})


def _sends(talk: Talk, what: str) -> None:
    _reply(talk, what, Reply(media=(what,)), {"sends": what})


def _shares(talk: Talk, what: list[float]) -> None:
    _reply(talk, f"{what[0]}, {what[1]}", Reply(place=(what[0], what[1])), {"shares": what})


def _speaks(talk: Talk, what: str) -> None:
    talk.contact = replace(talk.contact, language=what)
    talk.rows.append({"speaks": what})
    talk.bubbles.append(Bubble("note", "speaks", language=what, at=talk.now))
    _take(talk, flows.repeat(talk.flow, talk.session, talk.contact, now=talk.now))


def _waits(talk: Talk, what: str) -> None:
    """Let time pass: to the next reminder, to the end of the wait, or by a day."""
    until = _until(talk, what)
    talk.bubbles.append(Bubble("note", f"waits:{what}", at=until))
    for reminder in talk.flow.reminders[talk.reminded :]:
        due, asked = talk.asked + reminder, talk.asked
        if not talk.session.waiting or due > until or due >= (talk.session.expires or due + reminder):
            break
        _pass(talk, due)
        talk.reminded += 1
        talk.rows.append({"is_reminded": True})
        _take(talk, flows.remind(talk.flow, talk.session, talk.contact, now=due))
        talk.asked = asked
    _pass(talk, until)


def _pass(talk: Talk, until: datetime) -> None:
    """Let time pass, and what ends meanwhile end."""
    minutes = int((until - talk.now).total_seconds()) // 60
    if minutes > 0:
        talk.rows.append({"waits": f"{minutes}m"})
    for _ in range(MOST_WAITS):
        due = talk.session.expires
        if talk.session.ended or due is None or due > until:
            break
        talk.now = max(talk.now, due)
        _take(talk, flows.expire(talk.flow, talk.session, talk.contact, now=talk.now))
    talk.now = max(talk.now, until)


def _until(talk: Talk, what: str) -> datetime:
    if what == "reminder" and talk.reminded < len(talk.flow.reminders):
        return max(talk.now, talk.asked + talk.flow.reminders[talk.reminded])
    if what == "expiry" and talk.session.expires is not None:
        return max(talk.now, talk.session.expires)
    return talk.now + timedelta(days=1)


def _jumps(talk: Talk, what: str) -> None:
    """Go to a step, with the answers so far."""
    talk.bubbles.append(Bubble("note", "jumps", step=what, at=talk.now))
    talk.rows.append({"jumps": what})
    _take(talk, flows.jump(talk.flow, talk.session, talk.contact, what, now=talk.now))


def _is_told(talk: Talk, what: Any) -> None:
    """A service answers with these values; False: it fails."""
    talk.bubbles.append(Bubble("note", "failed" if what is False else "told", at=talk.now))
    talk.rows.append({"is_told": what})
    values = what if isinstance(what, dict) else None
    _take(talk, flows.answered(talk.flow, talk.session, talk.contact, values, now=talk.now))


_VERBS: Mapping[str, Callable[[Talk, Any], None]] = {
    "says": _says,
    "presses": _presses,
    "sends": _sends,
    "shares": _shares,
    "speaks": _speaks,
    "waits": _waits,
    "jumps": _jumps,
    "is_told": _is_told,
}


def told(event: Event) -> tuple[str, list[tuple[str, str]]]:
    """Return an event's name and its values, for whoever wants to see what the flow reports."""
    values = [(part.name, getattr(event, part.name)) for part in fields(event)]
    return type(event).__name__, [
        (name, str(value)) for name, value in values if value not in (None, "", (), False)
    ]
