"""Showing a person's name and number: when a reason must be given, and how often somebody has done it lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from gateway.models.audit import Audit, AuditSubject
from gateway.models.contacts import Contact
from gateway.models.grievances import Grievance
from gateway.services.audit import Kind
from gateway.services.clearance import Clearance

# Why somebody may need a name or a number; the person who shows it chooses one and adds words of their own.
REASONS = ("call_back", "follow_up", "identity_check", "rights_request", "referral", "danger", "other")
SHORTEST_WORDS = 10  # characters
LONGEST_WORDS = 500

SENSITIVE = ("S2", "S3")
ACTIONS = ("contact.revealed", "grievance.revealed")
UNUSUAL = "audit.unusual"
LATELY = timedelta(hours=1)


def guarded(connection: sa.Connection, contact_id: UUID, clearance: Clearance) -> bool:
    """Say whether a reason must be given: the person is marked discreet, or has a sensitive case.

    Cases that the reader may not see do not count: being asked for a reason would tell that there is one.
    """
    sensitive = sa.exists().where(
        Grievance.contact_id == contact_id, Grievance.sensitivity.in_(SENSITIVE), clearance.cases()
    )
    return bool(
        connection.scalar(sa.select(sa.or_(Contact.discreet, sensitive)).where(Contact.id == contact_id))
    )


def shown_since(
    connection: sa.Connection, organisation_id: UUID, contact_id: UUID, *, actor: str, since: datetime
) -> bool:
    """Say whether somebody was shown a person's name and number since then."""
    statement = (
        sa.select(Audit.seq)
        .join(
            AuditSubject,
            sa.and_(AuditSubject.organisation_id == Audit.organisation_id, AuditSubject.seq == Audit.seq),
        )
        .where(
            AuditSubject.organisation_id == organisation_id,
            AuditSubject.kind == Kind.CONTACT,
            AuditSubject.id == contact_id,
            Audit.actor == actor,
            Audit.action.in_(ACTIONS),
            Audit.at >= since,
        )
        .limit(1)
    )
    return connection.scalar(statement) is not None


def is_unusual(
    connection: sa.Connection, organisation_id: UUID, *, actor: str, most: int, now: datetime
) -> bool:
    """Say whether one more is more than `most` in an hour, and nobody has been told of that in this hour."""
    lately = (Audit.organisation_id == organisation_id, Audit.actor == actor, Audit.at > now - LATELY)
    shown, told = connection.execute(
        sa.select(
            sa.func.count().filter(Audit.action.in_(ACTIONS)),
            sa.func.count().filter(Audit.action == UNUSUAL),
        ).where(*lately)
    ).one()
    return bool(shown >= most and not told)
