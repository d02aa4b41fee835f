"""`paigham organisation`: what an operation is called, and whom people may call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.common import data_option
from gateway.commands.opened import choose_organisation, note, opened, organisation_option

if TYPE_CHECKING:
    from uuid import UUID

    import sqlalchemy as sa


@click.group()
def organisation() -> None:
    """Name the organisation and its hotline, and list organisations."""


@organisation.command("set")
@click.option("--name", help="What it is called on staff pages.")
@click.option("--hotline", help="Number that texts may name; empty for none.")
@organisation_option
@data_option
def set_(data: Path | None, organisation: str | None, name: str | None, hotline: str | None) -> None:
    """Set the organisation's name, its hotline, or both."""
    facts = {key: value.strip() for key, value in (("name", name), ("hotline", hotline)) if value is not None}
    if not facts or facts.get("name") == "":
        raise click.UsageError("Give --name or --hotline; a name must not be empty.")
    from gateway.services import audit, organisations

    with opened(data) as (_, connection, ring):
        whose = choose_organisation(connection, organisation)
        known = organisations.find(connection, whose) or {}
        _change(connection, whose, facts)
        changed = audit.changed({name: known.get(name) for name in facts}, facts)
        note(
            connection, ring, whose, action="organisation.changed", object_=f"organisation {whose}", **changed
        )
    click.echo("Set. Running processes know it within half a minute.")


@organisation.command()
@click.argument("code")
@click.option("--name", required=True, help="What it is called.")
@click.option("--kind", type=click.Choice(["agency", "partner"]), default="partner", help="What it is.")
@data_option
def add(code: str, data: Path | None, name: str, kind: str) -> None:
    """Add an organisation with the flows that ship; `paigham staff invite` makes its first administrator."""
    from gateway import ids
    from gateway.services import audit, flow_store, organisations
    from gateway.services.bridge import plain
    from gateway.services.unfit import Unfit

    with opened(data) as (_, connection, ring):
        nobody = ids.new()  # Adding by a command makes nobody the lead.
        try:
            made = organisations.add(connection, nobody, code=code, name=name, kind=kind)
        except Unfit as error:
            raise click.UsageError(f"{error.field}: {error.code}") from error
        flow_store.publish_library(plain(connection), made)
        told = audit.changed({}, {"code": code, "name": name, "kind": kind})
        note(connection, ring, made, action="organisation.added", object_=f"organisation {made}", **told)
    click.echo(f"{code} is there. Invite its administrator: paigham staff invite --organisation {code} …")


@organisation.command()
@organisation_option
@data_option
def lead(data: Path | None, organisation: str | None) -> None:
    """Let an organisation lead: it sees counts of all, and adds others. The one that led does not any more."""
    from gateway.services import audit, organisations

    with opened(data) as (_, connection, ring):
        whose = choose_organisation(connection, organisation)
        before = next((str(line.id) for line in organisations.lines(connection) if line.lead), None)
        organisations.make_lead(connection, whose)
        changed = audit.changed({"lead": before}, {"lead": str(whose)})
        note(connection, ring, whose, action="organisation.leads", object_=f"organisation {whose}", **changed)
    click.echo("Done.")


@organisation.command("list")
@data_option
def list_organisations(data: Path | None) -> None:
    """List organisations: code, name, hotline."""
    import sqlalchemy as sa

    from gateway.models.organisations import Organisation

    with opened(data) as (_, connection, _ring):
        columns = (Organisation.code, Organisation.name, Organisation.hotline)
        for row in connection.execute(sa.select(*columns).order_by(Organisation.code)):
            click.echo(f"{row.code}  {row.name}  {row.hotline or '(no hotline)'}")


def _change(connection: sa.Connection, organisation_id: UUID, facts: dict[str, str]) -> None:
    import sqlalchemy as sa

    from gateway.models.organisations import Organisation

    connection.execute(sa.update(Organisation).where(Organisation.id == organisation_id).values(**facts))
