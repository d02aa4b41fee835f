"""Offices and sites of an organisation, and the areas that each serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from gateway import ids
from gateway.models.areas import Area
from gateway.models.organisations import Office, OfficeArea, OfficeKind
from gateway.models.staff import Staff
from gateway.services.unfit import Unfit, among, filled

LONGEST_CODE = 32
MOST_AREAS = 500


@dataclass(frozen=True, slots=True)
class Facts:
    """What an office is. `area`: the p-code of where it stands; `areas`: those that it serves."""

    name: str
    code: str | None = None
    kind: str = OfficeKind.OFFICE
    timezone: str = "UTC"
    area: str | None = None
    areas: tuple[str, ...] = ()
    active: bool = True

    def told(self) -> dict[str, Any]:
        """The same for the audit."""
        return asdict(self) | {"areas": list(self.areas)}


@dataclass(frozen=True, slots=True)
class Line:
    """One office. `staff`: how many accounts are active there."""

    id: UUID
    facts: Facts
    staff: int


def lines(connection: sa.Connection, organisation_id: UUID) -> list[Line]:
    """Return an organisation's offices, the closed ones last."""
    staff = sa.select(sa.func.count()).where(Staff.office_id == Office.id, Staff.active).scalar_subquery()
    rows = connection.execute(
        sa.select(Office, staff.label("staff"))
        .with_only_columns(*Office.__table__.c, staff.label("staff"))
        .where(Office.organisation_id == organisation_id)
        .order_by(Office.active.desc(), Office.name)
    ).all()
    served = _served(connection, [row.id for row in rows])
    return [Line(row.id, _facts(row, served.get(row.id, ())), row.staff) for row in rows]


def find(connection: sa.Connection, organisation_id: UUID, office_id: UUID) -> Facts | None:
    """Return an office's facts; None when this organisation has no such office."""
    row = connection.execute(
        sa.select(*Office.__table__.c).where(
            Office.id == office_id, Office.organisation_id == organisation_id
        )
    ).first()
    return _facts(row, _served(connection, [office_id]).get(office_id, ())) if row else None


def names(connection: sa.Connection, organisation_id: UUID) -> dict[UUID, str]:
    """Return the names of an organisation's open offices, for a choice."""
    rows = connection.execute(
        sa.select(Office.id, Office.name)
        .where(Office.organisation_id == organisation_id, Office.active)
        .order_by(Office.name)
    )
    return {row.id: row.name for row in rows}


def add(connection: sa.Connection, organisation_id: UUID, facts: Facts) -> UUID:
    """Open an office.

    Raises:
        Unfit: a fact cannot be taken; `field` names it.
    """
    checked = _checked(connection, organisation_id, facts, but=None)
    office_id = ids.new()
    connection.execute(
        sa.insert(Office).values(id=office_id, organisation_id=organisation_id, **_columns(checked))
    )
    _serve(connection, office_id, checked.areas)
    return office_id


def change(connection: sa.Connection, organisation_id: UUID, office_id: UUID, facts: Facts) -> None:
    """Change an office, or close it: it stays on what happened there.

    Raises:
        Unfit: a fact cannot be taken; "in_use" when people still work in an office that is to be closed.
    """
    checked = _checked(connection, organisation_id, facts, but=office_id)
    works = sa.select(sa.exists().where(Staff.office_id == office_id, Staff.active))
    if not checked.active and connection.scalar(works):
        raise Unfit("in_use", field="active")
    connection.execute(
        sa.update(Office)
        .where(Office.id == office_id, Office.organisation_id == organisation_id)
        .values(**_columns(checked))
    )
    connection.execute(sa.delete(OfficeArea).where(OfficeArea.office_id == office_id))
    _serve(connection, office_id, checked.areas)


def unknown_codes(connection: sa.Connection, codes: Sequence[str]) -> list[str]:
    """Return the p-codes that the gazetteer does not hold; none when no gazetteer is loaded."""
    if not codes or not connection.scalar(sa.select(sa.exists().where(Area.pcode.is_not(None)))):
        return []
    known = set(connection.scalars(sa.select(Area.pcode).where(Area.pcode.in_(list(codes)))))
    return [code for code in codes if code not in known]


def _checked(connection: sa.Connection, organisation_id: UUID, facts: Facts, *, but: UUID | None) -> Facts:
    among(facts.kind, OfficeKind, field="kind")
    name = filled(facts.name, field="name")
    code = (facts.code or "").strip() or None
    if code is not None:
        _check_code(connection, organisation_id, code, but)
    _check_zone(facts.timezone)
    area = (facts.area or "").strip() or None
    areas = tuple(dict.fromkeys(facts.areas))
    if len(areas) > MOST_AREAS:
        raise Unfit("too_long", field="areas")
    if unknown_codes(connection, areas):
        raise Unfit("unknown", field="areas")
    if area is not None and unknown_codes(connection, [area]):
        raise Unfit("unknown", field="area")
    return replace(facts, name=name, code=code, area=area, areas=areas)


def _check_code(connection: sa.Connection, organisation_id: UUID, code: str, but: UUID | None) -> None:
    if len(code) > LONGEST_CODE:
        raise Unfit("too_long", field="code")
    taken = sa.select(Office.id).where(Office.organisation_id == organisation_id, Office.code == code)
    if connection.scalar(taken) not in {None, but}:
        raise Unfit("taken", field="code")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Unfit("unknown", field="timezone") from error


def _columns(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in facts.told().items() if name != "areas"}


def _serve(connection: sa.Connection, office_id: UUID, areas: Sequence[str]) -> None:
    if areas:
        rows = [{"office_id": office_id, "pcode": code} for code in areas]
        connection.execute(sa.insert(OfficeArea), rows)


def _served(connection: sa.Connection, office_ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    rows = connection.execute(
        sa.select(OfficeArea.office_id, OfficeArea.pcode)
        .where(OfficeArea.office_id.in_(list(office_ids)))
        .order_by(OfficeArea.pcode)
    )
    found: dict[UUID, list[str]] = {}
    for office_id, code in rows:
        found.setdefault(office_id, []).append(code)
    return {office_id: tuple(codes) for office_id, codes in found.items()}


def _facts(row: Any, areas: tuple[str, ...]) -> Facts:
    return Facts(row.name, row.code, row.kind, row.timezone, row.area, areas, row.active)
