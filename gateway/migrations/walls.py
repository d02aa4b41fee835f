"""Who of the gateway's processes may touch which row: database roles, and row-level security.

The walls stand behind the rules of the services: a page whose query forgets to ask for its own organisation gets
nothing. Four roles of PostgreSQL:

- the owner, whoever migrates: owns the tables and is bound by nothing. No process runs as the owner.
- `paigham_work`: workers, the scheduler and commands. All organisations; append-only tables are added to alone.
- `paigham_pages`: staff pages and the API. Rows of the organisation that the transaction is bound to, nothing else.
- `paigham_webhooks`: what the internet reaches. Only what single migrations grant.

A transaction of the pages is bound by `set_config`, see `gateway.web.resources`:

- `paigham.organisation`: whose rows there are. Unset: none.
- `paigham.sealed`: "on" where the reader may see sealed cases.
- `paigham.door`: "open" while nobody is signed in yet: accounts are visible then, and no audit.

Every migration that makes a table calls `wall`, `wall_through` or `wall_none` for it; a test looks for tables without.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.db import DatabaseRole
from gateway.errors import CannotStart

WORK, PAGES, WEBHOOKS = DatabaseRole.WORK.value, DatabaseRole.PAGES.value, DatabaseRole.WEBHOOKS.value
ROLES = (WORK, PAGES, WEBHOOKS)

READ = "SELECT"
ADD = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE, DELETE"

OWN = "organisation_id = (SELECT paigham_organisation())"
DOOR = "(SELECT paigham_door())"
LEADS = "(SELECT paigham_leads())"
SEALED = "(NOT sealed OR (SELECT paigham_sees_sealed()))"

# For a server where the migrating role may not make roles: its keeper runs this once.
BY_HAND = "; ".join(
    f"CREATE ROLE {role} NOLOGIN; GRANT {role} TO <the role of DATABASE_URL>" for role in ROLES
)


def make_roles() -> None:
    """Make the roles that are missing, and let the migrating role act as each.

    Raises:
        CannotStart: they are missing and the migrating role may not make them.
    """
    connection = op.get_bind()
    for role in ROLES:
        try:
            with connection.begin_nested():
                connection.execute(sa.text(_make_role(role)))
        except (sa.exc.ProgrammingError, sa.exc.NotSupportedError) as error:
            raise CannotStart(
                "The database lacks roles that the gateway's processes run as, and this login may not make them. "
                f"Run as a superuser: {BY_HAND}."
            ) from error


def _make_role(role: str) -> str:
    # Several databases of one server may be migrated at once: the second to come finds the role made.
    return f"""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                BEGIN
                    CREATE ROLE {role} NOLOGIN;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END;
            END IF;
            IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
                GRANT {role} TO current_user;
            END IF;
            GRANT USAGE ON SCHEMA public TO {role};
        END $$
    """


def wall(
    table: str,
    *,
    mine: str = OWN,
    seen: str | None = None,
    rights: str = CHANGE,
    work: str | None = None,
    sealed: bool = False,
) -> None:
    """Put a table behind the wall.

    Args:
        table: its name.
        mine: SQL condition under which the pages may see and change a row.
        seen: SQL condition under which they may see more rows than that.
        rights: what the pages may do at all: READ, ADD or CHANGE.
        work: what workers may do; the same unless given.
        sealed: whether rows have a `sealed` mark, and those that carry it are for readers of sealed cases only.
    """
    wall_none(table, rights=rights, work=work)
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    _policy(table, "work", f"FOR ALL TO {WORK} USING (true) WITH CHECK (true)")
    _policy(table, "mine", f"FOR ALL TO {PAGES} USING ({mine}) WITH CHECK ({mine})")
    if seen is not None:
        _policy(table, "seen", f"FOR SELECT TO {PAGES} USING ({seen})")
    if sealed:
        _policy(table, "sealed", f"AS RESTRICTIVE FOR ALL TO {PAGES} USING ({SEALED}) WITH CHECK (true)")


def wall_through(
    table: str, column: str, parent: str, *, key: str = "id", rights: str = CHANGE, sealed: bool = False
) -> None:
    """Put a table behind its parent's wall: whoever sees the parent row sees these."""
    mine = f"EXISTS (SELECT FROM {parent} parent WHERE parent.{key} = {table}.{column})"
    wall(table, mine=mine, rights=rights, sealed=sealed)


def wall_none(table: str, *, rights: str = READ, work: str | None = None) -> None:
    """Give rights on a table that belongs to nobody: no row of it is an organisation's."""
    op.execute(f"GRANT {rights} ON {table} TO {PAGES}")
    op.execute(f"GRANT {work or rights} ON {table} TO {WORK}")


def tear_down(table: str) -> None:
    """Take a table from behind the wall; for downgrades of tables that stay."""
    policies = op.get_bind().execute(
        sa.text("SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = :table"),
        {"table": table},
    )
    for name in policies.scalars().all():
        op.execute(f"DROP POLICY {name} ON {table}")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for role in ROLES:
        op.execute(f"REVOKE ALL ON {table} FROM {role}")


def _policy(table: str, name: str, rule: str) -> None:
    op.execute(f"CREATE POLICY {name} ON {table} {rule}")
