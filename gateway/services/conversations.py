"""Reading conversations: who wrote last, and what was said in both directions. Addresses come masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.crypto import Keyring
from gateway.models.channels import Channel
from gateway.models.contacts import Consent, Contact, ContactUrn, OptOut
from gateway.models.messages import MessageIn, MessageOut, PendingIn
from gateway.services import contents
from gateway.services.clearance import Clearance
from gateway.services.inbox import ADDRESS, NAME
from gateway.services.listing import Orders, Part
from gateway.urns import mask

BUBBLES = 60  # messages shown at once
MESSENGERS = frozenset({"telegram", "whatsapp", "messenger"})  # kinds of channel that do not count in SMS


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact in the list. `addresses` are masked: scheme and the last digits."""

    id: UUID
    addresses: tuple[tuple[str, str], ...]
    language: str | None
    last_seen_at: datetime
    stopped: bool
    careful: bool


@dataclass(frozen=True, slots=True)
class Agreed:
    """One decision about one purpose. `wording`: id of the text that was agreed to or refused."""

    purpose: str
    given: bool
    wording: str
    language: str
    channel_kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stopped:
    """One stretch of time without texts to an address."""

    address: str
    source: str
    since: datetime
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a contact, the address masked and the name left out."""

    id: UUID
    addresses: tuple[tuple[str, str], ...]
    reachable: bool
    simulated: bool
    named: bool
    language: str | None
    area: str | None
    sex: str | None
    age_band: str | None
    discreet: bool
    no_autoreply: bool
    safe_to_text: str
    safe_to_call: str
    safe_time: str | None
    last_seen_at: datetime | None
    consents: list[Agreed]
    stops: list[Stopped]

    @property
    def stopped(self) -> bool:
        """Whether an opt-out stands."""
        return any(stop.lifted_at is None for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Identity:
    """A contact's name and addresses, in full."""

    name: str | None
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message in either direction.

    Attributes:
        direction: "in" or "out".
        status: of an outgoing message its status word; of an incoming one "waiting", "handled" or "parked".
        choices: code and label of the buttons beneath it.
        pressed: code of the button that the person pressed instead of writing.
        attachments: kinds of what came with it ("audio", "image", "place" …).
        language: None for incoming messages: nobody knows in which language a person writes.
        sealed: part of a sealed case.
    """

    id: UUID
    direction: str
    at: datetime
    text: str
    status: str
    channel: str
    channel_kind: str
    choices: tuple[tuple[str, str], ...] = ()
    pressed: str | None = None
    attachments: tuple[str, ...] = ()
    language: str | None = None
    reason: str | None = None
    segments: int = 0
    sealed: bool = False
    sent_at: datetime | None = None
    order: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def counted(self) -> bool:
        """Whether its channel counts in SMS; messengers do not."""
        return self.channel_kind not in MESSENGERS


@dataclass(frozen=True, slots=True)
class Exchange:
    """A stretch of a conversation, the oldest message first. `earlier`: the time to look before for more."""

    bubbles: list[Bubble]
    earlier: datetime | None


LATEST = Part("seen", descending=True)
_ORDERS: Orders = {
    "seen": (Contact.last_seen_at, Contact.id),
    "language": (Contact.language, Contact.last_seen_at, Contact.id),
}


def contacts(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    part: Part = LATEST,
    *,
    language: str | None = None,
    careful: bool = False,
) -> tuple[list[ContactLine], bool]:
    """Return one page of the contacts that have written, and whether there are more behind it.

    Args:
        connection: the page's.
        ring: opens the addresses, which leave masked.
        organisation_id: the reader's.
        part: which page, in which order: "seen" or "language".
        language: only those who chose it.
        careful: only those whom it takes care to write to.
    """
    statement = sa.select(
        Contact.id,
        Contact.language,
        Contact.last_seen_at,
        is_careful().label("careful"),
        is_stopped(Contact.id).label("stopped"),
    ).where(Contact.organisation_id == organisation_id, Contact.last_seen_at.is_not(None))
    if language:
        statement = statement.where(Contact.language == language)
    if careful:
        statement = statement.where(is_careful())
    shown, more = part.cut(connection.execute(part.of(statement, _ORDERS)).all())
    masked = addresses(connection, ring, [row.id for row in shown])
    lines = [
        ContactLine(row.id, masked.get(row.id, ()), row.language, row.last_seen_at, row.stopped, row.careful)
        for row in shown
    ]
    return lines, more


def addresses(
    connection: sa.Connection, ring: Keyring, contact_ids: Iterable[UUID]
) -> dict[UUID, tuple[tuple[str, str], ...]]:
    """Return (scheme, masked address) pairs by contact."""
    found: dict[UUID, tuple[tuple[str, str], ...]] = {}
    for row in _urns(connection, contact_ids):
        pair = (row.scheme, mask(ring.open(ADDRESS, row.id, row.address_sealed)))
        found[row.contact_id] = (*found.get(row.contact_id, ()), pair)
    return found


def person(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, contact_id: UUID
) -> Person | None:
    """Read a contact; None when there is none in this organisation."""
    row = connection.execute(
        sa.select(Contact).where(Contact.id == contact_id, Contact.organisation_id == organisation_id)
    ).first()
    if row is None:
        return None
    urns = _urns(connection, [contact_id])
    shown = {urn.id: (urn.scheme, mask(ring.open(ADDRESS, urn.id, urn.address_sealed))) for urn in urns}
    return Person(
        id=row.id,
        addresses=tuple(shown.values()),
        reachable=any(urn.reachable for urn in urns),
        simulated=any(urn.scheme == "simulator" for urn in urns),
        named=row.name_sealed is not None,
        language=row.language,
        area=row.area,
        sex=row.sex,
        age_band=row.age_band,
        discreet=row.discreet,
        no_autoreply=row.no_autoreply,
        safe_to_text=row.safe_to_text,
        safe_to_call=row.safe_to_call,
        safe_time=row.safe_time,
        last_seen_at=row.last_seen_at,
        consents=_consents(connection, contact_id),
        stops=_stops(connection, contact_id, shown),
    )


def identity(connection: sa.Connection, ring: Keyring, contact_id: UUID) -> Identity:
    """Read a contact's name and addresses in full. Whoever calls this writes it into the audit."""
    sealed = connection.scalar(sa.select(Contact.name_sealed).where(Contact.id == contact_id))
    opened = [ring.open(ADDRESS, urn.id, urn.address_sealed) for urn in _urns(connection, [contact_id])]
    return Identity(
        name=ring.open(NAME, contact_id, sealed) if sealed is not None else None,
        addresses=tuple(urn.partition(":")[2] for urn in opened),
    )


