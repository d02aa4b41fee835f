"""A small operation for tests: an organisation with the library flows, and phones on a simulator channel.

`phone.says("1")` goes the real way (store, drain); `phone.hears()` gives what came since the last look.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway import clock, db, ids
from gateway.channels.base import Received
from gateway.crypto import Keyring
from gateway.drain import Drains
from gateway.models.messages import Lane
from gateway.services import channels, contents, conversation, flow_store, inbox
from gateway.services.channels import ChannelRow, NewChannel
from gateway.settings import Settings

_numbers = itertools.count(1)


@dataclass
class Operation:
    """An organisation with everything that a conversation needs."""

    settings: Settings
    ring: Keyring
    hotline: str = "0800 555 010"
    id: UUID = field(default_factory=ids.new)
    drains: Drains = field(init=False)
    revisions: dict[str, UUID] = field(default_factory=dict)
    sms: ChannelRow = field(init=False)
    messenger: ChannelRow = field(init=False)

    def __post_init__(self) -> None:
        self.drains = Drains(self.settings, self.ring)
        with self.connect() as connection:
            connection.execute(
                "INSERT INTO organisation (id, code, name, hotline) VALUES (%s, %s, %s, %s)",
                [self.id, f"org-{next(_numbers)}", "An operation", self.hotline],
            )
            self.revisions = flow_store.publish_library(connection, self.id)
            self.sms = self.channel(connection, "simulator", {"secret": "s"})
            self.messenger = self.channel(connection, "simulator", {"secret": "s", "buttons": True})
            connection.commit()

    def channel(
        self, connection: db.Connection, kind: str, config: dict[str, Any], **more: Any
    ) -> ChannelRow:
        values = {"rate": 1000.0, "default_region": "PK", **more}
        new = NewChannel(kind, f"{kind} {next(_numbers)}", "+922100000000", config, **values)
        channel_id = channels.create(connection, self.ring, self.id, new)
        loaded = channels.load(connection, self.ring, channel_id)
        assert loaded is not None
        return loaded

    def connect(self) -> db.Connection:
        return db.connect(self.settings)

    def publish(self, text: str) -> UUID:
        import flows

        with self.connect() as connection:
            revision_id = flow_store.publish(connection, self.id, flows.load(text))
            connection.commit()
        return revision_id

    def phone(self, *, language: str | None = "eng", messenger: bool = False) -> Phone:
        channel = self.messenger if messenger else self.sms
        urn = f"simulator:{next(_numbers)}"
        with self.connect() as connection:
            contact_id, urn_id = inbox.know(connection, self.ring, self.id, urn, language=language)
            connection.commit()
        return Phone(self, channel, urn, contact_id, urn_id)

    def handle(self) -> int:
        return sum(self.drains.inbox(shard) for shard in range(self.settings.shards))

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(statement, list(values)).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        return self.rows(statement, *values)[0][0]

    def ask(
        self,
        phones: list[Phone],
        flow: str | UUID,
        *,
        round_id: UUID | None = None,
        now: datetime | None = None,
    ) -> int:
        revision_id = flow if isinstance(flow, UUID) else self.revisions[flow]
        with self.connect() as connection:
            done = conversation.start(
                connection,
                self.drains.house,
                [phone.contact_id for phone in phones],
                revision_id,
                channel=phones[0].channel,
                lane=Lane.BULK,
                round_id=round_id,
                now=now or clock.now(),
            )
            connection.commit()
        return done.count

    def round(self, flow: str) -> UUID:
        round_id = ids.new()
        with self.connect() as connection:
            connection.execute(
                "INSERT INTO survey_round (id, organisation_id, revision_id, name, opens_at)"
                " VALUES (%s, %s, %s, %s, %s)",
                [round_id, self.id, self.revisions[flow], "A round", clock.now()],
            )
            connection.commit()
        return round_id

    def pass_time(self, by: timedelta) -> int:
        """Let reminders and expiries happen as if so much time had passed."""
        now = clock.now() + by
        with self.connect() as connection:
            due = conversation.due(connection, limit=100, now=now)
            done = conversation.pass_time(connection, self.drains.house, due, now=now)
            connection.commit()
        return done.count


@dataclass
class Phone:
    """Somebody with a simulated phone."""

    operation: Operation
    channel: ChannelRow
    urn: str
    contact_id: UUID
    urn_id: UUID
    seen: set[UUID] = field(default_factory=set)

    def sends(self, text: str = "", **more: Any) -> inbox.Stored:
        """Store a message without handling it."""
        external_id = more.pop("external_id", f"x{next(_numbers)}")
        received = Received(external_id, self.urn, text, **more)
        with self.operation.connect() as connection:
            stored = inbox.store(connection, self.operation.ring, self.channel, received, now=clock.now())
            connection.commit()
        return stored

    def says(self, text: str = "", **more: Any) -> list[str]:
        """Say something, let it be handled, and give what comes back."""
        self.sends(text, **more)
        self.operation.handle()
        return self.hears()

    def messages(self) -> list[tuple[UUID, str, tuple[Any, ...], str]]:
        """Everything said to this phone, oldest first: (id, text, choices, step)."""
        rows = self.operation.rows(
            "SELECT m.id, m.content_sealed, m.step FROM message_out m LEFT JOIN pending_out p ON p.message_id = m.id"
            " WHERE m.contact_id = %s ORDER BY m.created_at, p.seq",
            self.contact_id,
        )
        return [(row[0], *contents.open_out(self.operation.ring, row[0], row[1]), row[2]) for row in rows]

    def hears(self) -> list[str]:
        """What was said since the last look."""
        fresh = [message for message in self.messages() if message[0] not in self.seen]
        self.seen.update(message[0] for message in fresh)
        return [message[1] for message in fresh]

    def answers(self) -> dict[str, Any]:
        """Question to value; personal values opened."""
        rows = self.operation.rows(
            "SELECT a.question, a.id, a.value, a.value_sealed, a.missing FROM answer a JOIN run r ON r.id = a.run_id"
            " WHERE r.contact_id = %s ORDER BY a.answered_at, a.position",
            self.contact_id,
        )
        ring = self.operation.ring
        return {
            question: f"({missing})"
            if missing
            else (ring.open("answer.value", answer_id, sealed) if sealed else value)
            for question, answer_id, value, sealed, missing in rows
        }

    def dispositions(self) -> list[tuple[str, str | None]]:
        """Flow and how its run ended, oldest first."""
        rows = self.operation.rows(
            "SELECT f.code, r.disposition FROM run r JOIN flow_revision v ON v.id = r.revision_id"
            " JOIN flow f ON f.id = v.flow_id WHERE r.contact_id = %s ORDER BY r.id",
            self.contact_id,
        )
        return [(row[0], row[1]) for row in rows]
