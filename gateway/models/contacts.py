"""Contacts, their addresses, groups, and the ledger of what they agreed to."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Contact(Base):
    """A person as far as we know them. Name and free fields are sealed; coded facts are plain for counting."""

    __tablename__ = "contact"
    __table_args__ = (
        Index(
            "ix_contact_last_seen",
            "organisation_id",
            text("last_seen_at DESC NULLS LAST"),
            text("id DESC NULLS LAST"),
            postgresql_where=text("last_seen_at IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    name_sealed: Mapped[bytes | None]
    fields_sealed: Mapped[bytes | None]  # JSON of everything a flow learned that is not coded below
    language: Mapped[str | None]  # what the person chose (ISO 639-3); None: nobody asked yet
    area: Mapped[str | None]  # p-code
    sex: Mapped[str | None]
    age_band: Mapped[str | None]
    discreet: Mapped[bool] = mapped_column(default=False, server_default="false")
    no_autoreply: Mapped[bool] = mapped_column(default=False, server_default="false")
    safe_to_text: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
    safe_to_call: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
    safe_time: Mapped[str | None]
    last_seen_at: Mapped[datetime | None]  # within SEEN_WITHIN of the last message handled
    created_at: Mapped[Created]


# Who talks, talks on: one conversation moves its contact once, and not with each message, in the list and its index.
SEEN_WITHIN = timedelta(minutes=5)


class ContactUrn(Base):
    """An address of a contact, found by blind index, shown only to those who may see it."""

    __tablename__ = "contact_urn"
    __table_args__ = (UniqueConstraint("organisation_id", "address_index"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True), index=True)
    scheme: Mapped[str]
    address_index: Mapped[bytes]
    address_sealed: Mapped[bytes]
    slot: Mapped[int] = mapped_column(SmallInteger)  # 0 … 1023, by contact: which shard drains their messages
    reachable: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[Created]


SLOTS = 1024


class OptOut(Base):
    """One stretch of time in which an address gets no texts. Rows are never deleted; a lifted one stays as history."""

    __tablename__ = "opt_out"
    __table_args__ = (
        Index(
            "uq_opt_out_standing",
            "organisation_id",
            "address_index",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    address_index: Mapped[bytes]
    source: Mapped[str]  # keyword, flow, provider
    message_id: Mapped[UUID | None]
    opted_out_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]  # always the person: keyword, flow


class Consent(Base):
    """One decision about one purpose. The latest row counts; earlier ones stay."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_latest", "contact_id", "purpose", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True))
    purpose: Mapped[str]
    given: Mapped[bool]
    wording: Mapped[str]  # id of the text that was agreed to
    language: Mapped[str]
    channel_kind: Mapped[str]
    run_id: Mapped[UUID | None]
    created_at: Mapped[Created]


class Group(Base):
    """A set of contacts."""

    __tablename__ = "contact_group"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    code: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[Created]


class GroupMember(Base):
    """A contact's place in a group."""

    __tablename__ = "group_member"

    group_id: Mapped[UUID] = mapped_column(to("contact_group.id", cascade=True), primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(to("contact.id", cascade=True), primary_key=True, index=True)
    created_at: Mapped[Created]


class DeepLink(Base):
    """A link that binds a messenger address to a contact, starts a flow, or both."""

    __tablename__ = "deep_link"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    token_index: Mapped[bytes] = mapped_column(unique=True)
    contact_id: Mapped[UUID | None] = mapped_column(to("contact.id", cascade=True))
    flow_code: Mapped[str | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
