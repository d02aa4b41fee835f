"""`paigham doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from gateway.commands.common import data_option, json_option, read_settings, with_running_servers

MARKS = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}


@click.command()
@data_option
@json_option
def doctor(data: Path | None, *, as_json: bool) -> int:
    """Look at everything the gateway rests on; exit 1 when something must be mended."""
    from gateway.doctor import State, examine

    results = examine(with_running_servers(read_settings(data=data)))
    if as_json:
        click.echo(json.dumps([asdict(item) for item in results], ensure_ascii=False))
    else:
        for item in results:
            click.echo(f"{MARKS[item.state]}  {item.name:16} {item.sentence}")
            if item.mend:
                click.echo(f"{'':27}{item.mend}")
    return int(any(item.state is State.FAULT for item in results))
