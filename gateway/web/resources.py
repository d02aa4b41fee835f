"""What requests need and nobody owns: settings, keys, the database, the way to wake workers.

A request of the staff pages is one transaction. A view takes `connection()`; what it did is committed once,
when the response is ready, and undone when it raised. What may happen only then goes to `after_commit`.

Each transaction is bound to one organisation: PostgreSQL shows it that organisation's rows and no others, whatever a
query forgets (`gateway.migrations.walls`). Before it is known who asks, it sees accounts and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, current_app, g

from gateway import db
from gateway.crypto import Keyring
from gateway.db import DatabaseRole
from gateway.queue import Waker
from gateway.services.people import House
from gateway.settings import Settings

NAME = "paigham"


@dataclass(frozen=True)
class Resources:
    """One set for each web process. Nothing connects before it is used."""

    settings: Settings
    ring: Keyring = field(repr=False)
    engine: sa.Engine = field(repr=False)
    waker: Waker = field(repr=False)
    house: House = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Resources:
        """Open what the settings name. Raises CannotStart when the keys cannot be read."""
        # Isolation and time-outs are the server's; a page that waits for a connection is better refused soon.
        engine = db.engine(
            settings,
            role=DatabaseRole.PAGES,
            pool_size=settings.pages_threads,
            max_overflow=2,
            pool_timeout=5,
        )
        ring = Keyring.of(settings)
        return cls(settings, ring, engine, Waker.of(settings), House.of(settings, ring))


def install(app: Flask, resources: Resources) -> None:
    """Give an application its resources."""
    app.extensions[NAME] = resources


def of(app: Flask) -> Resources:
    """Return an application's resources."""
    found: Resources = app.extensions[NAME]
    return found


def resources() -> Resources:
    """Return the resources of the application that serves this request."""
    return of(current_app)


def connection() -> sa.Connection:
    """Return the request's connection, inside its transaction, bound to whoever asks."""
    if "connection" not in g:
        g.connection = resources().engine.connect()
        g.connection.begin()
        _tell(g.connection)
    opened: sa.Connection = g.connection
    return opened


@dataclass(frozen=True, slots=True)
class Bound:
    """What a transaction may see. `organisation_id` None: accounts only, while nobody is signed in."""

    organisation_id: UUID | None = None
    sealed: bool = False


def bind(organisation_id: UUID, *, sealed: bool) -> None:
    """From now on this request sees one organisation's rows; sealed cases only when told so."""
    g.bound = Bound(organisation_id, sealed)
    if "connection" in g:
        _tell(g.connection)


@contextmanager
def within(organisation_id: UUID) -> Iterator[None]:
    """Work inside one organisation for a moment, also while nobody is signed in: to write down who comes and goes."""
    before: Bound = g.get("bound", Bound())
    if before.organisation_id == organisation_id:
        yield
        return
    bind(organisation_id, sealed=False)
    try:
        yield
    finally:
        g.bound = before
    # PostgreSQL is told only where all went well: after an error it takes no statement, and `undo` tells it anew.
    _tell(connection())


@contextmanager
def unsealed() -> Iterator[None]:
    """Let a view see sealed rows for a moment: those of an invented person, before their inventor."""
    before: Bound = g.bound
    assert before.organisation_id is not None  # noqa: S101 - strangers see no person at all
    bind(before.organisation_id, sealed=True)
    try:
        yield
    finally:
        bind(before.organisation_id, sealed=before.sealed)


@contextmanager
def inside(organisation_id: UUID) -> Iterator[sa.Connection]:
    """Let a view write inside another organisation for a moment: the lead, into one that it makes or opens the door of.

    No sealed case is seen there. Afterwards the request is bound as before.
    """
    before: Bound = g.bound
    bind(organisation_id, sealed=False)
    try:
        yield connection()
    finally:
        g.bound = before
        with suppress(sa.exc.DBAPIError):  # After a statement that failed, none works until all is undone.
            _tell(connection())


_TELL = sa.text(
    "SELECT set_config('paigham.organisation', :organisation, true), set_config('paigham.sealed', :sealed, true),"
    " set_config('paigham.door', :door, true)"
)


def _tell(opened: sa.Connection, bound: Bound | None = None) -> None:
    """Tell PostgreSQL what this transaction may see; the end of the transaction ends it."""
    bound = bound or g.get("bound", Bound())
    opened.execute(
        _TELL,
        {
            "organisation": str(bound.organisation_id or ""),
            "sealed": "on" if bound.sealed else "off",
            "door": "open" if bound.organisation_id is None else "closed",
        },
    )


def elsewhere() -> Callable[[], AbstractContextManager[sa.Connection]]:
    """Return what opens a transaction apart from the request's, bound alike: for answers that are written bit by bit.

    It is opened when the request is over, and committed when the answer is whole.
    """
    engine, bound = resources().engine, g.get("bound", Bound())

    @contextmanager
    def opened() -> Iterator[sa.Connection]:
        with engine.begin() as apart:
            _tell(apart, bound)
            yield apart

    return opened


def after_commit(act: Callable[[], object]) -> None:
    """Do something once the request's transaction is committed, and not at all when it is undone."""
    g.setdefault("acts", []).append(act)


def before_commit(act: Callable[[], object]) -> None:
    """Do something last in the request's transaction, and not at all when it is undone."""
    g.setdefault("last_acts", []).append(act)


def commit(response: Response) -> Response:
    """Commit what the request did, then do what waited for it. Error pages call `undo` before; a bug undoes all."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        give_up()
        return response
    for act in g.get("last_acts", []):
        act()
    g.pop("last_acts", None)
    opened: sa.Connection | None = g.get("connection")
    if opened is not None and opened.in_transaction():
        opened.commit()
    for act in g.pop("acts", []):
        act()
    return response


def give_up() -> None:
    """Undo what the request did, for good. The database may be away: then it undoes by itself."""
    forget()
    opened: sa.Connection | None = g.pop("connection", None)
    if opened is not None:
        with suppress(sa.exc.SQLAlchemyError):
            opened.close()


def forget() -> None:
    """Do nothing of what was to be done before and after the commit."""
    g.pop("acts", None)
    g.pop("last_acts", None)


def undo() -> None:
    """Undo what the request did so far; it may go on, in a new transaction."""
    forget()
    opened: sa.Connection | None = g.get("connection")
    if opened is not None:
        opened.rollback()
        opened.begin()
        _tell(opened)


def close(error: BaseException | None = None) -> None:
    """Give the connection back; what is not committed by now is undone."""
    del error
    opened: sa.Connection | None = g.pop("connection", None)
    if opened is not None:
        opened.close()
