"""What the embedded servers share: an account to run as, a way to their folder, a beginning and an end."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

import psutil

from gateway import programs
from gateway.errors import CannotStart
from gateway.programs import Account, Program

MAX_SOCKET_PATH = 100  # bytes; the kernels allow 104 (macOS) and 108 (Linux), with the closing zero
MAX_LOG = 5_000_000  # bytes
STARTS_WITHIN = 120.0  # seconds; recovery after a crash replays the log first
MADE = "paigham-servers"  # the account that is made where there is none
LEAVES_WITHIN = 15.0  # seconds that a server of a killed predecessor may take to end


class Server(ABC):
    """One server on one folder.

    Args:
        folder: its data; made when absent.
        log: where its output goes; cut when it grows beyond 5 MB.
        account: whom to run as, or None for ourselves.
    """

    title: str
    process_names: tuple[str, ...]

    def __init__(self, folder: Path, *, log: Path, account: Account | None) -> None:
        self.folder = folder
        self.log = log
        self.account = account
        self.child: subprocess.Popen[bytes] | None = None
        self._short: Path | None = None

    @property
    def alive(self) -> bool:
        """Whether the process runs (it may not be ready yet)."""
        return self.child is not None and self.child.poll() is None

    @property
    def sockets(self) -> Path:
        """The folder with the server's socket: its own, or a short private one when that path is too long."""
        longest = self.folder / ".s.PGSQL.5432.lock"
        if len(os.fsencode(longest)) <= MAX_SOCKET_PATH:
            return self.folder
        if self._short is None:
            self._short = Path(tempfile.mkdtemp(prefix="paigham-"))
            give(self._short, self.account)
        return self._short

    def begin(self) -> None:
        """Start the process, and do not wait for it.

        Raises:
            CannotStart: the folder is in use, or is not this server's.
        """
        self.prepare()
        self.leave_predecessor()
        program = self.program()
        with self.log.open("ab") as output:
            try:
                self.child = programs.spawn(program, output=output)
            except (OSError, subprocess.SubprocessError) as error:
                raise CannotStart(f"{self.title} cannot be executed ({program.command[0]}).") from error

    def wait(self) -> None:
        """Wait until the server takes connections.

        Raises:
            CannotStart: it ended, or took longer than two minutes.
        """
        programs.wait_until(lambda: not self.alive or self.is_ready(), within=STARTS_WITHIN)
        if not self.alive:
            raise CannotStart(f"{self.title} ended while starting; the reason is in {self.log}.")
        if not self.is_ready():
            self.kill()
            raise CannotStart(
                f"{self.title} was not ready after {STARTS_WITHIN:.0f} seconds; see {self.log}."
            )

    def stop(self) -> None:
        """End the server cleanly; killed if it takes too long."""
        if self.child is not None:
            programs.end(self.child, self.program())
            self.child = None
        if self._short is not None:
            shutil.rmtree(self._short, ignore_errors=True)
            self._short = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.child is not None:
            programs.kill(self.child)
            self.child = None

    def cut_log(self) -> None:
        """Empty a log that grew too long. It is open for appending, so the server goes on at its start."""
        with suppress(OSError):
            if self.log.stat().st_size > MAX_LOG:
                os.truncate(self.log, 0)

    def leave_predecessor(self) -> None:
        """Wait for a server that its killed parent left behind to end; forget a pid that is no server's.

        Raises:
            CannotStart: it does not end by itself.
        """
        running = self.predecessor()
        if running is None:
            self.pid_file().unlink(missing_ok=True)
            return
        with suppress(psutil.Error):
            running.wait(LEAVES_WITHIN)
        if running.is_running():
            raise CannotStart(
                f"{self.title} already runs on {self.folder}. Stop it first: kill {running.pid}"
            )

    def predecessor(self) -> psutil.Process | None:
        """The process that the folder's pid file names, if it still runs and is such a server."""
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int(self.pid_file().read_text().split()[0]))
            if process.name() in self.process_names and Path(process.cwd()) == self.folder:
                return process
        return None

    @abstractmethod
    def prepare(self) -> None:
        """Make the folder, or look whether it is ours."""

    @abstractmethod
    def program(self) -> Program:
        """How the server is run."""

    @abstractmethod
    def pid_file(self) -> Path:
        """The file in which the server writes its process id."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it takes connections now."""


def account_for(folder: Path) -> Account | None:
    """Whom servers on `folder` run as: ourselves, or, as root, an account without rights.

    PostgreSQL refuses to run as root. A folder that exists keeps its owner; else an account named postgres
    is used, or one that is made for the purpose, or nobody.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    entry = _named("postgres") or _named(MADE) or _made() or pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def _named(name: str) -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam(name)
    return None


def _made() -> pwd.struct_passwd | None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", MADE]
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a constant
        return _named(MADE)
    return None


def give(folder: Path, account: Account | None) -> None:
    """Make `folder` private to the account that uses it."""
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def open_way(path: Path, account: Account | None) -> list[Path]:
    """Let `account` pass through the folders above `path`, without letting it list them.

    Returns:
        The folders whose mode was changed. Empty unless we are root.
    """
    if account is None:
        return []
    closed = [folder for folder in path.parents if not _passable(folder.stat(), account)]
    for folder in closed:
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    return closed


def _passable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
