"""`paigham up`: everything on one machine, from an empty folder to a gateway that answers."""

from __future__ import annotations

import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import FrameType
from typing import Protocol

from gateway import db, migrate
from gateway.commands.common import connected
from gateway.crypto import Keyring, key_path
from gateway.db import Connection, DatabaseRole
from gateway.embedded import Embedded
from gateway.errors import CannotStart
from gateway.locks import FolderLock
from gateway.programs import Program
from gateway.services import flow_store, staff
from gateway.services.bridge import plain
from gateway.settings import Settings, listening_at
from gateway.supervisor import LOCK, Supervisor, read_state

ANSWERS_WITHIN = 60.0  # seconds for the web server to answer for the first time
QUICK_DEATHS = 3  # of the web server, after which waiting makes no sense
WEB, WORKERS = 0, 1  # stages: the web ends first
PARTS = ("webhooks", "pages")  # of the web, each a program; providers wait less gladly than staff
WORKER_PATIENCE = 15.0  # seconds; a worker ends its batch first

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation whose servers run and whose database is up to date."""

    settings: Settings
    ring: Keyring


class Guest(Protocol):
    """Somebody who has a part in `up`: the demonstration."""

    def prepare(self, ready: Ready) -> list[Program]:
        """Called before anything runs; returns programs to run beside the gateway's own."""

    def begin(self, ready: Ready) -> list[str]:
        """Called when the gateway answers; returns sentences to print."""


def up(settings: Settings, *, say: Say, guest: Guest | None = None) -> None:
    """Run the whole gateway until a signal comes.

    Raises:
        CannotStart: the folder is in use, the port is taken, a server or a key is not as it must be.
    """
    settings = replace(settings, data=settings.data.resolve())
    with ExitStack() as stack:
        stack.enter_context(_ending_on_sigterm())
        _take_folder(settings, stack)
        refuse_taken_port(settings.host, settings.port)
        refuse_taken_port(settings.webhooks_host, settings.webhooks_port, option="--webhooks-port")
        ready, servers = _make_ready(settings, say, stack)
        supervisor = _supervisor(ready, servers, guest, say)
        # The web server comes first: while it loads, the processor is its alone, and messages wait for nobody.
        with supervisor.running(stages=WORKERS):
            _wait_for_web(supervisor, ready.settings)
            supervisor.start_rest()
            supervisor.turn(0)
            if not supervisor.ending:
                _welcome(ready, guest, say)
            supervisor.run()
            say("Ending …")
    say("Ended.")


def _supervisor(ready: Ready, servers: Embedded | None, guest: Guest | None, say: Say) -> Supervisor:
    guests = guest.prepare(ready) if guest is not None else []
    wanted = [*programs(ready.settings, servers), *guests]
    say(f"Starting {', '.join(program.name for program in wanted)} …")
    own = _own_addresses(servers)
    given = ready.settings
    facts = {
        "address": address(given),
        "webhooks": webhooks_address(given),
        "pages_url": given.pages_url,
        "public_url": given.public_url,
        **own,
    }
    return Supervisor(ready.settings.data, wanted, servers=servers, facts=facts, output=say)


def programs(settings: Settings, servers: Embedded | None = None) -> list[Program]:
    """The gateway's own processes. They read their settings from the environment.

    On embedded servers each knows one login to the database, which can do what the process needs and nothing else.
    """

    def program(name: str, *module: str, stage: int, patience: float = 10.0) -> Program:
        own = replace(settings, database_url=_login(settings, servers, LOGINS.get(name, DatabaseRole.WORK)))
        command = (sys.executable, "-m", *module)
        return Program(name, command, child_environment(own), stage=stage, patience=patience)

    worker = partial(program, stage=WORKERS, patience=WORKER_PATIENCE)
    inbox = [worker(_numbered("inbox", n), "workers.main", "inbox") for n in range(settings.inbox_workers)]
    outbox = [
        worker(_numbered("outbox", n), "workers.main", "outbox") for n in range(settings.outbox_workers)
    ]
    scheduler = worker("scheduler", "workers.schedule")
    web = [program(part, "gateway.cli", "web", part, stage=WEB) for part in PARTS]
    return [*web, *inbox, *outbox, scheduler]


LOGINS = {"pages": DatabaseRole.PAGES, "webhooks": DatabaseRole.WEBHOOKS}  # of whoever is no worker


def _login(settings: Settings, servers: Embedded | None, role: DatabaseRole) -> str:
    ours = servers is not None and settings.database_url == servers.database_url
    return servers.login_url(role) if servers is not None and ours else settings.database_url


def child_environment(settings: Settings) -> Mapping[str, str]:
    """Our environment with these settings in it; output is not held back in buffers."""
    return os.environ | settings.environment() | {"PYTHONUNBUFFERED": "1"}


