"""Beginning flows when a time has come or something happened: rows that wait, taken in batches, each done once.

A due time makes one round, whoever finds it and however late: its id is derived from both. After a pause the latest
due time is made up for, not each that was missed. What happened to somebody waits while they are in another
conversation, unless its trigger says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway import ids, schedules
from gateway.db import Connection
from gateway.models.messages import Lane
from gateway.services import conversation, rounds, triggers
from gateway.services.channels import ChannelRow
from gateway.services.people import House
from gateway.services.trigger_book import Entry
from gateway.services.triggers import Busy, Happening

BATCH = 200  # contacts that are looked at in one transaction
AGAIN_AFTER = timedelta(minutes=10)  # when something failed, or the person is in another conversation
HELD_AFTER = timedelta(seconds=20)  # when another worker holds the person
GIVE_UP_AFTER = timedelta(days=7)


# ---------------------------------------------------------------------- times

_DUE = """
SELECT t.id, t.organisation_id, f.code, f.title, t.schedule ->> 'when', t.next_at
FROM flow_trigger t JOIN flow f ON f.id = t.flow_id
WHERE t.active AND f.archived_at IS NULL AND t.next_at <= %s ORDER BY t.next_at LIMIT %s FOR UPDATE OF t SKIP LOCKED
"""
_ROUND = """
INSERT INTO survey_round (id, organisation_id, revision_id, name, opens_at, closes_at)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_FIRING = """
INSERT INTO trigger_firing (trigger_id, due_at, organisation_id, round_id, found_at, next_at)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def find(connection: Connection, house: House, *, limit: int, now: datetime) -> int:
    """Open a round for each schedule whose time has come; returns how many."""
    zone = triggers.zone(connection)
    found = connection.execute(_DUE, [now, limit]).fetchall()
    for trigger_id, organisation_id, code, title, when, due_at in found:
        following = schedules.following(schedules.parse(when), zone, now)
        connection.execute("UPDATE flow_trigger SET next_at = %s WHERE id = %s", [following, trigger_id])
        revision_id = house.library.latest(connection, organisation_id, code)
        if revision_id is None:
            continue  # The flow was never published: there is nothing to ask.
        if rounds.spent(connection, revision_id):
            continue  # It went out by an exception, for one round.
        round_id = ids.derive(trigger_id, f"round:{due_at.isoformat()}")
        name = f"{title}, {due_at.date().isoformat()}"
        connection.execute(_ROUND, [round_id, organisation_id, revision_id, name, due_at, following])
        connection.execute(_FIRING, [trigger_id, due_at, organisation_id, round_id, now, now])
    return len(found)


@dataclass(frozen=True, slots=True)
class Firing:
    """A due time whose round still asks."""

    trigger_id: UUID
    due_at: datetime
    organisation_id: UUID
    round_id: UUID
    after: UUID | None
    group_id: UUID | None
    channel_id: UUID | None


_OPEN = """
SELECT n.trigger_id, n.due_at, n.organisation_id, n.round_id, n.after, t.group_id, t.channel_id
FROM trigger_firing n JOIN flow_trigger t ON t.id = n.trigger_id
WHERE n.done_at IS NULL AND n.next_at <= %s ORDER BY n.due_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED
"""
_NEXT = """
SELECT c.id FROM contact c WHERE c.organisation_id = %(organisation)s AND (%(after)s::uuid IS NULL OR c.id > %(after)s)
    AND (%(group)s::uuid IS NULL OR EXISTS (
        SELECT 1 FROM group_member m WHERE m.contact_id = c.id AND m.group_id = %(group)s
    ))
ORDER BY c.id LIMIT %(limit)s
"""
_WENT_ON = """
UPDATE trigger_firing SET after = coalesce(%s, after), asked = asked + %s, done_at = %s
WHERE trigger_id = %s AND due_at = %s
"""


def take(connection: Connection, *, now: datetime) -> Firing | None:
    """Take the round that has been asking for longest; another worker takes the next one."""
    row = connection.execute(_OPEN, [now]).fetchone()
    return None if row is None else Firing(*row)


def ask(
    connection: Connection, house: House, firing: Firing, *, batch: int = BATCH, now: datetime
) -> frozenset[UUID]:
    """Ask the next contacts of a round; returns the channels to wake. Done is a round that has nobody more to ask."""
    values = {
        "organisation": firing.organisation_id,
        "after": firing.after,
        "group": firing.group_id,
        "limit": batch,
    }
    contacts = [row[0] for row in connection.execute(_NEXT, values)]
    found = house.channels.get(connection, firing.channel_id) if firing.channel_id else None
    asked = None
    if contacts and found is not None:
        asked = _ask(connection, house, firing, contacts, channel=found[0], now=now)
    done = now if len(contacts) < batch or asked is None else None
    last = contacts[-1] if contacts else None
    connection.execute(_WENT_ON, [last, asked or 0, done, firing.trigger_id, firing.due_at])
    return frozenset({found[0].id}) if asked and found is not None else frozenset()


def _ask(
    connection: Connection,
    house: House,
    firing: Firing,
    contacts: list[UUID],
    *,
    channel: ChannelRow,
    now: datetime,
) -> int | None:
    row = connection.execute(
        "SELECT revision_id FROM survey_round WHERE id = %s", [firing.round_id]
    ).fetchone()
    found = house.channels.get(connection, channel.id)
    if row is None or found is None:
        return None
    flow = house.library.flow(connection, row[0])
    asking = rounds.Asking(
        firing.organisation_id,
        found[1].traits.scheme,
        discreet=flow.discreet,
        group_id=firing.group_id,
        round_id=firing.round_id,
    )
    return rounds.ask(connection, house, asking, contacts, channel=channel, now=now)


def put_off(connection: Connection, firing: Firing, *, now: datetime) -> None:
    """Let a round that could not ask wait, so that it holds up no other."""
    connection.execute(
        "UPDATE trigger_firing SET next_at = %s WHERE trigger_id = %s AND due_at = %s",
        [now + AGAIN_AFTER, firing.trigger_id, firing.due_at],
    )


# ---------------------------------------------------------------------- happenings

_HAPPENED = """
INSERT INTO trigger_event (id, organisation_id, kind, object_id, contact_id, channel_id, at, due_at)
SELECT gen_random_uuid(), %s, %s, %s, id, %s, %s, %s FROM unnest(%s::uuid[]) AS contacts (id) ON CONFLICT DO NOTHING
"""


def happened(
    connection: Connection,
    organisation_id: UUID,
    what: Happening,
    object_id: UUID,
    *,
    contact_ids: list[UUID],
    now: datetime,
    channel_id: UUID | None = None,
) -> None:
    """Write down that something happened to contacts, in the transaction of what happened. The same thing counts once.

    A flow that the organisation lets begin by it begins within seconds; without one, nothing does.
    """
    connection.execute(_HAPPENED, [organisation_id, what.value, object_id, channel_id, now, now, contact_ids])


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that happened and was not looked at yet."""

    id: UUID
    organisation_id: UUID
    kind: str
    contact_id: UUID
    channel_id: UUID | None
    at: datetime


