"""Bringing a database up to this version's tables."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.errors import CannotStart

FOLDER = Path(__file__).parent / "migrations"

# One process migrates at a time; others wait here. The number is arbitrary but fixed.
LOCK = 5_724_401


def config(dsn: str) -> Config:
    """Return Alembic's configuration for a database; no file is needed."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.attributes["dsn"] = _with_driver(dsn)
    return settings


def upgrade(dsn: str, revision: str = "head") -> None:
    """Bring the database to `revision`. Several processes may call it at once.

    Raises:
        CannotStart: the database was written by a newer version of Paigham.
    """
    settings = config(dsn)
    engine = sa.create_engine(_with_driver(dsn))
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            connection.commit()
            _refuse_newer(connection, settings)
            settings.attributes["connection"] = connection
            command.upgrade(settings, revision)
            connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    finally:
        engine.dispose()


def downgrade(dsn: str, revision: str) -> None:
    """Take the database back to `revision`; for tests of migrations."""
    command.downgrade(config(dsn), revision)


def revision(dsn: str) -> str | None:
    """The revision that the database stands at; None for an empty one."""
    engine = sa.create_engine(_with_driver(dsn))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str | None:
    """The revision that this version of Paigham needs."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


def _refuse_newer(connection: sa.Connection, settings: Config) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
    if current is not None and current not in known:
        raise CannotStart(
            f"The database stands at revision {current}, which this version of Paigham does not know: "
            "it was written by a newer one. Install that version, or use another database."
        )


def _with_driver(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else dsn
