"""Flows pass a gate: who published what and why, and who let out what the check refuses"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_publication",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("answers", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("override_id", sa.Uuid(), nullable=True),
        sa.Column("back_to", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["flow_revision.id"], name="fk_flow_publication_revision_id"
        ),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name="fk_flow_publication_by"),
        sa.PrimaryKeyConstraint("revision_id", name="pk_flow_publication"),
    )
    op.create_table(
        "flow_override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("definition", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flow.id"], name="fk_flow_override_flow_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name="fk_flow_override_asked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_flow_override"),
    )
    op.create_index("ix_flow_override_flow_id", "flow_override", ["flow_id"])
    op.create_foreign_key(
        "fk_flow_publication_override_id", "flow_publication", "flow_override", ["override_id"], ["id"]
    )
    op.create_table(
        "flow_override_voice",
        sa.Column("override_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["override_id"],
            ["flow_override.id"],
            name="fk_flow_override_voice_override_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_flow_override_voice_staff_id"),
        sa.PrimaryKeyConstraint("override_id", "role", name="pk_flow_override_voice"),
        # Nobody speaks for two roles.
        sa.UniqueConstraint("override_id", "staff_id", name="uq_flow_override_voice_override_id_staff_id"),
    )
    walls.wall_through("flow_publication", "revision_id", "flow_revision", rights=walls.ADD)
    walls.wall_through("flow_override", "flow_id", "flow")
    walls.wall_through("flow_override_voice", "override_id", "flow_override", rights=walls.ADD)


def downgrade() -> None:
    op.drop_table("flow_override_voice")
    op.drop_table("flow_publication")
    op.drop_table("flow_override")
