"""Signing in and out: passwords checked with patience, sessions kept in the database.

A session's cookie holds 32 random bytes and the database their SHA-256; deleting the row ends the session. Whoever has
a second factor is let in half-way first: such a session leads nowhere but to the page that asks for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.organisations import Office, Organisation
from gateway.models.staff import Role, Staff, StaffSession
from gateway.services import second_factor, staff, throttle

SESSION_LASTS = timedelta(hours=12)
SESSION_IDLES = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)  # how often a busy session writes that it was seen
FRESH_FOR = timedelta(minutes=10)  # how long a proof of who one is counts before sensitive actions

PASSWORD, PASSKEY, SSO = "password", "passkey", "sso"  # how a session began


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a session has come.

    Attributes:
        id: the session's row.
        method: how it began.
        second_factor_at: when a second factor was passed; None: not yet.
        fresh_at: when the person last proved who they are.
        has_factor: whether the account has a second factor that can be asked for.
    """

    id: UUID
    method: str
    second_factor_at: datetime | None
    fresh_at: datetime | None
    has_factor: bool

    @property
    def halfway(self) -> bool:
        """Whether the second factor is still to come."""
        return self.has_factor and self.second_factor_at is None

    def fresh(self, now: datetime) -> bool:
        """Say whether the person proved lately who they are."""
        return self.fresh_at is not None and now - self.fresh_at <= FRESH_FOR


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
    standing: Standing


@dataclass(frozen=True, slots=True)
class Account:
    """Whose password is to be checked; `password_hash` None: nobody's, or an account without a password."""

    id: UUID | None
    organisation_id: UUID | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who they are is proven. `secret` goes into the cookie and is kept nowhere else."""

    staff_id: UUID
    organisation_id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The address or the password is wrong; nobody is told which.

    Attributes:
        until: no more tries before that time.
        account: whose password was not right, for the audit; None: nobody's, or nothing was tried.
    """

    until: datetime | None = None
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One of a person's own sessions, for the list of them."""

    id: UUID
    device: str
    method: str
    created_at: datetime
    seen_at: datetime


def attempt(
    connection: sa.Connection,
    ring: Keyring,
    *,
    email: str,
    is_right: Callable[[Account], bool],
    device: str = "",
    now: datetime,
) -> SignedIn | Refused:
    """Open a session when the address is known and `is_right` says so. A refusal is counted: commit either way.

    After five failures an account rests, 30 seconds at first and up to 15 minutes, whatever is tried. An
    address of nobody is treated like one of somebody: `is_right` is asked too, and must take as long.
    """
    index = staff.index(ring, email)
    blocked = throttle.blocked_until(connection, index, now=now)
    if blocked is not None:
        return Refused(until=blocked)
    account = _account(connection, index)
    if not is_right(account) or account.id is None or account.organisation_id is None:
        known = account if account.id is not None else None
        return Refused(until=throttle.failed(connection, index, now=now), account=known)
    throttle.forget(connection, index)
    secret = open_session(connection, account.id, now=now, device=device)
    return SignedIn(account.id, account.organisation_id, secret)


def open_session(
    connection: sa.Connection,
    staff_id: UUID,
    *,
    now: datetime,
    method: str = PASSWORD,
    device: str = "",
    passed: bool = False,
) -> str:
    """Open a session and return the secret for its cookie. Sessions that are over are swept on the way.

    `passed`: the second factor was part of the proof already (a passkey that asked for its owner, an identity
    provider that vouches for it).
    """
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
        "method": method,
        "device": device,
        "second_factor_at": now if passed else None,
        "fresh_at": now,
    }
    connection.execute(sa.insert(StaffSession).values(**values))
    return secret


def rise(connection: sa.Connection, session_id: UUID, *, passed: bool = False, now: datetime) -> str:
    """Give a session a new secret because its holder proved who they are; the old one is worth nothing from now on.

    `passed`: with a second factor.
    """
    secret = secrets.token_urlsafe(32)
    values: dict[str, Any] = {"secret_hash": staff.digest(secret), "fresh_at": now, "seen_at": now}
    if passed:
        values["second_factor_at"] = now
    connection.execute(sa.update(StaffSession).where(StaffSession.id == session_id).values(**values))
    return secret


