"""Storing what people send: durably, once, and in order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway import ids
from gateway.channels.base import Event, EventKind, Received, Report
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.models.contacts import SLOTS
from gateway.services import contents, reports
from gateway.services.channels import ChannelRow

NAME = "contact.name"
ADDRESS = "contact_urn.address"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a message went. `new` is False when it had been stored before: nothing changed then."""

    message_id: UUID
    contact_id: UUID
    slot: int
    new: bool


# One statement for the common case: a known address and a new message. It gives no row when the address is
# unknown, or when the provider delivers a message again.
_STORE = """
WITH urn AS (
    SELECT id, contact_id, slot FROM contact_urn WHERE organisation_id = %(organisation)s AND address_index = %(index)s
), message AS (
    INSERT INTO message_in (id, organisation_id, channel_id, contact_id, urn_id, external_id, content_sealed,
                            sent_at, received_at)
    SELECT %(id)s, %(organisation)s, %(channel)s, contact_id, id, %(external)s, %(content)s, %(sent)s, %(now)s FROM urn
    ON CONFLICT (channel_id, external_id) DO NOTHING
    RETURNING id, contact_id
), pending AS (
    INSERT INTO pending_in (message_id, contact_id, slot, due_at)
    SELECT message.id, message.contact_id, urn.slot, %(now)s FROM message, urn
)
SELECT message.contact_id, urn.slot FROM message, urn
"""

_EARLIER = """
SELECT m.id, m.contact_id, u.slot FROM message_in m JOIN contact_urn u ON u.id = m.urn_id
WHERE m.channel_id = %s AND m.external_id = %s
"""


def store(
    connection: Connection, ring: Keyring, channel: ChannelRow, received: Received, *, now: datetime
) -> Stored:
    """Store one message and mark it as pending. Call it again with the same message, and nothing happens."""
    message_id, external_id = ids.new(), _storable(received.external_id)
    values = {
        "id": message_id,
        "organisation": channel.organisation_id,
        "channel": channel.id,
        "index": ring.index(received.urn),
        "external": external_id,
        "content": ring.seal(contents.PLACE_IN, message_id, contents.pack_in(received)),
        "sent": received.sent_at,
        "now": now,
    }
    for _ in range(2):
        row = connection.execute(_STORE, values, prepare=True).fetchone()
        if row is not None:
            return Stored(message_id, row[0], row[1], new=True)
        earlier = connection.execute(_EARLIER, [channel.id, external_id]).fetchone()
        if earlier is not None:
            return Stored(earlier[0], earlier[1], earlier[2], new=False)
        know(connection, ring, channel.organisation_id, received.urn, name=received.display_name)
    raise RuntimeError("an address was written and is not there")


LONGEST_ID = 200


def _storable(external_id: str) -> str:
    """A provider's id as the column and its index can hold it: one that is too long or unprintable as its digest.

    A message that cannot be stored would be delivered, or replayed, for ever, with all others waiting behind it.
    """
    if len(external_id) <= LONGEST_ID and external_id.isprintable():
        return external_id
    return hashlib.sha256(external_id.encode("utf-8", "surrogatepass")).hexdigest()


_KNOW = """
WITH person AS (
    INSERT INTO contact (id, organisation_id, name_sealed, language)
    VALUES (%(contact)s, %(organisation)s, %(name)s, %(language)s)
)
INSERT INTO contact_urn (id, organisation_id, contact_id, scheme, address_index, address_sealed, slot)
VALUES (%(urn)s, %(organisation)s, %(contact)s, %(scheme)s, %(index)s, %(address)s, %(slot)s)
"""


def know(
    connection: Connection,
    ring: Keyring,
    organisation_id: UUID,
    urn: str,
    *,
    name: str | None = None,
    language: str | None = None,
) -> tuple[UUID, UUID]:
    """Return (contact id, URN id) of an address, making both when it is new."""
    index = ring.index(urn)
    with connection.transaction():
        # Two webhooks of a new number may arrive at once: the second waits here and finds the first one's contact.
        connection.execute(
            "SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(index[:8], "big", signed=True)]
        )
        found = connection.execute(
            "SELECT contact_id, id FROM contact_urn WHERE organisation_id = %s AND address_index = %s",
            [organisation_id, index],
        ).fetchone()
        if found is not None:
            return found[0], found[1]
        contact_id, urn_id = ids.new(), ids.new()
        connection.execute(
            _KNOW,
            {
                "contact": contact_id,
                "organisation": organisation_id,
                "name": ring.seal(NAME, contact_id, name) if name else None,
                "language": language,
                "urn": urn_id,
                "scheme": urn.partition(":")[0],
                "index": index,
                "address": ring.seal(ADDRESS, urn_id, urn),
                "slot": slot_of(contact_id),
            },
        )
    return contact_id, urn_id


def slot_of(contact_id: UUID) -> int:
    """The slot (0 … 1023) of a contact; all messages of one contact fall into one shard."""
    return contact_id.int % SLOTS


def note_event(connection: Connection, ring: Keyring, organisation_id: UUID, event: Event) -> None:
    """Keep that a person blocked or unblocked us."""
    connection.execute(
        "UPDATE contact_urn SET reachable = %s WHERE organisation_id = %s AND address_index = %s",
        [event.kind is EventKind.UNBLOCKED, organisation_id, ring.index(event.urn)],
    )


MISSED_CALL = "missed_call"  # as services.triggers.Happening has it
_MISSED_CALL = """
INSERT INTO trigger_event (id, organisation_id, kind, object_id, contact_id, channel_id, at, due_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def note_missed_call(
    connection: Connection, ring: Keyring, channel: ChannelRow, event: Event, *, now: datetime
) -> None:
    """Keep that somebody rang and hung up: once an hour, however often they do."""
    contact_id, _ = know(connection, ring, channel.organisation_id, event.urn)
    hour = ids.derive(channel.id, f"{MISSED_CALL}:{now:%Y%m%d%H}")
    connection.execute(
        _MISSED_CALL,
        [ids.new(), channel.organisation_id, MISSED_CALL, hour, contact_id, channel.id, now, now],
    )


def keep(
    connection: Connection,
    ring: Keyring,
    channel: ChannelRow,
    items: Sequence[Received | Report | Event],
    *,
    now: datetime,
) -> set[int]:
    """Keep everything that one request brought; returns the slots that have something new to handle."""
    slots = set()
    for item in items:
        match item:
            case Received():
                stored = store(connection, ring, channel, item, now=now)
                if stored.new:
                    slots.add(stored.slot)
            case Report():
                reports.record(connection, channel.id, item, now=now)
            case Event(kind=EventKind.MISSED_CALL):
                note_missed_call(connection, ring, channel, item, now=now)
            case Event():
                note_event(connection, ring, channel.organisation_id, item)
    return slots
