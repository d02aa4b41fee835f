"""Bringing the demo to life: seed the operation, let the simulated people in, and open the round."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from uuid import UUID

from gateway import clock, db
from gateway.crypto import Keyring
from gateway.errors import CannotStart
from gateway.models.messages import Lane
from gateway.queue import Waker
from gateway.services import channels, conversation, demo
from gateway.services.demo import Demo
from gateway.services.people import House
from gateway.settings import Settings

BATCH = 50
WAIT_SECONDS = 20.0

# Most answer; some stop, complain or disclose, so that every page has something to show.
MIX = {
    "digits": 40,
    "latin": 15,
    "words": 12,
    "wrong_first": 8,
    "late": 8,
    "never": 7,
    "stops": 3,
    "complains": 5,
    "discloses": 2,
}


def fakes_config(settings: Settings, found: Demo) -> dict[str, Any]:
    """The fakes' accounts as the demo's channels are configured with."""
    return {
        "public_url": settings.public_url,
        "seed": 7,
        "faults": {"latency": 0.05, "jitter": 0.1},
        "twilio": {
            "account_sid": demo.ACCOUNT_SID,
            "auth_token": demo.AUTH_TOKEN,
            "numbers": {demo.OUR_NUMBER: f"/in/{found.sms_id}/"},
        },
        "telegram": {
            "token": demo.BOT_TOKEN,
            "webhook": f"/in/{found.telegram_id}/",
            "secret_token": demo.BOT_SECRET,
            "open": True,
        },
    }


def seed(settings: Settings, *, fakes_url: str) -> Demo:
    """Write the operation, once; a demo that is there already stays as it is."""
    ring = Keyring.of(settings)
    with db.connect(settings) as connection:
        found = demo.find(connection)
        if found is None:
            found = demo.seed(connection, ring, fakes_url=fakes_url, now=clock.now())
            connection.commit()
        return found


def let_people_in(fakes_url: str) -> None:
    """Give the simulated people their phones. Raises CannotStart when the fakes do not answer."""
    plans: list[dict[str, Any]] = [
        {"channel": "twilio", "count": demo.SMS_PEOPLE, "prefix": demo.PREFIX, "ours": demo.OUR_NUMBER},
        {"channel": "telegram", "count": demo.TELEGRAM_PEOPLE},
    ]
    for place, plan in enumerate(plans):
        _post(f"{fakes_url}/_fake/people", plan | _life(place))


def _life(seed: int) -> dict[str, Any]:
    return {"languages": list(demo.LANGUAGES), "mix": MIX, "think": 6.0, "seed": seed + 1}


def _post(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - an address of ours on loopback
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    last = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
        except OSError:
            if time.monotonic() > last:
                raise CannotStart("The fake providers do not answer.") from None
            time.sleep(0.1)
        else:
            return


def open_round(settings: Settings, found: Demo, report: Callable[[int], None]) -> None:
    """Ask everybody the round's first question; who was asked already is left out. `report` hears the sum so far."""
    ring = Keyring.of(settings)
    house = House(ring)
    waker = Waker.of(settings)
    with db.connect(settings) as connection:
        for channel_id in (found.sms_id, found.telegram_id):
            channel = channels.load(connection, ring, channel_id)
            if channel is None:
                continue
            waiting = _not_asked(connection, found)
            for start in range(0, len(waiting), BATCH):
                done = conversation.start(
                    connection,
                    house,
                    waiting[start : start + BATCH],
                    found.revision_id,
                    channel=channel,
                    lane=Lane.BULK,
                    round_id=found.round_id,
                    now=clock.now(),
                )
                connection.commit()
                waker.outbox(channel_id)
                report(done.count)


def _not_asked(connection: db.Connection, found: Demo) -> list[UUID]:
    rows = connection.execute(
        "SELECT c.id FROM contact c WHERE c.organisation_id = %s"
        " AND NOT EXISTS (SELECT 1 FROM run r WHERE r.contact_id = c.id AND r.round_id = %s) ORDER BY c.id",
        [found.organisation_id, found.round_id],
    )
    return [row[0] for row in rows]
