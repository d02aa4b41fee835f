"""Notices to staff, the mails that carry them, and who is on duty.

A notice says that something waits, and where: never what it is about, and nobody's name, number or reference.
"""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to

# Kind and id of what a notice leads to. The database refuses anything else: there is no place for a word of a person.
OBJECT = r"object ~ '^[a-z_]{1,30} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'"
OCCASION = r"occasion ~ '^[a-z0-9_:-]{0,60}$'"


class Notice(Base):
    """Something that waits for one person. Written once for each person, kind, object and occasion."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("staff_id", "kind", "object", "occasion"),
        CheckConstraint(OBJECT, name="object_is_an_id"),
        CheckConstraint(OCCASION, name="occasion_is_a_word"),
        Index("ix_notice_list", "staff_id", "raised_at"),
        Index("ix_notice_unread", "staff_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notice_mail_at", "mail_at", postgresql_where=text("mail_at IS NOT NULL")),
        Index("ix_notice_mail", "mail_id", postgresql_where=text("mail_id IS NOT NULL")),
        Index("ix_notice_event", "object", "kind", "occasion"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    kind: Mapped[str]  # a word of services.notices.Kind
    object: Mapped[str]  # "grievance 0190…", as in the audit
    occasion: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # tells the second time from the first
    priority: Mapped[str]
    step: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # how far it was escalated
    raised_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail_at: Mapped[datetime | None]  # when to think again of a mail; None: that is settled
    mail_id: Mapped[UUID | None] = mapped_column(to("mail.id"))  # the mail that carries it


class NoticeSetting(Base):
    """What a person wants to be told, and when; without a row, the defaults of `gateway.quiet`.

    The zone stands in `staff_preference`.
    """

    __tablename__ = "notice_setting"

    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    quiet_from: Mapped[time]
    quiet_until: Mapped[time]
    digest: Mapped[str]
    digest_at: Mapped[time]
    by_mail: Mapped[bool] = mapped_column(default=True, server_default="true")
    muted: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]")  # kinds without mail


class MailState(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"  # the server may have it: never sent again by itself
    REFUSED = "refused"  # the server does not take mail for this address
    FAILED = "failed"  # given up after some tries


class Mail(Base):
    """One mail to one member of staff. It holds no address and no word: both are made when it leaves."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_due", "due_at", postgresql_where=text("state IN ('waiting', 'sending')")),
        Index(
            "ix_mail_trouble",
            "organisation_id",
            "created_at",
            postgresql_where=text("state IN ('uncertain', 'refused', 'failed')"),
        ),
        Index("ix_mail_staff_id", "staff_id"),
    )

    id: Mapped[Id]  # the Message-ID is made of it
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    priority: Mapped[str]  # the most urgent of its notices
    state: Mapped[str] = mapped_column(default=MailState.WAITING, server_default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    due_at: Mapped[datetime]  # the next try; while it is being sent, when it counts as left behind
    code: Mapped[str | None]  # the server's reply code, or our word
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Shift(Base):
    """A stretch of time in which somebody is on duty for a team. Shifts of a team may overlap."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="from_until"),
        CheckConstraint("staff_id <> backup_id", name="two_persons"),
        UniqueConstraint("team_id", "staff_id", "starts_at"),
        Index("ix_shift_time", "team_id", "ends_at"),
        Index("ix_shift_staff_id", "staff_id"),
        Index("ix_shift_backup_id", "backup_id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    team_id: Mapped[UUID] = mapped_column(to("team.id", cascade=True))
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    backup_id: Mapped[UUID | None] = mapped_column(to("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[Created]


class Handover(Base):
    """What one person on duty left to the next: ids of what goes on, and nothing else."""

    __tablename__ = "handover"
    __table_args__ = (Index("ix_handover_team", "team_id", "at"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    team_id: Mapped[UUID] = mapped_column(to("team.id", cascade=True))
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    next_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    objects: Mapped[list[str]]  # "grievance 0190…"
    at: Mapped[datetime]


class Alert(Base):
    """Something urgent that was told to a team's duty, and who is told next while nobody has looked."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("team_id", "kind", "object", "occasion"),
        CheckConstraint(OBJECT, name="object_is_an_id"),
        CheckConstraint(OCCASION, name="occasion_is_a_word"),
        Index("ix_alert_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_alert_team", "team_id", "raised_at"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    team_id: Mapped[UUID] = mapped_column(to("team.id", cascade=True))
    kind: Mapped[str]
    object: Mapped[str]
    occasion: Mapped[str] = mapped_column(default="", server_default="")
    priority: Mapped[str]
    roles: Mapped[list[str]]  # who may see the object: nobody else is told
    step: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # 0 duty, 1 backup, 2 lead
    raised_at: Mapped[datetime]
    next_at: Mapped[datetime | None]  # when the next person is told; None: it is over
    seen_at: Mapped[datetime | None]  # when the first of those who were told looked


class Patience(Base):
    """Minutes that an organisation waits for somebody to look, by priority. Without a row: the defaults."""

    __tablename__ = "patience"
    __table_args__ = (
        CheckConstraint("backup_after BETWEEN 1 AND 10080 AND lead_after BETWEEN 1 AND 10080", name="sane"),
    )

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id", cascade=True), primary_key=True)
    priority: Mapped[str] = mapped_column(primary_key=True)
    backup_after: Mapped[int] = mapped_column(SmallInteger)
    lead_after: Mapped[int] = mapped_column(SmallInteger)  # after the backup was told
