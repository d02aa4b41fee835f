"""Rows as they lie in the queues, for tests that look at one part of the way only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway import clock, ids
from gateway.models.messages import Lane
from gateway.services import contents
from tests.integration.operation import Operation, Phone


def queue(
    operation: Operation,
    phone: Phone,
    text: str = "Hello",
    *,
    lane: Lane = Lane.REPLY,
    at: datetime | None = None,
    lasts: timedelta = timedelta(hours=24),
    **more: Any,
) -> UUID:
    """Put a message on the queue; `more` are columns of its place there."""
    message_id, at = ids.new(), at or clock.now() - timedelta(seconds=5)
    place = {
        "message_id": message_id,
        "channel_id": phone.channel.id,
        "organisation_id": operation.id,
        "contact_id": phone.contact_id,
        "lane": lane,
        "segments": 1,
        "due_at": at,
        "expires_at": at + lasts,
        **more,
    }
    content = contents.seal_out(operation.ring, message_id, text)
    with operation.connect() as connection:
        connection.execute(
            "INSERT INTO message_out (id, organisation_id, channel_id, contact_id, urn_id, step, language,"
            " content_sealed, segments, lane, created_at) VALUES (%s, %s, %s, %s, %s, 'test', 'eng', %s, 1, %s, %s)",
            [message_id, operation.id, phone.channel.id, phone.contact_id, phone.urn_id, content, lane, at],
        )
        names, marks = ", ".join(place), ", ".join(["%s"] * len(place))
        connection.execute(f"INSERT INTO pending_out ({names}) VALUES ({marks})", list(place.values()))
        connection.commit()
    return message_id


def status(operation: Operation, message_id: UUID) -> str:
    """Where a message stands."""
    found: str = operation.one("SELECT status FROM message_out WHERE id = %s", message_id)
    return found


def in_queue(operation: Operation, message_id: UUID) -> dict[str, Any] | None:
    """A message's place in the queue; None when it left."""
    names = ("seq", "attempts", "due_at", "leased_until", "leased_at", "uncertain_since")
    rows = operation.rows(f"SELECT {', '.join(names)} FROM pending_out WHERE message_id = %s", message_id)
    return dict(zip(names, rows[0], strict=True)) if rows else None
