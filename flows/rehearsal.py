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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from flows.definition import Flow
from flows.engine import expire, remind, repeat, resume, start, stop
from flows.events import Disposition, Event, MessageSaid, Problem
from flows.folding import fold
from flows.rendering import as_sms
from flows.session import Contact, Reply, Session, Sprint

NOON = datetime(
    2031, 3, 9, 12, 0, tzinfo=UTC
)  # the day of all rehearsals, so that they give the same every day
MAX_TURNS = 200
_KEYS = frozenset(
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


def run_tests(flow: Flow) -> list[TestResult]:
    """Run the tests that the flow carries."""
    return [rehearse(flow, test) for test in flow.tests]


def rehearse(flow: Flow, test: Mapping[str, Any]) -> TestResult:
    """Run one conversation against the engine. Never raises: what is wrong is in the result."""
    name = str(test.get("name", "unnamed"))
    stage = _Stage(flow, test)
    for key in sorted(test.keys() - _KEYS):
        stage.failures.append(f"“{key}” means nothing in a test.")
    talk = test.get("talk", ())
    turns = talk if isinstance(talk, list | tuple) else ()
    for turn in turns[:MAX_TURNS]:
        stage.play(turn)
    stage.compare(test)
    return TestResult(name, tuple(stage.failures), tuple(stage.transcript))


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

    def __post_init__(self) -> None:
        language = str(self.test.get("language") or (self.flow.languages or ("eng",))[0])
        fields, places = self.test.get("fields"), self.test.get("places")
        self.contact = Contact(
            language,
            str(self.test.get("channel", "sms")),
            dict(fields) if isinstance(fields, Mapping) else {},
            {fold(str(name)): str(code) for name, code in places.items()}
            if isinstance(places, Mapping)
            else {},
        )
        self.take(start(self.flow, self.contact, now=NOON))

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
        act = _VERBS.get(verb)
        if act is None:
            self.failures.append(f"“{verb}” means nothing in a talk; known are: {', '.join(_VERBS)}.")
            return
        act(self, what)

    def reply(self, reply: Reply) -> None:
        """Send a reply."""
        shown = reply.text or reply.choice or "(no words)"
        self.transcript.append(f"> {shown}")
        self.take(resume(self.flow, self.session, self.contact, reply, now=NOON))

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
        self.contact = Contact(str(language), self.contact.channel, self.contact.fields, self.contact.places)
        self.take(repeat(self.flow, self.session, self.contact, now=NOON))

    def compare(self, test: Mapping[str, Any]) -> None:
        """Compare the end with what the test says about it."""
        self._expect("answers", test, dict(self.session.answers))
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
    stage.take(remind(stage.flow, stage.session, stage.contact, now=NOON))


def _is_silent(stage: _Stage, _: Any) -> None:
    late = stage.session.expires or NOON
    stage.take(expire(stage.flow, stage.session, stage.contact, now=late))


def _is_stopped(stage: _Stage, what: Any) -> None:
    known = str(what) in set(Disposition)
    stage.take(
        stop(stage.flow, stage.session, disposition=Disposition(what) if known else Disposition.BROKEN_OFF)
    )


_VERBS: Mapping[str, Callable[[_Stage, Any], None]] = MappingProxyType(
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
    }
)