def refuse_taken_port(host: str, port: int, *, option: str = "--port") -> None:
    """Look whether a port can be listened on, before anything is started.

    Raises:
        CannotStart: it is taken, not allowed, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(place)
            attempt.listen(1)
    except PermissionError:
        raise CannotStart(
            f"Port {port} needs rights that we do not have. Choose one above 1023 with {option}."
        ) from None
    except socket.gaierror:
        raise CannotStart(f"{host} is not an address. Choose another one.") from None
    except OSError as error:
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror}). Choose another {option}."
        ) from None


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port: int = attempt.getsockname()[1]
        return port


def address(settings: Settings) -> str:
    """Where the staff pages answer on this machine."""
    return listening_at(settings.host, settings.port)


def webhooks_address(settings: Settings) -> str:
    """Where the webhooks answer on this machine."""
    return listening_at(settings.webhooks_host, settings.webhooks_port)


def open_ring(settings: Settings, connection: Connection, *, create: bool = False) -> Keyring:
    """Open the key ring, and make sure that it opens this database.

    Args:
        settings: where the ring is.
        connection: to the migrated database; what is written is not committed.
        create: make a ring when there is none and nothing is stored yet.

    Raises:
        CannotStart: the ring is missing or does not open what is stored.
    """
    ring = Keyring.of(settings) if settings.keys or key_path(settings).exists() else None
    if ring is None:
        ring = _first_ring(settings, connection, create=create)
    db.check_keys(connection, ring)
    return ring


def _first_ring(settings: Settings, connection: Connection, *, create: bool) -> Keyring:
    path = key_path(settings)
    stored = connection.execute("SELECT 1 FROM setting WHERE name = %s", [db.KEY_CHECK])
    if stored.fetchone() is not None:
        raise CannotStart(
            f"The key file {path} is missing, and the database was written with it. Put it back."
        )
    if not create:
        raise CannotStart(
            "There is no key ring. Make one with `paigham keys create`, and set PAIGHAM_KEYS or a file."
        )
    return Keyring.create(path)


def _take_folder(settings: Settings, stack: ExitStack) -> None:
    lock = FolderLock(settings.data, LOCK)
    try:
        lock.take()
    except CannotStart:
        state = read_state(settings.data)
        if state is None:
            raise
        raise CannotStart(
            f"Paigham already runs on {settings.data} (process {state['pid']}, {state['address']}). "
            "Stop it first, or choose another --data."
        ) from None
    stack.callback(lock.release)


def _make_ready(settings: Settings, say: Say, stack: ExitStack) -> tuple[Ready, Embedded | None]:
    """Start the servers that are not given, migrate, and open the keys."""
    servers = _start_servers(settings, say, stack)
    if servers is not None:
        settings = replace(
            settings,
            database_url=settings.database_url or servers.database_url,
            redis_url=settings.redis_url or servers.redis_url,
        )
    with connected(settings):
        pass
    say("Bringing the database up to date …")
    migrate.upgrade(db.dsn(settings))
    with connected(settings) as connection:
        return Ready(settings, open_ring(settings, connection, create=True)), servers


def _start_servers(settings: Settings, say: Say, stack: ExitStack) -> Embedded | None:
    postgres, redis = not settings.database_url, not settings.redis_url
    if not postgres and not redis:
        return None
    names = [name for name, wanted in (("PostgreSQL", postgres), ("Redis", redis)) if wanted]
    say(f"Starting {' and '.join(names)} in {settings.data} …")
    return stack.enter_context(Embedded(settings.data, postgres=postgres, redis=redis))


def _own_addresses(servers: Embedded | None) -> dict[str, str]:
    """Addresses for the state file: those of embedded servers only, since others may hold passwords."""
    if servers is None:
        return {}
    found = {"database_url": servers.database_url, "redis_url": servers.redis_url}
    return {name: value for name, value in found.items() if value}


def _wait_for_web(supervisor: Supervisor, settings: Settings) -> None:
    places = {"webhooks": webhooks_address(settings), "pages": address(settings)}

    silent = list(places)

    def settled() -> bool:
        while silent and _answers(places[silent[0]]):
            del silent[0]
        return not silent or any(supervisor.quick_deaths(part) >= QUICK_DEATHS for part in silent)

    supervisor.wait_for(settled, within=ANSWERS_WITHIN)
    if silent and not supervisor.ending:
        raise CannotStart(
            f"The web server ({' and '.join(silent)}) does not answer; the reason is in "
            f"{settings.data / 'logs' / f'{silent[0]}.log'}."
        )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False


def _welcome(ready: Ready, guest: Guest | None, say: Say) -> None:
    say(f"Paigham is ready: {address(ready.settings)}")
    say(f"Providers call:   {webhooks_address(ready.settings)}/in/…")
    for sentence in guest.begin(ready) if guest is not None else []:
        say(sentence)
    for sentence in first_words(ready):
        say(sentence)
    say("End with Ctrl-C.")


def first_words(ready: Ready) -> list[str]:
    """Make what a new database lacks; return the sentence with the first administrator's link while it is wanted.

    Every organisation without a single flow gets those that ship: nobody could write to it before. One that
    published its own keeps what it has.
    """
    engine = db.engine(ready.settings)
    try:
        with engine.begin() as connection:
            link = staff.first_link(connection, ready.ring, ready.settings.pages_url)
            for organisation_id in staff.without_flows(connection):
                flow_store.publish_library(plain(connection), organisation_id)
    finally:
        engine.dispose()
    if link is None:
        return []
    return [f"The first administrator sets a password here (once, within three days): {link}"]


def _numbered(name: str, number: int) -> str:
    return name if number == 0 else f"{name}-{number + 1}"


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C, so that servers that are starting are ended too."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
