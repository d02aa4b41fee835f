"""Staff accounts: making them, signing in and out, and links that let a person set a password once.

Secrets of sessions and links are 32 random bytes; the database holds only their SHA-256. Passwords are
hashed with Argon2id.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.crypto import Keyring
from gateway.errors import InvalidRequest
from gateway.models.flows import Flow
from gateway.models.organisations import Organisation
from gateway.models.staff import Role, SignInAttempt, Staff, StaffLink, StaffSession
from gateway.services import notices
from gateway.services.notices import Kind

EMAIL = "staff.email"
NAME = "staff.name"

# The account that a new installation begins with; whoever opens its link gives it a name and an address.
FIRST_EMAIL = "first-administrator@paigham.invalid"
FIRST_ORGANISATION = "operation"

LINK_LASTS = timedelta(hours=72)

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_EMAIL = 254  # RFC 5321
NORMAL_FORM: Final = "NFKC"


class UnfitPassword(InvalidRequest):
    """A password that we do not take; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The password does not fit: {code}.")
        self.code = code


class UnfitEmail(InvalidRequest):
    """An e-mail address that cannot be one, or that another account has."""

    code = "unfit_email"


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever holds a link: the account it belongs to. `new`: it has no address and name of its own yet."""

    staff_id: UUID
    organisation_id: UUID
    language: str
    email: str
    new: bool


def create(
    connection: sa.Connection,
    ring: Keyring,
    *,
    organisation_id: UUID,
    email: str,
    name: str,
    role: Role | str,
    language: str = "eng",
) -> UUID:
    """Make an account without a password; its owner sets one through a link.

    Raises:
        UnfitEmail: it is no address, or an account has it already.
    """
    staff_id = ids.new()
    address = _checked(email)
    values = {
        "id": staff_id,
        "organisation_id": organisation_id,
        "role": Role(role),
        "email_index": index(ring, address),
        "email_sealed": ring.seal(EMAIL, staff_id, address),
        "name_sealed": ring.seal(NAME, staff_id, name),
        "language": language,
    }
    statement = insert(Staff).values(**values).on_conflict_do_nothing(index_elements=[Staff.email_index])
    if connection.scalar(statement.returning(Staff.id)) is None:
        raise UnfitEmail("An account has this address already.")
    return staff_id


def find(connection: sa.Connection, ring: Keyring, email: str) -> UUID | None:
    """Return the id of the account with this address."""
    return connection.scalar(sa.select(Staff.id).where(Staff.email_index == index(ring, email)))


def organisation_of(connection: sa.Connection, staff_id: UUID) -> UUID:
    """Return the organisation that an account belongs to."""
    return connection.execute(sa.select(Staff.organisation_id).where(Staff.id == staff_id)).scalar_one()


def set_password(connection: sa.Connection, ring: Keyring, staff_id: UUID, password: str) -> None:
    """Give an account a password, end its sessions and forget its failed sign-ins.

    Raises:
        UnfitPassword: too short, too long, or the account's own address.
    """
    row = connection.execute(
        sa.select(Staff.email_index, Staff.email_sealed).where(Staff.id == staff_id)
    ).one()
    password = normal(password)
    _check_password(password, email=ring.open(EMAIL, staff_id, row.email_sealed))
    set_hash(connection, staff_id, hasher().hash(password))
    connection.execute(sa.delete(StaffSession).where(StaffSession.staff_id == staff_id))
    connection.execute(sa.delete(SignInAttempt).where(SignInAttempt.email_index == row.email_index))


def set_hash(connection: sa.Connection, staff_id: UUID, password_hash: str | None) -> None:
    """Keep the hash of an account's password; None: it has none."""
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(password_hash=password_hash))


def email_of(connection: sa.Connection, ring: Keyring, staff_id: UUID) -> str:
    """Return an account's address."""
    sealed = connection.execute(sa.select(Staff.email_sealed).where(Staff.id == staff_id)).scalar_one()
    return ring.open(EMAIL, staff_id, sealed)


def set_language(connection: sa.Connection, staff_id: UUID, language: str) -> None:
    """Remember the language in which a member of staff reads the pages."""
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(language=language))


