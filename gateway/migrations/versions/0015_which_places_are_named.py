"""Which places records name, whoever keeps them: a newer gazetteer retires those and drops the others"""

from alembic import op

from gateway.migrations import walls

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Codes alone: whose records name them does not show.
IN_USE = """
    CREATE FUNCTION paigham_areas_in_use() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH RECURSIVE named (pcode) AS (
            SELECT area FROM contact WHERE area IS NOT NULL
            UNION SELECT area FROM office WHERE area IS NOT NULL
            UNION SELECT pcode FROM office_area
            UNION SELECT code FROM agreement CROSS JOIN jsonb_array_elements_text(areas) AS code
        ), up (pcode) AS (
            SELECT pcode FROM named
            UNION SELECT a.parent FROM up JOIN area a ON a.pcode = up.pcode WHERE a.parent IS NOT NULL
        )
        SELECT pcode FROM up
    $$
"""


def upgrade() -> None:
    op.execute(IN_USE)
    op.execute("REVOKE ALL ON FUNCTION paigham_areas_in_use() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION paigham_areas_in_use() TO {walls.PAGES}, {walls.WORK}")


def downgrade() -> None:
    op.execute("DROP FUNCTION paigham_areas_in_use()")
