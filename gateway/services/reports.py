"""Delivery reports: each kept once, and a status that never moves backwards."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from gateway.channels.base import Delivery, Report
from gateway.db import Connection
from gateway.models.messages import RANK, Status

# A report in our words. A message that the provider queues or sends is with the provider: for us it is sent.
STATUS = {
    Delivery.QUEUED: Status.SENT,
    Delivery.SENDING: Status.SENT,
    Delivery.SENT: Status.SENT,
    Delivery.DELIVERED: Status.DELIVERED,
    Delivery.READ: Status.READ,
    Delivery.FAILED: Status.FAILED,
    Delivery.INVALID_NUMBER: Status.INVALID_NUMBER,
    Delivery.OPTED_OUT: Status.OPTED_OUT,
}
_END = RANK[Status.DELIVERED]

# The row of the message is locked first, so that two reports of one message are kept one after the other.
_RECORD = """
WITH message AS (
    SELECT id, rank, urn_id FROM message_out WHERE id = %(message)s AND channel_id = %(channel)s FOR UPDATE
), moved AS (
    UPDATE message_out m SET
        status = %(status)s, rank = %(rank)s, reason = coalesce(%(code)s, m.reason),
        external_id = coalesce(m.external_id, %(external)s),
        sent_at = coalesce(m.sent_at, %(now)s),
        done_at = CASE WHEN %(ended)s THEN %(now)s ELSE m.done_at END
    FROM message WHERE m.id = message.id AND message.rank < %(rank)s
    RETURNING m.id
), left_queue AS (
    -- The provider speaks of the message, so it has it: whatever its sender knew, nothing is sent again.
    DELETE FROM pending_out p USING message WHERE p.message_id = message.id
), kept AS (
    INSERT INTO delivery_report (message_id, status, provider_status, code, counted, provider_at)
    SELECT id, %(word)s, %(provider)s, %(code)s, EXISTS (SELECT 1 FROM moved), %(at)s FROM message
    ON CONFLICT DO NOTHING
    RETURNING message_id
)"""
# What a report says of the address is kept with it, in one statement: once, and even when it comes too late to change
# the message. A repeated report must not close an address again that the person opened meanwhile.
_OPT_OUT = """, remembered AS (
    INSERT INTO opt_out (id, organisation_id, address_index, source, opted_out_at)
    SELECT gen_random_uuid(), u.organisation_id, u.address_index, 'provider', %(now)s
    FROM kept, message JOIN contact_urn u ON u.id = message.urn_id
    ON CONFLICT DO NOTHING
)"""
_UNREACHABLE = """, remembered AS (
    UPDATE contact_urn u SET reachable = false FROM kept, message WHERE u.id = message.urn_id
)"""
_ALSO = {Status.OPTED_OUT: _OPT_OUT, Status.INVALID_NUMBER: _UNREACHABLE}
_ANSWER = " SELECT EXISTS (SELECT 1 FROM moved)"
_STATEMENTS = {status: _RECORD + _ALSO.get(status, "") + _ANSWER for status in STATUS.values()}


def record(connection: Connection, channel_id: UUID, report: Report, *, now: datetime) -> bool:
    """Keep a report. True when it changed the message; late, repeated and foreign reports change nothing."""
    message_id = _uuid(report.message_id)
    if message_id is None:
        return False
    status = STATUS[report.status]
    row = connection.execute(
        _STATEMENTS[status],
        {
            "message": message_id,
            "channel": channel_id,
            "status": status,
            "rank": RANK[status],
            "code": report.code,
            "external": report.external_id,
            "ended": RANK[status] >= _END,
            "now": now,
            "word": report.status,
            "provider": report.provider_status,
            "at": report.at,
        },
        prepare=True,
    ).fetchone()
    return row is not None and bool(row[0])


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
