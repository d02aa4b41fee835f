"""`paigham up` and `paigham demo`: the whole gateway on one machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.common import Command, data_option, read_settings

if TYPE_CHECKING:
    from gateway.operation import Ready
    from gateway.programs import Program
    from gateway.services.demo import Demo

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

    if data is None and "PAIGHAM_DATA" not in os.environ:
        data = DEMO
    operation.up(read_settings(data=data, **overrides), say=click.echo, guest=Show())


class Show:
    """The demonstration's part in `up`: the fakes as one more program, and people who begin to talk."""

    def __init__(self) -> None:
        from gateway.operation import free_port

        self._port = free_port()
        self._found: Demo | None = None

    @property
    def url(self) -> str:
        """Where the fakes listen."""
        return f"http://127.0.0.1:{self._port}"

    def prepare(self, ready: Ready) -> list[Program]:
        """Seed the operation, and describe the fakes that know its channels."""
        from gateway import demo as show
        from gateway.operation import WEB, address, child_environment
        from gateway.programs import Program

        self._found = show.seed(ready.settings, fakes_url=self.url)
        config = ready.settings.data / "fakes.json"
        config.write_text(json.dumps(show.fakes_config(ready.settings, self._found), indent=1))
        words = (
            "fakes",
            "--port",
            str(self._port),
            "--gateway-url",
            address(ready.settings),
            "--config",
            str(config),
        )
        command = (sys.executable, "-m", "gateway.cli", *words)
        return [Program("fakes", command, child_environment(ready.settings), stage=WEB)]

    def begin(self, ready: Ready) -> list[str]:
        """Let the people in and ask them the round's questions; returns what to tell."""
        from gateway import demo as show

        assert self._found is not None  # noqa: S101 - prepare came first
        show.let_people_in(self.url)
        asked: list[int] = []
        show.open_round(ready.settings, self._found, asked.append)
        return [f"{sum(asked)} simulated people are being asked; the fake providers are at {self.url}."]
