"""An organisation with staff, teams and shifts, and what they were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from gateway import db, ids
from gateway.models.staff import Role
from gateway.services import notices, staff
from gateway.services.notices import Kind
from tests.integration.operation import Operation

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


@dataclass
class House:
    """Makes rows, and reads what people were told."""

    operation: Operation
    names: dict[UUID, str] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return self.operation.id

    def connect(self) -> db.Connection:
        return self.operation.connect()

    def person(self, name: str, role: Role = Role.PROTECTION_REVIEWER, **more: Any) -> UUID:
        engine = db.engine(self.operation.settings)
        with engine.begin() as connection:
            made = staff.create(
                connection,
                self.operation.ring,
                organisation_id=self.id,
                email=f"{name}.{ids.new().hex}@canary.example",
                name=name.title(),
                role=role,
                language=more.pop("language", "eng"),
            )
        engine.dispose()
        for column, value in more.items():
            self.do(f"UPDATE staff SET {column} = %s WHERE id = %s", value, made)
        self.names[made] = name
        return made

    def do(self, statement: str, *values: Any) -> None:
        with self.connect() as connection:
            connection.execute(statement, list(values))
            connection.commit()

    def team(self, *members: UUID, lead: UUID | None = None, office: UUID | None = None) -> UUID:
        team_id = ids.new()
        self.do(
            "INSERT INTO team (id, organisation_id, office_id, name) VALUES (%s, %s, %s, %s)",
            team_id,
            self.id,
            office,
            f"Team {team_id.hex[-6:]}",
        )
        for member in {*members, *([lead] if lead else [])}:
            self.do(
                "INSERT INTO team_member (team_id, staff_id, lead) VALUES (%s, %s, %s)",
                team_id,
                member,
                member == lead,
            )
        return team_id

    def office(self, timezone: str = "UTC") -> UUID:
        office_id = ids.new()
        self.do(
            "INSERT INTO office (id, organisation_id, name, timezone) VALUES (%s, %s, 'An office', %s)",
            office_id,
            self.id,
            timezone,
        )
        return office_id

    def shift(
        self,
        team: UUID,
        person: UUID,
        backup: UUID | None = None,
        *,
        begin: datetime = NOON - timedelta(hours=4),
        hours: float = 8,
    ) -> UUID:
        shift_id = ids.new()
        self.do(
            "INSERT INTO shift (id, organisation_id, team_id, staff_id, backup_id, starts_at, ends_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            shift_id,
            self.id,
            team,
            person,
            backup,
            begin,
            begin + timedelta(hours=hours),
        )
        return shift_id

    def case(self, **columns: Any) -> UUID:
        """Write a case that waits for its first look."""
        case_id = ids.new()
        values: dict[str, Any] = {
            "id": case_id,
            "organisation_id": self.id,
            "reference_index": case_id.bytes,
            "reference_sealed": b"",
            "intake_channel": "sms",
            "sensitivity": "S1",
            "priority": "P2",
            "state": "received",
            "language": "eng",
            "codebook_version": "1",
            "received_at": NOON,
            "receipt_due_at": NOON,
            "triage_due_at": NOON + timedelta(hours=24),
            **columns,
        }
        marks = ", ".join(["%s"] * len(values))
        self.do(f"INSERT INTO grievance ({', '.join(values)}) VALUES ({marks})", *values.values())
        return case_id

    def tell(self, kind: Kind, object_: str | None = None, *, priority: str = "P2", **more: Any) -> str:
        about = object_ or f"grievance {ids.new()}"
        more.setdefault("now", NOON)
        with self.connect() as connection:
            notices.raise_(
                connection, kind=kind, object=about, priority=priority, organisation_id=self.id, **more
            )
            connection.commit()
        return about

    def told(self, about: str | None = None) -> set[str]:
        """Names of those who were told of something, or of anything."""
        rows = self.operation.rows(
            "SELECT staff_id FROM notice WHERE organisation_id = %s AND (%s::text IS NULL OR object = %s)",
            self.id,
            about,
            about,
        )
        return {self.names[row[0]] for row in rows}
