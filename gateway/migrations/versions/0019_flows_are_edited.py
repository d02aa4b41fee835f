"""Flows are edited: what a flow is, its draft, every change of it, and who is at it"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Flows that are there were published: they live.
    op.add_column("flow", sa.Column("kind", sa.Text(), server_default="survey", nullable=False))
    op.add_column("flow", sa.Column("state", sa.Text(), server_default="live", nullable=False))
    op.add_column("flow", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.add_column("flow", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("flow", sa.Column("from_form", sa.LargeBinary(), nullable=True))
    op.create_foreign_key("fk_flow_owner_id", "flow", "staff", ["owner_id"], ["id"])
    op.create_table(
        "flow_draft",
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("base_revision_id", sa.Uuid(), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name="fk_flow_draft_flow_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["base_revision_id"], ["flow_revision.id"], name="fk_flow_draft_base_revision_id"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name="fk_flow_draft_changed_by"),
        sa.PrimaryKeyConstraint("flow_id", name="pk_flow_draft"),
    )
    op.create_table(
        "flow_draft_change",
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source_before", sa.LargeBinary(), nullable=False),
        sa.Column("edit", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flow_draft.flow_id"], name="fk_flow_draft_change_flow_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name="fk_flow_draft_change_changed_by"),
        sa.PrimaryKeyConstraint("flow_id", "version", name="pk_flow_draft_change"),
    )
    op.create_table(
        "flow_presence",
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name="fk_flow_presence_flow_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_flow_presence_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("flow_id", "staff_id", name="pk_flow_presence"),
    )
    walls.wall_through("flow_draft", "flow_id", "flow")
    walls.wall_through("flow_draft_change", "flow_id", "flow")
    walls.wall_through("flow_presence", "flow_id", "flow")


def downgrade() -> None:
    for table in ("flow_presence", "flow_draft_change", "flow_draft"):
        op.drop_table(table)
    op.drop_constraint("fk_flow_owner_id", "flow", type_="foreignkey")
    for column in ("from_form", "archived_at", "owner_id", "state", "kind"):
        op.drop_column("flow", column)
