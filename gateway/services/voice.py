"""What we may say to one person and keep of them while a batch is handled; the flows' part is in talk.py.

Nothing here commits, sends or reads the clock: rows go into the batch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import flows
from flows import window
from gateway import ids, segments, texts
from gateway.channels.base import Choice, Traits
from gateway.db import Connection
from gateway.models.messages import RANK, Lane, Status
from gateway.services import cases, contents, quotas
from gateway.services.batch import Batch
from gateway.services.channels import ChannelRow
from gateway.services.notice_settings import known_zone
from gateway.services.people import FIELDS, House, Person, Run
from gateway.services.trigger_book import Book
from gateway.speaker import Speaker
from gateway.texts import Template

# A message that could not leave for so long answers a question that nobody remembers.
MESSAGE_LIFE = timedelta(hours=72)
REPLY_LIFE = timedelta(hours=24)

# Facts that have a column of their own, so that they can be counted; everything else is sealed.
CODED = ("area", "sex", "age_band", "safe_to_call", "safe_to_text", "safe_time")


@dataclass(frozen=True, slots=True)
class Heard:
    """A message from the person, opened."""

    id: UUID
    said: contents.Said
    blob: bytes


def silence(person: Person) -> str | None:
    """Why nothing may be written to a person by itself, in words for staff; None when it may."""
    if person.safe_to_text == "no":
        return "it is not safe to text this person"
    if person.no_autoreply:
        return "this person wants no automatic texts"
    return None


@dataclass
class Voice:
    """One person, the channel they are on, and the message that is being answered."""

    connection: Connection
    house: House
    batch: Batch
    person: Person
    channel: ChannelRow
    traits: Traits
    urn_id: UUID
    hotline: str
    now: datetime
    lane: Lane = Lane.REPLY
    heard: Heard | None = None
    _system_texts: int = 0

    def listen(self, heard: Heard) -> None:
        """Turn to the next message; what is said from now on is said because of it."""
        self.heard = heard
        self._system_texts = 0

    @property
    def book(self) -> Book:
        """What begins flows of the person's organisation."""
        return self.house.triggers.of(self.connection, self.person.organisation_id)

    @property
    def silence(self) -> str | None:
        """Why nothing may be written to this person by itself, in words for staff; None when it may."""
        return silence(self.person)

    # ------------------------------------------------------------------ what the engine is told

    @property
    def language(self) -> str:
        """The language to speak now: the person's own, else the channel's."""
        return self.person.language or self.channel.default_language

    @property
    def buttons(self) -> bool:
        """Whether the person's channel shows options as buttons."""
        return self.traits.buttons

    @staticmethod
    def new_id() -> UUID:
        """Return a fresh id for a row."""
        return ids.new()

    @property
    def here(self) -> datetime:
        """The moment by the operation's clock: a flow's `today()` is the day that people there have."""
        zone = self.house.organisation(self.connection, self.person.organisation_id).zone
        return self.now.astimezone(known_zone(zone))

    def contact(self, run: Run | None = None) -> flows.Contact:
        """The person as the engine sees them in a run: chance rests on it, and so do quotas."""
        facts = {key: value for key, value in self.person.known.items() if value}
        fields = {"hotline": self.hotline, "free_to_reply": "no", **self.person.fields, **facts}
        return flows.Contact(
            self.language,
            "telegram" if self.buttons else "sms",
            fields,
            self.house.codes.of(self.connection),
            seed=0 if run is None else run.id.int & _SEED,
            quotas={} if run is None else quotas.taken(self.connection, self.batch, self.person, run),
            speaker=self.speaker,
        )

    @property
    def speaker(self) -> Speaker:
        """Says dates, numbers and places as this person reads them."""
        places = partial(self.house.places.of, self.connection)
        return Speaker(not self.buttons, self.house.calendars, places)

    # ------------------------------------------------------------------ words of the system

    def say(self, template: Template, **values: Any) -> None:
        """Say a system text in the person's language."""
        said = texts.say(template, self.language, **values)
        parent = self.heard.id if self.heard else ids.new()
        self._system_texts += 1
        message_id = ids.derive(parent, f"system:{self._system_texts}")
        self.queue(message_id, template, said.language, said.text)

    def queue(
        self,
        message_id: UUID,
        step: str,
        language: str,
        text: str,
        *,
        choices: tuple[Choice, ...] = (),
        run: Run | None = None,
    ) -> None:
        """Put words for the person into the outbox; `run` is the flow that says them, if one does.

        Where it is not safe to write, the words are kept with that reason and never leave.
        """
        reason = self.silence
        status = Status.QUEUED if reason is None else Status.CANCELLED
        sealed = run is not None and run.flow.sensitivity == "S3"
        self.batch.messages.append(
            (
                message_id,
                self.person.organisation_id,
                self.channel.id,
                self.person.id,
                self.urn_id,
                run.id if run else None,
                step,
                language,
                contents.seal_out(self.house.ring, message_id, text, choices, sealed=sealed),
                segments.size(text).segments if self.traits.counts_segments else 1,
                int(self.lane),
                self.heard is not None and self.urn_id in self.person.stopped,
                sealed,
                status,
                RANK[status],
                reason,
                # A microsecond apart, so that what was said in one breath is read in its order for ever.
                self.now + timedelta(microseconds=len(self.batch.messages)),
            )
        )
        due_at = self._due(run)
        self.batch.due.append(due_at)
        self.batch.expiries.append(due_at + (REPLY_LIFE if self.heard else MESSAGE_LIFE))
        self.batch.channels.add(self.channel.id)

    def _due(self, run: Run | None) -> datetime:
        """When words may leave: at once for whoever has just written, else within the flow's hours."""
        if self.heard is not None or run is None or run.flow.window is None:
            return self.now
        return window.opens(run.flow.window, self.here)

    # ------------------------------------------------------------------ facts about the person

    def set_language(self, language: str) -> None:
        """Remember the language that the person chose."""
        self.person.language = language
        self.batch.then("UPDATE contact SET language = %s WHERE id = %s", language, self.person.id)

    def set_field(self, name: str, value: object) -> None:
        """Remember a fact; most are sealed, coded ones have a column."""
        if name in CODED:
            self.person.known[name] = str(value)
            if name == "safe_to_text":
                self.person.safe_to_text = str(value)
            self.batch.then(f"UPDATE contact SET {name} = %s WHERE id = %s", str(value), self.person.id)  # noqa: S608
            return
        self.person.fields[name] = value
        blob = self.house.ring.seal(
            FIELDS, self.person.id, json.dumps(self.person.fields, ensure_ascii=False)
        )
        self.batch.then("UPDATE contact SET fields_sealed = %s WHERE id = %s", blob, self.person.id)

    def opt_out(self, source: str) -> bool:
        """Write an opt-out down; False when one stands already."""
        if self.urn_id in self.person.stopped:
            return False
        self.person.stopped.add(self.urn_id)
        message_id = self.heard.id if self.heard else None
        self.batch.then(_OPT_OUT, ids.new(), source, message_id, self.now, self.urn_id)
        return True

    def opt_in(self) -> None:
        """Lift the opt-out: only the person's own word leads here."""
        self.person.stopped.discard(self.urn_id)
        self.batch.then(_OPT_IN, self.now, self.urn_id)

    def consent(self, run: Run, purpose: str, wording: str, *, given: bool) -> None:
        """Write down that the person agreed to a purpose, or refused."""
        self.batch.consents.append(
            (
                ids.derive(run.id, f"consent:{purpose}:{wording}"),
                self.person.organisation_id,
                self.person.id,
                purpose,
                given,
                wording,
                run.state.language,
                self.channel.kind,
                run.id,
                self.now,
            )
        )

    # ------------------------------------------------------------------ cases

    def open_case(
        self,
        text: str,
        *,
        run: Run | None = None,
        type_: str | None = None,
        category: str | None = None,
        sensitivity: str | None = None,
        receipt: bool = True,
    ) -> UUID:
        """Open a case in the person's words, and tell them its reference where that is safe.

        `receipt` is False where another text has acknowledged the message already.
        """
        tell = self.silence is None
        opening = cases.Opening(
            self.person.organisation_id,
            self.person.id,
            self.channel.kind,
            self.language,
            text,
            self.heard.id if self.heard else None,
            run.id if run else None,
            type_,
            category,
            sensitivity,
        )
        opened = cases.open_case(self.batch, self.house.ring, opening, acknowledged=tell, now=self.now)
        if tell and receipt:
            self.say(Template.ACK, ref=opened.reference, days=cases.ANSWER_WITHIN_WORKING_DAYS)
        if type_ is None:
            self.person.open_case = opened.id
        return opened.id

    def add_to_sealed(self, text: str) -> None:
        """Add words to the person's sealed case, out of everybody's sight, and answer nothing."""
        assert self.person.sealed_case is not None  # noqa: S101 - the caller looked
        message_id = self.heard.id if self.heard else None
        cases.add_words(
            self.batch,
            self.house.ring,
            self.person.sealed_case,
            text,
            message_id=message_id,
            sealed=True,
            now=self.now,
        )
        self.reseal()

    def note(self, run: Run, raw: str, question: str) -> None:
        """Add an answer to the case that its run raised."""
        assert run.case is not None  # noqa: S101 - the caller looked
        case_id, sealed = run.case
        message_id = self.heard.id if self.heard else None
        cases.add_words(
            self.batch,
            self.house.ring,
            case_id,
            raw,
            message_id=message_id,
            question=question,
            sealed=sealed,
            now=self.now,
        )
        if sealed:
            self.reseal()

    def reseal(self) -> None:
        """Take the message out of everybody's sight but the focal point's."""
        if self.heard is not None:
            blob = contents.reseal_in(self.house.ring, self.heard.id, self.heard.blob)
            self.batch.then(
                "UPDATE message_in SET content_sealed = %s, sealed = true WHERE id = %s", blob, self.heard.id
            )

    def words(self) -> str:
        """What the person wrote in the message that is being answered."""
        return self.heard.said.text if self.heard else ""


_SEED = (1 << 53) - 1  # what a float and every expression hold whole

_OPT_OUT = """
INSERT INTO opt_out (id, organisation_id, address_index, source, message_id, opted_out_at)
SELECT %s, u.organisation_id, u.address_index, %s, %s, %s FROM contact_urn u WHERE u.id = %s
ON CONFLICT DO NOTHING
"""
_OPT_IN = """
UPDATE opt_out o SET lifted_at = %s, lifted_by = 'person' FROM contact_urn u
WHERE u.id = %s AND o.organisation_id = u.organisation_id AND o.address_index = u.address_index
    AND o.lifted_at IS NULL
"""
