"""Simulated phones: invented people whom staff play, on the same way through the house as everybody else.

A phone is an address of the scheme "simulator" that names whose it is and of which kind:
`simulator:<staff id>.<kind>.<number>`. It goes by a channel of the kind "simulator", one that shows buttons
or one that does not. The simulator shows a phone to nobody but the member of staff who opened it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from gateway import segments
from gateway.channels.base import Received
from gateway.crypto import Keyring
from gateway.models.contacts import Contact, ContactUrn
from gateway.models.flows import Flow, FlowRevision
from gateway.models.messages import Lane, PendingIn, PendingOut
from gateway.services import channels, conversation, conversations, inbox
from gateway.services.bridge import plain
from gateway.services.channels import ChannelRow, NewChannel
from gateway.services.clearance import Clearance
from gateway.services.conversations import Bubble
from gateway.services.flow_store import Library
from gateway.services.people import House
from gateway.services.round_questions import wording

ADAPTER = "simulator"
LONGEST_TEXT = 1600
# What a member of staff invented hides nothing from its inventor, not even what became a sealed case.
OWN = Clearance(frozenset({"S0", "S1", "S2", "S3"}), sealed=True)


class PhoneKind(StrEnum):
    """What the phone can show."""

    SMS = "sms"
    MESSENGER = "messenger"


NAMES = {PhoneKind.SMS: "Simulated SMS phones", PhoneKind.MESSENGER: "Simulated messenger phones"}


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A flow that can be tried."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on a phone. `size`: what it takes as SMS; None on a messenger, which does not count."""

    bubble: Bubble
    size: segments.Size | None


@dataclass(frozen=True, slots=True)
class Phone:
    """A simulated phone with what was said. `busy`: a message is still on its way in either direction."""

    contact_id: UUID
    urn: str
    kind: PhoneKind
    language: str | None
    stopped: bool
    busy: bool
    messages: list[Shown]

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """The buttons under the last message that came, when nothing was answered after it."""
        last = self.messages[-1].bubble if self.messages else None
        return last.choices if last is not None and last.direction == "out" else ()


def flows(
    connection: sa.Connection, library: Library, organisation_id: UUID, language: str
) -> list[FlowLine]:
    """Return the flows that the organisation has published, with titles in a language where they have it."""
    rows = connection.execute(
        sa.select(FlowRevision.id, Flow.code)
        .join(Flow, Flow.id == FlowRevision.flow_id)
        .where(Flow.organisation_id == organisation_id)
        .order_by(FlowRevision.number)
    )
    newest = {row.code: row.id for row in rows.all()}  # A later number replaces an earlier one.
    hot = plain(connection)
    lines = [
        FlowLine(code, wording(library.flow(hot, revision_id).title, language)[0])
        for code, revision_id in newest.items()
    ]
    return sorted(lines, key=lambda line: line.title)


def open_phone(
    connection: sa.Connection,
    ring: Keyring,
    *,
    organisation_id: UUID,
    staff_id: UUID,
    kind: PhoneKind,
    language: str | None,
) -> UUID:
    """Invent a person with a phone and return the contact's id. `language` None: nobody asked them yet."""
    urn = f"{ADAPTER}:{staff_id.hex}.{kind}.{secrets.token_hex(4)}"
    contact_id, _ = inbox.know(plain(connection), ring, organisation_id, urn, language=language)
    return contact_id


def channel(connection: sa.Connection, ring: Keyring, organisation_id: UUID, kind: PhoneKind) -> ChannelRow:
    """Return the channel that simulated phones of a kind go by; it is made when first needed."""
    # Two first phones at once must not make two channels.
    lock = int.from_bytes(organisation_id.bytes[:8], "big", signed=True)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    hot = plain(connection)
    for found in channels.load_all(hot, ring):
        if found.organisation_id == organisation_id and _serves(found, kind):
            return found
    new = NewChannel(
        kind=ADAPTER,
        name=NAMES[kind],
        address=f"simulator-{kind}",
        config={"secret": secrets.token_urlsafe(32), "buttons": kind is PhoneKind.MESSENGER},
        rate=1000.0,
    )
    made = channels.load(hot, ring, channels.create(hot, ring, organisation_id, new))
    assert made is not None  # noqa: S101 - it was written in this transaction
    return made


def phone(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, staff_id: UUID, contact_id: UUID
) -> Phone | None:
    """Read a phone; None when there is none, or somebody else opened it."""
    row = connection.execute(
        sa.select(ContactUrn.id, ContactUrn.address_sealed, Contact.language)
        .join(Contact, Contact.id == ContactUrn.contact_id)
        .where(
            Contact.id == contact_id,
            Contact.organisation_id == organisation_id,
            ContactUrn.scheme == ADAPTER,
        )
    ).first()
    urn = ring.open(inbox.ADDRESS, row.id, row.address_sealed) if row is not None else ""
    owner, _, rest = urn.partition(":")[2].partition(".")
    if row is None or owner != staff_id.hex:
        return None
    kind = PhoneKind(rest.partition(".")[0])
    bubbles = conversations.exchange(connection, ring, contact_id, OWN).bubbles
    return Phone(
        contact_id=contact_id,
        urn=urn,
        kind=kind,
        language=row.language,
        stopped=connection.execute(sa.select(conversations.is_stopped(contact_id))).scalar_one(),
        busy=_busy(connection, contact_id),
        messages=[_shown(bubble, kind) for bubble in bubbles],
    )


def begin(
    connection: sa.Connection, house: House, phone: Phone, line: ChannelRow, code: str, *, now: datetime
) -> bool:
    """Let a flow write first. False: no such flow, or the phone is in a conversation or said STOP."""
    hot = plain(connection)
    revision_id = house.library.latest(hot, line.organisation_id, code)
    if revision_id is None:
        return False
    done = conversation.start(
        hot, house, [phone.contact_id], revision_id, channel=line, lane=Lane.REPLY, now=now
    )
    return done.count > 0


def say(
    connection: sa.Connection,
    ring: Keyring,
    phone: Phone,
    line: ChannelRow,
    *,
    text: str = "",
    choice: str | None = None,
    key: str,
    now: datetime,
) -> inbox.Stored:
    """Send what the invented person says on its way. The same `key` twice is one message."""
    received = Received(
        external_id=f"page-{phone.contact_id}-{key}",
        urn=phone.urn,
        text=text[:LONGEST_TEXT],
        choice=choice,
        sent_at=now,
    )
    return inbox.store(plain(connection), ring, line, received, now=now)


def _serves(found: ChannelRow, kind: PhoneKind) -> bool:
    return found.kind == ADAPTER and bool(found.settings.config.get("buttons")) is (
        kind is PhoneKind.MESSENGER
    )


def _busy(connection: sa.Connection, contact_id: UUID) -> bool:
    waits = sa.or_(
        sa.exists().where(PendingIn.contact_id == contact_id),
        sa.exists().where(PendingOut.contact_id == contact_id),
    )
    return connection.execute(sa.select(waits)).scalar_one()


def _shown(bubble: Bubble, kind: PhoneKind) -> Shown:
    return Shown(bubble, segments.size(bubble.text) if kind is PhoneKind.SMS else None)
