"""The staff pages on embedded servers with seeded data, and workers that answer simulated phones: one process."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from flask import Flask
from werkzeug.serving import make_server

from gateway import clock, db, migrate
from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.drain import Drains
from gateway.embedded import Embedded
from gateway.settings import Settings
from gateway.web import resources
from tests.e2e.seed import Seeded, seed

logging.getLogger("werkzeug").setLevel(logging.ERROR)
LOOK_EVERY = 0.05  # seconds between looks of the workers' thread


@dataclass(frozen=True)
class Stage:
    """Where to look, and what is there. `app`: the staff pages, for its routes."""

    url: str
    settings: Settings
    made: Seeded
    app: Flask


@contextmanager
def stage() -> Iterator[Stage]:
    """Build everything, and take it down afterwards."""
    with TemporaryDirectory(prefix="paigham-stage-") as folder, Embedded(Path(folder)) as servers:
        settings = Settings(
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            data=Path(folder),
            keys=Keyring.generate().to_json(),
            shards=1,
            second_factor="off",  # tests of second factors set up their own
        )
        migrate.upgrade(settings.database_url)
        with db.connect(settings) as connection:
            db.check_keys(connection, Keyring.of(settings))
            connection.commit()
        made = seed(settings, now=clock.now())
        with _workers(settings), _pages(settings) as (url, app):
            yield Stage(url, settings, made, app)


@contextmanager
def _pages(settings: Settings) -> Iterator[tuple[str, Flask]]:
    app = create_pages(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="pages")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        resources.of(app).engine.dispose()
        resources.of(app).waker.redis.close()


@contextmanager
def _workers(settings: Settings) -> Iterator[None]:
    ended = threading.Event()
    thread = threading.Thread(target=_work, args=(settings, ended), name="workers")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _work(settings: Settings, ended: threading.Event) -> None:
    drains = Drains.of(settings)
    with psycopg.connect(db.dsn(settings), autocommit=True) as connection:
        while not ended.wait(LOOK_EVERY):
            drains.inbox(0)
            waiting = connection.execute(
                "SELECT DISTINCT c.id FROM channel c JOIN pending_out p ON p.channel_id = c.id"
                " WHERE c.kind = 'simulator'"
            )
            for (channel_id,) in waiting.fetchall():
                drains.outbox(channel_id)
    drains.close()
