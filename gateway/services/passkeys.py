"""Passkeys: the public keys of devices that prove who signs in. The private halves never leave those devices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.crypto import Keyring
from gateway.models.staff import Staff, StaffCredential

NAME = "staff_credential.name"


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of an account."""

    id: UUID
    staff_id: UUID
    organisation_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None


def of(connection: sa.Connection, ring: Keyring, staff_id: UUID) -> list[Passkey]:
    """Return an account's passkeys, oldest first."""
    rows = connection.execute(_select().where(StaffCredential.staff_id == staff_id))
    return [_passkey(ring, row) for row in rows]


def find(connection: sa.Connection, ring: Keyring, credential_id: bytes) -> Passkey | None:
    """Return the passkey with this id, of an account that is open, and hold it until the transaction ends."""
    row = connection.execute(
        _select()
        .where(StaffCredential.credential_id == credential_id, Staff.active)
        .with_for_update(of=StaffCredential)
    ).first()
    return _passkey(ring, row) if row is not None else None


def add(
    connection: sa.Connection,
    ring: Keyring,
    staff_id: UUID,
    *,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
) -> bool:
    """Keep a passkey; False when some account has it already."""
    row_id = ids.new()
    values = {
        "id": row_id,
        "staff_id": staff_id,
        "credential_id": credential_id,
        "public_key": public_key,
        "sign_count": sign_count,
        "name_sealed": ring.seal(NAME, row_id, name),
    }
    statement = insert(StaffCredential).values(**values).on_conflict_do_nothing()
    return connection.scalar(statement.returning(StaffCredential.id)) is not None


def used(connection: sa.Connection, passkey_id: UUID, *, sign_count: int, now: datetime) -> None:
    """Note that a passkey proved itself. A device that counts its proofs must count on."""
    values = {"sign_count": sign_count, "used_at": now}
    connection.execute(sa.update(StaffCredential).where(StaffCredential.id == passkey_id).values(**values))


def remove(connection: sa.Connection, staff_id: UUID, passkey_id: UUID) -> bool:
    """Forget one of the account's own passkeys; says whether there was one."""
    statement = sa.delete(StaffCredential).where(
        StaffCredential.id == passkey_id, StaffCredential.staff_id == staff_id
    )
    return bool(connection.execute(statement).rowcount)


def _select() -> sa.Select[Any]:
    return (
        sa.select(StaffCredential.__table__, Staff.organisation_id)
        .join(Staff, Staff.id == StaffCredential.staff_id)
        .order_by(StaffCredential.id)
    )


def _passkey(ring: Keyring, row: Any) -> Passkey:
    return Passkey(
        row.id,
        row.staff_id,
        row.organisation_id,
        row.credential_id,
        row.public_key,
        row.sign_count,
        ring.open(NAME, row.id, row.name_sealed),
        row.created_at,
        row.used_at,
    )
