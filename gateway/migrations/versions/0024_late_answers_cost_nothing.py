"""Late answers cost nothing: an index that named what is asked made each answer touch all indexes of its run"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WITH_ASKED = "disposition = 'expired' AND asked IS NOT NULL"
EXPIRED = "disposition = 'expired'"


def upgrade() -> None:
    _remake(WITH_ASKED, EXPIRED)


def downgrade() -> None:
    _remake(EXPIRED, WITH_ASKED)


def _remake(old: str, new: str) -> None:
    op.drop_index("ix_run_expired", table_name="run", postgresql_where=sa.text(old))
    op.create_index(
        "ix_run_expired", "run", ["contact_id", "ended_at"], unique=False, postgresql_where=sa.text(new)
    )
