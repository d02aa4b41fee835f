"""How a member of staff wants to read the pages: zone, calendar, digits, look, shortcuts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.calendars import Calendar, Digits
from gateway.models.preferences import StaffPreference


class Theme(StrEnum):
    """How the pages look."""

    DEVICE = "device"  # as the device is set
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"  # strong borders and full contrast, for weak eyes and bright sun


@dataclass(frozen=True, slots=True)
class Preference:
    """One person's choices. `timezone` None: that of their office."""

    timezone: str | None = None
    calendar: Calendar = Calendar.GREGORIAN
    digits: Digits = Digits.LATIN
    theme: Theme = Theme.DEVICE
    shortcuts: bool = True


PLAIN = Preference()  # of strangers, and of whoever chose nothing
# Aliases, offsets and machine zones that nobody lives in.
_NOT_PLACES = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/", "posix/", "right/")


def read(connection: sa.Connection, staff_id: UUID) -> Preference:
    """Return a person's choices."""
    row = connection.execute(
        sa.select(
            StaffPreference.timezone,
            StaffPreference.calendar,
            StaffPreference.digits,
            StaffPreference.theme,
            StaffPreference.shortcuts,
        ).where(StaffPreference.staff_id == staff_id)
    ).first()
    if row is None:
        return PLAIN
    return Preference(
        row.timezone, Calendar(row.calendar), Digits(row.digits), Theme(row.theme), shortcuts=row.shortcuts
    )


def save(connection: sa.Connection, preference: Preference, *, organisation_id: UUID, staff_id: UUID) -> None:
    """Keep a person's choices."""
    values = asdict(preference)
    statement = insert(StaffPreference).values(staff_id=staff_id, organisation_id=organisation_id, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[StaffPreference.staff_id], set_=values)
    )


@cache
def zones() -> tuple[str, ...]:
    """Return the names of all zones that people live in, by region and place; UTC comes first."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(_NOT_PLACES))
    return ("UTC", *sorted(places))
