"""Migrations: from nothing and back, the same tables as the models, and lines that nobody may change."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from psycopg import errors, sql

from gateway import ids, migrate
from gateway.errors import CannotStart
from gateway.models import Base

TABLES = set(Base.metadata.tables)
APPEND_ONLY = ("audit", "audit_subject", "grievance_event", "flow_revision")


def tables(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row[0] for row in rows}


# ---------------------------------------------------------------------- there and back


def test_an_empty_database_gets_every_table(empty_database_url):
    assert migrate.revision(empty_database_url) is None
    migrate.upgrade(empty_database_url)
    assert migrate.revision(empty_database_url) == migrate.head()
    assert tables(empty_database_url) == TABLES | {"alembic_version"}


def test_a_database_goes_back_to_nothing_and_up_again(empty_database_url):
    migrate.upgrade(empty_database_url)
    migrate.downgrade(empty_database_url, "base")
    assert tables(empty_database_url) == {"alembic_version"}
    with psycopg.connect(empty_database_url) as connection:
        left = connection.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        assert left.fetchall() == []
    migrate.upgrade(empty_database_url)
    assert tables(empty_database_url) == TABLES | {"alembic_version"}


def test_upgrading_what_is_up_to_date_changes_nothing(empty_database_url):
    migrate.upgrade(empty_database_url)
    before = structure(empty_database_url)
    migrate.upgrade(empty_database_url)
    assert structure(empty_database_url) == before


def test_a_migration_gives_way_to_whoever_uses_a_table_and_can_be_tried_again(empty_database_url):
    migrate.upgrade(empty_database_url)
    with psycopg.connect(empty_database_url) as reader:
        reader.execute("SELECT count(*) FROM answer")
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            migrate.downgrade(empty_database_url, "base")
        assert migrate.revision(empty_database_url) is not None, "it stands at a whole revision"
        assert reader.execute("SELECT count(*) FROM answer").fetchone() == (0,)
        reader.rollback()
        migrate.downgrade(empty_database_url, "base")
        migrate.upgrade(empty_database_url)


def test_the_folder_of_migrations_may_have_any_name(tmp_path, monkeypatch, empty_database_url):
    folder = tmp_path / "100% ours"
    folder.symlink_to(migrate.FOLDER)
    monkeypatch.setattr(migrate, "FOLDER", folder)
    migrate.upgrade(empty_database_url)
    assert migrate.revision(empty_database_url) == migrate.head()


# ---------------------------------------------------------------------- no drift


def test_alembic_finds_no_difference_between_models_and_migrations(empty_database_url):
    migrate.upgrade(empty_database_url)
    command.check(migrate.config(empty_database_url))


STRUCTURE = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
            pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
            AND c.relname <> 'alembic_version'
    """,
    "indexes": """
        SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    """,
    "storage": """
        SELECT relname, reloptions FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    """,
}


def structure(dsn: str) -> dict[str, list[str]]:
    """Everything that PostgreSQL knows of our tables: defaults, predicates and storage too."""
    with psycopg.connect(dsn) as connection:
        return {part: sorted(map(str, connection.execute(query))) for part, query in STRUCTURE.items()}


@pytest.fixture
def modelled_url(servers):
    with psycopg.connect(servers.admin_url, autocommit=True) as administrator:
        administrator.execute("CREATE DATABASE modelled OWNER paigham")
        yield servers.database_url.replace("/paigham?", "/modelled?")
        administrator.execute("DROP DATABASE modelled WITH (FORCE)")


@pytest.mark.parametrize("part", STRUCTURE)
def test_tables_made_by_the_models_are_those_of_the_migrations(empty_database_url, modelled_url, part):
    migrate.upgrade(empty_database_url)
    engine = sa.create_engine(modelled_url.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    engine.dispose()
    assert structure(empty_database_url)[part] == structure(modelled_url)[part]


# ---------------------------------------------------------------------- append-only


@pytest.fixture
def written(database_url):
    """A database with one line in each table that is only added to."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        organisation, flow, case = ids.new(), ids.new(), ids.new()
        connection.execute(
            "INSERT INTO organisation (id, code, name) VALUES (%s, %s, 'An operation')",
            [organisation, str(case)],
        )
        connection.execute(
            "INSERT INTO audit (organisation_id, seq, at, actor, action, object, previous, hash)"
            " VALUES (%s, 1, now(), 'system', 'contact.read', 'contact x', '', '')",
            [organisation],
        )
        connection.execute(
            "INSERT INTO audit_subject (organisation_id, seq, kind, id) VALUES (%s, 1, 'contact', %s)",
            [organisation, ids.new()],
        )
        connection.execute(
            "INSERT INTO flow (id, organisation_id, code, title) VALUES (%s, %s, 'a_flow', 'A flow')",
            [flow, organisation],
        )
        connection.execute(
            "INSERT INTO flow_revision (id, flow_id, number, definition, digest) VALUES (%s, %s, 1, '{}', '')",
            [ids.new(), flow],
        )
        connection.execute(
            "INSERT INTO grievance (id, organisation_id, reference_index, reference_sealed, intake_channel,"
            " sensitivity, priority, state, language, codebook_version, received_at, receipt_due_at, triage_due_at)"
            " VALUES (%s, %s, %s, '', 'sms', 'normal', 'normal', 'new', 'eng', '1', now(), now(), now())",
            [case, organisation, case.bytes],
        )
        connection.execute(
            "INSERT INTO grievance_event (grievance_id, kind, actor, reason, at)"
            " VALUES (%s, 'state', 'system', 'received', now())",
            [case],
        )
        yield connection


COLUMN = {"audit": "actor", "audit_subject": "kind", "grievance_event": "reason", "flow_revision": "digest"}
CHANGES = (
    "UPDATE {table} SET {column} = 'changed'",
    "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT DO NOTHING; DELETE FROM {table}",
)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "change", CHANGES, ids=["update", "idle update", "delete", "truncate", "after an insert"]
)
def test_lines_that_are_only_added_cannot_be_changed(written, table, change):
    before = written.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
    names = {"table": sql.Identifier(table), "column": sql.Identifier(COLUMN[table])}
    if "INSERT" in change and table == "grievance_event":
        change = "DELETE FROM {table}"
    with pytest.raises(errors.RestrictViolation, match=f"{table} is append-only"):
        written.execute(sql.SQL(change).format(**names))
    assert written.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall() == before


def test_emptying_a_parent_does_not_empty_the_audit(written):
    with pytest.raises(errors.RestrictViolation, match="append-only"):
        written.execute("TRUNCATE organisation CASCADE")


def test_these_tables_and_no_others_are_only_added_to(database_url):
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%append_only%'"
        ).fetchall()
    assert sorted(row[0] for row in rows) == sorted(APPEND_ONLY)


# ---------------------------------------------------------------------- others


def test_a_database_of_a_newer_version_is_refused_and_not_touched(empty_database_url):
    migrate.upgrade(empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(
        CannotStart, match="revision 9999, which this version of Paigham does not know"
    ) as caught:
        migrate.upgrade(empty_database_url)
    assert "\n" not in str(caught.value)
    assert migrate.revision(empty_database_url) == "9999"
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [migrate.head()])
    migrate.upgrade(empty_database_url)


def test_several_processes_may_upgrade_at_once(empty_database_url):
    code = "import sys; from gateway import migrate; migrate.upgrade(sys.argv[1])"
    root = Path(__file__).parents[3]
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code, empty_database_url], cwd=root, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in started]
    assert ends == [(b"", 0)] * 3
    assert tables(empty_database_url) == TABLES | {"alembic_version"}
