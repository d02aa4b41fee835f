"""`paigham up` and `paigham demo`: the whole gateway on one machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from gateway.commands.common import Command, data_option, read_settings

DEMO = Path(".demo")  # never the folder of a real operation by accident


def _listening_options(command: Command) -> Command:
    with_port = click.option("--port", type=int, help="Port to listen on (PAIGHAM_PORT; default: 8000).")(
        command
    )
    return click.option("--host", help="Address to listen on (PAIGHAM_HOST; default: 127.0.0.1).")(with_port)


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
    operation.up(read_settings(data=data, **overrides), say=click.echo, guest=Show())
