"""Whether the audit is whole: walking the chains, and comparing them with anchors that were written elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.anchors import Anchor
from gateway.crypto import Keyring
from gateway.models.audit import AuditCheck
from gateway.models.organisations import Organisation
from gateway.services.audit import BEFORE_THE_FIRST, Head, chain_key, digest, head_of

BATCH = 5000  # lines read at a time
SLICE = 20_000  # lines that one turn of the scheduled verification walks: a worker is busy for about a second
EVERY = timedelta(hours=20)  # a chain is verified once a day, whenever the daily job comes round
TOLD = 20  # faults that are kept; the rest are counted


@dataclass
class Walk:
    """What walking a chain found.

    Attributes:
        head: the last line that was walked.
        lines: how many were.
        ended: whether it came to the end.
        faults: one sentence for each.
    """

    head: Head = BEFORE_THE_FIRST
    lines: int = 0
    ended: bool = False
    faults: list[str] = field(default_factory=list)


class Chain(NamedTuple):
    """An organisation's chain."""

    organisation_id: UUID
    code: str
    head: Head


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last whole verification of a chain found; `ended_at` None: there was none yet."""

    ended_at: datetime | None
    lines: int
    faults: list[str]
    anchored_at: datetime | None
    anchored_seq: int | None


def chains(connection: sa.Connection) -> list[Chain]:
    """Return the chains of all organisations."""
    rows = connection.execute(sa.select(Organisation.id, Organisation.code).order_by(Organisation.code))
    return [Chain(row.id, row.code, head_of(connection, row.id)) for row in rows.all()]


def heads(connection: sa.Connection, *, now: datetime) -> list[Anchor]:
    """Return an anchor for each chain that has a line."""
    return [
        Anchor(chain.organisation_id, chain.head.seq, chain.head.hash, now)
        for chain in chains(connection)
        if chain.head.seq
    ]


def verify(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    *,
    after: Head = BEFORE_THE_FIRST,
    most: int | None = None,
) -> Walk:
    """Walk a chain and tell every fault.

    Lines that are added meanwhile are left for the next walk.

    Args:
        connection: any transaction.
        ring: holds the key of the chain.
        organisation_id: whose chain.
        after: where an earlier walk stopped; nothing: from the beginning.
        most: walk so many lines; None: all.
    """
    last = head_of(connection, organisation_id).seq
    until = last if most is None else _slice_end(connection, organisation_id, after, most)
    bounds = {"organisation_id": organisation_id, "after": after.seq, "until": until}
    lines = connection.execute(_LINES, bounds, execution_options={"yield_per": BATCH})
    named = connection.execute(_SUBJECTS, bounds, execution_options={"yield_per": BATCH})
    walk = _walk(lines, iter(named), chain_key(ring), after)
    walk.ended = until == last
    if walk.ended:
        beyond = connection.scalars(_BEYOND, {"organisation_id": organisation_id})
        walk.faults += [f"Line {seq} is missing, but not whom it was about." for seq in beyond]
    return walk


def compare(connection: sa.Connection, organisation_id: UUID, anchors: Iterable[Anchor]) -> list[str]:
    """Compare a chain with what was written down of it elsewhere; one sentence for each fault."""
    ours = [anchor for anchor in anchors if anchor.organisation_id == organisation_id]
    if not ours:
        return []
    rows = connection.execute(
        _HASHES, {"organisation_id": organisation_id, "seqs": sorted({anchor.seq for anchor in ours})}
    )
    hashes: dict[int, bytes] = {row.seq: row.hash for row in rows}
    return [
        f"Line {anchor.seq} is {'not the one' if anchor.seq in hashes else 'gone: it is one'}"
        f" that was anchored at {anchor.at:%Y-%m-%d %H:%M}."
        for anchor in ours
        if hashes.get(anchor.seq) != anchor.hash
    ]


def _slice_end(connection: sa.Connection, organisation_id: UUID, after: Head, most: int) -> int:
    bounds = {"organisation_id": organisation_id, "after": after.seq, "most": most}
    return connection.scalar(_SLICE, bounds) or after.seq


def _walk(lines: Any, named: Iterator[Any], key: bytes, after: Head) -> Walk:
    walk, waiting = Walk(after), next(named, None)
    for line in lines.mappings():
        while waiting is not None and waiting.seq < line["seq"]:
            walk.faults.append(f"Line {waiting.seq} is missing, but not whom it was about.")
            waiting = next(named, None)
        listed = ""
        if waiting is not None and waiting.seq == line["seq"]:
            listed, waiting = waiting.listed, next(named, None)
        walk.faults += _faults(line, listed, key, walk.head)
        walk.head = Head(line["seq"], line["hash"], line["keyed"])
        walk.lines += 1
    return walk


def _faults(line: Any, listed: str, key: bytes, head: Head) -> Iterator[str]:
    number = line["seq"]
    if number != head.seq + 1:
        yield f"Lines {head.seq + 1} to {number - 1} are missing."
    elif line["previous"] != head.hash:
        yield f"Line {number} does not follow from the line before it."
    if head.keyed and not line["keyed"]:
        yield f"Line {number} was not written by Paigham."
    elif line["hash"] != digest(key if line["keyed"] else None, line, listed) or (
        listed and not line["keyed"]
    ):
        yield f"Line {number} was changed."


# Both are read in the order of their primary keys. Up to `until` nothing is added any more: numbers are given under a
# lock that is held until the commit.
_LINES = sa.text(
    "SELECT organisation_id, seq, at, actor, action, object, detail_sealed, previous, hash, keyed FROM audit"
    " WHERE organisation_id = :organisation_id AND seq > :after AND seq <= :until ORDER BY seq"
)
_SUBJECTS = sa.text(
    "SELECT seq, string_agg(kind || ' ' || id, E'\\n' ORDER BY kind COLLATE \"C\", id) AS listed FROM audit_subject"
    " WHERE organisation_id = :organisation_id AND seq > :after AND seq <= :until GROUP BY seq ORDER BY seq"
)
_SLICE = sa.text(
    "SELECT max(seq) FROM (SELECT seq FROM audit WHERE organisation_id = :organisation_id AND seq > :after"
    " ORDER BY seq LIMIT :most) AS slice"
)
_BEYOND = sa.text(
    "SELECT DISTINCT s.seq FROM audit_subject s WHERE s.organisation_id = :organisation_id"
    " AND s.seq > coalesce((SELECT max(seq) FROM audit WHERE organisation_id = :organisation_id), 0)"
)
_HASHES = sa.text(
    "SELECT seq, hash FROM audit WHERE organisation_id = :organisation_id AND seq = ANY(CAST(:seqs AS bigint[]))"
)


# --- The scheduled verification, in slices


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of the scheduled verification did.

    Attributes:
        organisation_id: whose chain was walked.
        head: how far.
        ended: whether the chain is walked to its end, and its result written down.
        faults: of the whole walk so far, the first few.
    """

    organisation_id: UUID
    head: Head
    ended: bool
    faults: list[str]


