"""`paigham gazetteer`: names and codes of places, from a file whose source, licence and date are known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.common import data_option
from gateway.commands.opened import ACTOR, opened
from gateway.errors import CannotStart

if TYPE_CHECKING:
    from uuid import UUID

    import sqlalchemy as sa

    from gateway.gazetteer import Reading

SHOWN = 20  # faults that are told one by one


@click.group()
def gazetteer() -> None:
    """Load the list of places."""


@gazetteer.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Who published the file.")
@click.option(
    "--licence", required=True, help="Under which licence; its text goes with what shows names of places."
)
@click.option(
    "--date", "dated", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The date that they gave it."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="HEADER=ROLE",
    help="What a column holds: code, parent, level, name:eng; in wide files code@1, name@1:eng. Repeat as needed.",
)
@click.option("--no-header", is_flag=True, help="The first row is a place; columns are numbered from 1.")
@click.option("--check", is_flag=True, help="Say what the file comes to, and write nothing.")
@data_option
def load(
    file: Path,
    data: Path | None,
    source: str,
    licence: str,
    dated: datetime,
    columns: tuple[str, ...],
    *,
    no_header: bool,
    check: bool,
) -> int:
    """Load FILE (CSV, UTF-8); exit 1 when something in it is wrong, and nothing is written."""
    content = file.read_bytes()
    reading = _read(content, columns, header=not no_header)
    _tell(reading)
    if reading.found:
        return 1
    from gateway import clock
    from gateway.services import audit, places
    from gateway.services.places import Origin

    origin = Origin(source, licence, dated.date())
    with opened(data) as (_, connection, ring):
        if check:
            done = places.expected(connection, reading.places)
        else:
            done = places.load(connection, reading.places, origin, content=content, by=None, now=clock.now())
            for whose in _organisations(connection):
                audit.record(
                    connection,
                    ring,
                    organisation_id=whose,
                    actor=ACTOR,
                    action="gazetteer.loaded",
                    object="gazetteer",
                    now=clock.now(),
                )
    click.echo(
        f"{done.added:,} new, {done.kept:,} known, {done.retired:,} retired, {done.removed:,} removed."
        + (" Nothing was written." if check else "")
    )
    return 0


def _read(content: bytes, columns: tuple[str, ...], *, header: bool) -> Reading:
    from gateway import gazetteer as reader

    given = dict(_pair(column) for column in columns)
    try:
        table = reader.table(content, header=header)
        roles = tuple(given.get(name, "") for name in table.header) if given else reader.guess(table.header)
        unknown = set(given) - set(table.header)
        if unknown:
            raise click.UsageError(f"The file has no column {', '.join(sorted(unknown))}.")
        return reader.read(table, roles)
    except reader.Unreadable as error:
        raise CannotStart(f"{error} {_ADVICE.get(error.code, '')}".strip()) from error


_ADVICE = {
    "encoding": "Save it as “CSV UTF-8”.",
    "no_code": "Name the column of codes: --column HEADER=code.",
    "no_name": "Name a column of names: --column HEADER=name:eng.",
}


def _pair(text: str) -> tuple[str, str]:
    header, separator, role = text.rpartition("=")
    if not separator:
        raise click.UsageError(f"{text} is no HEADER=ROLE.")
    return header, role


def _tell(reading: Reading) -> None:
    for level, count in reading.levels.items():
        click.echo(f"Level {level}: {count:,} places.")
    for fault in reading.faults[:SHOWN]:
        click.echo(f"Row {fault.row}, {fault.column}: {fault.code} {fault.cell}".rstrip(), err=True)
    if reading.found > SHOWN:
        click.echo(f"… and {reading.found - SHOWN:,} more.", err=True)


def _organisations(connection: sa.Connection) -> list[UUID]:
    import sqlalchemy as sa

    from gateway.models.organisations import Organisation

    return list(connection.scalars(sa.select(Organisation.id).order_by(Organisation.id)))
