"""The command `paigham`. Exit codes: 0 well, 1 findings or faults, 2 wrong use or cannot start, 3 a bug of ours."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module, metadata
from pathlib import Path

import click

from gateway.errors import PaighamError

WELL, FINDINGS, CANNOT, BUG = 0, 1, 2, 3
PRIVATE = 0o077  # umask: what we write is for our own account
INTERRUPTED = 130  # as shells count it: 128 + SIGINT

COMMANDS = {
    "up": "gateway.commands.run:up",
    "demo": "gateway.commands.run:demo",
    "doctor": "gateway.commands.doctor:doctor",
    "organisation": "gateway.commands.organisation:organisation",
    "channel": "gateway.commands.channel:channel",
    "flow": "gateway.commands.flow:flow",
    "service": "gateway.commands.service:service",
    "round": "gateway.commands.round:round_",
    "segments": "gateway.commands.segments:segments",
    "keys": "gateway.commands.keys:keys",
    "gazetteer": "gateway.commands.gazetteer:gazetteer",
    "staff": "gateway.commands.staff:staff",
    "audit": "gateway.commands.audit:audit",
    "log": "gateway.commands.logs:log_",
    "web": "gateway.commands.processes:web",
    "worker": "gateway.commands.processes:worker",
    "scheduler": "gateway.commands.processes:scheduler",
    "release": "gateway.commands.processes:release",
    "fakes": "gateway.commands.processes:fakes",
}


class Lazy(click.Group):
    """A group that imports a command when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it
        """All commands, the everyday ones first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(metadata.version("paigham"), prog_name="paigham")
def paigham() -> None:
    """A chat and SMS gateway for refugee operations."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code. Whatever goes wrong is one sentence, never a traceback."""
    os.umask(PRIVATE)
    try:
        code = paigham.main(arguments, prog_name="paigham", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return CANNOT
    except PaighamError as error:
        click.echo(f"paigham: {error}", err=True)
        return CANNOT
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing of ours failed. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WELL
    except Exception as error:  # noqa: BLE001 - an entry point: a bug is told with an id, and logged
        return _bug(error)
    return code if isinstance(code, int) else WELL


def _bug(error: Exception) -> int:
    from gateway import log

    if os.environ.get("PAIGHAM_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    path = Path(os.environ.get("PAIGHAM_DATA", "data")) / "logs" / "bugs.log"
    found, written = log.bug_to_file(error, path)
    place = f"in {path}" if written else "above"
    click.echo(f"paigham: something unexpected happened, which is our fault. Bug {found}, {place}.", err=True)
    return BUG


if __name__ == "__main__":
    sys.exit(main())
