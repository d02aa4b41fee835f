"""What begins a flow by itself: words, links, times, calls and events; kept for each organisation and read as a book.

A word belongs to one flow: two that want the same one are refused, with the other named. The order in which a message
is looked at stands in one table, `gateway.services.replies.ORDER`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import flows
from flows.definition import Trigger, TriggerKind
from gateway import ids, keywords, schedules
from gateway.db import Connection
from gateway.errors import InvalidRequest
from gateway.services.trigger_book import LONGEST_WORD, all_words
from gateway.services.unfit import Unfit

MOST_WORDS = 40  # of one trigger
# Letters of tokens: none that is taken for another, and no vowel, so that no word comes of them.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"
_TOKEN_LENGTH = 8

Kind = TriggerKind


class Happening(StrEnum):
    """What may happen to a contact and begin a flow. `gateway.services.firing.happened` tells of it."""

    MISSED_CALL = "missed_call"
    GRIEVANCE_CLOSED = "grievance_closed"
    IMPORT_DONE = "import_done"


class Busy(StrEnum):
    """What becomes of a beginning while the person is in another conversation."""

    QUEUE = "queue"
    REFUSE = "refuse"


# Kinds of which an organisation has one for each event at the most: two flows cannot both begin.
SINGLE = frozenset({Kind.FIRST_CONTACT, Kind.MISSED_CALL, Kind.EVENT})
# Kinds that staff add on the page. A broadcast names its flow itself.
OFFERED = (Kind.KEYWORD, Kind.LINK, Kind.FIRST_CONTACT, Kind.SCHEDULE, Kind.MISSED_CALL, Kind.EVENT)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A word that is taken: by the flow of this title, or by the system, then `flow` is None."""

    word: str
    flow: str | None


class WordsTaken(InvalidRequest):
    """Words that mean something else already; `conflicts` says what."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        told = "; ".join(
            f"“{one.word}” begins the flow “{one.flow}”"
            if one.flow
            else f"“{one.word}” is a word of the system"
            for one in conflicts
        )
        super().__init__(f"Words are taken: {told}.")
        self.conflicts = tuple(conflicts)


# ---------------------------------------------------------------------- conflicts

_OTHERS = """
SELECT f.title, t.words, t.token FROM flow_trigger t JOIN flow f ON f.id = t.flow_id
WHERE t.organisation_id = %s AND t.active AND f.archived_at IS NULL AND f.code <> %s ORDER BY f.title, t.id
"""


def conflicts(
    connection: Connection, organisation_id: UUID, flow_code: str, words: Iterable[str]
) -> list[Conflict]:
    """Return which words of a flow mean something else already: to the system, or to another flow."""
    taken: dict[str, str] = {}
    for title, by_language, token in connection.execute(_OTHERS, [organisation_id, flow_code]):
        for word in [*all_words(by_language), *([token] if token else [])]:
            taken.setdefault(keywords.plain(word), title)
    found = []
    for word in dict.fromkeys(words):
        if keywords.match(word) is not None:
            found.append(Conflict(word, None))
        elif keywords.plain(word) in taken:
            found.append(Conflict(word, taken[keywords.plain(word)]))
    return found


def words_of(flow: flows.Flow) -> list[str]:
    """Return all words that a flow declares."""
    return [word for trigger in flow.triggers for word in all_words(trigger.words)]


# ---------------------------------------------------------------------- declared in the flow itself

_DECLARE = """
INSERT INTO flow_trigger (id, organisation_id, flow_id, kind, words, during, event, schedule, token, declared)
VALUES (%(id)s, %(organisation)s, %(flow)s, %(kind)s, %(words)s, %(during)s, %(event)s, %(schedule)s, %(token)s, true)
ON CONFLICT (id) DO UPDATE SET words = excluded.words, during = excluded.during, event = excluded.event, active = true,
    next_at = CASE WHEN flow_trigger.schedule IS NOT DISTINCT FROM excluded.schedule THEN flow_trigger.next_at END,
    schedule = excluded.schedule
