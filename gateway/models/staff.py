"""Staff accounts, their sessions, and links that work once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Role(StrEnum):
    """What a member of staff may do; each is described in the access table of the web pages."""

    VIEWER_AGGREGATE = "viewer_aggregate"
    COMMUNITY_STAFF = "community_staff"
    TRANSLATOR = "translator"
    PROTECTION_REVIEWER = "protection_reviewer"
    SENSITIVE_FOCAL_POINT = "sensitive_focal_point"
    PARTNER = "partner"
    IM_OFFICER = "im_officer"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    ADMIN = "admin"


class Staff(Base):
    """A person with an account. Name and e-mail are sealed; the e-mail is found by its blind index."""

    __tablename__ = "staff"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    office_id: Mapped[UUID | None] = mapped_column(to("office.id"))
    role: Mapped[str]
    email_index: Mapped[bytes] = mapped_column(unique=True)
    email_sealed: Mapped[bytes]
    name_sealed: Mapped[bytes]
    password_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="eng", server_default="eng")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[Created]
    totp_sealed: Mapped[bytes | None]  # the secret that an authenticator app shares with us
    totp_counter: Mapped[int | None]  # the last code that was used
    sso_index: Mapped[bytes | None] = mapped_column(unique=True)  # who this is at the identity provider


class StaffSession(Base):
    """A sign-in on one device. The cookie holds a secret; the row holds its hash, and ends when revoked.

    `method` says how it began (password, passkey, sso), `device` on what, roughly ("Chrome on Android").
    `fresh_at` is when the person last proved who they are.
    """

    __tablename__ = "staff_session"

    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), index=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[Created]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    method: Mapped[str] = mapped_column(default="password", server_default="password")
    device: Mapped[str] = mapped_column(default="", server_default="")
    second_factor_at: Mapped[datetime | None]
    fresh_at: Mapped[datetime | None]


class StaffLink(Base):
    """A link that lets a person set a password, once."""

    __tablename__ = "staff_link"

    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), index=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """Failed sign-ins by account (blind index), so that guessing slows down."""

    __tablename__ = "sign_in_attempt"

    email_index: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    blocked_until: Mapped[datetime | None]


class RoleChange(Base):
    """A role that somebody is to get, and that a second person must agree to. The row stays as history."""

    __tablename__ = "role_change"
    __table_args__ = (
        Index("uq_role_change_open", "staff_id", unique=True, postgresql_where=text("decided_at IS NULL")),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    from_role: Mapped[str]
    to_role: Mapped[str]
    asked_by: Mapped[UUID] = mapped_column(to("staff.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(to("staff.id"))
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]


class StaffCredential(Base):
    """A passkey: the public half of a key that somebody's device keeps. Its name is the owner's word for the device."""

    __tablename__ = "staff_credential"

    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    name_sealed: Mapped[bytes]
    created_at: Mapped[Created]
    used_at: Mapped[datetime | None]


class StaffRecoveryCode(Base):
    """A code that replaces a lost second factor, once. The row holds its keyed hash."""

    __tablename__ = "staff_recovery_code"

    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), index=True)
    code_index: Mapped[bytes] = mapped_column(unique=True)
    used_at: Mapped[datetime | None]


class StaffTicket(Base):
    """What we must remember between two requests of one browser, for minutes: a challenge, a new secret.

    Found by the hash of a secret in the browser's cookie; taken once.
    """

    __tablename__ = "staff_ticket"

    id: Mapped[Id]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    state_sealed: Mapped[bytes]
    expires_at: Mapped[datetime]
