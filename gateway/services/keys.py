"""Re-sealing what is stored, so that old keys can be thrown away.

Append-only audit details keep the key they were written under: a ring forgets a key only when nothing is left
under it (`in_use`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gateway.crypto import Keyring, key_of
from gateway.db import Connection


@dataclass(frozen=True, slots=True)
class Column:
    """One sealed column: where it is, which row its values are tied to, and in what order to walk it."""

    table: str
    name: str
    place: str
    row: str = "id"
    order: tuple[str, ...] = ("id",)
    fixed: bool = False  # append-only: its values stay as they are


_ANSWER = ("run_id", "question")
COLUMNS = (
    Column("channel", "config_sealed", "channel.config"),
    Column("staff", "email_sealed", "staff.email"),
    Column("staff", "name_sealed", "staff.name"),
    Column("contact", "name_sealed", "contact.name"),
    Column("contact", "fields_sealed", "contact.fields"),
    Column("contact_urn", "address_sealed", "contact_urn.address"),
    Column("message_in", "content_sealed", "message_in.content"),
    Column("message_out", "content_sealed", "message_out.content"),
    Column("run", "state_sealed", "run.state"),
    Column("answer", "value_sealed", "answer.value", order=_ANSWER),
    Column("answer", "raw_sealed", "answer.raw", order=_ANSWER),
    Column("grievance", "reference_sealed", "grievance.reference"),
    Column("grievance_note", "text_sealed", "grievance_note.text"),
    Column("audit", "detail_sealed", "audit.detail", order=("organisation_id", "seq"), fixed=True),
)


def walk(connection: Connection, column: Column, *, batch: int) -> Iterator[list[tuple[Any, ...]]]:
    """Give a column's values in batches of (row id, value, *key), each read anew, so that the caller may commit."""
    keys = ", ".join(column.order)
    after: tuple[Any, ...] | None = None
    while True:
        beyond = f"AND ({keys}) > ({', '.join(['%s'] * len(column.order))})" if after else ""
        rows = connection.execute(
            f"SELECT {column.row}, {column.name}, {keys} FROM {column.table}"  # noqa: S608 - names from the table above
            f" WHERE {column.name} IS NOT NULL {beyond} ORDER BY {keys} LIMIT %s",
            [*(after or ()), batch],
        ).fetchall()
        if not rows:
            return
        after = rows[-1][2:]
        yield rows


def reseal(connection: Connection, ring: Keyring, column: Column, rows: list[tuple[Any, ...]]) -> int:
    """Write a batch's values under the current keys of their classes; returns how many changed.

    A value that somebody wrote meanwhile is left alone: it is newer.
    """
    current = set(ring.current.values())
    changes = []
    for row_id, value, *_ in rows:
        if key_of(value) not in current:
            fresh = _fresh(ring, column.place, row_id, value)
            changes.append((row_id, value, fresh))
    if changes:
        ids, old, new = map(list, zip(*changes, strict=True))
        connection.execute(
            f"UPDATE {column.table} t SET {column.name} = n.new"  # noqa: S608
            f" FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS n (id, old, new)"
            f" WHERE t.{column.row} = n.id AND t.{column.name} = n.old",
            [ids, old, new],
        )
    return len(changes)


def _fresh(ring: Keyring, place: str, row_id: UUID, value: bytes) -> bytes:
    key_class = ring.class_by_id[key_of(value)]
    return ring.seal(place, row_id, ring.open(place, row_id, value), key_class=key_class)


def in_use(connection: Connection) -> Counter[int]:
    """How many values stand under each key."""
    found: Counter[int] = Counter()
    for column in COLUMNS:
        rows = connection.execute(
            f"SELECT get_byte({column.name}, 1) * 256 + get_byte({column.name}, 2), count(*)"  # noqa: S608
            f" FROM {column.table} WHERE {column.name} IS NOT NULL GROUP BY 1"
        )
        found.update(dict(rows.fetchall()))
    return found
