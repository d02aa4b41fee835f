"""What becomes of somebody's duties and notices when they leave: a colleague takes them over, or they end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.models.notices import Notice, Shift


def count_duties(connection: sa.Connection, staff_id: UUID) -> int:
    """Count the present and coming shifts of a person, as the one on duty or as the backup."""
    count = connection.scalar(
        sa.select(sa.func.count()).where(
            sa.or_(Shift.staff_id == staff_id, Shift.backup_id == staff_id), Shift.ends_at > sa.func.now()
        )
    )
    return count or 0


def hand_on_duties(connection: sa.Connection, staff_id: UUID, heir_id: UUID | None, *, now: datetime) -> None:
    """Give a person's coming shifts to their heir; those that nobody takes leave the roster, and show there as gaps.

    A shift that has begun is divided: the hours that were worked stay in the history.
    """
    coming = sa.and_(Shift.staff_id == staff_id, Shift.ends_at > now)
    rows = connection.execute(sa.select(Shift.__table__).where(coming)).mappings().all()
    connection.execute(sa.delete(Shift).where(coming, Shift.starts_at >= now))
    connection.execute(sa.update(Shift).where(coming).values(ends_at=now))
    if heir_id is not None and rows:
        taken = [
            {
                **row,
                "id": ids.new(),
                "staff_id": heir_id,
                "backup_id": None if row["backup_id"] == heir_id else row["backup_id"],
                "starts_at": max(row["starts_at"], now),
            }
            for row in rows
        ]
        connection.execute(insert(Shift).values(taken).on_conflict_do_nothing())
    backed = sa.and_(Shift.backup_id == staff_id, Shift.ends_at > now)
    heir = sa.case((Shift.staff_id == heir_id, None), else_=heir_id) if heir_id is not None else None
    connection.execute(sa.update(Shift).where(backed).values(backup_id=heir))


def count_notices(connection: sa.Connection, staff_id: UUID) -> int:
    """Count what a person was told and has not read."""
    count = connection.scalar(
        sa.select(sa.func.count()).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    )
    return count or 0


def hand_on_notices(
    connection: sa.Connection, staff_id: UUID, heir_id: UUID | None, *, now: datetime
) -> None:
    """Tell the heir what a person has not read. It is not marked as read: nobody has looked, and the next is asked."""
    unread = sa.and_(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    if heir_id is not None:
        told = sa.select(
            sa.func.gen_random_uuid(),
            Notice.organisation_id,
            sa.literal(heir_id, sa.Uuid),
            Notice.kind,
            Notice.object,
            Notice.occasion,
            Notice.priority,
            Notice.step,
            Notice.raised_at,
            sa.literal(now, sa.DateTime(timezone=True)),
        ).where(unread)
        names = (
            "id",
            "organisation_id",
            "staff_id",
            "kind",
            "object",
            "occasion",
            "priority",
            "step",
            "raised_at",
            "mail_at",
        )
        connection.execute(insert(Notice).from_select(names, told).on_conflict_do_nothing())
    connection.execute(sa.delete(Notice).where(unread))
