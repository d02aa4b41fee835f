"""Translators work: what is known of each translation, files on their way in, and the glossary"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations import walls

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _texts()
    _uploads()
    _glossary()


def downgrade() -> None:
    op.drop_table("glossary_term")
    op.drop_table("flow_text_upload")
    op.drop_table("flow_text")


def _texts() -> None:
    op.create_table(
        "flow_text",
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("native", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name="fk_flow_text_flow_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("flow_id", "text_id", "language", name="pk_flow_text"),
    )
    walls.wall_through("flow_text", "flow_id", "flow")


def _uploads() -> None:
    op.create_table(
        "flow_text_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("flow_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_flow_text_upload_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name="fk_flow_text_upload_staff_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flow.id"], name="fk_flow_text_upload_flow_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_flow_text_upload"),
    )
    op.create_index("ix_flow_text_upload_flow_id", "flow_text_upload", ["flow_id"])
    walls.wall("flow_text_upload")


def _glossary() -> None:
    op.create_table(
        "glossary_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("source_language", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("translation", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("forbidden", postgresql.JSONB(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_glossary_term_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_glossary_term"),
        sa.UniqueConstraint(
            *("organisation_id", "source_language", "language", "folded"),
            name="uq_glossary_term_words",
        ),
    )
    walls.wall("glossary_term")
