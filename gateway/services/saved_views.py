"""Views of lists that a person keeps under a name. The name is sealed: people write what they like into names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.crypto import DATA, Keyring
from gateway.models.pages import SavedView

NAME = "saved_view.name"
LONGEST_NAME = 60  # characters
MOST = 20  # views of one list by one person


@dataclass(frozen=True, slots=True)
class View:
    """A list as somebody likes it. `query`: what stands behind the `?` of its address."""

    id: UUID
    name: str
    query: str


def of_list(connection: sa.Connection, ring: Keyring, staff_id: UUID, list_: str) -> list[View]:
    """Return a person's views of one list, the oldest first."""
    rows = connection.execute(
        sa.select(SavedView.id, SavedView.name_sealed, SavedView.query)
        .where(SavedView.staff_id == staff_id, SavedView.list == list_)
        .order_by(SavedView.created_at, SavedView.id)
        .limit(MOST)
    )
    return [View(row.id, ring.open(NAME, row.id, row.name_sealed), row.query) for row in rows]


def keep(
    connection: sa.Connection, ring: Keyring, staff_id: UUID, list_: str, *, query: str, name: str
) -> bool:
    """Keep a view; one with the same query gets the new name. False: there are too many already."""
    mine = (SavedView.staff_id == staff_id, SavedView.list == list_)
    same = connection.scalar(sa.select(SavedView.id).where(*mine, SavedView.query == query))
    if same is not None:
        sealed = ring.seal(NAME, same, name, key_class=DATA)
        connection.execute(sa.update(SavedView).where(SavedView.id == same).values(name_sealed=sealed))
        return True
    if (connection.scalar(sa.select(sa.func.count()).where(*mine)) or 0) >= MOST:
        return False
    view_id = ids.new()
    values = {
        "id": view_id,
        "staff_id": staff_id,
        "list": list_,
        "query": query,
        "name_sealed": ring.seal(NAME, view_id, name, key_class=DATA),
    }
    connection.execute(insert(SavedView).values(**values).on_conflict_do_nothing())
    return True


def drop(connection: sa.Connection, staff_id: UUID, view_ids: Sequence[UUID]) -> int:
    """Forget views; returns how many there were. Nobody forgets somebody else's."""
    done = connection.execute(
        sa.delete(SavedView).where(SavedView.staff_id == staff_id, SavedView.id.in_(view_ids))
    )
    return done.rowcount
