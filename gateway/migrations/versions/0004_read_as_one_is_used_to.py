"""Let each person read as they are used to"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_preference",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("calendar", sa.Text(), server_default="gregorian", nullable=False),
        sa.Column("digits", sa.Text(), server_default="latin", nullable=False),
        sa.Column("theme", sa.Text(), server_default="device", nullable=False),
        sa.Column("shortcuts", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name="fk_staff_preference_staff_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_staff_preference_organisation_id"
        ),
        sa.PrimaryKeyConstraint("staff_id", name="pk_staff_preference"),
    )
    op.create_index("ix_staff_preference_organisation_id", "staff_preference", ["organisation_id"])
    walls.wall("staff_preference")


def downgrade() -> None:
    op.drop_table("staff_preference")
