"""Figures for those who watch: how much waits and for how long, over all organisations, and nobody in them"""

from alembic import op

from gateway.migrations.walls import PAGES, WORK

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The pages see one organisation at a time. Whoever watches the machine needs counts of the whole, and no row.
FUNCTIONS = (
    """
    CREATE FUNCTION paigham_waiting()
    RETURNS TABLE (stage text, kind text, waiting bigint, oldest_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT 'inbox', 'all', count(*),
            coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE due_at <= now())), 0)::float8
        FROM pending_in
        UNION ALL
        SELECT CASE WHEN p.uncertain_since IS NOT NULL THEN 'uncertain' WHEN p.lane = 0 THEN 'reply' ELSE 'bulk' END,
            c.kind, count(*),
            coalesce(extract(epoch FROM now() - min(
                CASE WHEN p.uncertain_since IS NOT NULL THEN p.uncertain_since
                     WHEN p.due_at <= now() THEN p.due_at END
            )), 0)::float8
        FROM pending_out p JOIN channel c ON c.id = p.channel_id
        GROUP BY 1, 2
    $$
    """,
    """
    CREATE FUNCTION paigham_traffic(since timestamptz)
    RETURNS TABLE (direction text, kind text, status text, reason text, messages bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT 'in', c.kind, CASE WHEN m.parked_at IS NULL THEN 'received' ELSE 'parked' END,
            coalesce(m.parked_code, ''), count(*)
        FROM message_in m JOIN channel c ON c.id = m.channel_id
        WHERE m.received_at >= since GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT 'out', c.kind, m.status, coalesce(m.reason, ''), count(*)
        FROM message_out m JOIN channel c ON c.id = m.channel_id
        WHERE m.created_at >= since GROUP BY 1, 2, 3, 4
    $$
    """,
    """
    CREATE FUNCTION paigham_send_seconds(since timestamptz)
    RETURNS TABLE (lane text, quantile double precision, seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT CASE WHEN m.lane = 0 THEN 'reply' ELSE 'bulk' END, q.at,
            percentile_cont(q.at) WITHIN GROUP (ORDER BY extract(epoch FROM m.sent_at - m.created_at)::float8)
        FROM message_out m CROSS JOIN (VALUES (0.5), (0.95), (0.99)) AS q(at)
        WHERE m.created_at >= since AND m.sent_at IS NOT NULL GROUP BY 1, 2
    $$
    """,
)
SIGNATURES = ("paigham_waiting()", "paigham_traffic(timestamptz)", "paigham_send_seconds(timestamptz)")


def upgrade() -> None:
    for function, signature in zip(FUNCTIONS, SIGNATURES, strict=True):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {PAGES}, {WORK}")


def downgrade() -> None:
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
