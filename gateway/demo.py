"""Bringing the demo to life: seed the operation, give its people phones, make accounts, and open the round."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway import clock, db
from gateway.crypto import Keyring
from gateway.models.messages import Lane
from gateway.models.staff import Role
from gateway.services import channels, conversation, demo, demo_house, staff
from gateway.services.bridge import plain
from gateway.services.demo import Demo
from gateway.services.people import House
from gateway.settings import Settings

BATCH = 50
PASSWORD_FILE = "demo-password"  # noqa: S105 - a file's name
FAKES_FILE = "fakes.json"

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
THINK_SECONDS = 6.0


def prepare(settings: Settings, ring: Keyring, *, fakes_url: str) -> Demo:
    """Make everything that the demo needs before its processes run. Done once, it is kept for the next start."""
    with db.connect(settings) as connection:
        found = demo.find(connection)
        if found is None:
            found = demo.seed(connection, ring, fakes_url=fakes_url, now=clock.now())
            connection.commit()
            _open_round(connection, House(ring), found)
        demo_house.furnish(connection, ring, found.organisation_id, now=clock.now())
        demo.point_at(connection, ring, found, fakes_url)
        connection.commit()
    fakes = settings.data / FAKES_FILE
    fakes.write_text(json.dumps(fakes_config(settings, found)))
    return found


def asked() -> int:
    """How many people have a simulated phone."""
    return demo.SMS_PEOPLE + demo.TELEGRAM_PEOPLE


def fakes_config(settings: Settings, found: Demo) -> dict[str, Any]:
    """The fakes' accounts and people, as the demo's channels are configured with."""
    life = {"languages": list(demo.LANGUAGES), "mix": MIX, "think": THINK_SECONDS, "rounds": 0}
    sms = {
        "channel": "twilio",
        "count": demo.SMS_PEOPLE,
        "prefix": demo.PREFIX,
        "ours": demo.OUR_NUMBER,
        "seed": 1,
    }
    chats = {"channel": "telegram", "count": demo.TELEGRAM_PEOPLE, "seed": 2}
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
        "people": [life | sms, life | chats],
    }


def accounts(settings: Settings, ring: Keyring, found: Demo) -> str:
    """Make the demo's staff accounts; returns the password that they share, made at random once."""
    path = settings.data / PASSWORD_FILE
    password = path.read_text().strip() if path.exists() else "-".join(secrets.token_hex(2) for _ in range(4))
    engine = db.engine(settings)
    try:
        with engine.begin() as connection:
            whose = demo_house.furnish(plain(connection), ring, found.organisation_id, now=clock.now())
            _make_accounts(connection, ring, whose, demo.PARTNER_STAFF, password)
            made = _make_accounts(connection, ring, found.organisation_id, demo.STAFF, password)
            demo_house.assign(plain(connection), found.organisation_id, made, now=clock.now())
    finally:
        engine.dispose()
    _write_private(path, password)
    return password


def _make_accounts(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    wanted: Sequence[demo.Account],
    password: str,
) -> dict[Role, list[UUID]]:
    """Make accounts that are not there yet; returns those of the organisation by role."""
    made: dict[Role, list[UUID]] = {}
    for name, email, role, language in wanted:
        staff_id = staff.find(connection, ring, email)
        if staff_id is None:
            staff_id = staff.create(
                connection,
                ring,
                organisation_id=organisation_id,
                email=email,
                name=name,
                role=role,
                language=language,
            )
            staff.set_password(connection, ring, staff_id, password)
        made.setdefault(role, []).append(staff_id)
    return made


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")


def _open_round(connection: db.Connection, house: House, found: Demo) -> None:
    """Ask everybody the round's first question, by SMS or messenger as they can be reached."""
    for channel_id in (found.sms_id, found.telegram_id):
        channel = channels.load(connection, house.ring, channel_id)
        assert channel is not None  # noqa: S101 - it was written just now
        waiting = _not_asked(connection, found)
        for start in range(0, len(waiting), BATCH):
            conversation.start(
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


def _not_asked(connection: db.Connection, found: Demo) -> list[UUID]:
    rows = connection.execute(
        "SELECT c.id FROM contact c WHERE c.organisation_id = %s"
        " AND NOT EXISTS (SELECT 1 FROM run r WHERE r.contact_id = c.id AND r.round_id = %s) ORDER BY c.id",
        [found.organisation_id, found.round_id],
    )
    return [row[0] for row in rows]
