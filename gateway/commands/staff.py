"""`paigham staff`: accounts of those who use the pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.common import data_option, database
from gateway.errors import CannotStart

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gateway.crypto import Keyring
    from gateway.settings import Settings


@click.group()
def staff() -> None:
    """Invite members of staff, and let them set a new password."""


@staff.command()
@click.argument("email")
@data_option
@click.option("--name", default="", help="The person's name.")
@click.option("--role", required=True, help="What the person may do: admin, protection_reviewer …")
def invite(email: str, data: Path | None, name: str, role: str) -> None:
    """Make an account for EMAIL and print the link that sets its password."""
    import sqlalchemy as sa

    from gateway import clock
    from gateway.models.organisations import Organisation
    from gateway.models.staff import Role
    from gateway.services import staff as accounts

    if role not in set(Role):
        raise click.UsageError(f"There is no role {role}. Roles: {', '.join(Role)}.")
    with _opened(data) as (settings, connection, ring):
        organisation = connection.scalar(sa.select(Organisation.id).order_by(Organisation.id).limit(1))
        if organisation is None:
            raise CannotStart("There is no organisation yet: open the first administrator's link first.")
        if accounts.find(connection, ring, email) is not None:
            raise CannotStart(
                "An account has this address already: `paigham staff password` gives it a new link."
            )
        person = accounts.create(
            connection, ring, organisation_id=organisation, email=email, name=name, role=role
        )
        click.echo(accounts.link(connection, person, settings.public_url, now=clock.now()))


@staff.command()
@click.argument("email")
@data_option
def password(email: str, data: Path | None) -> None:
    """Print a link with which the owner of EMAIL sets a new password. It works once."""
    from gateway import clock
    from gateway.services import staff as accounts

    with _opened(data) as (settings, connection, ring):
        person = accounts.find(connection, ring, email)
        if person is None:
            raise CannotStart("No account has this address.")
        click.echo(accounts.link(connection, person, settings.public_url, now=clock.now()))


@contextmanager
def _opened(data: Path | None) -> Iterator[tuple[Settings, sa.Connection, Keyring]]:
    from gateway import db, operation

    with database(data) as (settings, connection):
        ring = operation.open_ring(settings, connection)
        engine = db.engine(settings)
        try:
            with engine.begin() as opened:
                yield settings, opened, ring
        finally:
            engine.dispose()
