"""Organisations of an operation: who they are, who leads, and which have left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway import ids
from gateway.models.organisations import Organisation, OrganisationKind
from gateway.models.staff import Staff
from gateway.services.unfit import Unfit, among, filled

CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
LONGEST_HOTLINE = 60  # characters


# Who has come in at least once: by a link, which asks for a password, or by their organisation's own account.
ENTERED = sa.or_(Staff.password_hash.is_not(None), Staff.sso_index.is_not(None))


@dataclass(frozen=True, slots=True)
class Line:
    """One organisation. `staff`: how many people have come in, as far as the reader may see them."""

    id: UUID
    code: str
    name: str
    kind: str
    lead: bool
    active: bool
    hotline: str
    staff: int


def lines(connection: sa.Connection) -> list[Line]:
    """Return all organisations: the lead first, those that left last."""
    staff = (
        sa.select(sa.func.count())
        .where(Staff.organisation_id == Organisation.id, Staff.active, ENTERED)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(*_FACTS, staff).order_by(
            Organisation.active.desc(), Organisation.lead.desc(), Organisation.name
        )
    )
    return [Line(*row) for row in rows]


def find(connection: sa.Connection, organisation_id: UUID) -> dict[str, Any] | None:
    """Return an organisation's facts by name; None when there is none."""
    row = connection.execute(sa.select(*_FACTS).where(Organisation.id == organisation_id)).first()
    return dict(row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's documented way to a mapping


def leads(connection: sa.Connection, organisation_id: UUID) -> bool:
    """Say whether an organisation leads the operation, or is alone in it."""
    lead = connection.scalar(sa.select(Organisation.lead).where(Organisation.id == organisation_id))
    others = sa.select(sa.exists().where(Organisation.id != organisation_id, Organisation.active))
    return bool(lead) or not connection.scalar(others)


def add(connection: sa.Connection, by: UUID, *, code: str, name: str, kind: str, hotline: str = "") -> UUID:
    """Add an organisation. Whoever was alone until now leads from now on.

    Raises:
        Unfit: a fact cannot be taken, or another organisation has the code.
    """
    if not CODE.fullmatch(code):
        raise Unfit("bad_code", field="code")
    facts = _checked(name=name, kind=kind, hotline=hotline)
    if leads(connection, by):
        connection.execute(sa.update(Organisation).where(Organisation.id == by).values(lead=True))
    organisation_id = ids.new()
    statement = insert(Organisation).values(id=organisation_id, code=code, **facts)
    made = connection.scalar(
        statement.on_conflict_do_nothing(index_elements=[Organisation.code]).returning(Organisation.id)
    )
    if made is None:
        raise Unfit("taken", field="code")
    return organisation_id


def change(
    connection: sa.Connection, organisation_id: UUID, *, name: str, kind: str, hotline: str, active: bool
) -> None:
    """Change what an organisation is called and is, or close it: its people cannot sign in, and nothing is shared.

    Raises:
        Unfit: a fact cannot be taken; "leads" when the lead is to be closed.
    """
    facts = _checked(name=name, kind=kind, hotline=hotline)
    lead = connection.scalar(sa.select(Organisation.lead).where(Organisation.id == organisation_id))
    if lead and not active:
        raise Unfit("leads", field="active")
    connection.execute(
        sa.update(Organisation).where(Organisation.id == organisation_id).values(**facts, active=active)
    )


def make_lead(connection: sa.Connection, organisation_id: UUID) -> None:
    """Let an organisation lead; the one that led does not any more."""
    connection.execute(sa.update(Organisation).where(Organisation.lead).values(lead=False))
    connection.execute(sa.update(Organisation).where(Organisation.id == organisation_id).values(lead=True))


def _checked(*, name: str, kind: str, hotline: str) -> dict[str, str]:
    among(kind, OrganisationKind, field="kind")
    if len(hotline.strip()) > LONGEST_HOTLINE:
        raise Unfit("too_long", field="hotline")
    return {"name": filled(name, field="name"), "kind": kind, "hotline": hotline.strip()}


_FACTS = (
    Organisation.id,
    Organisation.code,
    Organisation.name,
    Organisation.kind,
    Organisation.lead,
    Organisation.active,
    Organisation.hotline,
)