def member(connection: sa.Connection, ring: Keyring, secret: str, *, now: datetime) -> Member | None:
    """Return who a session belongs to; None when it is unknown, over, idle, half-way, or its account closed."""
    found = holder(connection, ring, secret, now=now)
    return found if found is not None and not found.standing.halfway else None


def holder(
    connection: sa.Connection, ring: Keyring, secret: str, *, active: bool = True, now: datetime
) -> Member | None:
    """Return who a session belongs to, even when its second factor is still to come (`standing.halfway`).

    A session that is in use notes so, once a minute at the most. `active` False: a page asks by itself, and nobody may
    be sitting before it; that keeps no session alive.
    """
    row = connection.execute(
        sa.select(
            StaffSession.id.label("session_id"),
            StaffSession.seen_at,
            StaffSession.method,
            StaffSession.second_factor_at,
            StaffSession.fresh_at,
            second_factor.exists().label("has_factor"),
            Staff.id,
            Staff.organisation_id,
            Staff.office_id,
            Staff.role,
            Staff.language,
            Staff.name_sealed,
            Office.timezone,
        )
        .join(Staff, Staff.id == StaffSession.staff_id)
        .join(Organisation, Organisation.id == Staff.organisation_id)
        .outerjoin(Office, Office.id == Staff.office_id)
        .where(
            StaffSession.secret_hash == staff.digest(secret),
            StaffSession.expires_at > now,
            StaffSession.seen_at > now - SESSION_IDLES,
            Staff.active,
            Organisation.active,
        )
    ).first()
    if row is None:
        return None
    if active and row.seen_at < now - SEEN_EVERY:
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
        Standing(row.session_id, row.method, row.second_factor_at, row.fresh_at, row.has_factor),
    )


def leave(connection: sa.Connection, secret: str) -> None:
    """End one session."""
    connection.execute(sa.delete(StaffSession).where(StaffSession.secret_hash == staff.digest(secret)))


# --- A person's own sessions


def sessions(connection: sa.Connection, staff_id: UUID, *, now: datetime) -> list[Device]:
    """Return the sessions of an account that still work, the one seen last first."""
    columns = (
        StaffSession.id,
        StaffSession.device,
        StaffSession.method,
        StaffSession.created_at,
        StaffSession.seen_at,
    )
    rows = connection.execute(
        sa.select(*columns)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.expires_at > now,
            StaffSession.seen_at > now - SESSION_IDLES,
        )
        .order_by(StaffSession.seen_at.desc(), StaffSession.id.desc())
    )
    return [Device(*row) for row in rows]


def end(connection: sa.Connection, staff_id: UUID, session_id: UUID) -> bool:
    """End one of an account's own sessions; says whether there was one."""
    statement = sa.delete(StaffSession).where(
        StaffSession.id == session_id, StaffSession.staff_id == staff_id
    )
    return bool(connection.execute(statement).rowcount)


def end_all(connection: sa.Connection, staff_id: UUID, *, but: UUID | None = None) -> int:
    """End all sessions of an account, or all but one; returns how many."""
    statement = sa.delete(StaffSession).where(StaffSession.staff_id == staff_id)
    if but is not None:
        statement = statement.where(StaffSession.id != but)
    return connection.execute(statement).rowcount


def account_of(connection: sa.Connection, staff_id: UUID) -> Account:
    """Return an account for the check of its password."""
    row = connection.execute(
        sa.select(Staff.id, Staff.organisation_id, Staff.password_hash).where(Staff.id == staff_id)
    ).one()
    return Account(*row)


def _account(connection: sa.Connection, index: bytes) -> Account:
    row = connection.execute(
        sa.select(Staff.id, Staff.organisation_id, Staff.password_hash).where(
            Staff.email_index == index, Staff.active
        )
    ).first()
    return Account(*row) if row is not None else Account(None, None, None)
