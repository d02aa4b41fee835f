"""Holding the rows against what people really said and what the providers were really told.

The people keep diaries, and the fake providers keep what they took. `Ledger.of(house)` reads both and the database
once everything has come to rest; each check gives one sentence, with ids, for whatever does not agree.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tests.e2e import records
from tests.e2e.house import House
from tests.e2e.records import Answer, Entry, Human, In, Out, questions
from tests.e2e.town import SURVEY

# Habits whose words a machine may fail to understand.
UNCLEAR = frozenset({"words", "wrong_first"})


@dataclass
class Ledger:
    """Everything that is compared.

    Attributes:
        came: messages from people by (channel kind, the provider's id).
        taken: by channel kind, what the provider took of ours, in its order.
        strangers: (channel kind, id) of messages that nobody's diary holds: the test itself let them be said.
    """

    house: House
    humans: list[Human]
    came: dict[tuple[str, str], In]
    out: list[Out]
    answers: dict[UUID, list[Answer]]
    endings: dict[UUID, list[str | None]]
    taken: dict[str, list[dict[str, Any]]]
    strangers: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, house: House) -> Ledger:
        taken = {kind: house.fakes.messages(kind) for kind in house.channels}
        people = list(records.humans(house))
        answers, endings = records.answers(house), records.endings(house)
        return cls(house, people, records.came(house), list(records.out(house)), answers, endings, taken)

    def disagreements(self) -> list[str]:
        """Everything about messages, answers and endings that does not agree."""
        checks = (self.left_over, self.inbound, self.survey, self.dispositions, self.outbound, self.order)
        return [sentence for check in checks for sentence in check()]

    @cached_property
    def written(self) -> dict[UUID, list[Out]]:
        """Our messages by contact, oldest first."""
        found: dict[UUID, list[Out]] = defaultdict(list)
        for out in self.out:
            found[out.contact_id].append(out)
        return found

    def chosen(self, human: Human) -> dict[str, list[str]]:
        """The survey's questions that a person answered by an option, with every code that they meant."""
        asked = {out.text: out.step for out in self.written[human.contact_id] if out.flow == SURVEY}
        found: dict[str, list[str]] = defaultdict(list)
        for entry in human.diary:
            question = asked.get(entry.heard)
            if entry.chose and question in questions():
                found[question].append(_meant(entry.chose, question))
        return found

    # ------------------------------------------------------------------ coming in

    def inbound(self) -> Iterator[str]:
        """Everything that was said is stored once, under whoever said it; nothing else is, and nothing is parked."""
        said = {(human.channel, entry.id): human for human in self.humans for entry in human.diary}
        for key, human in said.items():
            row = self.came.get(key)
            if row is None:
                yield f"lost: {key} of {human}"
            elif row.contact_id != human.contact_id:
                yield f"stored under another contact: {key} of {human}"
            elif row.parked:
                yield f"parked: {key} of {human}"
        yield from (
            f"nobody said: {key}" for key in self.came if key not in said and key not in self.strangers
        )

    def survey(self) -> Iterator[str]:
        """Each person's answers are what they chose, once each; nothing else is an answer."""
        for human in self.humans:
            rows, chosen = self.answers.get(human.contact_id, []), self.chosen(human)
            if "under_18" in chosen["age"]:
                yield from (f"a child's answer to {row.question} was kept: {human}" for row in rows)
                continue
            for row in rows:
                yield from self._misread(human, row)
            for question in sorted(
                {name for name in chosen if chosen[name]} - {row.question for row in rows}
            ):
                yield f"the answer to {question} was lost: {human}"

    def _misread(self, human: Human, row: Answer) -> Iterator[str]:
        """What is wrong with an answer: it must come from the person's own words, and say what they meant."""
        if row.missing in {"stopped", "no_reply"}:
            return
        entry = self._entry(human, row.message_id)
        if entry is None:
            yield f"an answer to {row.question} that was not said: {human}"
        elif row.missing is not None:
            if human.habit not in UNCLEAR:
                yield f"{row.question} is {row.missing}: {entry.id} of {human}"
        elif entry.chose is not None and row.value not in (
            _meant(entry.chose, row.question),
            [_meant(entry.chose, row.question)],
        ):
            yield f"{row.question}: chose {entry.chose}, stored {row.value}: {entry.id} of {human}"

    def _entry(self, human: Human, message_id: UUID | None) -> Entry | None:
        """What the person said in a message."""
        return next((entry for entry in human.diary if self._is(human, entry, message_id)), None)

    def _is(self, human: Human, entry: Entry, message_id: UUID | None) -> bool:
        row = self.came.get((human.channel, entry.id))
        return row is not None and row.id == message_id

    def dispositions(self) -> Iterator[str]:
        """Each survey ended as the person made it end, once."""
        for human in self.humans:
            found, due = self.endings.get(human.contact_id, []), [self._due(human)]
            if found != due and not self._is_cut_off(human):
                yield f"ended as {found}, due {due}: {human}"

    def _due(self, human: Human) -> str | None:
        chosen = self.chosen(human)
        ends = {
            None: not human.diary,
            "opted_out": bool(human.stops),
            "handed_over": bool(human.disclosures),
            "refused": "no" in chosen["consent"],
            "ineligible": "under_18" in chosen["age"],
            "completed": True,
        }
        return next(name for name, holds in ends.items() if holds)

    def _is_cut_off(self, human: Human) -> bool:
        """Whether a message to this person is marked as uncertain: they may never have heard the question."""
        return any(out.status == "uncertain" for out in self.written[human.contact_id])

    # ------------------------------------------------------------------ going out

    def outbound(self) -> Iterator[str]:
        """Each of our messages is at its provider exactly once, in its words, and has the status that it deserves."""
        yield from self._at_twilio()
        yield from self._at_telegram()

    def _at_twilio(self) -> Iterator[str]:
        ours = {str(out.id): out for out in self.out if out.channel == "twilio"}
        addresses = {human.contact_id: human.address for human in self.humans}
        times: Counter[str] = Counter()
        for message in self.taken["twilio"]:
            name = parse_qs(urlsplit(message["callback"]).query)["m"][0]
            times[name] += 1
            out = ours.get(name)
            if out is None:
                yield f"twilio took what we do not know: {name}"
            elif message["text"] != out.text or message["to"] != addresses.get(out.contact_id, message["to"]):
                yield f"twilio took other words or another address: {name}"
            else:
                yield from _wrong_status(out, message["reported"].get("delivered"))
        yield from (f"twilio took {count} times: {name}" for name, count in times.items() if count > 1)
        for name, out in ours.items():
            if not times[name] and out.reason != "21610":
                yield f"never at twilio: {name} to {out.contact_id}, {out.status} ({out.reason})"

    def _at_telegram(self) -> Iterator[str]:
        """Telegram does not know our ids. What it has beyond what we know must be of a message that is marked."""
        ours = {out.external_id: out for out in self.out if out.channel == "telegram" and out.external_id}
        contacts = {human.address: human.contact_id for human in self.humans}
        more: Counter[tuple[UUID, str]] = Counter()
        known = set()
        for message in self.taken["telegram"]:
            out, contact = ours.get(message["id"]), contacts[message["to"]]
            if out is None:
                more[contact, message["text"]] += 1
            elif (contact, message["text"]) != (out.contact_id, out.text):
                yield f"telegram took other words or another address: {out.id}"
            else:
                known.add(out.id)
        marked = self.marked()
        for key, count in more.items():
            if count > marked[key]:
                yield f"telegram took {count} more of {key[1][:40]!r} to {key[0]}; {marked[key]} marked"
        for out in self.out:
            if out.channel == "telegram" and out.id not in known and out.status != "uncertain":
                yield f"never at telegram: {out.id} to {out.contact_id}, {out.status} ({out.reason})"

    def marked(self) -> Counter[tuple[UUID, str]]:
        """How often each text to each contact may have arrived besides, as staff can see."""
        marked: Counter[tuple[UUID, str]] = Counter()
        for out in self.out:
            marked[out.contact_id, out.text] += out.resent + (out.status == "uncertain")
        return marked

    def order(self) -> Iterator[str]:
        """Nobody's messages overtook one another: providers took them in the order in which they were written."""
        by_external = {(out.channel, out.external_id): out for out in self.out if out.external_id}
        before: dict[UUID, Out] = {}
        for kind, messages in self.taken.items():
            for message in messages:
                out = by_external.get((kind, message["id"]))
                if out is not None and out.contact_id in before and _is_later(before[out.contact_id], out):
                    yield f"overtaken: {out.id} ({out.step}) by {before[out.contact_id].step} to {out.contact_id}"
                if out is not None:
                    before[out.contact_id] = out

    # ------------------------------------------------------------------ nothing left

    def left_over(self) -> Iterator[str]:
        """No queue holds anything, the spool is empty, and authors have no mistake to mend."""
        for table in ("pending_in", "pending_out", "flow_problem"):
            for (row,) in self.house.rows(f"SELECT to_jsonb(t) FROM {table} t"):
                yield f"left in {table}: {json.dumps(row, default=str)}"
        yield from (f"left in the spool: {path.name}" for path in self.house.settings.spool.glob("*.req"))


def _meant(chose: tuple[str, str], question: str) -> str:
    """The option's code: a part of the button, or the place that its number names."""
    code = chose[0]
    return code.partition("=")[2] if "=" in code else questions()[question].options[int(code) - 1].code


def _wrong_status(out: Out, told: bool | None) -> Iterator[str]:  # noqa: FBT001 - None: nobody tried to tell us
    """A message that the provider has is sent; it is delivered when, and only when, we were told so.

    A report that was not answered (`told` is False) may have been kept all the same: its keeper was killed then.
    """
    due = {True: {"delivered"}, False: {"sent", "delivered"}, None: {"sent"}}[told]
    if out.status not in due:
        yield f"{out.id} is {out.status} ({out.reason}), due {' or '.join(sorted(due))}"


def _is_later(one: Out, other: Out) -> bool:
    """Whether one message was written after another; of one moment, only those of one run are compared."""
    if one.run_id == other.run_id and one.place is not None and other.place is not None:
        return one.place > other.place
    return one.created_at > other.created_at