def names(connection: sa.Connection, ring: Keyring, staff_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names behind staff ids; ids of nobody are left out."""
    wanted = list(staff_ids)
    if not wanted:
        return {}
    rows = connection.execute(sa.select(Staff.id, Staff.name_sealed).where(Staff.id.in_(wanted)))
    return {row.id: ring.open(NAME, row.id, row.name_sealed) for row in rows}


# --- Links


def link(connection: sa.Connection, staff_id: UUID, base_url: str, *, now: datetime) -> str:
    """Make a link that lets the account's owner set a password once. Earlier links of the account end."""
    connection.execute(
        sa.delete(StaffLink).where(StaffLink.staff_id == staff_id, StaffLink.used_at.is_(None))
    )
    token = secrets.token_urlsafe(32)
    values = {
        "id": ids.new(),
        "staff_id": staff_id,
        "secret_hash": digest(token),
        "expires_at": now + LINK_LASTS,
    }
    connection.execute(sa.insert(StaffLink).values(**values))
    return f"{base_url.rstrip('/')}/welcome/{token}"


def first_link(connection: sa.Connection, ring: Keyring, base_url: str) -> str | None:
    """Return a link for the first administrator, or None when somebody has a password already.

    A new database has neither organisation nor account: both are made. Each call ends the last one's link.
    """
    if connection.scalar(sa.select(sa.exists().where(Staff.password_hash.is_not(None)))):
        return None
    administrator = connection.scalar(
        sa.select(Staff.id).where(Staff.role == Role.ADMIN, Staff.active).order_by(Staff.id).limit(1)
    )
    if administrator is None:
        administrator = create(
            connection,
            ring,
            organisation_id=_first_organisation(connection),
            email=FIRST_EMAIL,
            name="",
            role=Role.ADMIN,
        )
    now = connection.scalar(sa.select(sa.func.now()))
    assert now is not None  # noqa: S101 - the database knows the time
    return link(connection, administrator, base_url, now=now)


def without_flows(connection: sa.Connection) -> list[UUID]:
    """Return the organisations that have no flow at all."""
    has_one = sa.exists().where(Flow.organisation_id == Organisation.id)
    return list(connection.scalars(sa.select(Organisation.id).where(~has_one).order_by(Organisation.id)))


def guest(connection: sa.Connection, ring: Keyring, token: str, *, now: datetime) -> Guest | None:
    """Return the account that a link belongs to; None when it is unknown, used or over."""
    row = connection.execute(
        sa.select(Staff.id, Staff.organisation_id, Staff.language, Staff.email_sealed)
        .join(StaffLink, StaffLink.staff_id == Staff.id)
        .where(*_open_link(token, now), Staff.active)
    ).first()
    if row is None:
        return None
    email = ring.open(EMAIL, row.id, row.email_sealed)
    return Guest(row.id, row.organisation_id, row.language, email, new=email == FIRST_EMAIL)


def welcome(
    connection: sa.Connection,
    ring: Keyring,
    token: str,
    *,
    password: str,
    email: str | None = None,
    name: str | None = None,
    now: datetime,
) -> Guest | None:
    """Use up a link: set the password, and on a new account the address and the name too.

    Returns:
        The account, or None when the link is over; nothing was changed then.

    Raises:
        UnfitPassword, UnfitEmail: the caller rolls back, and the link can be used again.
    """
    holder = guest(connection, ring, token, now=now)
    # Used up first: of two requests with one link, the second waits here and then finds it used.
    used = connection.execute(sa.update(StaffLink).where(*_open_link(token, now)).values(used_at=now))
    if holder is None or not used.rowcount:
        return None
    if holder.new:
        _introduce(connection, ring, holder.staff_id, email=email or "", name=name or "")
    elif not _has_password(connection, holder.staff_id):
        _tell(connection, holder, now)
    set_password(connection, ring, holder.staff_id, password)
    return holder


def _has_password(connection: sa.Connection, staff_id: UUID) -> bool:
    statement = sa.select(Staff.password_hash.is_not(None)).where(Staff.id == staff_id)
    return bool(connection.scalar(statement))


def _tell(connection: sa.Connection, holder: Guest, now: datetime) -> None:
    """Tell administrators that somebody who was invited is here."""
    notices.raise_(
        connection,
        kind=Kind.INVITATION_ACCEPTED,
        object=f"staff {holder.staff_id}",
        priority="P4",
        organisation_id=holder.organisation_id,
        but=holder.staff_id,
        now=now,
    )


def _introduce(connection: sa.Connection, ring: Keyring, staff_id: UUID, *, email: str, name: str) -> None:
    address = _checked(email)
    taken = find(connection, ring, address)
    if address == FIRST_EMAIL or taken is not None:
        raise UnfitEmail("The address cannot be used.")
    values = {
        "email_index": index(ring, address),
        "email_sealed": ring.seal(EMAIL, staff_id, address),
        "name_sealed": ring.seal(NAME, staff_id, name.strip()),
    }
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(**values))


def _open_link(token: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (StaffLink.secret_hash == digest(token), StaffLink.used_at.is_(None), StaffLink.expires_at > now)


def _first_organisation(connection: sa.Connection) -> UUID:
    found = connection.scalar(sa.select(Organisation.id).order_by(Organisation.id).limit(1))
    if found is None:
        found = ids.new()
        connection.execute(
            sa.insert(Organisation).values(id=found, code=FIRST_ORGANISATION, name="Operation")
        )
    return found


def _check_password(password: str, *, email: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise UnfitPassword("too_short")
    if len(password) > LONGEST_PASSWORD:
        raise UnfitPassword("too_long")
    if password.casefold() == email or len(set(password)) == 1:
        raise UnfitPassword("too_easy")


def _checked(email: str) -> str:
    address = email.strip().casefold()
    local, _, domain = address.rpartition("@")
    if not local or not domain or len(address) > LONGEST_EMAIL or any(part.isspace() for part in address):
        raise UnfitEmail("That is no e-mail address.")
    return address


def normal(password: str) -> str:
    """Return a password as it is hashed: keyboards write the same letters in different ways (Unicode NFKC)."""
    return unicodedata.normalize(NORMAL_FORM, password)


def index(ring: Keyring, email: str) -> bytes:
    """Return the blind index of an account's address."""
    return ring.index("email:" + email.strip().casefold())


def digest(secret: str) -> bytes:
    """Return what the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).digest()


@cache
def hasher() -> PasswordHasher:
    """Return the one hasher of passwords."""
    return PasswordHasher()
