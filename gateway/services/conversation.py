"""Stepping conversations in batches: pending messages in, answers, cases and outgoing messages out.

Each function does its work in the caller's transaction. Contacts are locked for its length, so that one contact is
handled by one worker at a time, and in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from gateway.channels.base import Traits
from gateway.db import Connection
from gateway.models.contacts import SEEN_WITHIN
from gateway.models.messages import Lane
from gateway.services import contents, dispositions, notices, outside, people, quotas, replies
from gateway.services.batch import Batch
from gateway.services.channels import ChannelRow
from gateway.services.dispositions import Cause
from gateway.services.notices import Kind
from gateway.services.people import House, Person
from gateway.services.talk import Talk
from gateway.services.voice import Heard, silence


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that no flow has seen yet."""

    seq: int
    message_id: UUID
    contact_id: UUID


@dataclass(frozen=True, slots=True)
class Done:
    """What a batch came to: how many were handled, and whom to wake after the commit."""

    count: int
    channels: frozenset[UUID] = field(default_factory=frozenset)
    slots: frozenset[int] = field(default_factory=frozenset)
    asks: bool = False  # services are to be asked


def _done(count: int, batch: Batch) -> Done:
    return Done(count, frozenset(batch.channels), frozenset(batch.slots), bool(batch.requests))


# A contact whose earlier message waits for another try keeps the later ones waiting too.
_PENDING = """
SELECT p.seq, p.message_id, p.contact_id FROM pending_in p
WHERE p.slot %% %s = %s AND p.due_at <= %s AND NOT EXISTS (
    SELECT 1 FROM pending_in e WHERE e.contact_id = p.contact_id AND e.seq < p.seq AND e.due_at > %s
)
ORDER BY p.seq LIMIT %s
"""


def pending(connection: Connection, shard: int, *, shards: int, limit: int, now: datetime) -> list[Waiting]:
    """Read what waits in a shard, oldest first."""
    rows = connection.execute(_PENDING, [shards, shard, now, now, limit], prepare=True)
    return [Waiting(*row) for row in rows]


_TAKE = "DELETE FROM pending_in WHERE seq = ANY(%s) AND contact_id = ANY(%s) RETURNING seq"
_READ = "SELECT id, channel_id, urn_id, content_sealed FROM message_in WHERE id = ANY(%s)"
_SEEN = """
UPDATE contact SET last_seen_at = %s WHERE id = ANY(%s) AND (last_seen_at IS NULL OR last_seen_at <= %s)
"""


def handle(connection: Connection, house: House, waiting: Sequence[Waiting], *, now: datetime) -> Done:
    """Handle messages in their order. Those of contacts that another worker holds are left for it."""
    crowd = people.lock(connection, house.ring, {item.contact_id for item in waiting})
    seqs = [item.seq for item in waiting]
    taken = {row[0] for row in connection.execute(_TAKE, [seqs, list(crowd)], prepare=True)}
    mine = [item for item in waiting if item.seq in taken]
    if not mine:
        return Done(0)
    people.load_sessions(connection, house, crowd)
    people.load_standing(connection, crowd)
    ids = [item.message_id for item in mine]
    messages = {row[0]: row for row in connection.execute(_READ, [ids], prepare=True)}
    batch = Batch()
    quotas.lock_all(connection, batch, crowd.values())
    talks: dict[UUID, Talk] = {}
    for item in mine:
        _, channel_id, urn_id, blob = messages[item.message_id]
        talk = _talk(connection, house, batch, talks, crowd[item.contact_id], channel_id, urn_id, now)
        heard = Heard(item.message_id, contents.open_in(house.ring, item.message_id, blob), blob)
        talk.listen(heard)
        replies.hear(talk, heard.said)
        talk.person.first_time = False
    for talk in talks.values():
        talk.write()
    batch.then(_SEEN, now, list(talks), now - SEEN_WITHIN)
    batch.write(connection)
    return _done(len(mine), batch)


