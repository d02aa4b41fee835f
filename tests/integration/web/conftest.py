"""Staff of every role before the pages, and an operation whose people have talked."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway import db
from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.embedded import Embedded
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import resources
from tests.integration.operation import Operation
from tests.integration.web.visitors import (
    WORDS,
    Visitor,
    World,
    account,
    case_of,
    forget_requests,
    know,
    place_to_work,
    round_of,
    says,
    sealed,
    sensitive,
    signed_in,
)


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
    made = create_pages(settings)
    yield made
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


@pytest.fixture
def sql(settings: Settings) -> Iterator[sa.Connection]:
    """A SQLAlchemy connection whose work stays when it is committed."""
    engine = db.engine(settings)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """An organisation with the library flows."""
    made = Operation(settings, ring)
    yield made
    made.drains.close()


@pytest.fixture(scope="module")
def world(operation: Operation) -> World:
    """People have talked, and every role has an account."""
    know(operation)
    contact_id = says(operation, "PROBLEM", WORDS)
    made = World(
        operation,
        contact_id,
        case_of(operation, contact_id),
        sensitive(operation),
        *sealed(operation),
        round_id=round_of(operation),
    )
    made.staff.update({role: account(operation, role) for role in Role})
    place_to_work(made)
    return made


@pytest.fixture(autouse=True)
def nobody_was_here(settings: Settings) -> None:
    """Forget how often this address asked: all tests stand behind the same one."""
    forget_requests(settings.redis_url)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def visit(app: Flask, world: World) -> Callable[[Role], Visitor]:
    """Sign in as a role."""
    return lambda role: signed_in(app, world.operation, world.staff[role])
