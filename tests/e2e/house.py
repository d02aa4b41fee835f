"""A whole operation on this machine: embedded servers, every process of the Procfile, and fake providers beside them.

    with open_house() as house:
        house.kill("inbox")
        house.start("inbox")
        house.wait(lambda: house.one("SELECT count(*) FROM pending_in") == 0, within=10, what="an empty inbox")

Each process is a real child with a log of its own in `house.logs`. All of them end with the `with`, however it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from redis import Redis
from rq import Worker

from gateway import db, ids, migrate, operation, programs, queue
from gateway.crypto import Keyring, key_path
from gateway.embedded import Embedded
from gateway.errors import CannotStart
from gateway.programs import Program
from gateway.services import channels, flow_store
from gateway.services.channels import NewChannel
from gateway.settings import Settings
from tests.e2e.fakes import Fakes

ACCOUNT = "AC" + "0" * 32
TOKEN = "invented-token"
BOT = "1:invented"
SECRET = "invented-secret"
NUMBER = "+922100000000"
PUBLIC = "https://gateway.example"
HOTLINE = "0800 555 010"
STARTS_WITHIN = 60.0
LOOK = 0.05  # seconds between looks at something that is waited for
LAST_LINES = 12
# Everything that people and messages leave behind; channels, flows and the organisation stay.
LEFT_BY_PEOPLE = """
    answer, audit, audit_check, audit_subject, consent, contact, contact_urn, deep_link, delivery_report, flow_problem,
    grievance, grievance_event, grievance_note, message_in, message_out, opt_out, pending_in, pending_out, run, session,
    survey_round, sweeper_find
