"""Replies that no question understood, for those who teach a flow more words"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations.walls import CHANGE, wall

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "misreading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_misreading_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_misreading"),
    )
    op.create_index("ix_misreading_run_id", "misreading", ["run_id"])
    op.create_index("ix_misreading_revision_id", "misreading", ["revision_id", "at"])
    # Invented phones talk through the pages, so that these write what a conversation writes.
    wall("misreading", rights=CHANGE)
    op.create_index("ix_run_revision_id", "run", ["revision_id"])


def downgrade() -> None:
    op.drop_index("ix_run_revision_id", table_name="run")
    op.drop_table("misreading")
