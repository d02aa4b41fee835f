"""Sending: claim what may leave, hand it to the provider with no transaction open, record what came of it.

A claimed message carries a lease. Whoever dies between claim and record leaves the lease behind; the sweeper then
marks the message as uncertain, because the provider may have it, and an uncertain message is never silently sent
again (see `settle`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.channels.base import Choice, Delivery, Outgoing, Sent
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.errors import Refusal, SendError
from gateway.models.messages import RANK, Lane, Status
from gateway.services import contents, dispositions, inbox
from gateway.services.channels import ChannelRow

# Seconds before the next try, by tries so far; jitter of a fifth is added. After the last one the message fails.
BACKOFF = (10, 30, 120, 600, 1800, 3600, 7200, 14400)
THROTTLE_PAUSE = timedelta(seconds=5)
FAULT_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in hand: what to send, and what is needed to record it."""

    seq: int
    message_id: UUID
    contact_id: UUID
    organisation_id: UUID
    urn_id: UUID
    lane: int
    attempts: int
    segments: int
    out: Outgoing


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one message: sent, or refused with an error."""

    claimed: Claimed
    sent: Sent | None = None
    error: SendError | None = None


# Organisations that share a channel take turns: each gets its part of every claim, whoever queued first.
_TURNS = """
WITH RECURSIVE turns AS (
    (SELECT lane, organisation_id FROM pending_out WHERE channel_id = %(channel)s
     ORDER BY lane, organisation_id LIMIT 1)
    UNION ALL
    SELECT next.lane, next.organisation_id FROM turns, LATERAL (
        SELECT lane, organisation_id FROM pending_out
        WHERE channel_id = %(channel)s AND (lane, organisation_id) > (turns.lane, turns.organisation_id)
        ORDER BY lane, organisation_id LIMIT 1
    ) next
)
SELECT lane, organisation_id FROM turns
"""

# The first message of a contact goes first: a later one waits while an earlier one of its lane is not done.
_CLAIM = """
WITH picked AS (
    SELECT p.seq FROM pending_out p
    WHERE p.channel_id = %(channel)s AND p.lane = %(lane)s AND p.organisation_id = %(organisation)s
        AND p.due_at <= %(now)s AND p.leased_until IS NULL AND p.uncertain_since IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM pending_out e
            WHERE e.contact_id = p.contact_id AND e.seq < p.seq AND e.lane = p.lane AND e.channel_id = p.channel_id
                AND (e.leased_until IS NOT NULL OR e.uncertain_since IS NOT NULL OR e.due_at > %(now)s)
        )
    ORDER BY p.seq LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE pending_out q SET leased_until = %(until)s, leased_at = %(now)s, attempts = attempts + 1
FROM picked WHERE q.seq = picked.seq
RETURNING q.seq, q.message_id, q.contact_id, q.organisation_id, q.lane, q.attempts, q.segments, q.expires_at
"""

_READ = """
SELECT m.id, m.urn_id, m.content_sealed, m.after_stop, m.status, u.address_sealed, u.reachable,
    EXISTS (
        SELECT 1 FROM opt_out o
        WHERE o.organisation_id = u.organisation_id AND o.address_index = u.address_index AND o.lifted_at IS NULL
    )
