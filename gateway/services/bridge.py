"""From a page's connection to the hot path's: the same connection, in the same transaction."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.db import Connection


def plain(connection: sa.Connection) -> Connection:
    """Return the psycopg connection beneath a SQLAlchemy one. SQLAlchemy still commits or rolls back."""
    if not connection.in_transaction():
        connection.begin()
    beneath: Connection | None = connection.connection.driver_connection
    assert beneath is not None  # noqa: S101 - it is in a transaction
    return beneath
