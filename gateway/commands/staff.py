"""`paigham staff`: accounts of those who use the pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.common import data_option
from gateway.commands.opened import choose_organisation, note, opened, organisation_option
from gateway.errors import CannotStart

if TYPE_CHECKING:
    from uuid import UUID

    import sqlalchemy as sa

    from gateway.crypto import Keyring


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
        note(connection, ring, whose, action="staff.invited", object_=f"staff {person}", role=role)
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


@staff.command("list")
@data_option
@organisation_option
def list_staff(data: Path | None, organisation: str | None) -> None:
    """List accounts: id, role, whether they are used, and when they were last seen. No name, no address."""
    from gateway.services import members

    with opened(data) as (_, connection, ring):
        whose = choose_organisation(connection, organisation)
        for line in members.lines(connection, ring, whose):
            seen = f"{line.seen_at:%Y-%m-%d}" if line.seen_at else "never seen"
            factor = "second factor" if line.second_factor else "no second factor"
            click.echo(f"{line.id}  {line.role}  {line.state}  {seen}  {factor}")


@staff.command("role")
@click.argument("email")
@click.argument("role")
@data_option
def give_role(email: str, role: str, data: Path | None) -> None:
    """Give the owner of EMAIL another ROLE, without a second person: whoever has the keys could do it anyway."""
    from gateway import clock
    from gateway.models.staff import Role
    from gateway.services import audit, members
    from gateway.services.unfit import Unfit

    if role not in set(Role):
        raise click.UsageError(f"There is no role {role}. Roles: {', '.join(Role)}.")
    with opened(data) as (_, connection, ring):
        person, whose = _account(connection, ring, email)
        known = members.find(connection, ring, whose, person)
        try:
            members.change_role(connection, whose, person, to=role, by=None, now=clock.now())
        except Unfit as error:
            raise CannotStart(_REFUSED.get(error.code, str(error))) from error
        changed = audit.changed({"role": known.role if known else None}, {"role": role})
        note(connection, ring, whose, action="staff.changed", object_=f"staff {person}", **changed)
    click.echo("Done. The person signs in anew.")


@staff.command()
@click.argument("email")
@click.option("--heir", metavar="EMAIL", help="The colleague who takes over: one who may read as much.")
@click.option("--yes", is_flag=True, help="Do it; otherwise only what would happen is told.")
@data_option
def leave(email: str, data: Path | None, heir: str | None, *, yes: bool) -> None:
    """Close the account of EMAIL: everything that it could do ends, what it did stays."""
    from gateway import clock
    from gateway.services import leaving
    from gateway.services.leaving import Leaver
    from gateway.services.unfit import Unfit

    with opened(data) as (_, connection, ring):
        person, whose = _account(connection, ring, email)
        leaver = Leaver(person, whose, _account(connection, ring, heir)[0] if heir else None)
        for step in leaving.preview(connection, leaver):
            click.echo(f"{step.name}: {step.count}")
        if not yes:
            click.echo("Nothing was done: say --yes to do it.")
            return
        try:
            done = leaving.leave(connection, leaver, now=clock.now())
        except Unfit as error:
            raise CannotStart(_REFUSED.get(error.code, str(error))) from error
        taken = str(leaver.heir_id) if leaver.heir_id else None
        note(connection, ring, whose, action="staff.left", object_=f"staff {person}", heir=taken, ended=done)
    click.echo("The account is closed.")


_REFUSED = {
    "last_administrator": "Nobody else administers the organisation: make another administrator first.",
    "unfit_heir": "Whoever takes over must be an active colleague who may read as much.",
    "unknown": "The account is closed already.",
}


def _account(connection: sa.Connection, ring: Keyring, email: str) -> tuple[UUID, UUID]:
    from gateway.services import staff as accounts

    person = accounts.find(connection, ring, email)
    if person is None:
        raise CannotStart("No account has this address.")
    return person, accounts.organisation_of(connection, person)
