"""Conversations as documents: what somebody says, what they must hear, and how it must end.

```yaml
- name: A woman answers in Urdu
  language: urd
  talk:
    - hears: "1)"
    - says: "۱"
  answers: {consent: "yes"}
  ends: completed
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from flows.definition import Flow
from flows.engine import answered, expire, jump, remind, repeat, resume, start, stop
from flows.events import Disposition, Event, MessageSaid, Problem
from flows.folding import fold
from flows.rendering import as_sms
from flows.session import Contact, Reply, Session, Sprint
from flows.waits import length_of

NOON = datetime(
    2031, 3, 9, 12, 0, tzinfo=UTC
)  # the day of all rehearsals, so that they give the same every day
MAX_TURNS = 200
_EXPECTED = 60  # characters of a message that a saved test expects
KEYS = frozenset(
    {
        "name",
        "language",
        "channel",
        "fields",
        "places",
        "talk",
        "answers",
        "ends",
        "waits_at",
        "reports",
        "problems",
        "values",
        "seed",
        "quotas",
        "starts_at",
    }
)


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test of a flow went; `transcript` has lines like "> 1" (said) and "< Thank you." (heard)."""

    __test__: ClassVar[bool] = False  # not for test runners to collect

    name: str
    failures: tuple[str, ...]
    transcript: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as the test says."""
        return not self.failures


def as_test(name: str, contact: Contact, turns: Sequence[Turn], session: Session) -> dict[str, Any]:
    """A talk as it went, as a test of the flow: what was said, what was heard, and how it ended.

    Only the first words of each message are expected, so that a later change of a detail does not break the test.
    """
    talk: list[dict[str, Any]] = []
    for turn in turns:
        if turn.verb is not None:
            talk.append({turn.verb: turn.what})
        heard = [_first_words(text) for text in turn.heard]
        if heard:
            talk.append({"hears": heard[0] if len(heard) == 1 else heard})
    test: dict[str, Any] = {"name": name, "language": contact.language, "channel": contact.channel}
    if contact.fields:
        test["fields"] = dict(contact.fields)
    if contact.seed:
        test["seed"] = contact.seed
    test |= {"talk": talk, "answers": dict(session.answers)}
    if session.disposition is not None:
        return test | {"ends": session.disposition.value}
    return test | {"waits_at": session.step}


def _first_words(text: str) -> str:
    return text.splitlines()[0][:_EXPECTED].strip() if text.strip() else ""


def run_tests(flow: Flow) -> list[TestResult]:
    """Run the tests that the flow carries."""
    return [rehearse(flow, test) for test in flow.tests]


def rehearse(flow: Flow, test: Mapping[str, Any]) -> TestResult:
    """Run one conversation against the engine. Never raises: what is wrong is in the result."""
    name = str(test.get("name", "unnamed"))
    stage = _Stage(flow, test)
    for key in sorted(test.keys() - KEYS):
        stage.failures.append(f"“{key}” means nothing in a test.")
    talk = test.get("talk", ())
    turns = talk if isinstance(talk, list | tuple) else ()
    for turn in turns[:MAX_TURNS]:
        stage.play(turn)
    stage.compare(test)
    return TestResult(name, tuple(stage.failures), tuple(stage.transcript))


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a talk: what was done (a verb of a test, None for the start) and what was heard then."""

    verb: str | None
    what: Any
    heard: tuple[str, ...]


