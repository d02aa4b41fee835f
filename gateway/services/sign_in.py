"""Signing in and out: passwords checked with patience, sessions kept in the database.

A session's cookie holds 32 random bytes and the database their SHA-256; deleting the row ends the session.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.organisations import Office
from gateway.models.staff import Role, SignInAttempt, Staff, StaffSession
from gateway.services import staff

SESSION_LASTS = timedelta(hours=12)
SESSION_IDLES = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)  # how often a busy session writes that it was seen

FREE_FAILURES = 5  # wrong passwords before guessing slows down
FIRST_BLOCK = timedelta(seconds=30)  # doubles with each further failure
LONGEST_BLOCK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in member of staff, as pages and rules see them."""

    id: UUID
    organisation_id: UUID
    office_id: UUID | None
    role: Role
    language: str
    timezone: str
    name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The password was right. `secret` goes into the cookie and is kept nowhere else."""

    staff_id: UUID
    organisation_id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The address or the password is wrong; nobody is told which. `until`: no more tries before that time."""

    until: datetime | None = None


def attempt(
    connection: sa.Connection, ring: Keyring, *, email: str, password: str, now: datetime
) -> SignedIn | Refused:
    """Open a session when address and password are right. A refusal is counted: commit either way.

    After five failures an account rests, 30 seconds at first and up to 15 minutes, whatever is tried. An
    address of nobody is treated like one of somebody, and takes as long.
    """
    index = staff.index(ring, email)
    blocked = connection.scalar(
        sa.select(SignInAttempt.blocked_until).where(SignInAttempt.email_index == index)
    )
    if blocked is not None and blocked > now:
        return Refused(until=blocked)
    account = connection.execute(
        sa.select(Staff.id, Staff.organisation_id, Staff.password_hash).where(
            Staff.email_index == index, Staff.active
        )
    ).first()
    if not _is_right(account, password):
        return Refused(until=_count_failure(connection, index, now))
    assert account is not None  # noqa: S101 - nobody's password is never right
    connection.execute(sa.delete(SignInAttempt).where(SignInAttempt.email_index == index))
    _rehash(connection, account, password)
    return SignedIn(account.id, account.organisation_id, open_session(connection, account.id, now=now))


def open_session(connection: sa.Connection, staff_id: UUID, *, now: datetime) -> str:
    """Open a session and return the secret for its cookie. Sessions that are over are swept on the way."""
    connection.execute(
        sa.delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.expires_at <= now)
    )
    secret = secrets.token_urlsafe(32)
    values = {
        "id": ids.new(),
        "staff_id": staff_id,
        "secret_hash": staff.digest(secret),
        "created_at": now,
        "seen_at": now,
        "expires_at": now + SESSION_LASTS,
    }
    connection.execute(sa.insert(StaffSession).values(**values))
    return secret


def member(connection: sa.Connection, ring: Keyring, secret: str, *, now: datetime) -> Member | None:
    """Return who a session belongs to; None when it is unknown, over, idle too long, or its account closed.

    A session that is in use notes so, once a minute at the most.
    """
    row = connection.execute(
        sa.select(
            StaffSession.id.label("session_id"),
            StaffSession.seen_at,
            Staff.id,
            Staff.organisation_id,
            Staff.office_id,
            Staff.role,
            Staff.language,
            Staff.name_sealed,
            Office.timezone,
        )
        .join(Staff, Staff.id == StaffSession.staff_id)
        .outerjoin(Office, Office.id == Staff.office_id)
        .where(
            StaffSession.secret_hash == staff.digest(secret),
            StaffSession.expires_at > now,
            StaffSession.seen_at > now - SESSION_IDLES,
            Staff.active,
        )
    ).first()
    if row is None:
        return None
    if row.seen_at < now - SEEN_EVERY:
        connection.execute(
            sa.update(StaffSession).where(StaffSession.id == row.session_id).values(seen_at=now)
        )
    return Member(
        row.id,
        row.organisation_id,
        row.office_id,
        Role(row.role),
        row.language,
        row.timezone or "UTC",
        ring.open(staff.NAME, row.id, row.name_sealed),
    )


def leave(connection: sa.Connection, secret: str) -> None:
    """End one session."""
    connection.execute(sa.delete(StaffSession).where(StaffSession.secret_hash == staff.digest(secret)))


def _is_right(account: Any, password: str) -> bool:
    known = account.password_hash if account is not None else None
    try:
        # Somebody without a password costs as much time as somebody with one.
        matches = staff.hasher().verify(known or _nobodys_hash(), password[: staff.LONGEST_PASSWORD])
    except (Argon2Error, InvalidHashError):
        return False
    return matches and known is not None


def _rehash(connection: sa.Connection, account: Any, password: str) -> None:
    if staff.hasher().check_needs_rehash(account.password_hash):
        fresh = staff.hasher().hash(password[: staff.LONGEST_PASSWORD])
        connection.execute(sa.update(Staff).where(Staff.id == account.id).values(password_hash=fresh))


def _count_failure(connection: sa.Connection, index: bytes, now: datetime) -> datetime | None:
    statement = insert(SignInAttempt).values(email_index=index, failures=1)
    counted = statement.on_conflict_do_update(
        index_elements=[SignInAttempt.email_index], set_={"failures": SignInAttempt.failures + 1}
    ).returning(SignInAttempt.failures)
    failures = connection.execute(counted).scalar_one()
    if failures < FREE_FAILURES:
        return None
    until: datetime = now + min(FIRST_BLOCK * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_BLOCK)
    connection.execute(
        sa.update(SignInAttempt).where(SignInAttempt.email_index == index).values(blocked_until=until)
    )
    return until


@cache
def _nobodys_hash() -> str:
    return staff.hasher().hash(secrets.token_urlsafe(32))
