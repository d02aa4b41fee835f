"""An operation, its organisations, their offices and teams, and what they agreed to share."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Operation(Base):
    """What the whole installation serves. There is one row at the most."""

    __tablename__ = "operation"
    __table_args__ = (CheckConstraint("single", name="one_row"), UniqueConstraint("single"))

    id: Mapped[Id]
    single: Mapped[bool] = mapped_column(default=True, server_default="true")  # always true, and unique
    name: Mapped[str]
    country: Mapped[str | None]  # ISO 3166-1 alpha-2
    timezone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")  # IANA name
    languages: Mapped[list[str]] = mapped_column(
        default=list, server_default="[]"
    )  # ISO 639-3, most spoken first
    set_up_at: Mapped[datetime | None]  # None: the first administrator is not through with the first steps
    created_at: Mapped[Created]


class OrganisationKind(StrEnum):
    """What an organisation is within the operation."""

    AGENCY = "agency"
    PARTNER = "partner"


class Organisation(Base):
    """An agency or partner; every record belongs to one. The lead, if there is one, sees others' aggregates."""

    __tablename__ = "organisation"
    __table_args__ = (Index("uq_organisation_lead", "lead", unique=True, postgresql_where=text("lead")),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=OrganisationKind.AGENCY, server_default="agency")
    lead: Mapped[bool] = mapped_column(default=False, server_default="false")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    hotline: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[Created]


class OfficeKind(StrEnum):
    """What a place of work is."""

    OFFICE = "office"
    SITE = "site"


class Office(Base):
    """A place of work with its own zone and areas."""

    __tablename__ = "office"
    __table_args__ = (
        Index(
            "uq_office_code",
            "organisation_id",
            "code",
            unique=True,
            postgresql_where=text("code IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    code: Mapped[str | None]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=OfficeKind.OFFICE, server_default="office")
    timezone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    area: Mapped[str | None]  # p-code of where it stands, an opaque string
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[Created]


class OfficeArea(Base):
    """An area that an office serves, with everything below it."""

    __tablename__ = "office_area"

    office_id: Mapped[UUID] = mapped_column(to("office.id", cascade=True), primary_key=True)
    pcode: Mapped[str] = mapped_column(
        primary_key=True
    )  # not tied to the gazetteer, which may be loaded later


class Team(Base):
    """Members of staff who share a queue, a roster and a lead."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    office_id: Mapped[UUID | None] = mapped_column(to("office.id"), index=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[Created]


class TeamMember(Base):
    """A member of staff's place in a team."""

    __tablename__ = "team_member"

    team_id: Mapped[UUID] = mapped_column(to("team.id", cascade=True), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), primary_key=True, index=True)
    lead: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[Created]


class AgreementKind(StrEnum):
    """What an agreement is called."""

    PARTNER_ANNEX = "partner_annex"
    DATA_SHARING = "data_sharing"
    PROTOCOL = "protocol"
    MEMORANDUM = "memorandum"
    LETTER = "letter"


class Shared(StrEnum):
    """What an agreement may open. People and their addresses are never among it."""

    GRIEVANCE = "grievance"
    SURVEY = "survey"


class Agreement(Base):
    """What one organisation lets another see, for what, and until when. Without one, nothing is shared."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("giver_id <> receiver_id", name="two_parties"),
        CheckConstraint("highest IN ('S0', 'S1', 'S2')", name="never_sealed"),
        CheckConstraint("valid_from <= valid_until", name="from_until"),
        Index("ix_agreement_receiver", "receiver_id", "valid_until"),
        Index("ix_agreement_giver", "giver_id"),
    )

    id: Mapped[Id]
    giver_id: Mapped[UUID] = mapped_column(to("organisation.id"))  # whose records are seen
    receiver_id: Mapped[UUID] = mapped_column(to("organisation.id"))  # who sees them
    kind: Mapped[str]
    reference: Mapped[str]  # what the signed paper is called
    purpose: Mapped[str]
    objects: Mapped[list[str]]  # of Shared
    highest: Mapped[str] = mapped_column(default="S1", server_default="S1")  # highest sensitivity of cases
    areas: Mapped[list[str]] = mapped_column(default=list, server_default="[]")  # p-codes; none: everywhere
    valid_from: Mapped[date]
    valid_until: Mapped[date]  # the last day on which it counts
    ended_at: Mapped[datetime | None]  # ended before its time
    created_by: Mapped[UUID | None] = mapped_column(to("staff.id"))
    created_at: Mapped[Created]
