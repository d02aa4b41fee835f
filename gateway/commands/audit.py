"""`paigham audit`: whether the record of what was seen and done is whole."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.commands.common import data_option
from gateway.commands.opened import opened


@click.group()
def audit() -> None:
    """Look after the audit."""


@audit.command()
@data_option
@click.option(
    "--anchors",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A file that `paigham audit anchor` or the scheduler wrote.",
)
def verify(data: Path | None, anchors: Path | None) -> int:
    """Walk each organisation's chain of lines; exit 1 when one was changed, or is missing."""
    from gateway import anchors as files
    from gateway.services import audit_check

    faulty = False
    with opened(data) as (_, connection, ring):
        known = files.read(anchors, ring) if anchors else []
        for chain in audit_check.chains(connection):
            walk = audit_check.verify(connection, ring, chain.organisation_id)
            faults = walk.faults + audit_check.compare(connection, chain.organisation_id, known)
            faulty = faulty or bool(faults)
            click.echo(f"{chain.code}: {walk.lines:,} lines, {'NOT whole' if faults else 'ok'}.")
            for sentence in faults:
                click.echo(f"  {sentence}")
    return int(faulty)


@audit.command()
@data_option
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to add to; keep it where nobody who keeps the database can write.",
)
def anchor(data: Path | None, out: Path) -> None:
    """Add the newest line of each chain to a file, signed, so that a cut at its end shows."""
    from gateway import anchors, clock
    from gateway.services import audit_check

    with opened(data) as (_, connection, ring):
        written = anchors.append(out, ring, audit_check.heads(connection, now=clock.now()))
        chains = audit_check.chains(connection)
    click.echo(f"Anchored in {out}: {len(written)} of {len(chains)} chains.")