def exchange(
    connection: sa.Connection,
    ring: Keyring,
    contact_id: UUID,
    clearance: Clearance,
    *,
    before: datetime | None = None,
) -> Exchange:
    """Read what was said, up to a time; words that are not for this reader are left out."""
    found = [
        *_heard(connection, ring, contact_id, clearance, before),
        *_said(connection, ring, contact_id, clearance, before),
    ]
    found.sort(key=lambda bubble: bubble.order)
    shown = _in_words(found)[-BUBBLES:]
    return Exchange(shown, shown[0].at if len(found) > BUBBLES else None)


def _in_words(bubbles: list[Bubble]) -> list[Bubble]:
    """Write a pressed button as its label, which stands in the message that offered it."""
    labels: dict[str, str] = {}
    written = []
    for bubble in bubbles:
        labels.update(bubble.choices)
        pressed = bubble.pressed if not bubble.text else None
        written.append(replace(bubble, text=labels.get(pressed, pressed)) if pressed else bubble)
    return written


def _heard(
    connection: sa.Connection,
    ring: Keyring,
    contact_id: UUID,
    clearance: Clearance,
    before: datetime | None,
) -> list[Bubble]:
    rows = connection.execute(
        sa.select(
            MessageIn.id,
            MessageIn.content_sealed,
            MessageIn.sealed,
            MessageIn.received_at,
            MessageIn.parked_at,
            MessageIn.parked_code,
            Channel.name,
            Channel.kind,
            sa.exists().where(PendingIn.message_id == MessageIn.id).label("waiting"),
        )
        .outerjoin(Channel, Channel.id == MessageIn.channel_id)
        .where(
            MessageIn.contact_id == contact_id,
            clearance.words(contact_id),
            *((MessageIn.received_at < before,) if before else ()),
        )
        .order_by(MessageIn.received_at.desc(), MessageIn.id.desc())
        .limit(BUBBLES + 1)
    )
    return [_bubble_in(ring, row) for row in rows]


