"""Find what staff look for"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_message_in_time", "message_in", ["received_at"], unique=False, postgresql_using="brin")
    op.create_index("ix_message_out_time", "message_out", ["created_at"], unique=False, postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_message_out_time", table_name="message_out", postgresql_using="brin")
    op.drop_index("ix_message_in_time", table_name="message_in", postgresql_using="brin")
