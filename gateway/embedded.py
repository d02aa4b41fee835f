"""PostgreSQL and Redis for one machine: started with us on a folder, and ended with us.

    with Embedded(Path("data")) as servers:
        connect(servers.database_url, servers.redis_url)

The data lies in `<folder>/postgres` and `<folder>/redis`; both listen on private sockets only. As root they
run as an account without rights, because PostgreSQL refuses to be root.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.db import DatabaseRole
from gateway.errors import CannotStart
from gateway.locks import FolderLock
from gateway.servers.base import Server, account_for
from gateway.servers.postgres import OWNER, SUPERUSER, Postgres
from gateway.servers.redis import Redis

PAUSE = 5.0  # seconds between attempts to raise a server that does not come up


class Embedded:
    """The embedded servers of one folder. Nothing runs before `start`.

    Args:
        folder: made when absent.
        postgres, redis: leave one out when an external server is used for it.
    """

    def __init__(self, folder: Path, *, postgres: bool = True, redis: bool = True) -> None:
        self.folder = folder.resolve()
        self._wanted = (postgres, redis)
        self._postgres: Postgres | None = None
        self._redis: Redis | None = None
        self._lock = FolderLock(self.folder, "embedded.lock")
        self._rising: set[Server] = set()
        self._next_try: dict[Server, float] = {}

    @property
    def database_url(self) -> str:
        """The application's database, as its owner (not a superuser); empty when PostgreSQL is not ours."""
        return "" if self._postgres is None else self._postgres.url()

    def login_url(self, role: DatabaseRole) -> str:
        """The application's database, for a process that works as this role and can be no other."""
        return "" if self._postgres is None else self._postgres.url(role=role.value or OWNER)

    @property
    def admin_url(self) -> str:
        """The database "postgres" as superuser, for tests and repairs."""
        return "" if self._postgres is None else self._postgres.url("postgres", role=SUPERUSER)

    @property
    def redis_url(self) -> str:
        """Redis database 0; empty when Redis is not ours."""
        return "" if self._redis is None else self._redis.url()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the servers that run."""
        return {
            server.program().name: server.child.pid for server in self._servers() if server.child is not None
        }

    def start(self) -> Self:
        """Start both at the same time, and wait until both take connections.

        Raises:
            CannotStart: the folder is in use, of another version, not ours, or a server does not come up.
        """
        self._lock.take()
        try:
            self._build()
            for server in self._servers():
                server.begin()
            for server in self._servers():
                server.wait()
            if self._postgres is not None:
                self._postgres.make_roles()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End both cleanly. Harmless when nothing runs."""
        for server in self._servers():
            server.stop()
        self._lock.release()

    def tend(self) -> list[str]:
        """Raise servers that died, and cut logs that grew. Does not wait: call it again and again.

        Returns:
            A sentence for whatever happened since the last call, failures too.
        """
        said = []
        for server in self._servers():
            server.cut_log()
            said += self._look_after(server)
        return said

    def restart_postgres(self) -> None:
        """Stop PostgreSQL cleanly, if it runs, and start it again."""
        self._restart(self._postgres)

    def restart_redis(self) -> None:
        """Stop Redis, if it runs, and start it again: empty."""
        self._restart(self._redis)

    def kill_postgres(self) -> None:
        """End PostgreSQL as a power cut would; `restart_postgres` recovers it."""
        if self._postgres is not None:
            self._postgres.kill()

    def kill_redis(self) -> None:
        """End Redis as a power cut would; `restart_redis` raises it again."""
        if self._redis is not None:
            self._redis.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _servers(self) -> list[Server]:
        return [server for server in (self._postgres, self._redis) if server is not None]

    def _build(self) -> None:
        logs = self.folder / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        account = account_for(self.folder / "postgres")
        if self._wanted[0]:
            self._postgres = Postgres(self.folder / "postgres", log=logs / "postgres.log", account=account)
        if self._wanted[1]:
            self._redis = Redis(self.folder / "redis", log=logs / "redis.log", account=account)

    def _look_after(self, server: Server) -> list[str]:
        if server.alive:
            if server not in self._rising or not server.is_ready():
                return []
            self._rising.remove(server)
            return [f"{server.title} had ended and was started again."]
        said = []
        if server in self._rising:
            self._rising.remove(server)
            said = [f"{server.title} ended while starting; the reason is in {server.log}."]
        if time.monotonic() >= self._next_try.get(server, 0.0):
            said += self._raise_again(server)
        return said

    def _raise_again(self, server: Server) -> list[str]:
        self._next_try[server] = time.monotonic() + PAUSE
        try:
            server.begin()
        except CannotStart as error:
            return [str(error)]
        self._rising.add(server)
        return []

    def _restart(self, server: Server | None) -> None:
        if server is not None:
            server.stop()
            server.begin()
            server.wait()
