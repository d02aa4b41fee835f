"""Holding complaints, disclosures and opt-outs against what people said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from gateway.crypto import DATA, key_of
from gateway.services import cases, keys
from gateway.texts import Template
from tests.e2e.ledger import Ledger
from tests.e2e.records import Entry, Human

BATCH = 1000


@dataclass
class Cases:
    """The ledger's view of grievances and opt-outs."""

    ledger: Ledger

    def disagreements(self) -> list[str]:
        checks = (self.complaints, self.disclosures, self.visible_disclosures, self.opt_outs)
        return [sentence for check in checks for sentence in check()]

    @cached_property
    def notes(self) -> dict[tuple[UUID, bool], dict[UUID, list[str]]]:
        """Words by (contact, sealed) and case, opened, oldest first."""
        found: dict[tuple[UUID, bool], dict[UUID, list[str]]] = defaultdict(lambda: defaultdict(list))
        rows = self._rows(
            "SELECT g.contact_id, g.sealed, g.id, n.id, n.text_sealed FROM grievance g"
            " JOIN grievance_note n ON n.grievance_id = g.id ORDER BY n.id"
        )
        for contact, sealed, case, note, blob in rows:
            found[contact, sealed][case].append(self.ledger.house.ring.open(cases.TEXT, note, blob))
        return found

    def complaints(self) -> Iterator[str]:
        """One open case for each complaint, which begins with the person's own words; none for anybody else."""
        for human in self.ledger.humans:
            found = list(self.notes[human.contact_id, False].values())
            begun = [words[0] for words in found]
            due = [human.complaints[0].text] if human.problems else []
            if begun != due:
                yield f"complaints {begun}, due {due}: {human}"

    def disclosures(self) -> Iterator[str]:
        """One sealed case for each disclosure, with its words; the message is sealed too, and so is the case's row."""
        for human in self.ledger.humans:
            found = list(self.notes[human.contact_id, True].values())
            begun = [words[0] for words in found]
            if begun != [entry.text for entry in human.disclosures]:
                yield f"sealed cases {len(begun)}, due {len(human.disclosures)}: {human}"
            yield from (
                f"not sealed: {entry.id} of {human}"
                for entry in human.disclosures
                if not self._sealed(human, entry)
            )
        for (case,) in self._rows(
            "SELECT id FROM grievance WHERE sealed AND (type, category) IS DISTINCT FROM (NULL, NULL)"
        ):
            yield f"a sealed case tells what it is about: {case}"

    def _sealed(self, human: Human, entry: Entry) -> bool:
        row = self.ledger.came.get((human.channel, entry.id))
        return row is not None and row.sealed

    def visible_disclosures(self) -> Iterator[str]:
        """No disclosure can be read with the keys of ordinary staff, in whatever column."""
        words = {entry.text for human in self.ledger.humans for entry in human.disclosures}
        ring = self.ledger.house.ring
        with self.ledger.house.connect() as connection:
            for column in (column for column in keys.COLUMNS if not column.fixed):
                for rows in keys.walk(connection, column, batch=BATCH):
                    for row_id, blob, *_ in rows:
                        if ring.class_by_id[key_of(blob)] == DATA:
                            text = ring.open(column.place, row_id, blob)
                            if any(disclosure in text for disclosure in words):
                                yield f"a disclosure is readable in {column.table}.{column.name} of {row_id}"

    def opt_outs(self) -> Iterator[str]:
        """One standing opt-out for each STOP, and nothing sent after it but its confirmation."""
        standing: dict[UUID, int] = defaultdict(int)
        for contact, lifted in self._rows(
            "SELECT u.contact_id, o.lifted_at IS NOT NULL FROM opt_out o JOIN contact_urn u"
            " ON u.organisation_id = o.organisation_id AND u.address_index = o.address_index"
        ):
            standing[contact] += not lifted
        for human in self.ledger.humans:
            if standing[human.contact_id] != bool(human.stops):
                yield f"{standing[human.contact_id]} standing opt-outs: {human}"
            if human.stops:
                yield from self._after_stop(human)

    def _after_stop(self, human: Human) -> Iterator[str]:
        written = self.ledger.written[human.contact_id]
        stop = self.ledger.came[human.channel, human.stops[0].id]
        after = [out for out in written if out.created_at >= stop.received_at]
        if [out.step for out in after] != [Template.STOP_OK]:
            yield f"written after STOP: {[out.step for out in after]} to {human}"
        taken = [item["text"] for item in self.ledger.taken[human.channel] if item["to"] == human.address]
        due = [out.text for out in written if out.reason != "21610"]
        if taken != due:
            yield f"sent to somebody who said STOP: {taken}, due {due}: {human}"

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.ledger.house.rows(statement)
