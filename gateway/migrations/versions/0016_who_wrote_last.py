"""Who wrote last: the list of conversations, among more than a million people"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_contact_last_seen",
        "contact",
        ["organisation_id", sa.text("last_seen_at DESC NULLS LAST"), sa.text("id DESC NULLS LAST")],
        postgresql_where=sa.text("last_seen_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_contact_last_seen", table_name="contact", postgresql_where=sa.text("last_seen_at IS NOT NULL")
    )
