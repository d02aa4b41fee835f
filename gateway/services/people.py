"""A person as a conversation sees them: loaded in bulk, changed in memory, written back by the batch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import flows
from gateway.calendars import Calendar
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.services.channels import ChannelCache
from gateway.services.flow_store import Library
from gateway.services.place_codes import PlaceCodes
from gateway.services.place_names import PlaceNames
from gateway.services.trigger_book import Books
from gateway.settings import Settings
from gateway.speaker import read_calendars

FIELDS = "contact.fields"
STATE = "run.state"
ORGANISATION_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Organisation:
    """What texts need to know about an operation."""

    hotline: str
    zone: str = "UTC"  # the operation's, IANA name


@dataclass
class House:
    """What every conversation needs and nobody owns: keys, flows, channels, organisations."""

    ring: Keyring
    library: Library = field(default_factory=Library)
    triggers: Books = field(default_factory=Books)
    places: PlaceNames = field(default_factory=PlaceNames)
    codes: PlaceCodes = field(default_factory=PlaceCodes)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)  # by language, where not the Gregorian
    channels: ChannelCache = field(init=False)
    _organisations: dict[UUID, tuple[float, Organisation]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channels = ChannelCache(self.ring)

    @classmethod
    def of(cls, settings: Settings, ring: Keyring) -> House:
        """Build it from settings."""
        return cls(ring, calendars=read_calendars(settings.calendars))

    def organisation(self, connection: Connection, organisation_id: UUID) -> Organisation:
        """Return an operation's facts, at most half a minute old."""
        kept = self._organisations.get(organisation_id)
        if kept is None or time.monotonic() - kept[0] > ORGANISATION_SECONDS:
            row = connection.execute(
                "SELECT hotline, coalesce((SELECT timezone FROM operation), 'UTC') FROM organisation WHERE id = %s",
                [organisation_id],
            ).fetchone()
            kept = (time.monotonic(), Organisation(*(row or ("",))))
            self._organisations[organisation_id] = kept
        return kept[1]


@dataclass
class Run:
    """One flow under way."""

    id: UUID
    flow: flows.Flow
    revision_id: UUID
    parent_id: UUID | None
    round_id: UUID | None
    state: flows.Session
    started_at: datetime
    new: bool = False
    disposition: str | None = None
    then: str | None = None  # code of the flow that comes next
    case: tuple[UUID, bool] | None = None  # the grievance that this run raised, and whether it is sealed
    asked: str | None = None  # the question that waits, and since when
    asked_at: datetime | None = None
    answered: bool = False  # at least once
    reached: bool = True  # False: no word of it arrived

    @property
    def sealed(self) -> bool:
        """Whether nothing of it may stand outside of its sealed case."""
        return self.flow.sensitivity == "S3"


@dataclass
class Session:
    """An open conversation with the runs that are not over, the waiting one last."""

    id: UUID
    channel_id: UUID
    urn_id: UUID
    runs: list[Run]
    due_at: datetime | None
    reminders: list[str]
    started_at: datetime
    new: bool = False
    ended: bool = False

    @property
    def top(self) -> Run | None:
        """The run that waits for a reply."""
        return self.runs[-1] if self.runs else None


@dataclass
class Person:
    """A contact, locked for the length of the batch."""

    id: UUID
    organisation_id: UUID
    language: str | None
    fields: dict[str, Any]
    no_autoreply: bool
    safe_to_text: str
    first_time: bool
    session: Session | None = None
    stopped: set[UUID] = field(default_factory=set)  # URNs with a standing opt-out
    open_case: UUID | None = None  # waits for its first look: more words join it
    sealed_case: UUID | None = None
    known: dict[str, str | None] = field(default_factory=dict)  # coded facts: area, sex, age_band


_LOCK = """
SELECT id, organisation_id, language, fields_sealed, no_autoreply, safe_to_text, last_seen_at, area, sex, age_band
FROM contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""


def lock(connection: Connection, ring: Keyring, contact_ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Lock and read contacts; those that another worker holds are left out, and it will look again for them."""
    rows = connection.execute(_LOCK, [list(contact_ids)], prepare=True)
    return {row[0]: _person(ring, row) for row in rows}


