"""Keys for programs, names of areas in every script, and role changes that a second person agrees to"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations import walls

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GIVEN = "giver_id = (SELECT paigham_organisation())"


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_api_key_created_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_api_key_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    op.create_index(op.f("ix_api_key_organisation_id"), "api_key", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_api_key_created_by"), "api_key", ["created_by"], unique=False)
    op.create_table(
        "area_name",
        sa.Column("pcode", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pcode"], ["area.pcode"], name=op.f("fk_area_name_pcode"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pcode", "language", name=op.f("pk_area_name")),
    )
    op.create_index(
        "ix_area_name_folded", "area_name", ["folded"], unique=False, postgresql_ops={"folded": "text_pattern_ops"}
    )
    op.create_table(
        "gazetteer_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_gazetteer_upload_organisation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_gazetteer_upload_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gazetteer_upload")),
    )
    op.create_index(op.f("ix_gazetteer_upload_organisation_id"), "gazetteer_upload", ["organisation_id"])
    op.create_table(
        "role_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("from_role", sa.Text(), nullable=False),
        sa.Column("to_role", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_role_change_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_role_change_decided_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_role_change_organisation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_role_change_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_change")),
    )
    op.create_index(op.f("ix_role_change_organisation_id"), "role_change", ["organisation_id"])
    op.create_index(
        "uq_role_change_open",
        "role_change",
        ["staff_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    # Before a key is known nobody knows whose rows to show, so the door shows keys; only their organisation changes them.
    walls.wall("api_key", seen=walls.DOOR)
    walls.wall_none("area_name", rights=walls.CHANGE)
    walls.wall("gazetteer_upload")
    walls.wall("role_change")
    # Whose records are seen says so: the lead reads the register, and opens nobody's records but its own.
    op.execute("DROP POLICY mine ON agreement")
    op.execute("DROP POLICY seen ON agreement")
    op.execute(f"CREATE POLICY mine ON agreement FOR ALL TO {walls.PAGES} USING ({GIVEN}) WITH CHECK ({GIVEN})")
    op.execute(
        f"CREATE POLICY seen ON agreement FOR SELECT TO {walls.PAGES}"
        f" USING (receiver_id = (SELECT paigham_organisation()) OR {walls.LEADS})"
    )


def downgrade() -> None:
    op.execute("DROP POLICY mine ON agreement")
    op.execute("DROP POLICY seen ON agreement")
    both = f"{GIVEN} OR {walls.LEADS}"
    op.execute(f"CREATE POLICY mine ON agreement FOR ALL TO {walls.PAGES} USING ({both}) WITH CHECK ({both})")
    op.execute(
        f"CREATE POLICY seen ON agreement FOR SELECT TO {walls.PAGES}"
        " USING (receiver_id = (SELECT paigham_organisation()))"
    )
    op.drop_table("role_change")
    op.drop_table("gazetteer_upload")
    op.drop_table("area_name")
    op.drop_table("api_key")
