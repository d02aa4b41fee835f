"""Second factors, passkeys, single sign-on, and sessions that know how they began"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("totp_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("staff", sa.Column("totp_counter", sa.BigInteger(), nullable=True))
    op.add_column("staff", sa.Column("sso_index", sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(op.f("uq_staff_sso_index"), "staff", ["sso_index"])
    op.add_column("staff_session", sa.Column("method", sa.Text(), server_default="password", nullable=False))
    op.add_column("staff_session", sa.Column("device", sa.Text(), server_default="", nullable=False))
    op.add_column("staff_session", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff_session", sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "staff_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_credential_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_credential")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_staff_credential_credential_id")),
    )
    op.create_index(op.f("ix_staff_credential_staff_id"), "staff_credential", ["staff_id"], unique=False)
    op.create_table(
        "staff_recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_recovery_code_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_code")),
        sa.UniqueConstraint("code_index", name=op.f("uq_staff_recovery_code_code_index")),
    )
    op.create_index(
        op.f("ix_staff_recovery_code_staff_id"), "staff_recovery_code", ["staff_id"], unique=False
    )
    op.create_table(
        "staff_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_ticket")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_staff_ticket_secret_hash")),
    )
    walls.wall_through("staff_credential", "staff_id", "staff")
    walls.wall_through("staff_recovery_code", "staff_id", "staff")
    walls.wall_none("staff_ticket", rights=walls.CHANGE)  # found by a secret alone, as sessions of strangers are


def downgrade() -> None:
    op.drop_table("staff_ticket")
    op.drop_index(op.f("ix_staff_recovery_code_staff_id"), table_name="staff_recovery_code")
    op.drop_table("staff_recovery_code")
    op.drop_index(op.f("ix_staff_credential_staff_id"), table_name="staff_credential")
    op.drop_table("staff_credential")
    for column in ("fresh_at", "second_factor_at", "device", "method"):
        op.drop_column("staff_session", column)
    op.drop_constraint(op.f("uq_staff_sso_index"), "staff", type_="unique")
    for column in ("sso_index", "totp_counter", "totp_sealed"):
        op.drop_column("staff", column)