def _talk(
    connection: Connection,
    house: House,
    batch: Batch,
    talks: dict[UUID, Talk],
    person: Person,
    channel_id: UUID,
    urn_id: UUID,
    now: datetime,
) -> Talk:
    channel, traits = _channel(connection, house, channel_id)
    talk = talks.get(person.id)
    if talk is None:
        hotline = house.organisation(connection, person.organisation_id).hotline
        talk = Talk(connection, house, batch, person, channel, traits, urn_id, hotline, now)
        talks[person.id] = talk
    talk.channel, talk.traits, talk.urn_id = channel, traits, urn_id
    return talk


def _channel(connection: Connection, house: House, channel_id: UUID) -> tuple[ChannelRow, Traits]:
    found = house.channels.get(connection, channel_id)
    if found is None:
        raise LookupError(f"Channel {channel_id} is gone.")
    return found[0], found[1].traits


# ---------------------------------------------------------------------- poison

ATTEMPTS = 3
AGAIN_AFTER = timedelta(seconds=20)
_RETRY = """
UPDATE pending_in SET attempts = attempts + CASE WHEN seq = %s THEN 1 ELSE 0 END, due_at = %s
WHERE contact_id = %s RETURNING seq, message_id, attempts
"""
_PARK = (
    "UPDATE message_in SET parked_at = %s, parked_code = %s WHERE id = %s RETURNING organisation_id, sealed"
)


def poison(connection: Connection, item: Waiting, *, code: str, now: datetime) -> bool:
    """Put off a message that could not be handled; after some tries park it for staff. True when parked."""
    later = now + AGAIN_AFTER
    rows = connection.execute(_RETRY, [item.seq, later, item.contact_id]).fetchall()
    attempts = next((row[2] for row in rows if row[0] == item.seq), ATTEMPTS)
    if attempts < ATTEMPTS:
        return False
    parked = connection.execute(_PARK, [now, code, item.message_id]).fetchone()
    if parked is not None:
        notices.raise_(
            connection,
            kind=Kind.MESSAGE_PARKED,
            # Once an hour is enough: a fault of ours may park many.
            object=f"organisation {parked[0]}",
            priority="P2",
            organisation_id=parked[0],
            level="S3" if parked[1] else None,
            occasion=f"{now:%Y%m%d%H}",
            now=now,
        )
    connection.execute("DELETE FROM pending_in WHERE seq = %s", [item.seq])
    connection.execute("UPDATE pending_in SET due_at = %s WHERE contact_id = %s", [now, item.contact_id])
    return True


# ---------------------------------------------------------------------- we write first

# The address that a person used last on this kind of channel, unless they blocked us or said STOP.
_REACH = """
SELECT DISTINCT ON (u.contact_id) u.contact_id, u.id FROM contact_urn u
WHERE u.contact_id = ANY(%s) AND u.scheme = %s AND u.reachable AND NOT EXISTS (
    SELECT 1 FROM opt_out o
    WHERE o.organisation_id = u.organisation_id AND o.address_index = u.address_index AND o.lifted_at IS NULL
)
ORDER BY u.contact_id, u.id DESC
"""


def start(  # noqa: PLR0913 - whom, what, how, and why
    connection: Connection,
    house: House,
    contact_ids: Iterable[UUID],
    revision_id: UUID,
    *,
    channel: ChannelRow,
    now: datetime,
    lane: Lane = Lane.BULK,
    round_id: UUID | None = None,
    why: Cause | None = None,
) -> Done:
    """Start a flow with contacts that we write to first; `why`: the reason where they were offered it before.

    Left out are people in an open conversation, people who said STOP, people whom it is not safe to text, and people
    without an address on the channel. Call it again, and those who were started are left out: their conversation is
    open.
    """
    crowd = people.lock(connection, house.ring, contact_ids)
    people.load_sessions(connection, house, crowd)
    traits = _channel(connection, house, channel.id)[1]
    reach: dict[UUID, UUID] = dict(connection.execute(_REACH, [list(crowd), traits.scheme]).fetchall())
    batch = Batch()
    count = 0
    for contact_id, person in crowd.items():
        if person.session is not None or contact_id not in reach or silence(person) is not None:
            continue
        hotline = house.organisation(connection, person.organisation_id).hotline
        urn_id = reach[contact_id]
        talk = Talk(connection, house, batch, person, channel, traits, urn_id, hotline, now, lane)
        talk.begin_revision(revision_id, round_id=round_id, why=why)
        talk.write()
        count += 1
    batch.write(connection)
    return _done(count, batch)


