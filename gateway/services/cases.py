"""Opening a grievance: what a person wrote becomes a case with a reference, a state and clocks.

What happens to a case afterwards is the register's work; this is only the door.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

import yaml

from gateway import ids, references
from gateway.crypto import DATA, SEALED, Keyring
from gateway.services.batch import Batch
from gateway.services.notices import Event, Kind

TEXT = "grievance_note.text"
REFERENCE = "grievance.reference"

# Nobody has looked yet: the case runs on the clock of priority P2, so that an unread emergency never waits for days.
RECEIPT = timedelta(minutes=5)
FIRST_LOOK = timedelta(hours=24)
ANSWER_WITHIN_WORKING_DAYS = 5

# Codebook intake channel by kind of channel; a kind that is missing here is an SMS line.
INTAKE = {"telegram": "telegram", "whatsapp": "whatsapp", "messenger": "messenger"}


@dataclass(frozen=True)
class Opening:
    """What is known when a case is opened."""

    organisation_id: UUID
    contact_id: UUID
    channel_kind: str
    language: str
    text: str
    message_id: UUID | None
    run_id: UUID | None
    type: str | None = None
    category: str | None = None
    sensitivity: str | None = None
    sealed: bool = False


@dataclass(frozen=True)
class Opened:
    """The new case, and the reference that the person may be told."""

    id: UUID
    reference: str


_CASE = """
INSERT INTO grievance (id, organisation_id, contact_id, reference_index, reference_sealed, intake_channel, type,
    category, sensitivity, priority, state, sealed, language, codebook_version, run_id, received_at, receipt_due_at,
    triage_due_at, acknowledged_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_EVENT = """
INSERT INTO grievance_event (grievance_id, kind, from_state, to_state, actor, reason, at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def open_case(batch: Batch, ring: Keyring, opening: Opening, *, acknowledged: bool, now: datetime) -> Opened:
    """Write a case. `acknowledged` says whether the person is told at once; if not, the reason is in its history."""
    case_id, reference = ids.new(), references.new()
    state = "sealed" if opening.sealed else "acknowledged" if acknowledged else "received"
    sensitivity = "S3" if opening.sealed else _sensitivity(opening)
    batch.then(
        _CASE,
        case_id,
        opening.organisation_id,
        opening.contact_id,
        ring.index("reference:" + reference),
        ring.seal(REFERENCE, case_id, reference, key_class=_key_class(sealed=opening.sealed)),
        INTAKE.get(opening.channel_kind, "sms"),
        None if opening.sealed else opening.type,
        None if opening.sealed else opening.category,
        sensitivity,
        "P2",
        state,
        opening.sealed,
        opening.language,
        codebook()["version"],
        opening.run_id,
        now,
        now + RECEIPT,
        now + FIRST_LOOK,
        now if acknowledged else None,
    )
    batch.then(_EVENT, case_id, "state", None, "received", "person", "message received", now)
    if opening.sealed:
        batch.then(_EVENT, case_id, "state", "received", "sealed", "system", "possible disclosure", now)
        batch.then(
            _EVENT,
            case_id,
            "alert",
            None,
            None,
            "system",
            "in the focal point's list, and in nobody else's",
            now,
        )
    elif acknowledged:
        batch.then(_EVENT, case_id, "state", "received", "acknowledged", "system", "receipt sent", now)
    else:
        batch.then(
            _EVENT, case_id, "receipt", None, None, "system", "receipt not sent: it would not be safe", now
        )
    add_words(
        batch, ring, case_id, opening.text, message_id=opening.message_id, sealed=opening.sealed, now=now
    )
    _tell(batch, opening, case_id, sensitivity, now)
    return Opened(case_id, reference)


def _tell(batch: Batch, opening: Opening, case_id: UUID, sensitivity: str, now: datetime) -> None:
    """Tell staff that a case waits; of a sealed one, the focal points alone."""
    kind = Kind.SEALED_CASE if opening.sealed else Kind.NEW_CASE
    batch.tell(Event(kind, f"grievance {case_id}", "P2", opening.organisation_id, level=sensitivity), now=now)


_NOTE = """
INSERT INTO grievance_note (id, grievance_id, message_id, question, text_sealed, sealed, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def add_words(
    batch: Batch,
    ring: Keyring,
    case_id: UUID,
    text: str,
    *,
    message_id: UUID | None,
    now: datetime,
    question: str | None = None,
    sealed: bool = False,
) -> None:
    """Add the person's words to a case, in their order."""
    note_id = ids.new()
    blob = ring.seal(TEXT, note_id, text, key_class=_key_class(sealed=sealed))
    batch.then(_NOTE, note_id, case_id, message_id, question, blob, sealed, now)


def _key_class(*, sealed: bool) -> str:
    return SEALED if sealed else DATA


_LEVELS = ("S0", "S1", "S2", "S3")


def _sensitivity(opening: Opening) -> str:
    """The highest of what the flow says, the type's floor and the category's default; unread counts as S1."""
    floor = _floors().get(opening.type or "", "S1")
    default = _defaults().get(opening.category or "", "S0")
    return max(opening.sensitivity or "S0", floor, default, key=_LEVELS.index)


@cache
def codebook() -> dict[str, Any]:
    """The codebook as data; see gateway/data/codebook.yaml."""
    text = (resources.files("gateway") / "data" / "codebook.yaml").read_text()
    book: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return book


@cache
def _floors() -> dict[str, str]:
    return {item["code"]: item["sensitivity_floor"] for item in codebook()["types"]}


@cache
def _defaults() -> dict[str, str]:
    return {
        item["code"]: item["sensitivity"] for group in codebook()["categories"] for item in group["codes"]
    }
