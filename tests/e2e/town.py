"""People with simulated phones in an operation, and a round of questions that all of them are asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import UUID

from gateway import clock, ids
from gateway.models.messages import Lane
from gateway.queue import Waker
from gateway.services import channels, conversation, inbox
from gateway.services.people import House as Rooms
from tests.e2e.house import House

SURVEY = "monitoring_services"
LANGUAGES = ("eng", "urd", "pus", "prs", "arb")
SCHEMES = {"twilio": "tel", "telegram": "telegram"}
ANSWERING = {"digits": 5.0, "latin": 3.0}
BATCH = 50

# A conversation that is still open, of somebody who can still answer: they heard our last question.
_OPEN = """
SELECT count(*) FROM session s WHERE s.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM message_out m LEFT JOIN pending_out p ON p.message_id = m.id
    WHERE m.contact_id = s.contact_id AND m.status = 'uncertain' AND p.seq IS NULL
)
"""
_WAITING = "SELECT (SELECT count(*) FROM pending_in) + (SELECT count(*) FROM pending_out)"


@dataclass
class Town:
    """Everybody who was invited.

    Attributes:
        silent: how many of them never answer.
    """

    house: House
    contacts: dict[str, list[UUID]] = field(default_factory=dict)
    silent: int = 0
    round_id: UUID = field(default_factory=ids.new)

    def invite(
        self, channel: str, count: int, *, mix: dict[str, float] | None = None, **plan: Any
    ) -> list[str]:
        """Let people in who wait to be written to, and know them by address and language."""
        plan = {"languages": list(LANGUAGES), "think": 0.3, "spread": 0.5, "rounds": 0} | plan
        addresses = self.house.fakes.invite(channel=channel, count=count, mix=mix or ANSWERING, **plan)
        habits = {person["address"]: person["habit"] for person in self.house.fakes.people()}
        self.silent += sum(habits[address] == "never" for address in addresses)
        urns = [f"{SCHEMES[channel]}:{address}" for address in addresses]
        spoken = cycle(plan["languages"])
        self.contacts.setdefault(channel, []).extend(map(self.know, urns, spoken))
        return addresses

    def know(self, urn: str, language: str) -> UUID:
        """Make a contact, and give its id."""
        house = self.house
        with house.connect() as connection:
            return inbox.know(connection, house.ring, house.organisation_id, urn, language=language)[0]

    def ask(self) -> None:
        """Open a round, and ask everybody its first question."""
        house, revision_id = self.house, self.house.revisions[SURVEY]
        rooms, waker = Rooms(house.ring), Waker.of(house.settings)
        with house.connect() as connection:
            connection.execute(
                "INSERT INTO survey_round (id, organisation_id, revision_id, name, opens_at)"
                " VALUES (%s, %s, %s, 'A round', %s)",
                [self.round_id, house.organisation_id, revision_id, clock.now()],
            )
            for kind, contacts in self.contacts.items():
                channel = channels.load(connection, house.ring, house.channels[kind])
                assert channel is not None
                for start in range(0, len(contacts), BATCH):
                    conversation.start(
                        connection,
                        rooms,
                        contacts[start : start + BATCH],
                        revision_id,
                        channel=channel,
                        lane=Lane.BULK,
                        round_id=self.round_id,
                        now=clock.now(),
                    )
                    connection.commit()
                    waker.outbox(channel.id)
        waker.redis.close()

    def said(self) -> int:
        """How many messages people sent so far."""
        return int(self.house.fakes.counts()["people"].get("said", 0))

    def wait_for_talk(self, messages: int, *, within: float = 20) -> None:
        """Wait until so many messages were sent: the town is in the middle of it."""
        self.house.wait(lambda: self.said() >= messages, within=within, what=f"{messages} messages of people")

    def is_over(self) -> bool:
        """Whether everybody who answers has come to an end, and nothing waits anywhere."""
        return (
            self.house.fakes.counts()["under_way"] == 0
            and self.house.one(_WAITING) == 0
            and self.house.one(_OPEN) <= self.silent
        )

    def wait_until_over(self, *, within: float) -> None:
        self.house.wait(self.is_over, within=within, what="the end of all conversations", hurt=self.open_ends)

    def open_ends(self) -> str:
        """Who is stuck where."""
        rows = self.house.rows(
            "SELECT s.contact_id, s.channel_id, array_agg(m.step || ' ' || m.status ORDER BY m.created_at)"
            " FROM session s JOIN message_out m ON m.contact_id = s.contact_id WHERE s.ended_at IS NULL GROUP BY 1, 2"
            " LIMIT 10"
        )
        kinds = {channel_id: kind for kind, channel_id in self.house.channels.items()}
        waiting = self.house.one(_WAITING)
        lines = [f"{waiting} rows wait in queues; {self.silent} people never answer; open conversations:"]
        return "\n".join(
            [*lines, *(f"{contact} ({kinds[channel]}): {steps}" for contact, channel, steps in rows)]
        )
