"""Second factors: who must have one, the secret of an authenticator app, and recovery codes.

The secret is sealed; of each recovery code only a keyed hash is kept. Checking a code is the web's part
(`gateway.web.security`), because the library that does it lives there; what must happen once happens here, in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.staff import Role, Staff, StaffCredential, StaffRecoveryCode

TOTP = "staff.totp"


class Policy(StrEnum):
    """Who must have a second factor."""

    BY_ROLE = "by_role"
    ALL = "all"
    OFF = "off"


# Whoever reads content or administers. The others may have one, and are asked for it when they do.
FORCED = frozenset(
    {
        Role.PROTECTION_REVIEWER,
        Role.SENSITIVE_FOCAL_POINT,
        Role.DATA_PROTECTION_OFFICER,
        Role.ADMIN,
        Role.PARTNER,
        Role.IM_OFFICER,
    }
)


def must_have_one(role: Role, policy: Policy | str) -> bool:
    """Say whether a role needs a second factor under a policy."""
    match Policy(policy):
        case Policy.ALL:
            return True
        case Policy.OFF:
            return False
        case Policy.BY_ROLE:
            return role in FORCED


def totp(connection: sa.Connection, ring: Keyring, staff_id: UUID) -> str | None:
    """Return the secret of the account's authenticator app, as the library wrote it."""
    sealed = connection.scalar(sa.select(Staff.totp_sealed).where(Staff.id == staff_id))
    return ring.open(TOTP, staff_id, sealed) if sealed is not None else None


def keep_totp(
    connection: sa.Connection, ring: Keyring, staff_id: UUID, secret: str, *, counter: int | None
) -> None:
    """Keep an app's secret. `counter`: the time step of the code that proved it, which is used up by that."""
    values = {"totp_sealed": ring.seal(TOTP, staff_id, secret), "totp_counter": counter}
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(**values))


def drop_totp(connection: sa.Connection, staff_id: UUID) -> bool:
    """Forget the app; says whether there was one."""
    statement = (
        sa.update(Staff)
        .where(Staff.id == staff_id, Staff.totp_sealed.is_not(None))
        .values(totp_sealed=None, totp_counter=None)
    )
    return bool(connection.execute(statement).rowcount)


def last_counter(connection: sa.Connection, staff_id: UUID) -> int | None:
    """Return the time step of the last used code, and hold the account until the transaction ends.

    Of two requests with the same code the second waits here, and then finds the code used.
    """
    counter: int | None = connection.scalar(
        sa.select(Staff.totp_counter).where(Staff.id == staff_id).with_for_update()
    )
    return counter


def use_counter(connection: sa.Connection, staff_id: UUID, counter: int) -> None:
    """Note that the code of a time step is used up, and all before it."""
    connection.execute(sa.update(Staff).where(Staff.id == staff_id).values(totp_counter=counter))


# --- Recovery codes


def keep_codes(connection: sa.Connection, ring: Keyring, staff_id: UUID, codes: Iterable[str]) -> None:
    """Replace the account's recovery codes."""
    connection.execute(sa.delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_id == staff_id))
    rows = [
        {"id": ids.new(), "staff_id": staff_id, "code_index": _code_index(ring, staff_id, code)}
        for code in codes
    ]
    if rows:
        connection.execute(sa.insert(StaffRecoveryCode), rows)


def knows_code(connection: sa.Connection, ring: Keyring, staff_id: UUID, code: str) -> bool:
    """Say whether a recovery code is the account's, and not used yet."""
    return bool(connection.scalar(sa.select(sa.exists().where(*_unused(ring, staff_id, code)))))


def use_code(connection: sa.Connection, ring: Keyring, staff_id: UUID, code: str, *, now: datetime) -> bool:
    """Use a recovery code up; of two requests with the same code one gets True."""
    statement = sa.update(StaffRecoveryCode).where(*_unused(ring, staff_id, code)).values(used_at=now)
    return bool(connection.execute(statement).rowcount)


def codes_left(connection: sa.Connection, staff_id: UUID) -> int:
    """Count the recovery codes that can still be used."""
    condition = (StaffRecoveryCode.staff_id == staff_id, StaffRecoveryCode.used_at.is_(None))
    return connection.execute(
        sa.select(sa.func.count()).select_from(StaffRecoveryCode).where(*condition)
    ).scalar_one()


def has_one(connection: sa.Connection, staff_id: UUID) -> bool:
    """Say whether an account has an authenticator app or a passkey."""
    return bool(connection.scalar(sa.select(exists()).where(Staff.id == staff_id)))


def exists() -> sa.ColumnElement[bool]:
    """Return the condition under which a row of `staff` has a second factor."""
    passkey = sa.exists().where(StaffCredential.staff_id == Staff.id)
    return sa.or_(Staff.totp_sealed.is_not(None), passkey)


def clear(connection: sa.Connection, staff_id: UUID) -> bool:
    """Forget every second factor of an account whose owner lost them; says whether there was one.

    Its owner sets up a new one at the next sign-in where the role needs it. End the account's sessions too.
    """
    had_app = drop_totp(connection, staff_id)
    passkeys = connection.execute(sa.delete(StaffCredential).where(StaffCredential.staff_id == staff_id))
    connection.execute(sa.delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_id == staff_id))
    return had_app or bool(passkeys.rowcount)


def throttle_key(ring: Keyring, staff_id: UUID) -> bytes:
    """Return the key under which wrong codes of an account are counted."""
    return ring.index(f"second factor:{staff_id}")


def _unused(ring: Keyring, staff_id: UUID, code: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        StaffRecoveryCode.staff_id == staff_id,
        StaffRecoveryCode.code_index == _code_index(ring, staff_id, code),
        StaffRecoveryCode.used_at.is_(None),
    )


def _code_index(ring: Keyring, staff_id: UUID, code: str) -> bytes:
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return ring.index(f"recovery code:{staff_id}:{plain}")
