"""The audit: lines that are only added, chained by hashes, so that a missing or changed line shows.

Each line's hash covers the line and the hash before it. Whoever cuts off the newest lines leaves a whole
chain: only a newest hash that is kept elsewhere shows that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.audit import Audit

DETAIL = "audit.detail"
BEFORE_THE_FIRST = bytes(32)
BATCH = 1000  # lines read at a time when a chain is verified


def record(
    connection: sa.Connection,
    ring: Keyring,
    *,
    organisation_id: UUID,
    actor: str,
    action: str,
    object: str,  # noqa: A002 - the audit's own word for what something was done to
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> int:
    """Add one line, in the caller's transaction: what is undone was not done.

    Other writers of the organisation wait until the caller commits, so write the line late in a transaction.

    Args:
        connection: the transaction that the line belongs to.
        ring: seals `detail`.
        organisation_id: whose chain.
        actor: "system", "cli" or a staff id.
        action: noun and past participle, e.g. "contact.read".
        object: kind and id of what it was done to, e.g. "contact 0190…"; never a name or an address.
        detail: JSON-able facts that only auditors need.
        now: the time of the line.

    Returns:
        The line's number, counted from 1 without gaps.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_lock(organisation_id))))
    latest = connection.execute(
        sa.select(Audit.seq, Audit.hash)
        .where(Audit.organisation_id == organisation_id)
        .order_by(Audit.seq.desc())
        .limit(1)
    ).first()
    seq, previous = (latest.seq + 1, latest.hash) if latest else (1, BEFORE_THE_FIRST)
    line = {
        "organisation_id": organisation_id,
        "seq": seq,
        "at": now,
        "actor": actor,
        "action": action,
        "object": object,
        "detail_sealed": _seal(ring, organisation_id, seq, detail),
        "previous": previous,
    }
    connection.execute(sa.insert(Audit).values(**line, hash=_digest(line)))
    return seq


def detail_of(ring: Keyring, organisation_id: UUID, seq: int, blob: bytes) -> dict[str, Any]:
    """Open the detail of a line."""
    detail: dict[str, Any] = json.loads(ring.open(DETAIL, _row(organisation_id, seq), blob))
    return detail


def verify(connection: sa.Connection, organisation_id: UUID) -> list[str]:
    """Walk an organisation's chain and return one sentence for each fault; none when it is whole."""
    lines = connection.execute(
        sa.select(Audit.__table__).where(Audit.organisation_id == organisation_id).order_by(Audit.seq),
        execution_options={"yield_per": BATCH},
    )
    return list(_faults(lines.mappings()))


def _faults(lines: Any) -> Iterator[str]:
    number, previous = 0, BEFORE_THE_FIRST
    for line in lines:
        number += 1
        if line["seq"] != number:
            yield f"Lines {number} to {line['seq'] - 1} are missing."
            number = line["seq"]
        elif line["previous"] != previous:
            yield f"Line {number} does not follow from the line before it."
        if line["hash"] != _digest(line):
            yield f"Line {number} was changed."
        previous = line["hash"]


def _digest(line: Any) -> bytes:
    fields = [
        str(line["organisation_id"]),
        line["seq"],
        line["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        line["actor"],
        line["action"],
        line["object"],
        hashlib.sha256(line["detail_sealed"] or b"").hexdigest(),
        line["previous"].hex(),
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def _seal(ring: Keyring, organisation_id: UUID, seq: int, detail: Mapping[str, Any] | None) -> bytes | None:
    if detail is None:
        return None
    return ring.seal(DETAIL, _row(organisation_id, seq), json.dumps(dict(detail), ensure_ascii=False))


def _row(organisation_id: UUID, seq: int) -> UUID:
    # A line's key is its organisation and number; sealing wants one id.
    return ids.derive(organisation_id, f"audit {seq}")


def _lock(organisation_id: UUID) -> int:
    return int.from_bytes(organisation_id.bytes[8:], "big", signed=True)
