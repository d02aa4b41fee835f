"""`paigham log`: what the gateway wrote while it served one request, found by the letters on an error page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from gateway.commands.common import data_option, read_settings

CODE = re.compile(r"[a-z0-9-]{6,64}").fullmatch
KEYS = ("request", "bug", "woken_by")  # under which a line carries a code


@click.command("log")
@click.argument("code")
@data_option
def log_(code: str, data: Path | None) -> int:
    """Print the lines of the log files that carry CODE: letters on an error page, or an X-Request-ID.

    Lines hold ids, words and numbers only. Exit code 1: nothing was found; logs are kept for some days of traffic.
    """
    wanted = code.strip().lower()
    if not CODE(wanted):
        raise click.UsageError("A code is six letters and digits or more, as an error page shows it.")
    lines = sorted(
        _lines(read_settings(data=data).data / "logs", wanted), key=lambda line: str(line[1].get("at"))
    )
    for program, line in lines:
        click.echo(f"{program:10} {json.dumps(line, ensure_ascii=False)}")
    if not lines:
        click.echo("No line carries this code.", err=True)
    return 0 if lines else 1


def _lines(folder: Path, wanted: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every line with the code, and the program that wrote it; older files of a program are read too."""
    for path in sorted(folder.glob("*.log*")):
        with path.open(errors="replace") as file:
            for text in file:
                line = _read(text) if wanted in text else None
                if line is not None and wanted in {line.get(key) for key in KEYS}:
                    yield path.name.partition(".")[0], line


def _read(text: str) -> dict[str, Any] | None:
    """One line as an object; None for what another program wrote in words."""
    try:
        line = json.loads(text[text.index("{") :])
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