"""
_UNDECLARE = "UPDATE flow_trigger SET active = false WHERE flow_id = %s AND declared AND id <> ALL(%s)"
# Two that publish at once must not take the same word: the second waits here.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('flow_trigger'), hashtext(%s::text))"


def settle(connection: Connection, organisation_id: UUID, flow_id: UUID, flow: flows.Flow) -> None:
    """Give a flow that is being published the triggers that it declares, and none that it declared before.

    What staff added to it on the page stays. A schedule begins once staff said whom it asks (`aim`).

    Raises:
        WordsTaken: another flow, or the system, listens to one of its words.
        Unfit: a schedule cannot be read, or another flow begins by the same event.
    """
    connection.execute(_ONE_AT_A_TIME, [organisation_id])
    found = conflicts(connection, organisation_id, flow.code, words_of(flow))
    if found:
        raise WordsTaken(found)
    for trigger in flow.triggers:
        _fit(connection, organisation_id, flow.code, trigger)
    seen: dict[str, int] = {}
    kept: list[UUID] = []
    for trigger in flow.triggers:
        place = seen[trigger.kind] = seen.get(trigger.kind, 0) + 1
        kept.append(ids.derive(flow_id, f"declared:{trigger.kind}:{place}"))
        connection.execute(_DECLARE, _declared(kept[-1], organisation_id, flow_id, trigger))
    connection.execute(_UNDECLARE, [flow_id, kept])


def _fit(connection: Connection, organisation_id: UUID, flow_code: str, trigger: Trigger) -> None:
    if trigger.kind in SINGLE:
        _only_one(connection, organisation_id, trigger.kind, _event(trigger), but=flow_code)
    try:
        if trigger.kind is Kind.SCHEDULE:
            schedules.parse(trigger.schedule or "")
    except schedules.ScheduleInvalid:
        raise Unfit("unreadable", field="schedule") from None


def _declared(trigger_id: UUID, organisation_id: UUID, flow_id: UUID, trigger: Trigger) -> dict[str, Any]:
    return {
        "id": trigger_id,
        "organisation": organisation_id,
        "flow": flow_id,
        "kind": trigger.kind.value,
        "words": json.dumps({code: list(words) for code, words in trigger.words.items()}, ensure_ascii=False),
        "during": trigger.interrupts,
        "event": _event(trigger),
        "schedule": None if trigger.schedule is None else json.dumps({"when": trigger.schedule}),
        "token": new_token() if trigger.kind is Kind.LINK else None,
    }


def _event(trigger: Trigger) -> str | None:
    return Happening.MISSED_CALL.value if trigger.kind is Kind.MISSED_CALL else trigger.event


def new_token() -> str:
    """Return a fresh token of a link: short enough to be typed, and public."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_TOKEN_LENGTH))


# ---------------------------------------------------------------------- made by staff


@dataclass(frozen=True, slots=True)
class New:
    """A trigger that staff add.

    Attributes:
        words: by language (ISO 639-3).
        schedule: as `gateway.schedules` reads it.
        event: a word of `Happening`.
        group_id, channel_id: whom a schedule asks, and on which channel.
    """

    flow_id: UUID
    kind: TriggerKind
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    during: bool = False
    event: str | None = None
    schedule: str | None = None
    group_id: UUID | None = None
    channel_id: UUID | None = None
    busy: Busy = Busy.QUEUE


_MAKE = """
INSERT INTO flow_trigger (id, organisation_id, flow_id, kind, words, during, event, schedule, group_id, channel_id,
    token, busy, next_at, made_by, created_at)
VALUES (%(id)s, %(organisation)s, %(flow)s, %(kind)s, %(words)s, %(during)s, %(event)s, %(schedule)s, %(group)s,
    %(channel)s, %(token)s, %(busy)s, %(next)s, %(by)s, %(now)s)
"""


def make(connection: Connection, organisation_id: UUID, new: New, *, by: UUID | None, now: datetime) -> UUID:
    """Add a trigger to a flow.

    Raises:
        Unfit: a field is missing or wrong.
        WordsTaken: another flow, or the system, listens to one of its words.
    """
    code = _flow_code(connection, organisation_id, new.flow_id)
    words = _fit_words(new)
    event = _fit_event(new)
    connection.execute(_ONE_AT_A_TIME, [organisation_id])
    found = conflicts(connection, organisation_id, code, all_words(words))
    if found:
        raise WordsTaken(found)
    if new.kind in SINGLE:
        _only_one(connection, organisation_id, new.kind, event)
    values = {
        "id": (trigger_id := ids.new()),
        "organisation": organisation_id,
        "flow": new.flow_id,
        "kind": new.kind.value,
        "words": json.dumps(words, ensure_ascii=False),
        "during": new.during and new.kind is Kind.KEYWORD,
        "event": event,
        "schedule": json.dumps({"when": new.schedule}) if new.kind is Kind.SCHEDULE else None,
        "group": new.group_id,
        "channel": new.channel_id,
        "token": new_token() if new.kind is Kind.LINK else None,
        "busy": new.busy.value,
        "next": _first_time(connection, organisation_id, new, now=now),
        "by": by,
        "now": now,
    }
    connection.execute(_MAKE, values)
    return trigger_id


def _flow_code(connection: Connection, organisation_id: UUID, flow_id: UUID) -> str:
    row = connection.execute(
        "SELECT code FROM flow WHERE id = %s AND organisation_id = %s", [flow_id, organisation_id]
    ).fetchone()
    if row is None:
        raise Unfit("unknown", field="flow")
    return str(row[0])


