"""The audit: lines that are only added, chained by hashes, so that a missing or changed line shows.

Each line's hash covers the line, the persons and cases that it is about, and the hash before it. It is made with a key
of the ring: whoever can write to the database alone cannot make a line that fits. Whoever cuts off the newest lines
leaves a whole chain: an anchor that is kept elsewhere shows that (`gateway.services.audit_check`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.crypto import Keyring

DETAIL = "audit.detail"


class Kind(StrEnum):
    """What a subject of a line may be."""

    CONTACT = "contact"
    CASE = "case"
    STAFF = "staff"


class Subject(NamedTuple):
    """A person, case or account that a line is about."""

    kind: str
    id: UUID


class Head(NamedTuple):
    """The newest line of a chain, or of the part of it that was walked. `keyed`: its hash was made with the key."""

    seq: int
    hash: bytes
    keyed: bool = False


BEFORE_THE_FIRST = Head(0, bytes(32))
NOBODY: frozenset[Subject] = frozenset()

# What the object of a line begins with when it names a subject: "contact 0190…".
_NAMED = {"contact": Kind.CONTACT, "grievance": Kind.CASE, "staff": Kind.STAFF}


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says.

    Attributes:
        actor: "system", "cli" or a staff id.
        action: noun and past participle, e.g. "contact.read".
        object: kind and id of what it was done to, e.g. "contact 0190…"; never a name or an address.
        detail: JSON-able facts that only auditors need, sealed; "before" and "after" of a change.
        subjects: the persons, cases and accounts that were seen or changed; whom `object` names is added by itself.
    """

    actor: str
    action: str
    object: str
    detail: Mapping[str, Any] | None = None
    subjects: frozenset[Subject] = field(default=NOBODY)

    def everybody(self) -> list[Subject]:
        """Return all subjects in the order that the hash covers them in."""
        named = named_by(self.object)
        return sorted(self.subjects | {named} if named else self.subjects)


def named_by(object_: str) -> Subject | None:
    """Return whom a line's object names; None when it names nobody."""
    word, _, text = object_.partition(" ")
    try:
        return Subject(_NAMED[word], UUID(text)) if word in _NAMED else None
    except ValueError:
        return None


def subjects(
    *, contacts: Iterable[UUID] = (), cases: Iterable[UUID] = (), staff: Iterable[UUID] = ()
) -> frozenset[Subject]:
    """Return persons, cases and accounts as subjects of a line."""
    return frozenset(
        Subject(kind, id_)
        for kind, found in ((Kind.CONTACT, contacts), (Kind.CASE, cases), (Kind.STAFF, staff))
        for id_ in found
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the detail of a change: what differs, as it was and as it is. Either may lack a name."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "before": {name: before[name] for name in names if name in before},
        "after": {name: after[name] for name in names if name in after},
    }


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

    Other writers of the organisation wait until the caller commits, so write the line last in a transaction.

    Returns:
        The line's number, counted from 1 without gaps.
    """
    return write(connection, ring, organisation_id, [Line(actor, action, object, detail)], now=now)


def write(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    lines: Sequence[Line],
    *,
    now: datetime,
) -> int:
    """Add lines in their order, in the caller's transaction. Write them last: others wait for the commit.

    Returns:
        The number of the last one.
    """
    key, rows, named = chain_key(ring), [], []
    prepared = [(line, line.everybody()) for line in lines]  # before the lock: others wait from there on
    head = take(connection, organisation_id)
    for line, everybody in prepared:
        row = _row(ring, organisation_id, line, head, now=now)
        row["hash"] = digest(key, row, _listed(everybody))
        rows.append(row)
        named += [(row["seq"], *subject) for subject in everybody]
        head = Head(row["seq"], row["hash"], keyed=True)
    connection.execute(_INSERT, _columns(organisation_id, rows, named))
    return head.seq


def take(connection: sa.Connection, organisation_id: UUID) -> Head:
    """Have the end of the chain to oneself until the transaction ends, and return it."""
    row = connection.execute(_TAKE, {"whose": organisation_id, "lock": _lock(organisation_id)}).first()
    return Head(*row) if row else BEFORE_THE_FIRST


def head_of(connection: sa.Connection, organisation_id: UUID) -> Head:
    """Return the newest line of a chain."""
    row = connection.execute(_HEAD, {"organisation_id": organisation_id}).first()
    return Head(*row) if row else BEFORE_THE_FIRST


def detail_of(ring: Keyring, organisation_id: UUID, seq: int, blob: bytes) -> dict[str, Any]:
    """Open the detail of a line."""
    detail: dict[str, Any] = json.loads(ring.open(DETAIL, _place(organisation_id, seq), blob))
    return detail


def chain_key(ring: Keyring) -> bytes:
    """Return the key that lines are hashed with. It comes from the ring's index key, which does not rotate."""
    return ring.index("audit: key of the chain")


