"""The whole chain (B3, B4): simulated people answer a five-question survey in a closed loop, over real HTTP.

webhook → row → wake-up → engine → outbox → provider → the person's next answer. At its end the survey begins anew,
so that a conversation never falls silent. The provider sends no delivery reports in the main figure, and two a message
in the one beside it.
"""

from __future__ import annotations

import time
from typing import Any

import flows
from gateway import clock
from gateway.models.messages import Lane
from gateway.queue import Waker
from gateway.services import channels, conversation, flow_store, inbox
from gateway.services.people import House as Rooms
from tests.e2e.house import House, open_house

PEOPLE = 128
WARM_UP = 3.0
QUESTION = """
  - ask: q{place}
    type: select_one
    text: "Question {place}: how are services in your area?"
    options:
      - {{code: good, label: Good}}
      - {{code: fair, label: Fair}}
      - {{code: bad, label: Bad}}
"""
SURVEY = (
    """
spec: paigham.flow/2
flow: bench_survey
title: Bench
languages: [eng]
purpose: A measurement
owner: im_officer
retention: survey_link
sensitivity: S0
outbound: true
steps:
"""
    + "".join(QUESTION.format(place=place) for place in range(1, 6))
    + """
  - do: again
    action: start
    flow: bench_survey
"""
)


def measure(seconds: float = 10.0) -> dict[str, float]:
    """Inbound messages a second with 128 people, and the time to a reply with one person at a time."""
    with open_house(webhooks_processes=1, webhooks_threads=4, inbox_workers=1, shards=1, lease=60) as house:
        revision = _publish(house)
        _ask(house, revision, count=1, first=900_000)
        alone = _watch(house, min(seconds, 5.0))
        house.fresh()
        _ask(house, revision, count=PEOPLE, first=0)
        reported = _watch(house, seconds)
        house.fakes.faults(report_lost_rate=1.0)
        many = _watch(house, seconds)
        waiting = house.one("SELECT count(*) FROM pending_in") + house.one("SELECT count(*) FROM pending_out")
    return {
        "with_reports_per_second": reported["per_second"],
        "inbound_per_second": many["per_second"],
        "inbound_p50_ms": many["p50"],
        "inbound_p99_ms": many["p99"],
        "left_waiting": float(waiting),
        "alone_per_second": alone["per_second"],
        "alone_p50_ms": alone["p50"],
        "alone_p99_ms": alone["p99"],
    }


def _publish(house: House) -> Any:
    with house.connect() as connection:
        connection.execute("UPDATE channel SET rate = 1000000")
        revision = flow_store.publish(connection, house.organisation_id, flows.load(SURVEY))
        connection.commit()
    return revision


def _ask(house: House, revision: Any, *, count: int, first: int) -> None:
    plan = {"languages": ["eng"], "mix": {"latin": 1}, "think": 0.0, "rounds": 0, "first": first}
    addresses = house.fakes.invite(channel="twilio", count=count, **plan)
    rooms, waker = Rooms(house.ring), Waker.of(house.settings)
    with house.connect() as connection:
        contacts = [
            inbox.know(connection, house.ring, house.organisation_id, f"tel:{address}", language="eng")[0]
            for address in addresses
        ]
        channel = channels.load(connection, house.ring, house.channels["twilio"])
        assert channel is not None
        conversation.start(
            connection, rooms, contacts, revision, channel=channel, lane=Lane.REPLY, now=clock.now()
        )
        connection.commit()
        waker.outbox(channel.id)
    waker.redis.close()


def _watch(house: House, seconds: float) -> dict[str, float]:
    """Let it run warm, then count what was really received in a stretch of time."""
    time.sleep(WARM_UP)
    first, began = house.one("SELECT count(*) FROM message_in"), time.perf_counter()
    time.sleep(seconds)
    last, ended = house.one("SELECT count(*) FROM message_in"), time.perf_counter()
    spread = house.fakes.counts()["reply_ms"]
    return {"per_second": (last - first) / (ended - began), "p50": spread["p50"], "p99": spread["p99"]}


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12.2f}")