def _fit_words(new: New) -> dict[str, list[str]]:
    if new.kind is not Kind.KEYWORD:
        return {}
    words = {
        code: list(dict.fromkeys(word.strip() for word in given if word.strip()))
        for code, given in new.words.items()
    }
    found = all_words(words)
    if not found:
        raise Unfit("empty", field="words")
    if len(found) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in found):
        raise Unfit("too_long", field="words")
    if any(keywords.plain(word).isdecimal() or len(keywords.plain(word)) < 2 for word in found):  # noqa: PLR2004
        raise Unfit("like_an_answer", field="words")  # "2" answers questions, and must go on doing so
    return {code: given for code, given in words.items() if given}


def _fit_event(new: New) -> str | None:
    if new.kind is Kind.MISSED_CALL:
        return Happening.MISSED_CALL.value
    if new.kind is not Kind.EVENT:
        return None
    if new.event not in set(Happening) - {Happening.MISSED_CALL}:
        raise Unfit("unknown", field="event")
    return new.event


def _only_one(
    connection: Connection, organisation_id: UUID, kind: TriggerKind, event: str | None, *, but: str = ""
) -> None:
    row = connection.execute(
        "SELECT f.title FROM flow_trigger t JOIN flow f ON f.id = t.flow_id WHERE t.organisation_id = %s AND t.active"
        " AND f.archived_at IS NULL AND t.kind = %s AND t.event IS NOT DISTINCT FROM %s AND f.code <> %s LIMIT 1",
        [organisation_id, kind.value, event, but],
    ).fetchone()
    if row is not None:
        raise Unfit("taken", field="kind")


def _first_time(connection: Connection, organisation_id: UUID, new: New, *, now: datetime) -> datetime | None:
    if new.kind is not Kind.SCHEDULE:
        return None
    if new.channel_id is None:
        raise Unfit("empty", field="channel")
    known = connection.execute(
        "SELECT 1 FROM channel WHERE id = %s AND organisation_id = %s", [new.channel_id, organisation_id]
    ).fetchone()
    if known is None:
        raise Unfit("unknown", field="channel")
    try:
        schedule = schedules.parse(new.schedule or "")
    except schedules.ScheduleInvalid:
        raise Unfit("unreadable", field="schedule") from None
    first = schedules.following(schedule, zone(connection), now)
    if first is None:
        raise Unfit("over", field="schedule")
    return first


def zone(connection: Connection) -> str:
    """Return the operation's time zone."""
    row = connection.execute("SELECT timezone FROM operation").fetchone()
    return row[0] if row is not None else "UTC"


def aim(
    connection: Connection,
    organisation_id: UUID,
    trigger_id: UUID,
    *,
    channel_id: UUID,
    group_id: UUID | None,
    now: datetime,
) -> None:
    """Say on which channel, and whom, a schedule that a flow declares asks; only then it begins.

    Raises:
        Unfit: there is no such schedule, or its channel is nobody's or another's.
    """
    row = connection.execute(
        "SELECT flow_id, schedule FROM flow_trigger WHERE id = %s AND organisation_id = %s AND kind = 'schedule'",
        [trigger_id, organisation_id],
    ).fetchone()
    if row is None or row[1] is None:
        raise Unfit("unknown", field="trigger")
    new = New(row[0], Kind.SCHEDULE, schedule=row[1]["when"], channel_id=channel_id)
    connection.execute(
        "UPDATE flow_trigger SET channel_id = %s, group_id = %s, next_at = %s WHERE id = %s",
        [channel_id, group_id, _first_time(connection, organisation_id, new, now=now), trigger_id],
    )


def switch(
    connection: Connection, organisation_id: UUID, trigger_id: UUID, *, active: bool, now: datetime
) -> bool:
    """Turn a trigger on or off; False when there is none, or nothing changed.

    Raises:
        WordsTaken: what it listens to was taken by another flow meanwhile.
        Unfit: another flow begins by the same event meanwhile.
    """
    connection.execute(_ONE_AT_A_TIME, [organisation_id])
    row = connection.execute(
        "SELECT t.kind, t.words, t.event, t.schedule, t.channel_id, f.code FROM flow_trigger t"
        " JOIN flow f ON f.id = t.flow_id WHERE t.id = %s AND t.organisation_id = %s AND t.active <> %s"
        " FOR UPDATE OF t",
        [trigger_id, organisation_id, active],
    ).fetchone()
    if row is None:
        return False
    kind, words, event, schedule, channel_id, code = row
    if active:
        found = conflicts(connection, organisation_id, code, all_words(words))
        if found:
            raise WordsTaken(found)
        if kind in SINGLE:
            _only_one(connection, organisation_id, TriggerKind(kind), event)
    next_at = None
    if active and schedule is not None and channel_id is not None:
        next_at = schedules.following(schedules.parse(schedule["when"]), zone(connection), now)
    connection.execute(
        "UPDATE flow_trigger SET active = %s, next_at = %s WHERE id = %s", [active, next_at, trigger_id]
    )
    return True
