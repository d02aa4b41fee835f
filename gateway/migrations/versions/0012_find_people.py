"""Find people by blind indexes of names and numbers"""

import sqlalchemy as sa
from alembic import op

from gateway.migrations import walls

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Runs as the owner: what the internet reaches makes contacts, and may not touch the index. The row is written even when
# it is there: whoever changes a name holds it until the change is committed, and the sweep passes it over so long.
FUNCTION = """
CREATE FUNCTION paigham_search_due() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'contact' THEN
        INSERT INTO search_due (contact_id, organisation_id) VALUES (NEW.id, NEW.organisation_id)
        ON CONFLICT (contact_id) DO UPDATE SET organisation_id = excluded.organisation_id;
    ELSE
        INSERT INTO search_due (contact_id, organisation_id) VALUES (NEW.contact_id, NEW.organisation_id)
        ON CONFLICT (contact_id) DO UPDATE SET organisation_id = excluded.organisation_id;
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGERS = (
    "CREATE TRIGGER contact_is_due AFTER INSERT OR UPDATE OF name_sealed, organisation_id ON contact"
    " FOR EACH ROW EXECUTE FUNCTION paigham_search_due()",
    "CREATE TRIGGER contact_urn_is_due AFTER INSERT ON contact_urn"
    " FOR EACH ROW EXECUTE FUNCTION paigham_search_due()",
    # New keys write the same address anew, and change nothing that it is found by.
    "CREATE TRIGGER contact_urn_change_is_due AFTER UPDATE ON contact_urn FOR EACH ROW"
    " WHEN (OLD.address_index <> NEW.address_index OR OLD.contact_id <> NEW.contact_id)"
    " EXECUTE FUNCTION paigham_search_due()",
)


def upgrade() -> None:
    op.create_table(
        "search_term",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_search_term_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_search_term_contact_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "term", "contact_id", name="pk_search_term"),
    )
    op.create_index("ix_search_term_contact_id", "search_term", ["contact_id"])
    op.create_table(
        "search_due",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name="fk_search_due_contact_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_search_due_organisation_id"
        ),
        sa.PrimaryKeyConstraint("contact_id", name="pk_search_due"),
    )
    walls.wall("search_term", rights=walls.READ, work=walls.CHANGE)
    walls.wall("search_due", rights=walls.READ, work=walls.CHANGE)
    op.execute(FUNCTION)
    for statement in TRIGGERS:
        op.execute(statement)
    # Whoever is there already waits for the sweep, which takes them in batches.
    op.execute("INSERT INTO search_due (contact_id, organisation_id) SELECT id, organisation_id FROM contact")


def downgrade() -> None:
    op.execute("DROP TRIGGER contact_urn_change_is_due ON contact_urn")
    op.execute("DROP TRIGGER contact_urn_is_due ON contact_urn")
    op.execute("DROP TRIGGER contact_is_due ON contact")
    op.execute("DROP FUNCTION paigham_search_due()")
    op.drop_table("search_due")
    op.drop_table("search_term")
