"""Forms come in: files that wait for somebody to look at what they come to"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations import walls

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("attached", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_form_upload_organisation_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_form_upload_staff_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name="fk_form_upload_flow_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_form_upload"),
    )
    op.create_index("ix_form_upload_organisation_id", "form_upload", ["organisation_id"])
    walls.wall("form_upload")


def downgrade() -> None:
    op.drop_table("form_upload")
