"""What a member of staff wants to be told by mail, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.db import Connection
from gateway.errors import InvalidRequest
from gateway.models.notices import NoticeSetting
from gateway.models.staff import Staff
from gateway.quiet import Digest, Habits
from gateway.services.notices import Kind


class UnfitWishes(InvalidRequest):
    """Wishes that make no sense; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(f"These settings do not fit: {code}.")
        self.code = code


@dataclass(frozen=True, slots=True)
class Wishes:
    """A person's settings. The zone of `habits` is their own, or else their office's."""

    habits: Habits
    by_mail: bool = True
    muted: frozenset[str] = field(default_factory=frozenset)

    def wants(self, kind: str) -> bool:
        """Say whether the person wants mail of a kind."""
        return self.by_mail and kind not in self.muted


_OF = """
SELECT p.id, coalesce(own.timezone, o.timezone, 'UTC'), w.quiet_from, w.quiet_until, w.digest, w.digest_at, w.by_mail,
    w.muted
FROM staff p LEFT JOIN office o ON o.id = p.office_id LEFT JOIN staff_preference own ON own.staff_id = p.id
LEFT JOIN notice_setting w ON w.staff_id = p.id
WHERE p.id = ANY(%s)
"""


def of(connection: Connection, staff_ids: Iterable[UUID]) -> Mapping[UUID, Wishes]:
    """Return the wishes of several people; those who have none written down get the defaults."""
    rows = connection.execute(_OF, [list(staff_ids)])
    return {row[0]: _wishes(*row[1:]) for row in rows}


def _wishes(
    zone: str,
    quiet_from: time | None,
    quiet_until: time | None,
    digest: str | None,
    digest_at: time | None,
    by_mail: bool | None,  # noqa: FBT001
    muted: list[str] | None,
) -> Wishes:
    if quiet_from is None or quiet_until is None or digest is None or digest_at is None:
        return Wishes(Habits(known_zone(zone)))
    habits = Habits(known_zone(zone), quiet_from, quiet_until, Digest(digest), digest_at)
    return Wishes(habits, bool(by_mail), frozenset(muted or ()))


def known_zone(name: str) -> ZoneInfo:
    """Return a zone by name; UTC for one that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def save(
    connection: sa.Connection,
    staff_id: UUID,
    *,
    quiet_from: time,
    quiet_until: time,
    digest: str,
    digest_at: time,
    by_mail: bool,
    muted: Iterable[str],
) -> None:
    """Write down what a person wants.

    Raises:
        UnfitWishes: a digest or kind that there is not.
    """
    chosen = set(muted)
    if digest not in set(Digest):
        raise UnfitWishes("digest")
    if not chosen <= set(Kind):
        raise UnfitWishes("kind")
    values = {
        "organisation_id": sa.select(Staff.organisation_id).where(Staff.id == staff_id).scalar_subquery(),
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "digest": digest,
        "digest_at": digest_at,
        "by_mail": by_mail,
        "muted": sorted(chosen),
    }
    statement = insert(NoticeSetting).values(staff_id=staff_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=values))
