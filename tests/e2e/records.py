"""What there is to compare after a test, opened: people with diaries, messages in and out, answers, endings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

import flows
from flows.definition import Ask
from gateway import ids
from gateway.fakes.people import phrases
from gateway.services import contents
from tests.e2e.house import House
from tests.e2e.town import SCHEMES, SURVEY

MOST_MESSAGES = 80  # of one run
PREFIXES = {"twilio": "", "telegram": "u"}  # before the provider's id of what it brought, as we store it


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a person said: the provider's id of it, to which words of ours, and which option was meant."""

    id: str
    heard: str
    text: str
    button: str | None
    chose: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Human:
    """A person with a simulated phone, and the contact that they are in the database."""

    channel: str
    address: str
    language: str
    habit: str
    diary: tuple[Entry, ...]
    contact_id: UUID

    def __str__(self) -> str:
        return f"{self.habit} {self.channel} {self.address} ({self.contact_id})"

    def said(self, *words: str) -> list[Entry]:
        return [entry for entry in self.diary if entry.text in words]

    @property
    def stops(self) -> list[Entry]:
        return self.said(phrases()[self.language].stop)

    @property
    def problems(self) -> list[Entry]:
        return self.said(phrases()[self.language].problem)

    @property
    def complaints(self) -> list[Entry]:
        return self.said(*phrases()[self.language].complaints)

    @property
    def disclosures(self) -> list[Entry]:
        return self.said(*phrases()[self.language].disclosures)


@dataclass(frozen=True, slots=True)
class In:
    """A message from a person, opened."""

    id: UUID
    contact_id: UUID
    text: str
    sealed: bool
    parked: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Out:
    """A message to a person, opened. `place` is its number among the messages of its run."""

    id: UUID
    contact_id: UUID
    channel: str
    created_at: datetime
    run_id: UUID | None
    flow: str | None
    step: str
    text: str
    status: str
    external_id: str | None
    resent: bool
    reason: str | None
    place: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A row of an answer to the survey, opened."""

    question: str
    value: Any
    raw: str
    missing: str | None
    message_id: UUID | None


@cache
def questions() -> dict[str, Ask]:
    """The survey's questions by name."""
    text = (resources.files("flows") / "library" / f"{SURVEY}.yaml").read_text()
    return {step.name: step for step in flows.load(text).steps if isinstance(step, Ask)}


def humans(house: House) -> Iterator[Human]:
    rows = house.rows("SELECT address_index, contact_id FROM contact_urn")
    contacts = {bytes(index): contact for index, contact in rows}
    for person in house.fakes.people():
        index = house.ring.index(f"{SCHEMES[person['channel']]}:{person['address']}")
        diary = tuple(_entry(PREFIXES[person["channel"]], **entry) for entry in person.pop("diary"))
        yield Human(diary=diary, contact_id=contacts[index], **person)


def _entry(prefix: str, *, id: str, chose: list[str] | None, **more: Any) -> Entry:  # noqa: A002 - as the diary has it
    return Entry(id=prefix + id, chose=(chose[0], chose[1]) if chose else None, **more)


def came(house: House) -> dict[tuple[str, str], In]:
    """Messages from people by channel kind and the provider's id."""
    rows = house.rows(
        "SELECT channel_id, external_id, id, contact_id, content_sealed, sealed, parked_at IS NOT NULL, received_at"
        " FROM message_in"
    )
    kinds = _kinds(house)
    return {
        (kinds[channel], external_id): In(
            message_id, contact, contents.open_in(house.ring, message_id, blob).text, *more
        )
        for channel, external_id, message_id, contact, blob, *more in rows
    }


def out(house: House) -> Iterator[Out]:
    """Our messages, oldest first."""
    rows = house.rows(
        "SELECT m.id, m.contact_id, m.channel_id, m.created_at, m.run_id, f.code, m.step, m.content_sealed, m.status,"
        " m.external_id, m.resent, m.reason FROM message_out m LEFT JOIN run r ON r.id = m.run_id"
        " LEFT JOIN flow_revision v ON v.id = r.revision_id LEFT JOIN flow f ON f.id = v.flow_id ORDER BY m.created_at"
    )
    kinds = _kinds(house)
    for message_id, contact, channel, at, run_id, flow, step, blob, *more in rows:
        text, _ = contents.open_out(house.ring, message_id, blob)
        place = _place(message_id, run_id, step)
        yield Out(message_id, contact, kinds[channel], at, run_id, flow, step, text, *more, place)


def _place(message_id: UUID, run_id: UUID | None, step: str) -> int | None:
    """Which message of its run this is: its id is derived from that."""
    if run_id is None:
        return None
    places = range(MOST_MESSAGES)
    return next(place for place in places if ids.derive(run_id, f"{step}.{place}") == message_id)


_SURVEYS = """
SELECT r.id, r.contact_id, r.disposition FROM run r JOIN flow_revision v ON v.id = r.revision_id
JOIN flow f ON f.id = v.flow_id WHERE f.code = %s
"""


def endings(house: House) -> dict[UUID, list[str | None]]:
    """Dispositions of each contact's surveys; None for one that is not over."""
    found: dict[UUID, list[str | None]] = defaultdict(list)
    for _, contact, disposition in house.rows(_SURVEYS, SURVEY):
        found[contact].append(disposition)
    return found


def answers(house: House) -> dict[UUID, list[Answer]]:
    """Each contact's answers to the survey."""
    rows = house.rows(
        "SELECT s.contact_id, a.id, a.question, a.value, a.raw_sealed, a.missing, a.message_id"
        f" FROM answer a JOIN ({_SURVEYS}) s ON s.id = a.run_id",
        SURVEY,
    )
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for contact, answer_id, question, value, raw, missing, message_id in rows:
        words = house.ring.open("answer.raw", answer_id, raw)
        found[contact].append(Answer(question, value, words, missing, message_id))
    return found


def _kinds(house: House) -> dict[UUID, str]:
    return {channel_id: kind for kind, channel_id in house.channels.items()}
