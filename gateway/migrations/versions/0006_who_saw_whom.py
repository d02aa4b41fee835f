"""Write down whom a line of the audit is about, and what verifying it found"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations import walls

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# One trip to the server while others wait, not two. In a volatile function each statement sees what was committed before
# it began: the newest line is looked for after the lock is ours.
TAKE = """
    CREATE FUNCTION audit_take(whose uuid, lock bigint) RETURNS TABLE (seq bigint, hash bytea, keyed boolean)
    LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(lock);
        RETURN QUERY SELECT a.seq, a.hash, a.keyed FROM audit a
            WHERE a.organisation_id = whose ORDER BY a.seq DESC LIMIT 1;
    END $$
"""


def upgrade() -> None:
    op.add_column("audit", sa.Column("keyed", sa.Boolean(), server_default="false", nullable=False))
    op.create_index("ix_audit_actor", "audit", ["organisation_id", "actor", "seq"], unique=False)
    op.create_index("ix_audit_action", "audit", ["organisation_id", "action", "seq"], unique=False)
    op.create_index("ix_audit_at", "audit", ["organisation_id", "at"], unique=False)
    op.create_table(
        "audit_subject",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_audit_subject_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "seq", "kind", "id", name=op.f("pk_audit_subject")),
    )
    op.create_index(
        "ix_audit_subject_who", "audit_subject", ["organisation_id", "kind", "id", "seq"], unique=False
    )
    op.execute(
        "CREATE TRIGGER audit_subject_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_subject "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(TAKE)
    op.create_table(
        "audit_check",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("walked_seq", sa.BigInteger(), nullable=False),
        sa.Column("walked_hash", sa.LargeBinary(), nullable=False),
        sa.Column("walked_keyed", sa.Boolean(), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("anchored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anchored_seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_audit_check_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_audit_check")),
    )
    walls.wall("audit_subject", mine=f"{walls.OWN} OR {walls.DOOR}", rights=walls.ADD)
    walls.wall("audit_check", rights=walls.READ, work="SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.drop_table("audit_check")
    op.execute("DROP FUNCTION audit_take(uuid, bigint)")
    op.execute("DROP TRIGGER audit_subject_is_append_only ON audit_subject")
    op.drop_index("ix_audit_subject_who", table_name="audit_subject")
    op.drop_table("audit_subject")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_index("ix_audit_action", table_name="audit")
    op.drop_index("ix_audit_actor", table_name="audit")
    op.drop_column("audit", "keyed")