FROM message_out m JOIN contact_urn u ON u.id = m.urn_id WHERE m.id = ANY(%s)
"""


def turns(connection: Connection, channel_id: UUID) -> list[tuple[int, UUID]]:
    """Who has messages waiting on a channel: (lane, organisation), replies first."""
    return list(connection.execute(_TURNS, {"channel": channel_id}, prepare=True).fetchall())


def waits(connection: Connection, channel_id: UUID, *, now: datetime) -> bool:
    """Whether anything on a channel could leave now, if the rate allowed it."""
    row = connection.execute(
        "SELECT 1 FROM pending_out WHERE channel_id = %s AND due_at <= %s AND leased_until IS NULL"
        " AND uncertain_since IS NULL LIMIT 1",
        [channel_id, now],
        prepare=True,
    ).fetchone()
    return row is not None


def claim(
    connection: Connection,
    ring: Keyring,
    channel: ChannelRow,
    *,
    limit: int,
    now: datetime,
    lease: timedelta,
    callback_url: str,
) -> list[Claimed]:
    """Take messages of a channel into hand, replies before bulk, organisations in turn.

    What may not leave any more (the person said STOP, it waited too long) is closed on the way, with its reason.
    `callback_url` is the channel's public address for reports; each message adds its id. Nothing is returned only
    when nothing may leave now.
    """
    # One sender of a channel claims at a time: a second one would pass over the rows that the first is about to
    # lease, and take a person's later message before their earlier one.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_lock(channel.id)], prepare=True)
    while rows := _pick(connection, channel.id, limit=limit, now=now, until=now + lease):
        claimed = _sort_out(connection, ring, rows, callback_url, now=now)
        if claimed:
            return claimed
    return []


def _lock(channel_id: UUID) -> int:
    return int.from_bytes(channel_id.bytes[8:], "big", signed=True)


def _sort_out(
    connection: Connection, ring: Keyring, rows: list[tuple[Any, ...]], callback_url: str, *, now: datetime
) -> list[Claimed]:
    """Close what may not leave any more, and return the rest in order."""
    ids = [row[1] for row in rows]
    details = {row[0]: row for row in connection.execute(_READ, [ids], prepare=True)}
    refused: list[tuple[UUID, Status, str]] = []
    claimed: list[Claimed] = []
    for row in rows:
        detail = details[row[1]]
        reason = _why_not(detail, expires_at=row[7], now=now)
        if reason is not None:
            refused.append((row[1], *reason))
        else:
            claimed.append(_claimed(ring, row, detail, callback_url))
    _close(connection, refused, now=now)
    return sorted(claimed, key=lambda item: item.seq)


def _pick(
    connection: Connection, channel_id: UUID, *, limit: int, now: datetime, until: datetime
) -> list[tuple[Any, ...]]:
    waiting = turns(connection, channel_id)
    rows: list[tuple[Any, ...]] = []
    for lane in sorted({lane for lane, _ in waiting}):
        organisations = [organisation for at, organisation in waiting if at == lane]
        for left, organisation in zip(range(len(organisations), 0, -1), organisations, strict=True):
            share = -(-(limit - len(rows)) // left)
            if share > 0:
                values = {"channel": channel_id, "lane": lane, "organisation": organisation}
                values |= {"limit": share, "now": now, "until": until}
                rows += connection.execute(_CLAIM, values, prepare=True).fetchall()
    return rows


def _why_not(detail: tuple[Any, ...], *, expires_at: datetime, now: datetime) -> tuple[Status, str] | None:
    _, _, _, after_stop, status, _, reachable, opted_out = detail
    if RANK[Status(status)] >= RANK[Status.SENT]:
        return Status(status), "done already"
    if opted_out and not after_stop:
        return Status.OPTED_OUT, "the person said STOP"
    if not reachable:
        return Status.CANCELLED, "the address is not reachable"
    if expires_at <= now:
        return Status.EXPIRED, "it waited too long"
    return None


def _claimed(ring: Keyring, row: tuple[Any, ...], detail: tuple[Any, ...], callback_url: str) -> Claimed:
    seq, message_id, contact_id, organisation_id, lane, attempts, segments, _ = row
    _, urn_id, content, _, _, address, _, _ = detail
    text, choices = contents.open_out(ring, message_id, content)
    urn = ring.open(inbox.ADDRESS, urn_id, address)
    out = _outgoing(message_id, urn, text, choices, callback_url)
    return Claimed(seq, message_id, contact_id, organisation_id, urn_id, lane, attempts, segments, out)


def _outgoing(
    message_id: UUID, urn: str, text: str, choices: tuple[Choice, ...], callback_url: str
) -> Outgoing:
    return Outgoing(str(message_id), urn, text, choices, f"{callback_url}?m={message_id}")


# Whoever changes a message takes its wide row first and its place in the queue second, everywhere: a report that
# arrives while its sender records would meet it in a deadlock otherwise.
_CLOSE = """
UPDATE message_out m SET status = new.status, rank = new.rank, reason = new.reason, done_at = %s
FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::text[]) AS new (id, status, rank, reason)
WHERE m.id = new.id AND m.rank < new.rank
"""
_LEAVE = "DELETE FROM pending_out WHERE message_id = ANY(%s)"


def _close(connection: Connection, ended: Sequence[tuple[UUID, Status, str]], *, now: datetime) -> None:
    """Take messages off the queue for good, with a status and a reason that staff can read."""
    if ended:
        ids = [item[0] for item in ended]
        ranks = [RANK[item[1]] for item in ended]
        values = [now, ids, [item[1] for item in ended], ranks, [item[2] for item in ended]]
        connection.execute(_CLOSE, values, prepare=True)
        connection.execute(_LEAVE, [ids], prepare=True)
        unreached = [item[0] for item in ended if item[1] in UNREACHED]
        if unreached:
            dispositions.not_delivered(connection, unreached, now=now)


# ---------------------------------------------------------------------- recording

_SENT = """
UPDATE message_out m
SET status = CASE WHEN m.rank < new.rank THEN new.status ELSE m.status END,
    rank = greatest(m.rank, new.rank), external_id = new.external_id, sent_at = coalesce(m.sent_at, %s)
FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::text[]) AS new (id, status, rank, external_id)
WHERE m.id = new.id
"""
_DONE = "DELETE FROM pending_out WHERE seq = ANY(%s)"

# What a provider calls the state of a message it has just taken, in our words: it has it, so it is at least sent.
_TAKEN = {Delivery.DELIVERED: Status.DELIVERED, Delivery.READ: Status.READ}


def record(connection: Connection, outcomes: Iterable[Outcome], *, now: datetime) -> None:
    """Write down what came of messages in hand, however late: what others decided about them meanwhile stands."""
    sent: list[tuple[Claimed, Sent]] = []
    for outcome in outcomes:
        if outcome.sent is not None:
            sent.append((outcome.claimed, outcome.sent))
        elif outcome.error is not None:
            _refused(connection, outcome.claimed, outcome.error, now=now)
    if sent:
        statuses = [_TAKEN.get(item.status, Status.SENT) for _, item in sent]
        connection.execute(
            _SENT,
            [
                now,
                [claimed.message_id for claimed, _ in sent],
                statuses,
                [RANK[status] for status in statuses],
                [item.external_id for _, item in sent],
            ],
            prepare=True,
        )
        connection.execute(_DONE, [[claimed.seq for claimed, _ in sent]], prepare=True)


# Ends of a message that say of the person that nothing reached them.
UNREACHED = frozenset({Status.FAILED, Status.INVALID_NUMBER, Status.EXPIRED})

# Refusals that end a message, with the status that says so.
_ENDS = {
    Refusal.PERMANENT: Status.FAILED,
    Refusal.OPTED_OUT: Status.OPTED_OUT,
    Refusal.INVALID_NUMBER: Status.INVALID_NUMBER,
    Refusal.BLOCKED: Status.FAILED,
}


def _refused(connection: Connection, claimed: Claimed, error: SendError, *, now: datetime) -> None:
    if error.refusal not in _ENDS and not _in_hand(connection, claimed):
        return
    match error.refusal:
        case Refusal.TEMPORARY:
            _later_or_never(connection, claimed, error, now=now)
        case Refusal.THROTTLED:
            wait = timedelta(seconds=error.retry_after) if error.retry_after else THROTTLE_PAUSE
            _put_back(connection, claimed, now + wait, error.code)
        case Refusal.CHANNEL:
            _put_back(connection, claimed, now + FAULT_PAUSE, error.code)
        case Refusal.UNCERTAIN:
            mark_uncertain(connection, [claimed.seq], code=error.code, now=now)
        case Refusal.PERMANENT | Refusal.OPTED_OUT | Refusal.INVALID_NUMBER | Refusal.BLOCKED:
            _close(connection, [(claimed.message_id, _ENDS[error.refusal], error.code)], now=now)
            _remember(connection, claimed, error.refusal, now=now)


def _in_hand(connection: Connection, claimed: Claimed) -> bool:
    """Whether nobody took the message off the queue or claimed it anew since: each claim counts an attempt."""
    row = connection.execute(
        "SELECT 1 FROM pending_out WHERE seq = %s AND attempts = %s",
        [claimed.seq, claimed.attempts],
        prepare=True,
    ).fetchone()
    return row is not None


_PUT_BACK = """
UPDATE pending_out SET leased_until = NULL, leased_at = NULL, due_at = %s, attempts = attempts - %s WHERE seq = %s
"""
_REASON = "UPDATE message_out SET reason = %s WHERE id = %s"


def _put_back(
    connection: Connection, claimed: Claimed, due_at: datetime, code: str, *, free: int = 1
) -> None:
    """Let a message wait. Being asked to slow down does not use up an attempt (`free` is 1)."""
    connection.execute(_REASON, [code, claimed.message_id])
    connection.execute(_PUT_BACK, [due_at, free, claimed.seq])


def _later_or_never(connection: Connection, claimed: Claimed, error: SendError, *, now: datetime) -> None:
    if claimed.attempts > len(BACKOFF):
        _close(connection, [(claimed.message_id, Status.FAILED, error.code)], now=now)
        return
    seconds = BACKOFF[claimed.attempts - 1] * random.uniform(0.8, 1.2)
    wait = max(seconds, error.retry_after or 0)
    _put_back(connection, claimed, now + timedelta(seconds=wait), error.code, free=0)


_OPT_OUT = """
INSERT INTO opt_out (id, organisation_id, address_index, source, message_id, opted_out_at)
SELECT %s, organisation_id, address_index, 'provider', NULL, %s FROM contact_urn WHERE id = %s ON CONFLICT DO NOTHING
"""
_UNREACHABLE = "UPDATE contact_urn SET reachable = false WHERE id = %s"


def _remember(connection: Connection, claimed: Claimed, refusal: Refusal, *, now: datetime) -> None:
    """Keep what a refusal says of the address, for every later message."""
    if refusal is Refusal.OPTED_OUT:
        connection.execute(_OPT_OUT, [claimed.message_id, now, claimed.urn_id])
    elif refusal in {Refusal.INVALID_NUMBER, Refusal.BLOCKED}:
        connection.execute(_UNREACHABLE, [claimed.urn_id])


def release(connection: Connection, claimed: Iterable[Claimed]) -> None:
    """Give messages back that were claimed and surely not sent, unless somebody claimed them anew since."""
    items = list(claimed)
    if items:
        connection.execute(_RELEASE, [[item.seq for item in items], [item.attempts for item in items]])


_RELEASE = """
UPDATE pending_out p SET leased_until = NULL, leased_at = NULL, uncertain_since = NULL, attempts = p.attempts - 1
FROM unnest(%s::bigint[], %s::smallint[]) AS given (seq, attempts)
WHERE p.seq = given.seq AND p.attempts = given.attempts
"""


# ---------------------------------------------------------------------- unknown outcomes

_UNCERTAIN = """
UPDATE message_out m SET status = %(status)s, rank = %(rank)s, reason = %(code)s
FROM pending_out p WHERE p.seq = ANY(%(seqs)s) AND m.id = p.message_id AND m.rank < %(rank)s
"""
_DOUBT = """
UPDATE pending_out SET leased_until = NULL, uncertain_since = coalesce(leased_at, %(now)s) WHERE seq = ANY(%(seqs)s)
"""


def mark_uncertain(connection: Connection, seqs: Sequence[int], *, code: str, now: datetime) -> None:
    """Say that the provider may or may not have these messages."""
    status = Status.UNCERTAIN
    values = {"seqs": list(seqs), "now": now, "code": code, "status": status, "rank": RANK[status]}
    connection.execute(_UNCERTAIN, values)
    connection.execute(_DOUBT, values)


def expire_leases(connection: Connection, *, now: datetime, limit: int = 1000) -> int:
    """Find messages whose sender died with them in hand. Returns how many."""
    rows = connection.execute(
        "SELECT seq FROM pending_out WHERE leased_until < %s LIMIT %s", [now, limit]
    ).fetchall()
    if rows:
        mark_uncertain(connection, [row[0] for row in rows], code="sender_died", now=now)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Doubt:
    """An uncertain message, with what is known of its like."""

    claimed: Claimed
    since: datetime
    resent: bool
    known: frozenset[str]  # external ids of other messages to the same contact


_DOUBTS = """
SELECT p.seq, p.message_id, p.contact_id, p.organisation_id, p.lane, p.attempts, p.segments, p.expires_at,
    p.uncertain_since, m.resent, m.urn_id, m.content_sealed, u.address_sealed,
    ARRAY(SELECT k.external_id FROM message_out k WHERE k.contact_id = p.contact_id AND k.external_id IS NOT NULL)
