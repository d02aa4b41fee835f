"""Re-sealing what is stored, so that old keys can be thrown away.

Append-only audit details keep the key they were written under: a ring forgets a key only when nothing is left
under it (`in_use`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from gateway.crypto import Keyring, key_of
from gateway.db import Connection


class _Key(TypedDict):
    order: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One sealed column: where it is, which row its values are tied to, and in what order to walk it.

    `order` is the table's primary key, and `kinds` its PostgreSQL types.
    """

    table: str
    name: str
    place: str
    row: str = "id"
    order: tuple[str, ...] = ("id",)
    kinds: tuple[str, ...] = ("uuid",)
    fixed: bool = False  # append-only: its values stay as they are


_ANSWER: _Key = {"order": ("run_id", "question"), "kinds": ("uuid", "text")}
_AUDIT: _Key = {"order": ("organisation_id", "seq"), "kinds": ("uuid", "bigint")}
COLUMNS = (
    Column("channel", "config_sealed", "channel.config"),
    Column("staff", "email_sealed", "staff.email"),
    Column("staff", "name_sealed", "staff.name"),
    Column("saved_view", "name_sealed", "saved_view.name"),
    Column("staff", "totp_sealed", "staff.totp"),
    Column("staff_credential", "name_sealed", "staff_credential.name"),
    Column("staff_ticket", "state_sealed", "staff_ticket.state"),
    Column("contact", "name_sealed", "contact.name"),
    Column("contact", "fields_sealed", "contact.fields"),
    Column("contact_urn", "address_sealed", "contact_urn.address"),
    Column("message_in", "content_sealed", "message_in.content"),
    Column("message_out", "content_sealed", "message_out.content"),
    Column("run", "state_sealed", "run.state"),
    Column("answer", "value_sealed", "answer.value", **_ANSWER),
    Column("answer", "raw_sealed", "answer.raw", **_ANSWER),
    Column("answer_change", "value_sealed", "answer.value", row="answer_id"),
    Column("answer_change", "raw_sealed", "answer.raw", row="answer_id"),
    Column("late_reply", "raw_sealed", "late_reply.raw"),
    Column("misreading", "raw_sealed", "misreading.raw"),
    Column("outside_service", "secret_sealed", "outside_service.secret"),
    Column("service_request", "arguments_sealed", "service_request.arguments"),
    Column("service_request", "answer_sealed", "service_request.answer"),
    Column("grievance", "reference_sealed", "grievance.reference"),
    Column("grievance_note", "text_sealed", "grievance_note.text"),
    Column("audit", "detail_sealed", "audit.detail", **_AUDIT, fixed=True),
)


def walk(connection: Connection, column: Column, *, batch: int) -> Iterator[list[tuple[Any, ...]]]:
    """Give a column's values in batches of (row id, value, *order), each read anew, so that the caller may commit."""
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
    """Write a batch's values under the current keys of their classes; returns how many stood under old ones.

    A value that somebody wrote meanwhile is left alone: it is newer. So is a row that somebody holds: waiting for
    it could end in a deadlock with a conversation that holds several. Another pass finds both.
    """
    current = set(ring.current.values())
    changes = [
        (value, _fresh(ring, column.place, row_id, value), *key)
        for row_id, value, *key in rows
        if key_of(value) not in current
    ]
    if changes:
        connection.execute(_reseal(column), list(map(list, zip(*changes, strict=True))))
    return len(changes)


def _reseal(column: Column) -> str:
    key = ", ".join(column.order)
    given = ", ".join(f"%s::{kind}[]" for kind in ("bytea", "bytea", *column.kinds))
    same = " AND ".join(f"t.{name} = given.{name}" for name in column.order)
    free = " AND ".join(f"t.{name} = free.{name}" for name in column.order)
    return (
        f"WITH given (old, new, {key}) AS (SELECT * FROM unnest({given})), free AS ("  # noqa: S608 - names from the table above
        f"SELECT {', '.join('t.' + name for name in column.order)} FROM {column.table} t JOIN given ON {same}"
        " FOR NO KEY UPDATE OF t SKIP LOCKED"
        f") UPDATE {column.table} t SET {column.name} = given.new FROM given, free"
        f" WHERE {same} AND {free} AND t.{column.name} = given.old"
    )


def _fresh(ring: Keyring, place: str, row_id: UUID, value: bytes) -> bytes:
    text = ring.open(place, row_id, value)
    return ring.seal(place, row_id, text, key_class=ring.class_by_id[key_of(value)])


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