def digest(key: bytes | None, line: Mapping[str, Any], listed: str) -> bytes:
    """Return the hash of a line.

    Args:
        key: the chain's; None for lines of the first version, which were hashed without.
        line: the columns.
        listed: the subjects, one "kind id" a row, in order; "" for none.
    """
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
    if key is None:
        return hashlib.sha256(_canonical(fields)).digest()
    return hmac.digest(key, _canonical([*fields, hashlib.sha256(listed.encode()).hexdigest()]), "sha256")


_canonical_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))

_TAKE = sa.text("SELECT seq, hash, keyed FROM audit_take(:whose, :lock)")
_HEAD = sa.text(
    "SELECT seq, hash, keyed FROM audit WHERE organisation_id = :organisation_id ORDER BY seq DESC LIMIT 1"
)
# Lines and whom they are about in one statement, for the same reason.
_INSERT = sa.text("""
    WITH lines AS (
        INSERT INTO audit (organisation_id, seq, at, actor, action, object, detail_sealed, previous, hash, keyed)
        SELECT :organisation_id, seq, :at, actor, action, object, detail, previous, hash, true
        FROM unnest(CAST(:seqs AS bigint[]), CAST(:actors AS text[]), CAST(:actions AS text[]),
            CAST(:objects AS text[]), CAST(:details AS bytea[]), CAST(:previous AS bytea[]), CAST(:hashes AS bytea[]))
            AS line (seq, actor, action, object, detail, previous, hash)
    )
    INSERT INTO audit_subject (organisation_id, seq, kind, id)
    SELECT :organisation_id, * FROM unnest(CAST(:named AS bigint[]), CAST(:kinds AS text[]), CAST(:ids AS uuid[]))
""")


def _row(ring: Keyring, organisation_id: UUID, line: Line, head: Head, *, now: datetime) -> dict[str, Any]:
    seq = head.seq + 1
    return {
        "organisation_id": organisation_id,
        "seq": seq,
        "at": now,
        "actor": line.actor,
        "action": line.action,
        "object": line.object,
        "detail_sealed": _seal(ring, organisation_id, seq, line.detail),
        "previous": head.hash,
        "keyed": True,
    }


def _columns(
    organisation_id: UUID, rows: list[dict[str, Any]], named: list[tuple[int, str, UUID]]
) -> dict[str, Any]:
    return {
        "organisation_id": organisation_id,
        "at": rows[0]["at"],
        "seqs": [row["seq"] for row in rows],
        "actors": [row["actor"] for row in rows],
        "actions": [row["action"] for row in rows],
        "objects": [row["object"] for row in rows],
        "details": [row["detail_sealed"] for row in rows],
        "previous": [row["previous"] for row in rows],
        "hashes": [row["hash"] for row in rows],
        "named": [seq for seq, _, _ in named],
        "kinds": [str(kind) for _, kind, _ in named],
        "ids": [id_ for _, _, id_ in named],
    }


def _listed(everybody: Iterable[Subject]) -> str:
    return "\n".join(f"{kind} {id_}" for kind, id_ in everybody)


def _canonical(fields: list[Any]) -> bytes:
    return _canonical_json.encode(fields).encode()


def _seal(ring: Keyring, organisation_id: UUID, seq: int, detail: Mapping[str, Any] | None) -> bytes | None:
    if detail is None:
        return None
    return ring.seal(DETAIL, _place(organisation_id, seq), json.dumps(dict(detail), ensure_ascii=False))


def _place(organisation_id: UUID, seq: int) -> UUID:
    # A line's key is its organisation and number; sealing wants one id.
    return ids.derive(organisation_id, f"audit {seq}")


def _lock(organisation_id: UUID) -> int:
    return int.from_bytes(organisation_id.bytes[8:], "big", signed=True)