FROM pending_out p JOIN message_out m ON m.id = p.message_id JOIN contact_urn u ON u.id = m.urn_id
WHERE p.channel_id = %s AND p.uncertain_since IS NOT NULL AND p.uncertain_since <= %s AND p.due_at <= %s
ORDER BY p.seq LIMIT %s
"""


def doubts(
    connection: Connection,
    ring: Keyring,
    channel: ChannelRow,
    *,
    before: datetime,
    now: datetime,
    limit: int,
    callback_url: str,
) -> list[Doubt]:
    """Read messages whose fate is unknown since before a moment."""
    found = []
    for row in connection.execute(_DOUBTS, [channel.id, before, now, limit]):
        detail = (row[1], row[10], row[11], False, Status.UNCERTAIN, row[12], True, False)
        claimed = _claimed(ring, row[:8], detail, callback_url)
        found.append(Doubt(claimed, row[8], row[9], frozenset(row[13])))
    return found


# The provider was asked with no lock held: whoever settled this doubt meanwhile has moved the message on.
_STILL = "seq = %(seq)s AND uncertain_since = %(since)s"
_AGAIN = f"""
UPDATE message_out SET status = 'queued', rank = 0, resent = true
WHERE id = %(message)s AND rank = %(rank)s AND EXISTS (SELECT 1 FROM pending_out WHERE {_STILL})
"""  # noqa: S608 - two statements share a condition
_REQUEUE = f"UPDATE pending_out SET uncertain_since = NULL, leased_at = NULL, due_at = %(now)s WHERE {_STILL}"  # noqa: S608
_GIVE_UP = f"DELETE FROM pending_out WHERE {_STILL}"  # noqa: S608


_PUT_OFF = f"UPDATE pending_out SET due_at = %(at)s WHERE {_STILL}"  # noqa: S608


def put_off(connection: Connection, doubt: Doubt, *, until: datetime) -> None:
    """Leave a doubt alone for a while: the provider did not answer, and should not be asked every second."""
    connection.execute(_PUT_OFF, {"seq": doubt.claimed.seq, "since": doubt.since, "at": until})


def settle(connection: Connection, doubt: Doubt, found: Sequence[Sent] | None, *, now: datetime) -> Status:
    """Decide about an uncertain message.

    `found` is what the provider says it took with the same words to the same address; None when it cannot be asked.

    Found at the provider: it is sent. Surely not found: it goes again. Unknown: a reply goes once more, because a
    person waits for it; a broadcast does not; either stays visible as uncertain.
    """
    fresh = [sent for sent in found or () if sent.external_id not in doubt.known]
    if fresh:
        record(connection, [Outcome(doubt.claimed, sent=fresh[0])], now=now)
        return Status.SENT
    claimed = doubt.claimed
    values = {"message": claimed.message_id, "rank": RANK[Status.UNCERTAIN], "seq": claimed.seq}
    values |= {"since": doubt.since, "now": now}
    may_repeat = found is not None or (claimed.lane == Lane.REPLY and not doubt.resent)
    if may_repeat and claimed.attempts <= len(BACKOFF):
        connection.execute(_AGAIN, values)
        connection.execute(_REQUEUE, values)
        return Status.QUEUED
    connection.execute(_GIVE_UP, values)
    return Status.UNCERTAIN
