"""Tickets: what we must remember between two requests of one browser, for minutes, and take once.

The browser holds a secret, the row its hash and the sealed state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.staff import StaffTicket
from gateway.services import staff

STATE = "staff_ticket.state"
LASTS = timedelta(minutes=10)


def put(
    connection: sa.Connection, ring: Keyring, secret: str, state: Mapping[str, Any], *, now: datetime
) -> None:
    """Remember a state under a secret, in place of what stood there. Tickets that are over are swept on the way."""
    connection.execute(sa.delete(StaffTicket).where(StaffTicket.expires_at <= now))
    connection.execute(sa.delete(StaffTicket).where(StaffTicket.secret_hash == staff.digest(secret)))
    ticket_id = ids.new()
    values = {
        "id": ticket_id,
        "secret_hash": staff.digest(secret),
        "state_sealed": ring.seal(STATE, ticket_id, json.dumps(dict(state))),
        "expires_at": now + LASTS,
    }
    # Of two requests at once the first one's state stays; the other page is simply asked again.
    connection.execute(insert(StaffTicket).values(**values).on_conflict_do_nothing())


def look(connection: sa.Connection, ring: Keyring, secret: str, *, now: datetime) -> dict[str, Any] | None:
    """Return the state under a secret and leave it there; None when there is none, or no longer."""
    return _open(ring, connection.execute(sa.select(*_COLUMNS).where(*_standing(secret, now))).first())


def take(connection: sa.Connection, ring: Keyring, secret: str, *, now: datetime) -> dict[str, Any] | None:
    """Return the state under a secret and remove it: of two requests with one secret, one gets it."""
    statement = sa.delete(StaffTicket).where(*_standing(secret, now)).returning(*_COLUMNS)
    return _open(ring, connection.execute(statement).first())


_COLUMNS = (StaffTicket.id, StaffTicket.state_sealed)


def _standing(secret: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (StaffTicket.secret_hash == staff.digest(secret), StaffTicket.expires_at > now)


def _open(ring: Keyring, row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    state: dict[str, Any] = json.loads(ring.open(STATE, row.id, row.state_sealed))
    return state
