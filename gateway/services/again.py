"""Offering a flow once more to people of a round who did not react, as often as the flow says.

Whoever said STOP, refused or answered is left alone: only silence is asked again, a day later, in the same round.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from gateway.db import Connection
from gateway.services import conversation, dispositions
from gateway.services.conversation import Done
from gateway.services.dispositions import Again, Cause
from gateway.services.people import House

BUSY = timedelta(hours=6)  # while the person is in another conversation


def offer(connection: Connection, house: House, one: Again, *, now: datetime) -> Done:
    """Offer a respondent their flow again; where that cannot be, they stay as they are."""
    found = house.channels.get(connection, one.channel_id)
    dispositions.put_off(connection, [one.id], until=None)
    if found is None or one.round_id is None or not _is_open(connection, one.round_id, now):
        return Done(0)
    done = conversation.start(
        connection,
        house,
        [one.contact_id],
        one.revision_id,
        channel=found[0],
        round_id=one.round_id,
        why=Cause.OFFERED_AGAIN,
        now=now,
    )
    if done.count == 0 and _is_talking(connection, one.contact_id):
        dispositions.put_off(connection, [one.id], until=now + BUSY)
    return done


def _is_open(connection: Connection, round_id: UUID, now: datetime) -> bool:
    row = connection.execute(
        "SELECT 1 FROM survey_round WHERE id = %s AND (closes_at IS NULL OR closes_at > %s)", [round_id, now]
    ).fetchone()
    return row is not None


def _is_talking(connection: Connection, contact_id: UUID) -> bool:
    row = connection.execute(
        "SELECT 1 FROM session WHERE contact_id = %s AND ended_at IS NULL", [contact_id]
    ).fetchone()
    return row is not None
