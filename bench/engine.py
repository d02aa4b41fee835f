"""How fast the engine steps through a survey: five questions, one thread, in memory and with the session re-read."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import flows

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
PEOPLE = 200  # conversations between two looks at the clock
REPLIES = tuple(flows.Reply(text) for text in ("1", "۲", "No", "3", "2)"))
FLOW = """
spec: paigham.flow/2
flow: bench
title: Five questions
languages: [eng, urd]
purpose: Measure
owner: bench
retention: none
expires: 72h
reminders: [4h, 24h]
steps:
""" + "".join(
    f"""
  - ask: question_{number}
    type: select_one
    text: {{eng: "Question {number}: do people in your area get what they need?", urd: "سوال {number}؟"}}
    options:
      - {{code: "yes", label: {{eng: "Yes", urd: "ہاں"}}}}
      - {{code: "no", label: {{eng: "No", urd: "نہیں"}}}}
      - {{code: unsure, label: {{eng: "Not sure", urd: "یقین نہیں"}}}}
"""
    for number in range(1, len(REPLIES) + 1)
)


def measure(seconds: float = 2.0) -> dict[str, float]:
    """Resumes a second: in memory, and with the session written to JSON and read back at each step."""
    flow = flows.load(FLOW)
    _people(flow, PEOPLE, reread=True)  # Build the tables before the clock runs.
    return {
        "resumes_in_memory": _rate(flow, seconds / 2, reread=False),
        "resumes_reread": _rate(flow, seconds / 2, reread=True),
        "round_trips": _round_trips(flow, seconds / 4),
    }


def _rate(flow: flows.Flow, seconds: float, *, reread: bool) -> float:
    resumes = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        resumes += _people(flow, PEOPLE, reread=reread)
    return resumes / passed


def _round_trips(flow: flows.Flow, seconds: float) -> float:
    """JSON alone: how often a second the same session can be written and read, without any thought."""
    row = json.loads(flows.start(flow, flows.Contact("eng"), now=NOW).session.to_json())
    trips = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for _ in range(PEOPLE):
            row = json.loads(json.dumps(row))
        trips += PEOPLE
    return trips / passed


def _people(flow: flows.Flow, count: int, *, reread: bool) -> int:
    """Take so many people through the survey; returns the number of resumes."""
    contacts = (flows.Contact("eng"), flows.Contact("urd"))
    for number in range(count):
        contact = contacts[number % 2]
        session = flows.start(flow, contact, now=NOW).session
        for reply in REPLIES:
            if reread:
                session = flows.Session.from_json(session.to_json())
            session = flows.resume(flow, session, contact, reply, now=NOW).session
        assert session.ended, "the survey must be over after its last answer"
    return count * len(REPLIES)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:,.0f} a second")
