"""Nobody sees the audit before they are signed in: signing in is written down as somebody of its organisation"""

from alembic import op

from gateway.migrations import walls

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("audit", "audit_subject")


def upgrade() -> None:
    _let_in(walls.OWN)


def downgrade() -> None:
    _let_in(f"{walls.OWN} OR {walls.DOOR}")


def _let_in(mine: str) -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY mine ON {table} USING ({mine}) WITH CHECK ({mine})")