@dataclass(slots=True)
class _Stage:
    """A conversation under way."""

    flow: Flow
    test: Mapping[str, Any]
    failures: list[str] = field(default_factory=list)
    transcript: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    session: Session = field(init=False)
    contact: Contact = field(init=False)
    now: datetime = NOON

    def __post_init__(self) -> None:
        language = str(self.test.get("language") or (self.flow.languages or ("eng",))[0])
        fields, places, quotas = (self.test.get(key) for key in ("fields", "places", "quotas"))
        self.contact = Contact(
            language,
            str(self.test.get("channel", "sms")),
            dict(fields) if isinstance(fields, Mapping) else {},
            {fold(str(name)): str(code) for name, code in places.items()}
            if isinstance(places, Mapping)
            else {},
            _whole(self.test.get("seed", 0)),
            {str(name): _whole(count) for name, count in quotas.items()}
            if isinstance(quotas, Mapping)
            else {},
        )
        self.take(start(self.flow, self.contact, now=self.now))
        if "starts_at" in self.test:
            self.jump(self.test["starts_at"])

    def take(self, sprint: Sprint) -> None:
        """Go on from a sprint, through JSON as a real session does."""
        self.session = Session.from_json(sprint.session.to_json())
        self.events.extend(sprint.events)
        self.unheard = [as_sms(event) for event in sprint.events if isinstance(event, MessageSaid)]
        self.transcript += [f"< {text}" for text in self.unheard]

    def play(self, turn: Any) -> None:
        """One entry of the talk."""
        if not isinstance(turn, Mapping) or len(turn) != 1:
            self.failures.append("An entry of a talk has one key, like “says” or “hears”.")
            return
        (verb, what), *_ = turn.items()
        act = VERBS.get(verb)
        if act is None:
            self.failures.append(f"“{verb}” means nothing in a talk; known are: {', '.join(VERBS)}.")
            return
        act(self, what)

    def reply(self, reply: Reply) -> None:
        """Send a reply."""
        shown = reply.text or reply.choice or "(no words)"
        self.transcript.append(f"> {shown}")
        self.take(resume(self.flow, self.session, self.contact, reply, now=self.now))

    def hears(self, what: Any) -> None:
        """The next messages must hold these words, in this order."""
        for words in map(str, what if isinstance(what, list) else [what]):
            place = next((place for place, text in enumerate(self.unheard) if words in text), None)
            if place is None:
                self.failures.append(f"“{words}” was not heard; heard was: {self.unheard}.")
                return
            del self.unheard[:place]

    def does_not_hear(self, what: Any) -> None:
        """No message since the last turn may hold these words; `true`: there may be no message at all."""
        heard = self.unheard if what is True else [text for text in self.unheard if str(what) in text]
        if heard:
            self.failures.append(f"“{heard[0]}” was heard.")

    def speaks(self, language: Any) -> None:
        """The contact changes the language, and the question is asked again."""
        self.contact = replace(self.contact, language=str(language))
        self.take(repeat(self.flow, self.session, self.contact, now=self.now))

    def jump(self, step: Any) -> None:
        """Stand before a step, as if everything before it had been passed over; with what was answered so far."""
        self.transcript.append(f"(jump to {step})")
        self.take(jump(self.flow, self.session, self.contact, str(step), now=self.now))

    def pass_time(self, what: Any) -> None:
        """Let time pass: what falls due meanwhile happens, in its order."""
        length = length_of(what)
        if length is None:
            self.failures.append("“waits” needs a time like 30m, 4h or 3d.")
            return
        until = self.now + length
        self.transcript.append(f"({what} later)")
        heard: list[str] = []
        for _ in range(MAX_TURNS):
            due = self.session.expires
            if self.session.ended or due is None or due > until:
                break
            self.now = max(self.now, due)
            self.take(expire(self.flow, self.session, self.contact, now=self.now))
            heard += self.unheard
        self.now, self.unheard = until, heard

    def compare(self, test: Mapping[str, Any]) -> None:
        """Compare the end with what the test says about it."""
        self._expect("answers", test, dict(self.session.answers))
        wanted = test.get("values")
        if isinstance(wanted, Mapping):
            kept = self.session.more.values
            self._expect("values", test, {name: kept[name] for name in wanted if name in kept})
        self._expect("ends", test, self.session.disposition.value if self.session.disposition else "waiting")
        self._expect("waits_at", test, self.session.step)
        problems = [event.code for event in self.events if isinstance(event, Problem)]
        if problems != test.get("problems", []):
            self.failures.append(f"Problems were met: {problems}.")
        self._compare_reports(test.get("reports", []))

    def _expect(self, key: str, test: Mapping[str, Any], found: Any) -> None:
        if key in test and test[key] != found:
            self.failures.append(f"“{key}” should be {test[key]!r}, and is {found!r}.")

    def _compare_reports(self, expected: Any) -> None:
        """The events must hold these, in this order; others may come between."""
        rest = iter(self.events)
        for report in expected if isinstance(expected, list) else [expected]:
            if not any(_is_like(event, report) for event in rest):
                names = [type(event).__name__ for event in self.events]
                self.failures.append(f"{report} was not reported; reported were: {names}.")
                return


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _is_like(event: Event, report: Any) -> bool:
    """Whether an event has a name, and the values that are given for it."""
    name, values = next(iter(report.items())) if isinstance(report, Mapping) and report else (report, {})
    if type(event).__name__ != name:
        return False
    return not isinstance(values, Mapping) or all(
        getattr(event, key, None) == value for key, value in values.items()
    )


def _says(stage: _Stage, what: Any) -> None:
    stage.reply(Reply(str(what)))


def _presses(stage: _Stage, what: Any) -> None:
    stage.reply(Reply(choice=str(what)))


def _sends(stage: _Stage, what: Any) -> None:
    stage.reply(Reply(media=(str(what),)))


def _shares(stage: _Stage, what: Any) -> None:
    """A location as [latitude, longitude]."""
    try:
        latitude, longitude = map(float, what)
    except (TypeError, ValueError):
        stage.failures.append("“shares” needs [latitude, longitude].")
        return
    stage.reply(Reply(place=(latitude, longitude)))


def _is_reminded(stage: _Stage, _: Any) -> None:
    stage.take(remind(stage.flow, stage.session, stage.contact, now=stage.now))


def _is_silent(stage: _Stage, _: Any) -> None:
    stage.now = max(stage.now, stage.session.expires or stage.now)
    stage.take(expire(stage.flow, stage.session, stage.contact, now=stage.now))


def _is_told(stage: _Stage, what: Any) -> None:
    """A service answers with these values; `false`: it fails."""
    values = what if isinstance(what, Mapping) else None
    stage.transcript.append("(the service answers)" if values is not None else "(the service fails)")
    stage.take(answered(stage.flow, stage.session, stage.contact, values, now=stage.now))


def _is_stopped(stage: _Stage, what: Any) -> None:
    known = str(what) in set(Disposition)
    stage.take(
        stop(stage.flow, stage.session, disposition=Disposition(what) if known else Disposition.BROKEN_OFF)
    )


VERBS: Mapping[str, Callable[[_Stage, Any], None]] = MappingProxyType(
    {
        "says": _says,
        "presses": _presses,
        "sends": _sends,
        "shares": _shares,
        "hears": _Stage.hears,
        "does_not_hear": _Stage.does_not_hear,
        "speaks": _Stage.speaks,
        "is_reminded": _is_reminded,
        "is_silent": _is_silent,
        "is_stopped": _is_stopped,
        "is_told": _is_told,
        "jumps": _Stage.jump,
        "waits": _Stage.pass_time,
    }
)
