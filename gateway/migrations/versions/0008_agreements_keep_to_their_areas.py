"""Agreements that name areas open what belongs to offices there, and nothing else"""

from alembic import op

from gateway.migrations import walls

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What agreements open today: whose records, up to which sensitivity, and of which office; office NULL: of all.
REACH = """
    CREATE FUNCTION paigham_reach(object text) RETURNS TABLE (organisation_id uuid, sensitivity text, office_id uuid)
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH RECURSIVE today AS (
            SELECT a.id, a.giver_id, a.highest, a.areas
            FROM agreement a
            JOIN organisation giver ON giver.id = a.giver_id AND giver.active
            JOIN organisation receiver ON receiver.id = a.receiver_id AND receiver.active
            WHERE a.receiver_id = paigham_organisation() AND jsonb_exists(a.objects, object)
                AND a.ended_at IS NULL AND current_date BETWEEN a.valid_from AND a.valid_until
        ), inside (agreement_id, pcode) AS (
            SELECT t.id, named.pcode FROM today t CROSS JOIN jsonb_array_elements_text(t.areas) AS named (pcode)
            UNION
            SELECT i.agreement_id, below.pcode FROM inside i JOIN area below ON below.parent = i.pcode
        ), offices AS (
            SELECT t.id AS agreement_id, o.id AS office_id
            FROM today t JOIN office o ON o.organisation_id = t.giver_id
            WHERE EXISTS (
                SELECT FROM inside i WHERE i.agreement_id = t.id AND i.pcode = o.area
            ) OR EXISTS (
                SELECT FROM inside i JOIN office_area s ON s.pcode = i.pcode
                WHERE i.agreement_id = t.id AND s.office_id = o.id
            )
        )
        SELECT t.giver_id, level, o.office_id
        FROM today t
        LEFT JOIN offices o ON o.agreement_id = t.id
        CROSS JOIN unnest(ARRAY['S0', 'S1', 'S2']) AS level
        WHERE level <= t.highest AND (jsonb_array_length(t.areas) = 0) = (o.office_id IS NULL)
    $$
"""
# A shared round is read with the wording of its flow, which stays its owner's.
FLOWS = """
    CREATE FUNCTION paigham_shared_flows() RETURNS TABLE (flow_id uuid, revision_id uuid)
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT v.flow_id, v.id
        FROM paigham_reach('survey') s
        JOIN survey_round r ON r.organisation_id = s.organisation_id
            AND (s.office_id IS NULL OR s.office_id = r.office_id)
        JOIN flow_revision v ON v.id = r.revision_id
    $$
"""
CASES = """(organisation_id, sensitivity) IN
        (SELECT s.organisation_id, s.sensitivity FROM paigham_reach('grievance') s WHERE s.office_id IS NULL)
    OR (organisation_id, sensitivity, office_id) IN
        (SELECT s.organisation_id, s.sensitivity, s.office_id FROM paigham_reach('grievance') s)"""
ROUNDS = """organisation_id IN (SELECT s.organisation_id FROM paigham_reach('survey') s WHERE s.office_id IS NULL)
    OR (organisation_id, office_id) IN (SELECT s.organisation_id, s.office_id FROM paigham_reach('survey') s)"""
RUNS = "round_id IN (SELECT id FROM survey_round)"
OLD_CASES = """(organisation_id, sensitivity) IN
    (SELECT s.organisation_id, s.sensitivity FROM paigham_shared('grievance') s)"""
OLD_ROUNDS = "organisation_id IN (SELECT s.organisation_id FROM paigham_shared('survey') s)"


def upgrade() -> None:
    op.execute(REACH)
    op.execute(FLOWS)
    for table, seen in (("grievance", CASES), ("survey_round", ROUNDS), ("run", RUNS)):
        op.execute(f"DROP POLICY seen ON {table}")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO {walls.PAGES} USING ({seen})")
    for table, column in (("flow", "flow_id"), ("flow_revision", "revision_id")):
        seen = f"id IN (SELECT s.{column} FROM paigham_shared_flows() s)"
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO {walls.PAGES} USING ({seen})")


def downgrade() -> None:
    for table in ("flow", "flow_revision"):
        op.execute(f"DROP POLICY seen ON {table}")
    old_runs = f"round_id IS NOT NULL AND {OLD_ROUNDS}"
    for table, seen in (("grievance", OLD_CASES), ("survey_round", OLD_ROUNDS), ("run", old_runs)):
        op.execute(f"DROP POLICY seen ON {table}")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT TO {walls.PAGES} USING ({seen})")
    op.execute("DROP FUNCTION paigham_shared_flows()")
    op.execute("DROP FUNCTION paigham_reach(text)")
