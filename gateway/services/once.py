"""Forms act once: whoever sends one again, by a reload, a retry or a queue that was offline, gets the first answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.models.pages import FormAnswer


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act on one form, within this transaction."""

    staff_id: UUID
    key_hash: bytes


def claim(connection: sa.Connection, staff_id: UUID, key_hash: bytes, *, now: datetime) -> Claim | str:
    """Take the right to act on a form, or return the page that acting on it led to.

    Of two requests that come at once the second waits here for the first to commit, and acts only when the first
    was undone.
    """
    values = {"staff_id": staff_id, "key_hash": key_hash, "at": now}
    statement = insert(FormAnswer).values(**values).on_conflict_do_nothing().returning(FormAnswer.at)
    if connection.scalar(statement) is not None:
        return Claim(staff_id, key_hash)
    return str(connection.scalar(sa.select(FormAnswer.location).where(*_this(staff_id, key_hash))) or "/")


def remember(connection: sa.Connection, claimed: Claim, location: str) -> None:
    """Write down the page that acting on the form led to."""
    this = _this(claimed.staff_id, claimed.key_hash)
    connection.execute(sa.update(FormAnswer).where(*this).values(location=location))


def release(connection: sa.Connection, claimed: Claim) -> None:
    """Give the right back: the form was not acted on, and may be sent again."""
    connection.execute(sa.delete(FormAnswer).where(*_this(claimed.staff_id, claimed.key_hash)))


def _this(staff_id: UUID, key_hash: bytes) -> tuple[sa.ColumnElement[bool], ...]:
    return FormAnswer.staff_id == staff_id, FormAnswer.key_hash == key_hash
