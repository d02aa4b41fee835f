"""Forms act once, and lists are kept as views"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_answer",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_form_answer_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "key_hash", name=op.f("pk_form_answer")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_saved_view_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("staff_id", "list", "query", name=op.f("uq_saved_view_staff_id_list_query")),
    )
    walls.wall_through("form_answer", "staff_id", "staff")
    walls.wall_through("saved_view", "staff_id", "staff")


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_table("form_answer")
