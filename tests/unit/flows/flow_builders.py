"""Short ways to write flows and talk to them in tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import flows
from flows.definition import Flow
from flows.events import AnswerGiven, Event, MessageSaid
from flows.rendering import as_sms

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
HEAD: dict[str, Any] = {
    "spec": "paigham.flow/2",
    "flow": "tried",
    "title": "Tried",
    "languages": ["eng"],
    "purpose": "Try",
    "owner": "tests",
    "retention": "none",
    "outbound": False,
}
YES_NO = [{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}]


def flow_of(*steps: dict[str, Any], catalogs: Any = None, **top: Any) -> Flow:
    """A flow of these steps; JSON is YAML."""
    return flows.load(json.dumps(HEAD | top | {"steps": list(steps)}), catalogs=catalogs)


def ask(name: str = "q", kind: str = "select_one", **more: Any) -> dict[str, Any]:
    """A question; closed ones get yes and no unless told otherwise."""
    options = {"options": YES_NO} if kind.startswith("select") else {}
    return {"ask": name, "type": kind, "text": f"{name}?"} | options | more


def options(**labels: Any) -> list[dict[str, Any]]:
    """Options by code and label."""
    return [{"code": code, "label": label} for code, label in labels.items()]


@dataclass
class Phone:
    """Somebody in a flow."""

    flow: Flow
    contact: flows.Contact = field(default_factory=lambda: flows.Contact("eng"))
    events: list[Event] = field(default_factory=list)
    last: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        self.take(flows.start(self.flow, self.contact, now=NOW))

    def take(self, sprint: flows.Sprint) -> Phone:
        self.session = flows.Session.from_json(sprint.session.to_json())
        assert self.session == sprint.session
        self.last = sprint.events
        self.events += sprint.events
        return self

    def says(self, *texts: str) -> Phone:
        for text in texts:
            self.reply(flows.Reply(text))
        return self

    def reply(self, reply: flows.Reply) -> Phone:
        return self.take(flows.resume(self.flow, self.session, self.contact, reply, now=NOW))

    def waits(self, **length: float) -> Phone:
        """Let so much time pass: a wait that is over by then goes on."""
        return self.take(flows.expire(self.flow, self.session, self.contact, now=NOW + timedelta(**length)))

    def is_told(self, values: dict[str, Any] | None, key: str | None = None) -> Phone:
        """A service answers, or fails."""
        return self.take(flows.answered(self.flow, self.session, self.contact, values, now=NOW, key=key))

    @property
    def heard(self) -> list[str]:
        """What the phone shows since the last reply."""
        return [as_sms(event) for event in self.last if isinstance(event, MessageSaid)]

    @property
    def answers(self) -> dict[str, Any]:
        return dict(self.session.answers)

    def reported(self, kind: type[Any]) -> list[Any]:
        """All events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def matched(self) -> Any:
        """How the last answer was understood; None: there was none."""
        given = [event for event in self.last if isinstance(event, AnswerGiven)]
        return given[-1].matched if given else None
