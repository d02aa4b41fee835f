"""Remember how far the first administrator has come"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_steps",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("phone_kind", sa.Text(), nullable=True),
        sa.Column("flow", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_first_steps_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_first_steps"),
    )
    walls.wall("first_steps")


def downgrade() -> None:
    op.drop_table("first_steps")
