"""An invented operation with something on every page, made by the services themselves.

People are asked a round's questions and answer through the inbox, as they would by phone; only what providers say
afterwards (delivered, failed, unknown) is written directly.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from gateway import db, ids
from gateway.channels.base import Received
from gateway.crypto import Keyring
from gateway.models.messages import Lane
from gateway.models.staff import Role
from gateway.services import channels, conversation, demo, inbox, sign_in, staff
from gateway.services.channels import ChannelRow
from gateway.services.people import House
from gateway.settings import Settings

PASSWORD = "a quiet river at noon"
ASKED = 120
SHARDS = 1

# A few that say more than numbers, so that each kind of page has something.
SPOKEN = (
    "PROBLEM",
    "STOP",
    "HELP",
    "The water point near block 4 has been closed for a week.",
    "5",
    "hello?",
)


@dataclass(frozen=True)
class Seeded:
    """Where to look."""

    organisation_id: UUID
    round_id: UUID
    contact_id: UUID
    emails: dict[Role, str]


def email(role: Role) -> str:
    return f"{role}@paigham.example"


def seed(settings: Settings, *, now: datetime) -> Seeded:
    """Write everything and commit."""
    ring = Keyring.of(settings)
    with db.connect(settings) as connection:
        made = demo.seed(connection, ring, fakes_url="http://127.0.0.1:1", now=now - timedelta(days=2))
        house = House(ring)
        _ask(connection, ring, house, made, now)
        _answer(connection, ring, house, made, now)
        _deliver(connection)
        _trouble(connection, made.organisation_id, now)
        talker = connection.execute(
            "SELECT contact_id FROM message_in WHERE NOT sealed GROUP BY contact_id"
            " ORDER BY count(*) DESC, contact_id LIMIT 1"
        ).fetchone()
        assert talker is not None
        connection.commit()
    accounts(settings, ring, made.organisation_id)
    return Seeded(made.organisation_id, made.round_id, talker[0], {role: email(role) for role in Role})


def accounts(settings: Settings, ring: Keyring, organisation_id: UUID) -> dict[Role, UUID]:
    """Make one account for each role, all with the same password."""
    engine = db.engine(settings)
    found = {}
    with engine.begin() as connection:
        for role in Role:
            found[role] = staff.create(
                connection,
                ring,
                organisation_id=organisation_id,
                email=email(role),
                name=str(role).replace("_", " ").capitalize(),
                role=role,
            )
            staff.set_password(connection, ring, found[role], PASSWORD)
    engine.dispose()
    return found


def signed_in(settings: Settings, staff_id: UUID, *, now: datetime) -> str:
    """Open a session and return its secret."""
    engine = db.engine(settings)
    with engine.begin() as connection:
        secret = sign_in.open_session(connection, staff_id, passed=True, now=now)
    engine.dispose()
    return secret


def _lines(connection: psycopg.Connection, ring: Keyring, made: demo.Demo) -> list[ChannelRow]:
    loaded = [channels.load(connection, ring, channel_id) for channel_id in (made.sms_id, made.telegram_id)]
    return [line for line in loaded if line is not None]


def _ask(connection: psycopg.Connection, ring: Keyring, house: House, made: demo.Demo, now: datetime) -> None:
    contacts = [row[0] for row in connection.execute("SELECT id FROM contact ORDER BY id")]
    random.Random(1).shuffle(contacts)
    for line in _lines(connection, ring, made):
        conversation.start(
            connection,
            house,
            contacts[:ASKED],
            made.revision_id,
            channel=line,
            lane=Lane.BULK,
            round_id=made.round_id,
            now=now - timedelta(hours=5),
        )


def _answer(
    connection: psycopg.Connection, ring: Keyring, house: House, made: demo.Demo, now: datetime
) -> None:
    dice = random.Random(2)
    lines = {line.kind: line for line in _lines(connection, ring, made)}
    for turn in range(9):
        waiting = connection.execute(
            "SELECT DISTINCT ON (c.id) c.id, u.address_sealed, u.id, u.scheme FROM contact c"
            " JOIN contact_urn u ON u.contact_id = c.id JOIN session s ON s.contact_id = c.id"
            " WHERE s.ended_at IS NULL ORDER BY c.id"
        ).fetchall()
        at = now - timedelta(hours=4) + timedelta(minutes=25 * turn)
        for place, (_, address, urn_id, scheme) in enumerate(waiting):
            if dice.random() < 0.12:
                continue
            urn = ring.open(inbox.ADDRESS, urn_id, address)
            line = lines["telegram" if scheme == "telegram" else "twilio"]
            text = SPOKEN[turn % len(SPOKEN)] if place == turn * 7 else str(dice.randint(1, 3) if turn else 1)
            received = Received(f"seed-{turn}-{urn_id}", urn, text=text)
            moment = at + timedelta(seconds=7 * place)
            inbox.store(connection, ring, line, received, now=moment)
        _handle(connection, house, at + timedelta(minutes=20))


def _handle(connection: psycopg.Connection, house: House, now: datetime) -> None:
    while waiting := conversation.pending(connection, 0, shards=SHARDS, limit=500, now=now):
        conversation.handle(connection, house, waiting, now=now)


def _deliver(connection: psycopg.Connection) -> None:
    connection.execute(
        "UPDATE message_out SET status = 'delivered', rank = 4, sent_at = created_at + interval '2 seconds'"
    )
    connection.execute("DELETE FROM pending_out WHERE seq % 40 <> 0")
    connection.execute(
        "UPDATE message_out m SET status = 'queued', rank = 0, sent_at = NULL FROM pending_out p"
        " WHERE p.message_id = m.id"
    )
    for status, reason, part in (
        ("failed", "30003", 37),
        ("uncertain", "timeout", 71),
        ("invalid_number", "21211", 97),
        ("read", None, 2),
    ):
        connection.execute(
            "UPDATE message_out SET status = %s, reason = %s"
            " WHERE status = 'delivered' AND get_byte(uuid_send(id), 15) %% %s = 0",
            [status, reason, part],
        )


def _trouble(connection: psycopg.Connection, organisation_id: UUID, now: datetime) -> None:
    connection.execute(
        "UPDATE message_in SET parked_at = %s, parked_code = 'KeyError' WHERE id IN"
        " (SELECT id FROM message_in WHERE NOT sealed ORDER BY id DESC LIMIT 2)",
        [now],
    )
    for step, code, detail, times in (
        ("by_age", "bad_expression", "${age} > 'eighteen'", 3),
        ("where", "endless_loop", "", 1),
    ):
        for place in range(times):
            connection.execute(
                "INSERT INTO flow_problem (id, organisation_id, flow_code, step, code, detail, created_at)"
                " VALUES (%s, %s, 'grievance_intake', %s, %s, %s, %s)",
                [ids.new(), organisation_id, step, code, detail, now - timedelta(minutes=40 * place)],
            )
    connection.execute("UPDATE channel SET health = 'faulty', health_code = '20003' WHERE kind = 'telegram'")
