"""A house with real doors: nobody has an account yet, second factors are asked for, a provider vouches for people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from werkzeug.serving import make_server

from gateway import clock, db, migrate
from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.db import DatabaseRole
from gateway.embedded import Embedded
from gateway.fakes.oidc import Person, Provider, running
from gateway.models.staff import Role
from gateway.operation import free_port
from gateway.services import staff
from gateway.settings import Settings
from gateway.web import resources

CLIENT, SECRET = "paigham", "the client's secret"
VOUCHED = Person("sahar", "sahar@agency.example", "Sahar of the agency")


@dataclass(frozen=True)
class Doors:
    """Where to knock. Passkeys need a name, so the address is localhost and not a number."""

    url: str
    provider: str
    settings: Settings

    def forget_everybody(self) -> None:
        """Be as new, whoever was here before."""
        with self.connect() as connection:
            connection.execute(sa.text("DELETE FROM staff"))

    def first_link(self) -> str:
        """The link that a new installation prints."""
        with self.connect() as connection:
            link = staff.first_link(connection, Keyring.of(self.settings), self.url)
        assert link is not None
        return link

    def invite(self, email: str, role: Role, *, language: str = "eng") -> str:
        """Make an account, and return the link that its owner is sent."""
        ring = Keyring.of(self.settings)
        with self.connect() as connection:
            whose = connection.execute(
                sa.text("SELECT id FROM organisation ORDER BY id LIMIT 1")
            ).scalar_one()
            made = staff.create(
                connection, ring, organisation_id=whose, email=email, name="", role=role, language=language
            )
            return staff.link(connection, made, self.url, now=clock.now())

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        engine = db.engine(self.settings, role=DatabaseRole.OWNER)
        with engine.begin() as connection:
            yield connection
        engine.dispose()


@contextmanager
def doors() -> Iterator[Doors]:
    """Build the house on an empty database, and take it down afterwards."""
    port = free_port()
    url = f"http://localhost:{port}"
    provider = Provider([VOUCHED], CLIENT, SECRET, frozenset({f"{url}/signin/sso/back"}))
    with (
        TemporaryDirectory(prefix="paigham-doors-") as folder,
        Embedded(Path(folder)) as servers,
        running(provider) as issuer,
    ):
        settings = Settings(
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            data=Path(folder),
            keys=Keyring.generate().to_json(),
            pages_url=url,
            sso_issuer=issuer,
            sso_client_id=CLIENT,
            sso_client_secret=SECRET,
            sso_label="Sign in with Example Agency",
        )
        migrate.upgrade(settings.database_url)
        with _pages(settings, port):
            yield Doors(url, issuer, settings)


@contextmanager
def _pages(settings: Settings, port: int) -> Iterator[None]:
    app = create_pages(settings)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="doors")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        resources.of(app).engine.dispose()
        resources.of(app).waker.redis.close()
