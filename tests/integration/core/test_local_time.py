"""The day of a flow is the day where its people are, not where the server stands."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway import clock, ids
from gateway.crypto import Keyring
from gateway.settings import Settings
from tests.integration.operation import Operation

FLOW = """
spec: paigham.flow/1
flow: day
title: Day
languages: [eng]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
expires: 72h
outbound: false
fields: [day]
steps:
  - do: keep
    action: field
    field: day
    value: "=today()"
  - ask: ready
    type: text
    text: "Are you ready?"
  - say: thanks
    when: "${ready} = concat('day ', today())"
    text: "That is the day."
"""


def other_day(now: datetime) -> str:
    """A zone where it is another day than in UTC."""
    return "Etc/GMT-14" if now.hour >= 12 else "Etc/GMT+12"


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


def test_today_is_the_day_of_the_operation(operation: Operation) -> None:
    zone = other_day(clock.now())
    with operation.connect() as connection:
        connection.execute(
            "INSERT INTO operation (id, name, timezone) VALUES (%s, 'An operation', %s)", [ids.new(), zone]
        )
        connection.commit()
    phone = operation.phone()
    operation.ask([phone], operation.publish(FLOW))
    assert phone.hears() == ["Are you ready?"]
    day = clock.now().astimezone(ZoneInfo(zone)).date()
    assert phone.says(f"day {day}") == ["That is the day."]
