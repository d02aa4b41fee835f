"""The command line, called in this process, in a folder of its own."""

import io
import logging
import os
import sys
import tempfile
from pathlib import Path

import pytest

from gateway import cli, log


@pytest.fixture
def tmp_path():
    """A folder beside pytest's own: each run of pytest closes those to all accounts but its own.

    As root, servers run as another account, and a second run at the same time would shut them out.
    """
    with tempfile.TemporaryDirectory(prefix="paigham-ops-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Called:
    """What a call of `paigham` gave."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Call `paigham` with arguments, an environment and something on standard input."""
    for name in [name for name in os.environ if name.startswith("PAIGHAM_")] + ["DATABASE_URL", "REDIS_URL"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    mask = os.umask(0o022)

    def run(*arguments, stdin="", **environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments])
        return Called(code, *capsys.readouterr())

    yield run
    os.umask(mask)
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    log._wire("info")
