"""`paigham audit`: whether the record of what was seen and done is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.common import data_option
from gateway.commands.opened import opened

if TYPE_CHECKING:
    from uuid import UUID

    import sqlalchemy as sa


@click.group()
def audit() -> None:
    """Look after the audit."""


@audit.command()
@data_option
def verify(data: Path | None) -> int:
    """Walk each organisation's chain of lines; exit 1 when one was changed, or is missing."""
    from gateway.services import audit as lines

    faulty = False
    with opened(data) as (_, connection, _ring):
        for organisation_id, code, count in _chains(connection):
            faults = lines.verify(connection, organisation_id)
            faulty = faulty or bool(faults)
            click.echo(f"{code}: {count:,} lines, {'NOT whole' if faults else 'ok'}.")
            for sentence in faults:
                click.echo(f"  {sentence}")
    return int(faulty)


def _chains(connection: sa.Connection) -> list[tuple[UUID, str, int]]:
    import sqlalchemy as sa

    from gateway.models.audit import Audit
    from gateway.models.organisations import Organisation

    statement = (
        sa.select(Organisation.id, Organisation.code, sa.func.count(Audit.seq))
        .outerjoin(Audit, Audit.organisation_id == Organisation.id)
        .group_by(Organisation.id)
        .order_by(Organisation.code)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]
