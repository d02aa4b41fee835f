"""Child processes: how one is described, begun and ended. On Linux they never outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PRIVATE_UMASK = 0o077
POLL = 0.01  # seconds between looks at a process that is ending

_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Account:
    """A system account that a child runs as, by numbers."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    Attributes:
        name: shown before each line of output, and the name of the log file.
        command: the program's path and its arguments.
        environment: the whole environment, or None for ours.
        account: whom to run as; None means ourselves.
        end_signal: asks for a clean end. Also sent by the kernel when we die (Linux).
        patience: seconds to wait after `end_signal` before killing.
        stage: lower stages are ended first.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    account: Account | None = None
    end_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    stage: int = 0


def spawn(program: Program, *, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Begin a program in a process group of its own, its output and errors going to `output`.

    The group keeps a Ctrl-C at the terminal from reaching children before we say so.

    Raises:
        OSError: the program is missing or may not be executed.
    """
    # The kernel's "tell me when my parent dies" is lost on exec unless set in the child itself,
    # after its user changed: only preexec_fn runs there. It calls two C functions and nothing else.
    return subprocess.Popen(  # noqa: S603 - commands are ours
        program.command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=None if program.environment is None else dict(program.environment),
        process_group=0,
        preexec_fn=_tie_to(os.getpid(), program.end_signal),  # noqa: PLW1509
        **as_account(program.account),
    )


def as_account(account: Account | None) -> dict[str, Any]:
    """Arguments that make `subprocess` run a child as `account`, with private files."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": [], "umask": PRIVATE_UMASK}


def end(child: subprocess.Popen[bytes], program: Program) -> None:
    """Ask a child to end, wait, and kill its whole group when patience runs out."""
    ask(child, program.end_signal)
    try:
        child.wait(program.patience)
    except subprocess.TimeoutExpired:
        pass
    finally:
        kill(child)


def ask(child: subprocess.Popen[bytes], what: signal.Signals) -> None:
    """Send a signal to a child alone; one that has ended already is left in peace."""
    with suppress(ProcessLookupError):
        child.send_signal(what)


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a child and whatever it started, at once, and reap it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def wait_until(holds: Callable[[], bool], *, within: float) -> bool:
    """Look every few milliseconds whether something holds, for at most `within` seconds."""
    last = time.monotonic() + within
    while not holds():
        if time.monotonic() > last:
            return False
        time.sleep(POLL)
    return True


def _tie_to(parent: int, farewell: signal.Signals) -> Callable[[], None] | None:
    if _prctl is None:
        return None

    def tie() -> None:
        _prctl(PR_SET_PDEATHSIG, int(farewell))
        if os.getppid() != parent:  # The parent died before the kernel knew of our wish.
            os._exit(1)

    return tie