def _bubble_in(ring: Keyring, row: Any) -> Bubble:
    said = contents.open_in(ring, row.id, row.content_sealed)
    kinds = [str(item.get("kind", "file")) for item in said.attachments]
    return Bubble(
        id=row.id,
        direction="in",
        at=row.received_at,
        text=said.text,
        pressed=said.choice,
        status="parked" if row.parked_at else "waiting" if row.waiting else "handled",
        channel=row.name or "",
        channel_kind=row.kind or "",
        attachments=tuple(kinds + ["place"] * (said.place is not None)),
        reason=row.parked_code,
        sealed=row.sealed,
        order=(row.received_at, 0, row.received_at, row.id.int),
    )


def _said(
    connection: sa.Connection,
    ring: Keyring,
    contact_id: UUID,
    clearance: Clearance,
    before: datetime | None,
) -> list[Bubble]:
    rows = connection.execute(
        sa.select(
            MessageOut.id,
            MessageOut.content_sealed,
            MessageOut.sealed,
            MessageOut.language,
            MessageOut.status,
            MessageOut.reason,
            MessageOut.segments,
            MessageOut.created_at,
            MessageOut.sent_at,
            Channel.name,
            Channel.kind,
        )
        .outerjoin(Channel, Channel.id == MessageOut.channel_id)
        .where(
            MessageOut.contact_id == contact_id,
            clearance.unsealed(MessageOut.sealed),
            *((MessageOut.created_at < before,) if before else ()),
        )
        .order_by(MessageOut.created_at.desc(), MessageOut.id.desc())
        .limit(BUBBLES + 1)
    )
    return [_bubble_out(ring, row) for row in rows]


def _bubble_out(ring: Keyring, row: Any) -> Bubble:
    text, choices = contents.open_out(ring, row.id, row.content_sealed)
    return Bubble(
        id=row.id,
        direction="out",
        at=row.created_at,
        text=text,
        status=row.status,
        channel=row.name or "",
        channel_kind=row.kind or "",
        choices=tuple((choice.code, choice.label) for choice in choices),
        language=row.language,
        reason=row.reason,
        segments=row.segments,
        sealed=row.sealed,
        sent_at=row.sent_at,
        order=(
            row.created_at,
            1,
            row.sent_at or datetime.max.replace(tzinfo=row.created_at.tzinfo),
            row.id.int,
        ),
    )


def _urns(connection: sa.Connection, contact_ids: Iterable[UUID]) -> list[Any]:
    rows = connection.execute(
        sa.select(
            ContactUrn.id,
            ContactUrn.contact_id,
            ContactUrn.scheme,
            ContactUrn.address_sealed,
            ContactUrn.reachable,
        )
        .where(ContactUrn.contact_id.in_(list(contact_ids)))
        .order_by(ContactUrn.id)
    )
    return list(rows)


def _consents(connection: sa.Connection, contact_id: UUID) -> list[Agreed]:
    rows = connection.execute(
        sa.select(
            Consent.purpose,
            Consent.given,
            Consent.wording,
            Consent.language,
            Consent.channel_kind,
            Consent.created_at,
        )
        .where(Consent.contact_id == contact_id)
        .order_by(Consent.created_at.desc(), Consent.id.desc())
    )
    return [Agreed(*row) for row in rows]


def _stops(connection: sa.Connection, contact_id: UUID, shown: dict[UUID, tuple[str, str]]) -> list[Stopped]:
    rows = connection.execute(
        sa.select(ContactUrn.id, OptOut.source, OptOut.opted_out_at, OptOut.lifted_at)
        .join(
            OptOut,
            sa.and_(
                OptOut.organisation_id == ContactUrn.organisation_id,
                OptOut.address_index == ContactUrn.address_index,
            ),
        )
        .where(ContactUrn.contact_id == contact_id)
        .order_by(OptOut.opted_out_at.desc())
    )
    return [Stopped(shown[row.id][1], row.source, row.opted_out_at, row.lifted_at) for row in rows]


def is_careful() -> sa.ColumnElement[bool]:
    """Return the condition that a contact has a safety note that must be read before writing or calling."""
    return sa.or_(Contact.discreet, Contact.no_autoreply, Contact.safe_to_text == "no")


def is_stopped(contact_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that an opt-out stands on an address of a contact (an id, or a column of ids)."""
    return (
        sa.exists()
        .where(
            ContactUrn.contact_id == contact_id,
            OptOut.organisation_id == ContactUrn.organisation_id,
            OptOut.address_index == ContactUrn.address_index,
            OptOut.lifted_at.is_(None),
        )
        .correlate(Contact)
    )