def _person(ring: Keyring, row: tuple[Any, ...]) -> Person:
    contact_id, organisation_id, language, fields_sealed, no_autoreply, safe_to_text, seen, area, sex, age = (
        row
    )
    fields = json.loads(ring.open(FIELDS, contact_id, fields_sealed)) if fields_sealed else {}
    known = {"area": area, "sex": sex, "age_band": age}
    return Person(
        contact_id,
        organisation_id,
        language,
        fields,
        no_autoreply,
        safe_to_text,
        first_time=seen is None,
        known=known,
    )


_SESSIONS = """
SELECT id, contact_id, channel_id, urn_id, run_id, due_at, reminders, started_at
FROM session WHERE contact_id = ANY(%s) AND ended_at IS NULL
"""
_RUNS = """
SELECT id, session_id, revision_id, parent_id, round_id, state_sealed, started_at, asked, asked_at
FROM run WHERE session_id = ANY(%s) AND disposition IS NULL
"""
_CASES = "SELECT run_id, id, sealed FROM grievance WHERE run_id = ANY(%s)"


def load_sessions(connection: Connection, house: House, people: dict[UUID, Person]) -> None:
    """Give each person their open session with its runs."""
    rows = connection.execute(_SESSIONS, [list(people)], prepare=True).fetchall()
    if not rows:
        return
    sessions = {}
    for session_id, contact_id, channel_id, urn_id, _, due_at, reminders, started_at in rows:
        session = Session(session_id, channel_id, urn_id, [], due_at, reminders, started_at)
        sessions[session_id] = session
        people[contact_id].session = session
    for row in connection.execute(_RUNS, [list(sessions)], prepare=True).fetchall():
        sessions[row[1]].runs.append(_run(connection, house, row))
    waiting = {row[0]: row[4] for row in rows}
    for session in sessions.values():
        session.runs = _in_order(session.runs, waiting[session.id])
    _load_cases(connection, [run for session in sessions.values() for run in session.runs])


def _run(connection: Connection, house: House, row: tuple[Any, ...]) -> Run:
    run_id, _, revision_id, parent_id, round_id, state, started_at, asked, asked_at = row
    flow = house.library.flow(connection, revision_id)
    opened = flows.Session.from_json(house.ring.open(STATE, run_id, state))
    run = Run(run_id, flow, revision_id, parent_id, round_id, opened, started_at)
    run.asked, run.asked_at, run.answered = asked, asked_at, bool(opened.answers)
    return run


def _in_order(runs: list[Run], waiting: UUID | None) -> list[Run]:
    by_id = {run.id: run for run in runs}
    chain: list[Run] = []
    next_id = waiting
    while next_id in by_id:
        chain.append(by_id.pop(next_id))
        next_id = chain[-1].parent_id
    return chain[::-1]


def _load_cases(connection: Connection, runs: list[Run]) -> None:
    raising = {run.id: run for run in runs if raises_cases(run.flow)}
    if not raising:
        return
    for run_id, case_id, sealed in connection.execute(_CASES, [list(raising)], prepare=True):
        raising[run_id].case = (case_id, sealed)


def raises_cases(flow: flows.Flow) -> bool:
    """Whether answers of this flow may belong to a grievance."""
    return not flow.outbound


_STOPPED = """
SELECT u.id, u.contact_id FROM contact_urn u
JOIN opt_out o ON o.organisation_id = u.organisation_id AND o.address_index = u.address_index AND o.lifted_at IS NULL
WHERE u.contact_id = ANY(%s)
"""
_OPEN_CASES = """
SELECT DISTINCT ON (contact_id, sealed) contact_id, id, sealed FROM grievance
WHERE contact_id = ANY(%s) AND type IS NULL AND state IN ('received', 'acknowledged', 'sealed', 'sealed_accepted')
ORDER BY contact_id, sealed, id DESC
"""


def load_standing(connection: Connection, people: dict[UUID, Person]) -> None:
    """Give each person their standing opt-outs, and the case that still waits for its first look."""
    ids = list(people)
    for urn_id, contact_id in connection.execute(_STOPPED, [ids], prepare=True):
        people[contact_id].stopped.add(urn_id)
    idle = [contact_id for contact_id, person in people.items() if person.session is None]
    if idle:
        for contact_id, case_id, sealed in connection.execute(_OPEN_CASES, [idle], prepare=True):
            if sealed:
                people[contact_id].sealed_case = case_id
            else:
                people[contact_id].open_case = case_id
