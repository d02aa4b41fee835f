"""What webhooks may do: store what arrives, keep reports, and read nothing of it"""

from alembic import op

from gateway.migrations.walls import ROLES, WEBHOOKS

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What the statements of services/inbox.py, services/reports.py and services/channels.py name, column by column. A
# sealed column is written and never read, save a channel's own settings: signatures are checked with them.
GRANTS = {
    "alembic_version": "SELECT (version_num)",
    "channel": (
        "SELECT (id, organisation_id, kind, name, address, config_sealed, default_region, default_language, rate,"
        " active, health, paused_until)"
    ),
    "contact": "INSERT (id, organisation_id, name_sealed, language)",
    "contact_urn": (
        "SELECT (id, organisation_id, contact_id, address_index, slot),"
        " INSERT (id, organisation_id, contact_id, scheme, address_index, address_sealed, slot),"
        " UPDATE (reachable)"
    ),
    "message_in": (
        "SELECT (id, contact_id, urn_id, channel_id, external_id),"
        " INSERT (id, organisation_id, channel_id, contact_id, urn_id, external_id, content_sealed, sent_at,"
        " received_at)"
    ),
    "pending_in": "INSERT (message_id, contact_id, slot, due_at)",
    "message_out": (
        "SELECT (id, channel_id, urn_id, rank, reason, external_id, sent_at, done_at),"
        " UPDATE (status, rank, reason, external_id, sent_at, done_at)"
    ),
    # A right to delete is on whole rows: a message that the provider speaks of leaves the queue.
    "pending_out": "SELECT (message_id), DELETE",
    "delivery_report": (
        "SELECT (message_id), INSERT (message_id, status, provider_status, code, counted, provider_at)"
    ),
    "opt_out": "INSERT (id, organisation_id, address_index, source, opted_out_at)",
}
UNWALLED = {"alembic_version"}  # no row of it is anybody's


def upgrade() -> None:
    for table, rights in GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {WEBHOOKS}")
        if table not in UNWALLED:
            op.execute(f"CREATE POLICY webhooks ON {table} FOR ALL TO {WEBHOOKS} USING (true) WITH CHECK (true)")
    # One row of a table that may hold other secrets one day.
    op.execute("CREATE VIEW key_check AS SELECT value FROM setting WHERE name = 'key_check'")
    op.execute(f"GRANT SELECT ON key_check TO {', '.join(ROLES)}")


def downgrade() -> None:
    op.execute("DROP VIEW key_check")
    for table in GRANTS:
        if table not in UNWALLED:
            op.execute(f"DROP POLICY webhooks ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM {WEBHOOKS}")
