"""Staff of every role before the pages, and an operation whose people have talked."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway import clock, db
from gateway.app import create_app
from gateway.channels.base import Received
from gateway.crypto import Keyring
from gateway.embedded import Embedded
from gateway.models.staff import Role
from gateway.services import inbox, sign_in, staff
from gateway.settings import Settings
from gateway.web import resources
from tests.integration.operation import Operation

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
NAME, NUMBER = "Zarghuna Canary", "+923005550111"
WORDS = "the lantern in block seven is broken"
SENSITIVE = "the guard at the gate shouts at my brother"
DISCLOSED = "the man at the distribution wants me to sleep with him before he gives food"


@dataclass
class Visitor:
    """A browser without a screen. Forms carry the token of the page they come from."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def token(self) -> str:
        found = TOKEN.search(self.client.get("/nowhere").text)
        assert found is not None
        return found[1]

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data={"form_token": self.token(), **form})


@dataclass
class World:
    """An operation with one person who complained, one whose case is sensitive, and one who disclosed."""

    operation: Operation
    contact_id: UUID
    case_id: UUID
    sensitive_id: UUID
    sealed_id: UUID
    sealed_contact_id: UUID
    round_id: UUID
    staff: dict[Role, UUID] = field(default_factory=dict)


@pytest.fixture(scope="module")
def settings(
    servers: Embedded, database_url: str, ring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings for the module, so that its people talk once and not before each test."""
    return Settings(
        database_url=database_url,
        redis_url=servers.redis_url,
        data=tmp_path_factory.mktemp("data"),
        keys=ring.to_json(),
    )


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Flask]:
    """The staff pages alone."""
    made = create_app(replace(settings, parts="staff"))
    yield made
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


@pytest.fixture(scope="module")
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """An organisation with the library flows."""
    made = Operation(settings, ring)
    yield made
    made.drains.close()


@pytest.fixture(scope="module")
def world(operation: Operation) -> World:
    """People have talked, and every role has an account."""
    _known(operation)
    contact_id = _says(operation, "PROBLEM", WORDS)
    made = World(
        operation,
        contact_id,
        _case(operation, contact_id),
        _sensitive(operation),
        *_sealed(operation),
        round_id=_round(operation),
    )
    made.staff.update({role: account(operation, role) for role in Role})
    return made


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def visit(app: Flask, world: World) -> Callable[[Role], Visitor]:
    """Sign in as a role."""
    return lambda role: signed_in(app, world.operation, world.staff[role])


def signed_in(app: Flask, operation: Operation, staff_id: UUID) -> Visitor:
    """Open a session for an account, without its password."""
    engine = db.engine(operation.settings)
    with engine.begin() as connection:
        secret = sign_in.open_session(connection, staff_id, now=clock.now())
    engine.dispose()
    client = app.test_client()
    client.set_cookie("paigham", secret)
    return Visitor(client)


def account(operation: Operation, role: Role, *, email: str = "", language: str = "eng") -> UUID:
    """Make an account without a password."""
    engine = db.engine(operation.settings)
    with engine.begin() as connection:
        made = staff.create(
            connection,
            operation.ring,
            organisation_id=operation.id,
            email=email or f"{role}.{operation.id.hex}@example.org",
            name=f"Some {role}",
            role=role,
            language=language,
        )
    engine.dispose()
    return made


def _known(operation: Operation) -> None:
    with operation.connect() as connection:
        inbox.know(connection, operation.ring, operation.id, f"tel:{NUMBER}", name=NAME, language="eng")
        connection.commit()


def _says(operation: Operation, *texts: str, urn: str = f"tel:{NUMBER}") -> UUID:
    for text in texts:
        received = Received(f"{urn}-{text}", urn, text)
        with operation.connect() as connection:
            stored = inbox.store(connection, operation.ring, operation.sms, received, now=clock.now())
            connection.commit()
        operation.handle()
    return stored.contact_id


def _case(operation: Operation, contact_id: UUID) -> UUID:
    found: UUID = operation.one("SELECT id FROM grievance WHERE contact_id = %s", contact_id)
    return found


def _sensitive(operation: Operation) -> UUID:
    case_id = _case(operation, _says(operation, "PROBLEM", SENSITIVE, urn="tel:+923005550112"))
    with operation.connect() as connection:
        connection.execute("UPDATE grievance SET sensitivity = 'S2' WHERE id = %s", [case_id])
        connection.commit()
    return case_id


def _sealed(operation: Operation) -> tuple[UUID, UUID]:
    contact_id = _says(operation, DISCLOSED, urn="tel:+923005550113")
    found = operation.one("SELECT id FROM grievance WHERE contact_id = %s AND sealed", contact_id)
    return found, contact_id


def _round(operation: Operation) -> UUID:
    round_id = operation.round("monitoring_services")
    phones = [operation.phone(language="urd" if place % 3 else "eng") for place in range(8)]
    operation.ask(phones, "monitoring_services", round_id=round_id)
    for place, phone in enumerate(phones):
        for answer in ("1", "2", str(1 + place % 3), "1")[: 1 + place % 4]:
            phone.says(answer)
    phones[0].says("STOP")
    return round_id
