"""`paigham up` and `paigham demo`: the whole gateway on one machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from gateway.commands.common import Command, data_option, read_settings

DEMO = Path(".demo")  # never the folder of a real operation by accident


def _listening_options(command: Command) -> Command:
    for name, of in (("webhooks-", "webhooks"), ("", "staff pages")):
        variable = f"PAIGHAM_{name.upper().replace('-', '_')}"
        port, host = ("8001" if name else "8000"), "127.0.0.1"
        command = click.option(
            f"--{name}port", type=int, help=f"Port of the {of} ({variable}PORT; default: {port})."
        )(command)
        command = click.option(
            f"--{name}host", help=f"Address of the {of} ({variable}HOST; default: {host})."
        )(command)
    return command


@click.command()
@data_option
@_listening_options
def up(**overrides: Any) -> None:
    """Run everything on this machine, with PostgreSQL and Redis unless DATABASE_URL and REDIS_URL are set."""
    from gateway import operation

    operation.up(read_settings(**overrides), say=click.echo)


@click.command()
@data_option
@_listening_options
def demo(data: Path | None, **overrides: Any) -> None:
    """Run a seeded operation with fake providers and simulated people (data folder: .demo)."""
    from gateway import operation
    from gateway.demonstration import Show

    if data is None and "PAIGHAM_DATA" not in os.environ:
        data = DEMO
    if "PAIGHAM_SECOND_FACTOR" not in os.environ:
        overrides["second_factor"] = (
            "off"  # Everybody knows the demonstration's password; its people are invented.
        )
    if "PAIGHAM_SMTP_URL" not in os.environ:
        overrides["smtp_url"] = "log:"  # What would leave is a line in the log, with ids only.
    operation.up(read_settings(data=data, **overrides), say=click.echo, guest=Show())
