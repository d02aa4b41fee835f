"""When a member of staff may be written to: quiet hours, hourly and daily digests, in the person's own zone.

Wall clocks decide. A day on which the clocks change has an hour twice or not at all; nothing here counts hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MOST_MINUTES = 3 * 24 * 60  # no quiet time lasts longer, whatever a country does to its clocks


class Digest(StrEnum):
    """How often mails are sent."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Habits:
    """When one person wants mail.

    Attributes:
        zone: whose wall clock is meant.
        quiet_from: the first minute of the night; the same as `quiet_until`: there are no quiet hours.
        quiet_until: the first minute after it.
        digest: whether mails are gathered.
        digest_at: the minute of a daily digest.
    """

    zone: ZoneInfo
    quiet_from: time = time(21)
    quiet_until: time = time(7)
    digest: Digest = Digest.HOURLY
    digest_at: time = time(8)

    def is_quiet(self, moment: datetime) -> bool:
        """Say whether the person wants to be left alone."""
        wall = moment.astimezone(self.zone).time().replace(tzinfo=None)
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= wall < self.quiet_until
        return wall >= self.quiet_from or wall < self.quiet_until

    def quiet_ends(self, moment: datetime) -> datetime:
        """Return the first whole minute from `moment` on that is not quiet, in UTC; `moment` itself when it is not."""
        if not self.is_quiet(moment):
            return moment
        minute = moment.astimezone(UTC).replace(second=0, microsecond=0)
        for _ in range(MOST_MINUTES):
            minute += MINUTE
            if not self.is_quiet(minute):
                return minute
        return minute

    def gathered_until(self, moment: datetime) -> datetime:
        """Return when the digest leaves that something of `moment` belongs to, in UTC; later than `moment`.

        Without a digest that is `moment` itself.
        """
        if self.digest is Digest.AT_ONCE:
            return moment
        local = moment.astimezone(self.zone)
        if self.digest is Digest.HOURLY:
            # By the wall clock: in zones that are half an hour off, the hour is full there, not in Greenwich.
            return (moment + timedelta(hours=1) - _past_hour(local)).astimezone(UTC)
        days = (local.date() + timedelta(days=ahead) for ahead in range(4))
        slots = (datetime.combine(day, self.digest_at, self.zone).astimezone(UTC) for day in days)
        return next(slot for slot in slots if slot > moment)


def _past_hour(local: datetime) -> timedelta:
    return timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def send_at(
    habits: Habits, *, raised_at: datetime, priority: str, on_duty: bool, now: datetime
) -> datetime | None:
    """Return when to look again, or None when the mail may leave now.

    P1 never waits for a digest, and wakes whoever is on duty. Everything else waits for the digest that it
    belongs to, and for the end of the quiet hours.
    """
    if priority == "P1":
        return habits.quiet_ends(now) if habits.is_quiet(now) and not on_duty else None
    gathered = habits.gathered_until(raised_at)
    if gathered > now:
        return gathered
    return habits.quiet_ends(now) if habits.is_quiet(now) else None
