"""The second wall: what PostgreSQL itself shows a process, tried with the very roles that the processes work as."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from gateway import clock, db, ids, migrate, operation
from gateway.crypto import Keyring
from gateway.db import Connection, DatabaseRole
from gateway.embedded import Embedded
from gateway.migrations.walls import ROLES
from gateway.models import Base
from gateway.services import audit
from gateway.settings import Settings
from tests.integration.operation import Operation

# Rows of these belong to no organisation.
NOBODYS = {
    "alembic_version",
    "setting",
    "sweeper_find",
    "sign_in_attempt",
    "staff_ticket",
    "operation",
    "gazetteer",
    "area",
    "area_name",
}
DISCLOSED = "the man at the distribution wants me to sleep with him before he gives food"


@pytest.fixture(scope="module")
def settings(
    servers: Embedded, database_url: str, ring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    data = tmp_path_factory.mktemp("data")
    return Settings(database_url=database_url, redis_url=servers.redis_url, data=data, keys=ring.to_json())


@pytest.fixture(scope="module")
def ours(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    yield from talked(settings, ring)


@pytest.fixture(scope="module")
def theirs(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    yield from talked(settings, ring)


def talked(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """An organisation with people who answered, complained and disclosed."""
    made = Operation(settings, ring)
    phone = made.phone()
    phone.says("PROBLEM")
    phone.says("the lantern in block seven is broken")
    made.phone().says(DISCLOSED)
    asked = made.phone()
    made.ask([asked], "monitoring_services", round_id=made.round("monitoring_services"))
    asked.says("1")
    asked.says("1")
    yield made
    made.drains.close()


@pytest.fixture
def apart(settings: Settings, ours: Operation, theirs: Operation) -> None:
    """No agreement yet, and cases of level S1."""
    with db.connect(settings) as connection:
        connection.execute("DELETE FROM agreement")
        connection.execute("UPDATE grievance SET sensitivity = 'S1' WHERE NOT sealed")
        connection.commit()


@contextmanager
def pages(
    settings: Settings, operation: Operation | None = None, *, sealed: bool = False
) -> Iterator[Connection]:
    """A connection of the staff pages, bound as they bind it."""
    with db.connect(settings, role=DatabaseRole.PAGES) as connection:
        if operation is not None:
            connection.execute("SELECT set_config('paigham.organisation', %s, false)", [str(operation.id)])
        connection.execute("SELECT set_config('paigham.sealed', %s, false)", ["on" if sealed else "off"])
        yield connection
        connection.rollback()


def count(connection: Connection, table: str, where: str = "true") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()
    assert row is not None
    found: int = row[0]
    return found


def walled() -> list[str]:
    return sorted(set(Base.metadata.tables) - NOBODYS)


def test_every_table_stands_behind_the_wall_or_is_nobodys(settings: Settings) -> None:
    with db.connect(settings, role=DatabaseRole.OWNER) as connection:
        rows = connection.execute(
            "SELECT relname, relrowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
    assert {name for name, behind in rows if not behind} == NOBODYS


def test_no_process_owns_anything(settings: Settings) -> None:
    with db.connect(settings, role=DatabaseRole.OWNER) as connection:
        owned = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = ANY(%s)",
            [list(ROLES)],
        ).fetchone()
        rights = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = ANY(%s)",
            [list(ROLES)],
        ).fetchall()
    assert owned == (0,)
    assert rights == [(False,) * 4] * len(ROLES)


@pytest.mark.parametrize("table", walled())
def test_a_query_that_forgets_its_filter_returns_nothing(
    table: str, settings: Settings, ours: Operation
) -> None:
    with pages(settings) as connection:
        assert count(connection, table) == (
            count_of_organisations(settings) if table == "organisation" else 0
        )


def count_of_organisations(settings: Settings) -> int:
    # Organisations are known to one another by name; agreements and referrals need that.
    with db.connect(settings) as connection:
        return count(connection, "organisation")


@pytest.mark.usefixtures("apart")
def test_pages_see_their_own_organisation_and_no_other(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    named = [name for name, table in Base.metadata.tables.items() if "organisation_id" in table.c]
    with pages(settings, ours, sealed=True) as connection:
        foreign = {name: count(connection, name, f"organisation_id <> '{ours.id}'") for name in named}
        seen = {
            name: count(connection, name) for name in ("message_in", "grievance", "contact", "run", "answer")
        }
        notes = count(connection, "grievance_note")
    assert set(foreign.values()) == {0}
    assert min(seen.values()) > 0
    with db.connect(settings) as everything:
        owned = "grievance_id IN (SELECT id FROM grievance WHERE organisation_id = '{}')"
        assert notes == count(everything, "grievance_note", owned.format(ours.id)) > 0
        assert count(everything, "grievance_note", owned.format(theirs.id)) > 0


def test_sealed_rows_are_there_for_their_readers_only(settings: Settings, ours: Operation) -> None:
    for table in ("grievance", "message_in", "grievance_note"):
        with pages(settings, ours) as connection:
            assert count(connection, table, "sealed") == 0
            assert count(connection, table) > 0
        with pages(settings, ours, sealed=True) as connection:
            assert count(connection, table, "sealed") > 0


def test_pages_cannot_write_into_another_organisation(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    with pages(settings, ours) as connection:
        for table in ("contact", "grievance", "channel", "message_out"):
            changed = connection.execute(f"DELETE FROM {table} WHERE organisation_id = %s", [theirs.id])
            assert changed.rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                "INSERT INTO contact (id, organisation_id) VALUES (%s, %s)", [ids.new(), theirs.id]
            )
        connection.rollback()


def test_a_row_cannot_be_moved_to_another_organisation(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    with pages(settings, ours) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("UPDATE contact SET organisation_id = %s", [theirs.id])


@pytest.mark.parametrize("role", [DatabaseRole.WORK, DatabaseRole.PAGES, DatabaseRole.WEBHOOKS])
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",
        "DROP POLICY mine ON contact",
        "ALTER TABLE contact DISABLE ROW LEVEL SECURITY",
        "UPDATE grievance_event SET reason = ''",
        "DELETE FROM audit",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE loot (x text)",
    ],
)
def test_processes_cannot_take_the_wall_down(role: DatabaseRole, statement: str, settings: Settings) -> None:
    with db.connect(settings, role=role) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


def test_what_the_internet_reaches_sees_nobody(settings: Settings, ours: Operation) -> None:
    for table in ("staff", "staff_session", "grievance", "grievance_note", "answer", "audit"):
        with (
            db.connect(settings, role=DatabaseRole.WEBHOOKS) as connection,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            count(connection, table)


# ---------------------------------------------------------------------- agreements


def agree(giver: Operation, receiver: Operation, **more: object) -> None:
    values = {"objects": '["grievance"]', "highest": "S1", "since": "-1", "until": "1", **more}
    with giver.connect() as connection:
        connection.execute(
            "INSERT INTO agreement (id, giver_id, receiver_id, kind, reference, purpose, objects, highest, valid_from,"
            " valid_until) VALUES (%s, %s, %s, 'data_sharing', 'test', 'test', %s, %s, current_date + %s::int,"
            " current_date + %s::int)",
            [
                ids.new(),
                giver.id,
                receiver.id,
                values["objects"],
                values["highest"],
                values["since"],
                values["until"],
            ],
        )
        connection.commit()


def shared_cases(settings: Settings, reader: Operation, owner: Operation) -> int:
    with pages(settings, reader, sealed=True) as connection:
        return count(connection, "grievance", f"organisation_id = '{owner.id}'")


@pytest.mark.usefixtures("apart")
def test_an_agreement_opens_cases_up_to_its_level_and_never_sealed_ones(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    assert shared_cases(settings, ours, theirs) == 0
    agree(theirs, ours)
    assert shared_cases(settings, ours, theirs) == 1
    with db.connect(settings) as connection:
        connection.execute("UPDATE grievance SET sensitivity = 'S2' WHERE organisation_id = %s", [theirs.id])
        connection.commit()
    assert shared_cases(settings, ours, theirs) == 0
    agree(theirs, ours, highest="S2")
    with pages(settings, ours, sealed=True) as connection:
        cases = f"organisation_id = '{theirs.id}'"
        assert count(connection, "grievance", f"{cases} AND NOT sealed") == 1
        assert count(connection, "contact", cases) == count(connection, "message_in", cases) == 0
    assert shared_cases(settings, theirs, ours) == 0, "it goes one way"


@pytest.mark.parametrize("when", [{"since": "-9", "until": "-1"}, {"since": "1", "until": "9"}])
@pytest.mark.usefixtures("apart")
def test_an_agreement_counts_on_its_days_only(
    when: dict[str, str], settings: Settings, ours: Operation, theirs: Operation
) -> None:
    agree(theirs, ours, **when)
    assert shared_cases(settings, ours, theirs) == 0


@pytest.mark.usefixtures("apart")
def test_an_agreement_that_was_ended_opens_nothing(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    agree(theirs, ours)
    with db.connect(settings) as connection:
        connection.execute("UPDATE agreement SET ended_at = now() WHERE giver_id = %s", [theirs.id])
        connection.commit()
    assert shared_cases(settings, ours, theirs) == 0


@pytest.mark.usefixtures("apart")
def test_what_is_shared_cannot_be_changed(settings: Settings, ours: Operation, theirs: Operation) -> None:
    agree(theirs, ours)
    with pages(settings, ours) as connection:
        changed = connection.execute(
            "UPDATE grievance SET state = 'x' WHERE organisation_id = %s", [theirs.id]
        )
        assert changed.rowcount == 0


@pytest.mark.usefixtures("apart")
def test_an_agreement_on_surveys_opens_rounds_and_their_answers(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    def rounds() -> int:
        with pages(settings, ours) as connection:
            return count(connection, "survey_round", f"organisation_id = '{theirs.id}'")

    assert rounds() == 0
    agree(theirs, ours, objects='["survey"]')
    assert rounds() == 1
    assert shared_cases(settings, ours, theirs) == 0


def test_only_the_lead_gets_totals_and_they_count_no_sealed_case(
    settings: Settings, ours: Operation, theirs: Operation
) -> None:
    def totals() -> dict[object, int]:
        with pages(settings, ours) as connection:
            rows = connection.execute(
                "SELECT organisation_id, cases_open FROM paigham_totals(now() - interval '30 days')"
            )
            return dict(rows.fetchall())

    with db.connect(settings) as connection:
        cases = count(connection, "grievance", f"organisation_id = '{theirs.id}' AND NOT sealed")
    assert totals() == {}
    with db.connect(settings) as connection:
        connection.execute("UPDATE organisation SET lead = false WHERE lead")
        connection.execute("UPDATE organisation SET lead = true WHERE id = %s", [ours.id])
        connection.commit()
    assert totals()[theirs.id] == cases > 0
    with db.connect(settings) as connection:
        connection.execute("UPDATE organisation SET lead = false WHERE id = %s", [ours.id])
        connection.commit()


# ---------------------------------------------------------------------- roles


def test_a_role_stays_through_resets_and_beside_other_options(settings: Settings) -> None:
    address = settings.database_url + "&options=-c%20statement_timeout%3D4321"
    with db.connect(replace(settings, database_url=address), role=DatabaseRole.PAGES) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("paigham_pages",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("4321ms",)
        connection.execute("RESET ALL")
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user").fetchone() == ("paigham_pages",)


def test_whoever_may_not_make_roles_is_told_what_to_run(servers, empty_database_url: str) -> None:
    with psycopg.connect(servers.admin_url, autocommit=True) as administrator:
        administrator.execute("DROP ROLE IF EXISTS bare")
        administrator.execute("CREATE ROLE bare LOGIN")
        name = empty_database_url.partition("?")[0].rpartition("/")[2]
        administrator.execute(f'ALTER DATABASE "{name}" OWNER TO bare')
        try:
            bare = empty_database_url.replace("postgresql://paigham@", "postgresql://bare@")
            with pytest.raises(Exception, match="Run as a superuser: CREATE ROLE paigham_work"):
                migrate.upgrade(bare)
        finally:
            administrator.execute(f'ALTER DATABASE "{name}" OWNER TO paigham')
            with psycopg.connect(
                empty_database_url.replace("postgresql://paigham@", "postgresql://postgres@")
            ) as inside:
                inside.execute("REASSIGN OWNED BY bare TO paigham")
                inside.execute("DROP OWNED BY bare")
            administrator.execute("DROP ROLE bare")


@pytest.mark.parametrize("role", [DatabaseRole.WORK, DatabaseRole.PAGES, DatabaseRole.WEBHOOKS])
def test_a_process_of_the_embedded_server_cannot_become_the_owner(
    role: DatabaseRole, servers: Embedded, settings: Settings
) -> None:
    for program in operation.programs(replace(settings, database_url=servers.database_url), servers):
        login = program.environment["DATABASE_URL"]
        assert login != servers.database_url
    with db.connect(replace(settings, database_url=servers.login_url(role)), role=role) as connection:
        assert connection.execute("SELECT session_user, current_user").fetchone() == (role.value, role.value)
        for other in {"paigham", "postgres", *ROLES} - {role.value}:
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"SET ROLE {other}")


def test_an_external_server_is_used_with_the_login_that_was_given(
    servers: Embedded, settings: Settings
) -> None:
    given = replace(settings, database_url="postgresql://somebody@elsewhere/paigham")
    for program in operation.programs(given, servers):
        assert program.environment["DATABASE_URL"] == given.database_url


# ---------------------------------------------------------------------- the door


@contextmanager
def door(settings: Settings) -> Iterator[Connection]:
    """A connection of the staff pages before anybody is signed in."""
    with pages(settings) as connection:
        connection.execute("SELECT set_config('paigham.door', 'open', false)")
        yield connection


@pytest.mark.parametrize("table", ["audit", "audit_subject"])
def test_nobody_sees_the_audit_before_they_are_signed_in(
    table: str, settings: Settings, ours: Operation, ring: Keyring
) -> None:
    engine = db.engine(settings, poolclass=sa.NullPool)
    with engine.begin() as connection:
        audit.record(
            connection,
            ring,
            organisation_id=ours.id,
            actor="system",
            action="staff.signed_in",
            object=f"staff {ids.new()}",
            now=clock.now(),
        )
    with pages(settings, ours) as inside:
        assert count(inside, table) > 0
    with door(settings) as outside:
        assert count(outside, table) == 0
        assert count(outside, "staff") >= 0, "accounts are what a door looks up"


@pytest.mark.parametrize("table", ["audit", "audit_subject"])
def test_nobody_writes_into_the_audit_before_they_are_known(
    table: str, settings: Settings, ours: Operation
) -> None:
    lines = {
        "audit": "INSERT INTO audit (organisation_id, seq, at, actor, action, object, previous, hash)"
        " VALUES (%s, 999999, now(), 'x', 'x', 'x', '', '')",
        "audit_subject": "INSERT INTO audit_subject (organisation_id, seq, kind, id)"
        " VALUES (%s, 999999, 'contact', gen_random_uuid())",
    }
    with door(settings) as outside, pytest.raises(errors.InsufficientPrivilege):
        outside.execute(lines[table], [ours.id])


def test_the_audit_opens_to_the_door_again_when_the_migration_is_taken_back(
    empty_database_url: str,
) -> None:
    def conditions() -> set[bool]:
        with psycopg.connect(empty_database_url) as connection:
            rows = connection.execute(
                "SELECT qual, with_check FROM pg_policies WHERE policyname = 'mine'"
                " AND tablename IN ('audit', 'audit_subject')"
            ).fetchall()
        return {"paigham_door" in condition for row in rows for condition in row}

    migrate.upgrade(empty_database_url)
    assert conditions() == {False}
    migrate.downgrade(empty_database_url, "0016")
    assert conditions() == {True}
    migrate.upgrade(empty_database_url)
    assert conditions() == {False}
