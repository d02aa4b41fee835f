"""`paigham service`: services outside of the house that flows may ask."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from gateway.commands.common import data_option, read_settings
from gateway.commands.opened import choose_organisation, note, opened, organisation_option
from gateway.errors import CannotStart


@click.group()
def service() -> None:
    """Say which services flows may ask, and list them."""


@service.command()
@click.argument("code")
@click.option("--url", required=True, help="Where it is asked: https:// of a public host.")
@organisation_option
@data_option
def allow(data: Path | None, organisation: str | None, code: str, url: str) -> None:
    """Let flows ask the service CODE, and print the secret that our requests are signed with, once.

    For one that is on the list already, its address and its secret change.
    """
    from gateway import outgoing
    from gateway.services import outside
    from gateway.services.bridge import plain
    from gateway.settings import on_this_machine

    try:
        outgoing.admit(url, loopback=on_this_machine(read_settings(data=data).pages_url))
    except outgoing.UnfitAddress as error:
        raise CannotStart(f"--url: {error}") from None
    secret = secrets.token_urlsafe(32)
    with opened(data) as (_, connection, ring):
        organisation_id = choose_organisation(connection, organisation)
        service_id = outside.allow(plain(connection), ring, organisation_id, code, url=url, secret=secret)
        note(
            connection,
            ring,
            organisation_id,
            action="service.allowed",
            object_=f"service {service_id}",
            code=code,
            url=url,
        )
    click.echo(f"Flows may ask {code}. Its requests are signed with this secret, which is not shown again:")
    click.echo(secret)


@service.command()
@click.argument("code")
@organisation_option
@data_option
def forbid(data: Path | None, organisation: str | None, code: str) -> None:
    """Let no flow ask the service CODE any more: flows go on as if it did not answer."""
    from gateway.services import outside
    from gateway.services.bridge import plain

    with opened(data) as (_, connection, ring):
        organisation_id = choose_organisation(connection, organisation)
        if not outside.forbid(plain(connection), organisation_id, code):
            raise CannotStart(f"The service {code} is not on the list.")
        note(
            connection,
            ring,
            organisation_id,
            action="service.forbidden",
            object_=f"organisation {organisation_id}",
            code=code,
        )
    click.echo(f"No flow asks {code} any more.")


@service.command("list")
@organisation_option
@data_option
def list_services(data: Path | None, organisation: str | None) -> None:
    """List the services that flows may ask."""
    from gateway.services import outside
    from gateway.services.bridge import plain

    with opened(data) as (_, connection, _ring):
        found = outside.services(plain(connection), choose_organisation(connection, organisation))
    if not found:
        click.echo("There is no service yet: `paigham service allow` adds one.")
    for item in found:
        click.echo(f"{item.code}  {item.url}{'' if item.active else '  (no longer asked)'}")
