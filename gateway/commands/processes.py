"""The single processes of a Procfile: the two parts of the web, workers, scheduler, release; and the fakes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from gateway.commands.common import connected, data_option, need_servers, read_settings
from gateway.settings import Settings


@click.command()
@click.argument("part", type=click.Choice(["webhooks", "pages"]))
@data_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
def web(part: str, data: Path | None, host: str | None, port: int | None) -> None:
    """Take providers' webhooks (to be exposed), or serve the staff pages (internal)."""
    from gateway import webserver

    names = {"webhooks": ("webhooks_host", "webhooks_port"), "pages": ("host", "port")}[part]
    given = dict(zip(names, (host, port), strict=True))
    settings = need_servers(read_settings(data=data, **given), "database_url", "redis_url")
    webserver.serve(part, settings)


@click.command()
@click.argument("kind", type=click.Choice(["inbox", "outbox"]))
@data_option
def worker(kind: str, data: Path | None) -> None:
    """Step flows (inbox) or send messages (outbox)."""
    _become(
        "workers.main", kind, settings=need_servers(read_settings(data=data), "database_url", "redis_url")
    )


@click.command()
@data_option
def scheduler(data: Path | None) -> None:
    """Wake whatever is due: sweepers, broadcasts, reminders."""
    _become("workers.schedule", settings=need_servers(read_settings(data=data), "database_url", "redis_url"))


@click.command()
@data_option
def release(data: Path | None) -> None:
    """Bring the database up to this version, check that the keys open it, and let a first administrator in."""
    from gateway import migrate, operation

    settings = need_servers(read_settings(data=data), "database_url")
    with connected(settings):
        pass
    migrate.upgrade(settings.database_url)
    with connected(settings) as connection:
        ready = operation.Ready(settings, operation.open_ring(settings, connection))
    click.echo(f"The database stands at revision {migrate.revision(settings.database_url)}.")
    for sentence in operation.first_words(ready):
        click.echo(sentence)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="Port to listen on.")
@click.option("--gateway-url", help="Where the gateway takes webhooks; default: PAIGHAM_PUBLIC_URL.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="JSON: accounts, bots, faults.",
)
def fakes(host: str, port: int, gateway_url: str | None, config: Path | None) -> None:
    """Run a fake Twilio and a fake Telegram, with simulated people."""
    from gateway.fakes import server

    try:
        wanted: dict[str, Any] = json.loads(config.read_text()) if config is not None else {}
    except ValueError:
        raise click.UsageError("--config must be a JSON file.") from None
    server.main(host, port, gateway_url=gateway_url or read_settings().public_url, config=wanted)


def _become(module: str, *arguments: str, settings: Settings) -> None:
    """Turn this process into another one: workers import the gateway, never the other way round."""
    command = [sys.executable, "-m", module, *arguments]
    os.execve(sys.executable, command, os.environ | settings.environment())  # noqa: S606 - a command of ours
