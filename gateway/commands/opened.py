"""An operation opened for one command: its database, its keys, and which organisation is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from gateway.commands.common import Command, database
from gateway.errors import CannotStart

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gateway.crypto import Keyring
    from gateway.settings import Settings

ACTOR = "cli"  # in the audit: whoever has the keys and a shell


def organisation_option(command: Command) -> Command:
    """Add `--organisation CODE`."""
    return click.option("--organisation", metavar="CODE", help="Whose it is, where there are several.")(
        command
    )


@contextmanager
def opened(data: Path | None) -> Iterator[tuple[Settings, sa.Connection, Keyring]]:
    """Open the database and the key ring; committed at a good end, and by the command in between if it likes.

    Raises:
        CannotStart: there is no database, it does not answer, or the keys do not open it.
    """
    from gateway import db, operation

    with database(data) as (settings, first):
        ring = operation.open_ring(settings, first)
        first.commit()
        engine = db.engine(settings)
        try:
            with engine.connect() as connection:
                yield settings, connection, ring
                connection.commit()
        finally:
            engine.dispose()


def choose_organisation(connection: sa.Connection, code: str | None) -> UUID:
    """Return the organisation of this code, or the only one.

    Raises:
        CannotStart: there is none, none of this code, or several and no code was given.
    """
    import sqlalchemy as sa

    from gateway.models.organisations import Organisation

    rows = connection.execute(sa.select(Organisation.code, Organisation.id).order_by(Organisation.code))
    found: dict[str, UUID] = {row.code: row.id for row in rows}
    if not found:
        raise CannotStart("There is no organisation yet: `paigham up` or `paigham release` makes it.")
    if code is None and len(found) == 1:
        return next(iter(found.values()))
    if code is None:
        raise CannotStart(f"There are several organisations: name one with --organisation ({_list(found)}).")
    if code not in found:
        raise CannotStart(f"There is no organisation {code}. There are: {_list(found)}.")
    return found[code]


def note(
    connection: sa.Connection,
    ring: Keyring,
    organisation_id: UUID,
    *,
    action: str,
    object_: str,
    **detail: Any,
) -> None:
    """Write into the audit what a command did; `detail` as `gateway.web.notes.note`. Call it last: others wait."""
    from gateway import clock
    from gateway.services import audit

    audit.record(
        connection,
        ring,
        organisation_id=organisation_id,
        actor=ACTOR,
        action=action,
        object=object_,
        detail=detail or None,
        now=clock.now(),
    )


def _list(codes: dict[str, UUID]) -> str:
    return ", ".join(codes)