# ---------------------------------------------------------------------- services


def serve(connection: Connection, house: House, item: outside.Settled, *, now: datetime) -> Done:
    """Let a run go on that asked a service; where it is over, or waits for something else, nothing happens to it."""
    crowd = people.lock(connection, house.ring, [item.contact_id])
    if not crowd:
        outside.put_off(connection, item.id, now=now)
        return Done(0)
    people.load_sessions(connection, house, crowd)
    people.load_standing(connection, crowd)
    batch = Batch()
    quotas.lock_all(connection, batch, crowd.values())
    session = crowd[item.contact_id].session
    run = next((run for run in session.runs if run.id == item.run_id), None) if session else None
    if session is not None and run is not None:
        person, talks = crowd[item.contact_id], dict[UUID, Talk]()
        talk = _talk(connection, house, batch, talks, person, session.channel_id, session.urn_id, now)
        if not talk.served(run, item.key, item.values):
            outside.put_off(connection, item.id, now=now)
            return Done(0)
        talk.write()
    outside.done(connection, item.id, now=now)
    batch.write(connection)
    return _done(1, batch)


# ---------------------------------------------------------------------- silence

PUT_OFF = timedelta(hours=1)
_DUE = "SELECT contact_id FROM session WHERE ended_at IS NULL AND due_at <= %s ORDER BY due_at LIMIT %s"


def due(connection: Connection, *, limit: int, now: datetime) -> list[UUID]:
    """Find contacts whose conversation wants a reminder or an end, the longest due first."""
    return [row[0] for row in connection.execute(_DUE, [now, limit])]


def put_off(connection: Connection, contact_id: UUID, *, now: datetime) -> None:
    """Let a silent conversation that could not be handled wait, so that it holds up nobody else's."""
    connection.execute(
        "UPDATE session SET due_at = %s WHERE contact_id = %s AND ended_at IS NULL",
        [now + PUT_OFF, contact_id],
    )


def pass_time(connection: Connection, house: House, contact_ids: Sequence[UUID], *, now: datetime) -> Done:
    """Remind people whose question waits, and end conversations that waited too long."""
    crowd = people.lock(connection, house.ring, contact_ids)
    people.load_sessions(connection, house, crowd)
    people.load_standing(connection, crowd)
    due_now = [person for person in crowd.values() if _is_due(person, now)]
    _look_what_arrived(connection, due_now)
    batch = Batch()
    quotas.lock_all(connection, batch, crowd.values())
    count = 0
    for person in due_now:
        session = person.session
        assert session is not None  # noqa: S101 - it is due
        talks: dict[UUID, Talk] = {}
        talk = _talk(connection, house, batch, talks, person, session.channel_id, session.urn_id, now)
        talk.lane = Lane.BULK
        _pass_time(talk)
        talk.write()
        count += 1
    batch.write(connection)
    return _done(count, batch)


def _is_due(person: Person, now: datetime) -> bool:
    due_at = person.session.due_at if person.session is not None else None
    return due_at is not None and due_at <= now


def _look_what_arrived(connection: Connection, silent: Sequence[Person]) -> None:
    """Tell people who never wrote from people whom nothing reached."""
    runs = {
        run.id: run for person in silent if person.session for run in person.session.runs if not run.answered
    }
    for run_id in dispositions.unreached(connection, [person.id for person in silent], list(runs)):
        runs[run_id].reached = False


def _pass_time(talk: Talk) -> None:
    """Take the next step of a silent conversation: a reminder while some are left, then the end."""
    session = talk.person.session
    assert session is not None  # noqa: S101 - the caller looked
    if not session.reminders or talk.urn_id in talk.person.stopped:
        talk.expire()
        return
    left = session.reminders
    if (
        session.top is not None
        and session.top.state.expires is not None
        and session.top.state.expires <= talk.now
    ):
        talk.expire()
        return
    talk.remind()
    session.due_at, session.reminders = datetime.fromisoformat(left[0]), left[1:]
