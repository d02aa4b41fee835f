"""Alembic's environment: one connection, short locks, one transaction a revision."""

import sqlalchemy as sa
from alembic import context

from gateway.models import Base

LOCK_TIMEOUT = "5s"  # a migration gives way to the running release rather than stop it
STATEMENT_TIMEOUT = "10min"


def run(connection: sa.Connection) -> None:
    """Run the revisions on an open connection."""
    connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(sa.text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(sa.text("SET lock_timeout = 0"))
    connection.execute(sa.text("SET statement_timeout = 0"))
    connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = sa.create_engine(context.config.attributes["dsn"], poolclass=sa.NullPool)
    with engine.connect() as opened:
        run(opened)