"""


@dataclass
class House:
    """A running operation.

    Attributes:
        folder: the data folder, with the servers' files, keys, spool and logs.
        channels: channel ids by kind, "twilio" and "telegram".
        revisions: the newest revision of each library flow by its code.
        programs: what may be started and killed, by name: fakes, webhooks, pages, inbox, inbox-2, outbox, scheduler.
    """

    folder: Path
    servers: Embedded
    settings: Settings
    ring: Keyring
    fakes: Fakes
    organisation_id: UUID
    channels: dict[str, UUID]
    revisions: dict[str, UUID]
    programs: dict[str, Program]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _connection: db.Connection | None = None

    # ------------------------------------------------------------------ processes

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def web(self) -> str:
        """Where the staff pages answer."""
        return operation.address(self.settings)

    @property
    def door(self) -> str:
        """Where providers call."""
        return operation.webhooks_address(self.settings)

    def start(self, name: str) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = programs.spawn(self.programs[name], output=log)

    def kill(self, name: str) -> None:
        """SIGKILL, to whatever it started too."""
        programs.kill(self.running.pop(name))

    def restart(self, name: str) -> None:
        """Kill, and start again at once."""
        self.kill(name)
        self.start(name)

    def stop(self, name: str) -> None:
        """End cleanly."""
        programs.end(self.running.pop(name), self.programs[name])

    def start_all(self) -> None:
        """Start whatever does not run, and wait until all of it is at work."""
        for name in self.programs:
            if name not in self.running or self.running[name].poll() is not None:
                self.start(name)
        self.wait(self.answers, within=STARTS_WITHIN, what="the web server and the fakes")

    def answers(self) -> bool:
        """Whether both web servers and the fakes do."""
        health = (f"{self.web}/healthz", f"{self.door}/healthz", f"{self.fakes.url}/_fake/counts")
        return all(map(self.fakes.answers, health))

    def is_at_work(self) -> bool:
        """Whether all workers are known to Redis."""
        workers = sum(name.startswith(("inbox", "outbox")) for name in self.programs)
        with Redis.from_url(self.settings.redis_url) as connection:
            return Worker.count(connection=connection) >= workers

    def end(self) -> None:
        """End everything, web first."""
        for name in sorted(self.running, key=lambda name: self.programs[name].stage):
            with suppress(KeyError):
                programs.ask(self.running[name], self.programs[name].end_signal)
        for name in list(self.running):
            self.stop(name)
        if self._connection is not None:
            self._connection.close()
        self.fakes.close()

    def dead(self) -> list[str]:
        """Processes that ended although nobody killed them."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    # ------------------------------------------------------------------ looking

    def connect(self) -> db.Connection:
        return db.connect(self.settings)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read on a connection that is kept, and opened anew when PostgreSQL was away."""
        if self._connection is None or self._connection.closed:
            self._connection = self.connect()
            self._connection.autocommit = True
        try:
            return self._connection.execute(statement, list(values)).fetchall()
        except psycopg.OperationalError:
            self._connection.close()
            raise

    def one(self, statement: str, *values: Any) -> Any:
        return self.rows(statement, *values)[0][0]

    def wait(
        self, holds: Callable[[], bool], *, within: float, what: str, hurt: Callable[[], str] = str
    ) -> None:
        """Look again and again until something holds; fail with what can be seen when it does not.

        `hurt` tells more about the failure. A process that ended by itself is a failure too.
        """
        last = time.monotonic() + within
        while not self._holds(holds):
            if self.dead():
                raise AssertionError(f"{', '.join(self.dead())} ended by itself.\n{self.state()}")
            if time.monotonic() > last:
                raise AssertionError(
                    f"After {within:.0f} s still no sign of {what}.\n{hurt()}\n{self.state()}"
                )
            time.sleep(LOOK)

    @staticmethod
    def _holds(holds: Callable[[], bool]) -> bool:
        try:
            return holds()
        except psycopg.OperationalError:
            return False

    def state(self) -> str:
        """Queues, and the last words of every process, for the message of a failure."""
        lines = []
        for table in ("pending_in", "pending_out", "sweeper_find"):
            with suppress(psycopg.Error):
                rows = self.rows(f"SELECT to_jsonb(t) FROM {table} t LIMIT 10")
                lines += [f"{table}: {json.dumps(row[0], default=str)}" for row in rows]
        for log in sorted(self.logs.glob("*.log")):
            last = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
            lines += [f"{log.stem}| {line}" for line in last]
        return "\n".join(lines)

    # ------------------------------------------------------------------ between tests

    def fresh(self) -> None:
        """Forget people and messages, mend channels, and start whatever is not running."""
        self.start_all()
        self.fakes.reset()
        self.wait(self._is_quiet, within=20, what="workers that have nothing in hand")
        self.wait(self._empty, within=20, what="tables that nobody holds")

    def _is_quiet(self) -> bool:
        in_hand = (
            "SELECT 1 FROM pending_out WHERE leased_until IS NOT NULL UNION ALL SELECT 1 FROM pending_in"
        )
        return not self.rows(in_hand)

    def _empty(self) -> bool:
        """Empty the tables; False when a worker that just looked was in the way."""
        url = self.servers.admin_url.replace("/postgres?", "/paigham?")
        with suppress(psycopg.errors.DeadlockDetected), psycopg.connect(url) as administrator:
            # Append-only tables refuse to be emptied otherwise.
            administrator.execute("SET session_replication_role = replica")
            administrator.execute(f"TRUNCATE {LEFT_BY_PEOPLE} CASCADE")
            administrator.execute("UPDATE channel SET health = 'ok', health_code = NULL, paused_until = NULL")
            return True
        return False


@contextmanager
def open_house(**quick: Any) -> Iterator[House]:
    """Build a house in a folder of its own and run it. `quick` are settings that differ from `QUICK`."""
    with tempfile.TemporaryDirectory(prefix="paigham-e2e-") as name, Embedded(Path(name)) as servers:
        house = _build(Path(name), servers, QUICK | quick)
        try:
            house.start_all()
            house.wait(house.is_at_work, within=STARTS_WITHIN, what="all workers at work")
            yield house
        finally:
            house.end()


QUICK: dict[str, Any] = {"inbox_workers": 2, "outbox_workers": 1, "shards": 2, "lease": 5, "settle_after": 2}
SEND_TIMEOUT = 1.0  # seconds; well below the lease


def _build(folder: Path, servers: Embedded, quick: dict[str, Any]) -> House:
    settings = Settings(
        database_url=servers.database_url,
        redis_url=servers.redis_url,
        data=folder,
        port=operation.free_port(),
        webhooks_port=operation.free_port(),
        public_url=PUBLIC,
        **quick,
    )
    ring = Keyring.create(key_path(settings))
    migrate.upgrade(settings.database_url)
    fakes = Fakes(f"http://127.0.0.1:{operation.free_port()}")
    with db.connect(settings) as connection:
        operation.open_ring(settings, connection)
        organisation_id = ids.new()
        connection.execute(
            "INSERT INTO organisation (id, code, name, hotline) VALUES (%s, 'house', 'An operation', %s)",
            [organisation_id, HOTLINE],
        )
        revisions = flow_store.publish_library(connection, organisation_id)
        made = {
            kind: channels.create(connection, ring, organisation_id, new)
            for kind, new in _lines(fakes).items()
        }
    wanted = {
        program.name: program
        for program in (_fakes(settings, fakes, made), *operation.programs(settings, servers))
    }
    return House(folder, servers, settings, ring, fakes, organisation_id, made, revisions, wanted)


def _lines(fakes: Fakes) -> dict[str, NewChannel]:
    sms = {"account_sid": ACCOUNT, "auth_token": TOKEN, "base_url": fakes.url, "timeout": SEND_TIMEOUT}
    bot = {"token": BOT, "secret_token": SECRET, "base_url": f"{fakes.url}/bot", "timeout": SEND_TIMEOUT}
    return {
        "twilio": NewChannel("twilio", "SMS", NUMBER, sms, default_region="PK", rate=2000.0),
        "telegram": NewChannel("telegram", "Bot", "invented_bot", bot, rate=2000.0),
    }


def _fakes(settings: Settings, fakes: Fakes, made: dict[str, UUID]) -> Program:
    """The fake providers as a process, with the accounts that our channels are configured with."""
    config = {
        "public_url": PUBLIC,
        "seed": 7,
        "twilio": {
            "account_sid": ACCOUNT,
            "auth_token": TOKEN,
            "numbers": {NUMBER: f"/in/{made['twilio']}/"},
        },
        "telegram": {
            "token": BOT,
            "webhook": f"/in/{made['telegram']}/",
            "secret_token": SECRET,
            "open": True,
        },
    }
    path = settings.data / "fakes.json"
    path.write_text(json.dumps(config))
    port = fakes.url.rpartition(":")[2]
    command = (sys.executable, "-m", "gateway.cli", "fakes", "--port", port, "--config", str(path))
    environment = operation.child_environment(settings)
    return Program(
        "fakes", (*command, "--gateway-url", operation.webhooks_address(settings)), environment, stage=2
    )


def restart_postgres(house: House) -> None:
    """Raise PostgreSQL again after it was killed; its orphans may hold on to its memory for a moment."""
    last = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            house.servers.restart_postgres()
        except CannotStart:
            if time.monotonic() > last:
                raise
            time.sleep(LOOK)
        else:
            return


def redis_of(house: House) -> Redis:
    return queue.connect(house.settings)