_EVENT = """
SELECT id, organisation_id, kind, contact_id, channel_id, at FROM trigger_event
WHERE done_at IS NULL AND due_at <= %s ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""


def take_event(connection: Connection, *, now: datetime) -> Waiting | None:
    """Take what has waited longest; another worker takes the next."""
    row = connection.execute(_EVENT, [now]).fetchone()
    return None if row is None else Waiting(*row)


def begin(connection: Connection, house: House, waiting: Waiting, *, now: datetime) -> frozenset[UUID]:
    """Begin the flow that something begins, or write down why none does; returns the channels to wake."""
    entry = house.triggers.of(connection, waiting.organisation_id).happenings.get(waiting.kind)
    if entry is None:
        return _done(connection, waiting, "no_trigger", now=now)
    held = connection.execute(
        "SELECT discreet FROM contact WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [waiting.contact_id]
    ).fetchone()
    if held is None:
        return _later(connection, waiting, now + HELD_AFTER)
    if _is_talking(connection, waiting.contact_id):
        return _wait_or_leave(connection, waiting, entry, now=now)
    return _begin(connection, house, waiting, entry, discreet=held[0], now=now)


def _begin(
    connection: Connection, house: House, waiting: Waiting, entry: Entry, *, discreet: bool, now: datetime
) -> frozenset[UUID]:
    revision_id = house.library.latest(connection, waiting.organisation_id, entry.flow_code)
    channel_id = waiting.channel_id or _last_channel(connection, waiting.contact_id)
    found = house.channels.get(connection, channel_id) if channel_id is not None else None
    if revision_id is None or found is None:
        return _done(connection, waiting, "no_channel" if revision_id else "not_published", now=now)
    if discreet and not house.library.flow(connection, revision_id).discreet:
        return _done(connection, waiting, "not_safe", now=now)
    done = conversation.start(
        connection, house, [waiting.contact_id], revision_id, channel=found[0], lane=Lane.REPLY, now=now
    )
    _done(connection, waiting, "started" if done.count else "left_out", now=now)
    return done.channels


def _wait_or_leave(
    connection: Connection, waiting: Waiting, entry: Entry, *, now: datetime
) -> frozenset[UUID]:
    row = connection.execute("SELECT busy FROM flow_trigger WHERE id = %s", [entry.trigger_id]).fetchone()
    if row is not None and row[0] == Busy.REFUSE:
        return _done(connection, waiting, "refused", now=now)
    if now - waiting.at > GIVE_UP_AFTER:
        return _done(connection, waiting, "too_late", now=now)
    return _later(connection, waiting, now + AGAIN_AFTER)


def _is_talking(connection: Connection, contact_id: UUID) -> bool:
    row = connection.execute(
        "SELECT 1 FROM session WHERE contact_id = %s AND ended_at IS NULL", [contact_id]
    ).fetchone()
    return row is not None


def _last_channel(connection: Connection, contact_id: UUID) -> UUID | None:
    """The channel on which a person wrote last."""
    row = connection.execute(
        "SELECT channel_id FROM message_in WHERE contact_id = %s ORDER BY id DESC LIMIT 1", [contact_id]
    ).fetchone()
    return None if row is None else row[0]


def _done(connection: Connection, waiting: Waiting, outcome: str, *, now: datetime) -> frozenset[UUID]:
    connection.execute(
        "UPDATE trigger_event SET done_at = %s, outcome = %s WHERE id = %s", [now, outcome, waiting.id]
    )
    return frozenset()


def _later(connection: Connection, waiting: Waiting, when: datetime) -> frozenset[UUID]:
    connection.execute("UPDATE trigger_event SET due_at = %s WHERE id = %s", [when, waiting.id])
    return frozenset()


def put_off_event(connection: Connection, waiting: Waiting, *, now: datetime) -> None:
    """Let something that could not be handled wait, so that it holds up nothing else."""
    _later(connection, waiting, now + AGAIN_AFTER)
