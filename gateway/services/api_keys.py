"""Keys with which programs read an organisation's counts: made, shown once, used, and taken back.

A key is 32 random bytes; the database holds their SHA-256, as of sessions and links.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.models.api_keys import ApiKey
from gateway.models.organisations import Organisation
from gateway.services import staff
from gateway.services.unfit import Unfit, among, filled

PREFIX = "paigham_"  # so that scanners of code know a lost key
LONGEST_LIFE = timedelta(days=366)
SEEN_EVERY = timedelta(minutes=1)  # how often a busy key writes that it was used


class Scope(StrEnum):
    """What a key may read."""

    ORGANISATION = "organisation"
    OFFICES = "offices"
    AREAS = "areas"
    ROUNDS = "rounds"
    CHANNELS = "channels"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was shown with a request."""

    id: UUID
    organisation_id: UUID
    scopes: frozenset[str]
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One key in the list. `state`: "valid", "over" or "revoked"."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_by: UUID
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    state: str


def create(
    connection: sa.Connection,
    organisation_id: UUID,
    *,
    name: str,
    scopes: Iterable[str],
    lasts: timedelta,
    by: UUID,
    now: datetime,
) -> tuple[UUID, str]:
    """Make a key and return its id and its secret, which is kept nowhere.

    Raises:
        Unfit: a fact cannot be taken; `field` names it.
    """
    wanted = sorted({among(scope, Scope, field="scopes") for scope in scopes})
    if not wanted:
        raise Unfit("empty", field="scopes")
    if not timedelta(0) < lasts <= LONGEST_LIFE:
        raise Unfit("too_long", field="lasts")
    secret = PREFIX + secrets.token_urlsafe(32)
    key_id = ids.new()
    values = {
        "id": key_id,
        "organisation_id": organisation_id,
        "name": filled(name, field="name"),
        "scopes": wanted,
        "secret_hash": staff.digest(secret),
        "created_by": by,
        "created_at": now,
        "expires_at": now + lasts,
    }
    connection.execute(sa.insert(ApiKey).values(**values))
    return key_id, secret


def find(connection: sa.Connection, secret: str, *, now: datetime) -> Key | None:
    """Return the key of a secret; None when it is unknown, over, revoked, or its organisation closed."""
    row = connection.execute(
        sa.select(ApiKey.id, ApiKey.organisation_id, ApiKey.scopes, ApiKey.last_used_at)
        .join(Organisation, Organisation.id == ApiKey.organisation_id)
        .where(
            ApiKey.secret_hash == staff.digest(secret),
            ApiKey.expires_at > now,
            ApiKey.revoked_at.is_(None),
            Organisation.active,
        )
    ).first()
    return Key(row.id, row.organisation_id, frozenset(row.scopes), row.last_used_at) if row else None


def touch(connection: sa.Connection, key: Key, *, now: datetime) -> None:
    """Note that a key is in use, once a minute at the most."""
    if key.last_used_at is None or key.last_used_at < now - SEEN_EVERY:
        connection.execute(sa.update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now))


def revoke(connection: sa.Connection, organisation_id: UUID, key_id: UUID, *, now: datetime) -> bool:
    """Take a key back; False when there is none that could be."""
    done = connection.execute(
        sa.update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.organisation_id == organisation_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return bool(done.rowcount)


def lines(connection: sa.Connection, organisation_id: UUID, *, now: datetime) -> list[Line]:
    """Return an organisation's keys, the newest first."""
    rows = connection.execute(
        sa.select(*ApiKey.__table__.c)
        .where(ApiKey.organisation_id == organisation_id)
        .order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())
    )
    return [
        Line(
            row.id,
            row.name,
            tuple(row.scopes),
            row.created_by,
            row.created_at,
            row.expires_at,
            row.last_used_at,
            "revoked" if row.revoked_at else "over" if row.expires_at <= now else "valid",
        )
        for row in rows
    ]
