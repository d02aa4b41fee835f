"""`paigham keys`: make, list and rotate the keys that personal data is written under."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.commands.common import data_option, database
from gateway.errors import CannotStart


@click.group()
def keys() -> None:
    """Make, list and rotate encryption keys."""


@keys.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def create(file: Path | None) -> None:
    """Make a new key ring in FILE, or print it, for PAIGHAM_KEYS. `paigham up` does this by itself."""
    from gateway.crypto import Keyring

    if file is None:
        click.echo(Keyring.generate().to_json())
        return
    try:
        Keyring.create(file)
    except FileExistsError:
        raise CannotStart(
            f"{file} exists. A key ring is never written over: it may be needed to read."
        ) from None
    click.echo(f"Wrote {file}. Keep a copy in a safe place: without it nothing stored can be read.")


@keys.command("list")
@data_option
def list_keys(data: Path | None) -> None:
    """List the keys of the ring, and how many values stand under each. The keys themselves are not shown."""
    from gateway.operation import open_ring
    from gateway.services.keys import in_use

    with database(data) as (settings, connection):
        ring = open_ring(settings, connection)
        counts = in_use(connection)
    for key_id, kind in sorted(ring.class_by_id.items()):
        mark = "current" if ring.current.get(kind) == key_id else "old"
        click.echo(f"{key_id:5}  {kind:8} {mark:8} {counts[key_id]:12,} values")


@keys.command()
@data_option
def rotate(data: Path | None) -> None:
    """Make new keys, write everything stored anew under them, and forget keys no longer needed.

    The gateway may run meanwhile: its processes follow the key file. Can be broken off and repeated.
    """
    from gateway import rekey

    with database(data) as (settings, _):
        rekey.rotate(settings, _report)
    click.echo("Done. Keep a copy of the new key file in a safe place.")


def _report(place: str, changed: int) -> None:
    click.echo(f"{place:32} {changed:10,} values written anew")
