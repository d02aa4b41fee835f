"""`paigham staff`: accounts of those who use the pages."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.commands.common import data_option
from gateway.commands.opened import choose_organisation, note, opened, organisation_option
from gateway.errors import CannotStart


@click.group()
def staff() -> None:
    """Invite members of staff, let them set a new password, and help those who lost their second factor."""


@staff.command()
@click.argument("email")
@data_option
@click.option("--name", default="", help="The person's name.")
@click.option("--role", required=True, help="What the person may do: admin, protection_reviewer …")
@organisation_option
def invite(email: str, data: Path | None, name: str, role: str, organisation: str | None) -> None:
    """Make an account for EMAIL and print the link that sets its password."""
    from gateway import clock
    from gateway.models.staff import Role
    from gateway.services import staff as accounts

    if role not in set(Role):
        raise click.UsageError(f"There is no role {role}. Roles: {', '.join(Role)}.")
    with opened(data) as (settings, connection, ring):
        whose = choose_organisation(connection, organisation)
        if accounts.find(connection, ring, email) is not None:
            raise CannotStart(
                "An account has this address already: `paigham staff password` gives it a new link."
            )
        person = accounts.create(connection, ring, organisation_id=whose, email=email, name=name, role=role)
        link = accounts.link(connection, person, settings.pages_url, now=clock.now())
        note(connection, ring, whose, action="staff.invited", object_=f"staff {person}")
    click.echo(link)


@staff.command()
@click.argument("email")
@data_option
def password(email: str, data: Path | None) -> None:
    """Print a link with which the owner of EMAIL sets a new password. It works once."""
    from gateway import clock
    from gateway.services import staff as accounts

    with opened(data) as (settings, connection, ring):
        person = accounts.find(connection, ring, email)
        if person is None:
            raise CannotStart("No account has this address.")
        link = accounts.link(connection, person, settings.pages_url, now=clock.now())
        whose = accounts.organisation_of(connection, person)
        note(connection, ring, whose, action="staff.password_link_made", object_=f"staff {person}")
    click.echo(link)


@staff.command("reset-second-factor")
@click.argument("email")
@data_option
def reset_second_factor(email: str, data: Path | None) -> None:
    """Forget the app, passkeys and recovery codes of EMAIL, and sign them out; new ones follow at the next sign-in.

    Make sure first that it is the owner who asks: whoever knows the password comes in without a second factor.
    """
    from gateway.services import second_factor, sign_in
    from gateway.services import staff as accounts

    with opened(data) as (_, connection, ring):
        person = accounts.find(connection, ring, email)
        if person is None:
            raise CannotStart("No account has this address.")
        had_one = second_factor.clear(connection, person)
        sign_in.end_all(connection, person)
        whose = accounts.organisation_of(connection, person)
        note(connection, ring, whose, action="staff.second_factor_reset", object_=f"staff {person}")
    click.echo("Forgotten. A new one is set up at the next sign-in." if had_one else "There was none.")