def turn(
    connection: sa.Connection,
    ring: Keyring,
    anchors: Iterable[Anchor],
    faults: Iterable[str] = (),
    *,
    now: datetime,
    most: int = SLICE,
) -> Turn | None:
    """Walk one slice of the chain that was verified longest ago, and write down how far that came.

    The caller commits, anchors the chain when it has ended, and calls again until nothing is due.

    Args:
        connection: of a worker, who sees all organisations.
        ring: holds the key of the chains.
        anchors: what is known elsewhere.
        faults: what is wrong with the anchors themselves; told with each chain.
        now: what "verified lately" is counted from.
        most: lines of one slice.

    Returns:
        What was done; None when every chain was verified lately.
    """
    due = connection.execute(_DUE, {"before": now - EVERY}).first()
    if due is None:
        return None
    walking = due.began_at is not None
    after = Head(due.walked_seq, due.walked_hash, due.walked_keyed) if walking else BEFORE_THE_FIRST
    walk = verify(connection, ring, due.id, after=after, most=most)
    found = [*(due.found if walking else []), *walk.faults]
    if walk.ended:
        found += [*compare(connection, due.id, anchors), *faults]
    _keep(connection, due.id, walk, found[:TOLD], began_at=due.began_at or now, now=now)
    return Turn(due.id, walk.head, walk.ended, found[:TOLD])


def anchored(connection: sa.Connection, anchor: Anchor) -> None:
    """Note that a chain was anchored."""
    connection.execute(
        sa.update(AuditCheck)
        .where(AuditCheck.organisation_id == anchor.organisation_id)
        .values(anchored_at=anchor.at, anchored_seq=anchor.seq)
    )


def latest(connection: sa.Connection, organisation_id: UUID) -> Checked:
    """Return what the last whole verification of a chain found."""
    row = connection.execute(
        sa.select(
            AuditCheck.ended_at,
            AuditCheck.lines,
            AuditCheck.faults,
            AuditCheck.anchored_at,
            AuditCheck.anchored_seq,
        ).where(AuditCheck.organisation_id == organisation_id)
    ).first()
    if row is None:
        return Checked(None, 0, [], None, None)
    return Checked(row.ended_at, row.lines, row.faults or [], row.anchored_at, row.anchored_seq)


def _keep(
    connection: sa.Connection,
    organisation_id: UUID,
    walk: Walk,
    faults: list[str],
    *,
    began_at: datetime,
    now: datetime,
) -> None:
    values: dict[str, Any] = {
        "began_at": None if walk.ended else began_at,
        "walked_seq": walk.head.seq,
        "walked_hash": walk.head.hash,
        "walked_keyed": walk.head.keyed,
        "found": faults,
    }
    if walk.ended:
        values |= {"ended_at": now, "lines": walk.head.seq, "faults": faults}
    statement = insert(AuditCheck).values(organisation_id=organisation_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["organisation_id"], set_=values))


# Whoever is being walked first, then whoever was verified longest ago.
_DUE = sa.text(
    "SELECT o.id, c.began_at, c.walked_seq, c.walked_hash, c.walked_keyed, c.found FROM organisation o"
    " LEFT JOIN audit_check c ON c.organisation_id = o.id"
    " WHERE c.began_at IS NOT NULL OR c.ended_at IS NULL OR c.ended_at < :before"
    " ORDER BY c.began_at NULLS LAST, c.ended_at NULLS FIRST LIMIT 1"
)
