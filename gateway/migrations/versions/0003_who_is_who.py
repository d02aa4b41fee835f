"""Who is who, and the walls between them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations import walls

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE FUNCTION paigham_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT nullif(current_setting('paigham.organisation', true), '')::uuid
    $$
    """,
    """
    CREATE FUNCTION paigham_sees_sealed() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT coalesce(current_setting('paigham.sealed', true) = 'on', false)
    $$
    """,
    """
    CREATE FUNCTION paigham_door() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT coalesce(current_setting('paigham.door', true) = 'open', false)
    $$
    """,
    # Whether the organisation that the transaction is bound to leads the operation.
    """
    CREATE FUNCTION paigham_leads() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT EXISTS (SELECT FROM organisation WHERE id = paigham_organisation() AND lead AND active)
    $$
    """,
    # What agreements open today: whose records, up to which sensitivity.
    """
    CREATE FUNCTION paigham_shared(object text) RETURNS TABLE (organisation_id uuid, sensitivity text)
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT a.giver_id, level
        FROM agreement a CROSS JOIN unnest(ARRAY['S0', 'S1', 'S2']) AS level
        WHERE a.receiver_id = paigham_organisation() AND jsonb_exists(a.objects, object) AND level <= a.highest
            AND a.ended_at IS NULL AND current_date BETWEEN a.valid_from AND a.valid_until
    $$
    """,
    # Counts by organisation for the lead, and no row for anybody else. Sealed cases are in none of them.
    """
    CREATE FUNCTION paigham_totals(since timestamptz)
    RETURNS TABLE (
        organisation_id uuid, contacts bigint, received bigint, sent bigint, cases_new bigint, cases_open bigint,
        cases_closed bigint, last_entry timestamptz
    )
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT o.id,
            (SELECT count(*) FROM contact c WHERE c.organisation_id = o.id),
            (SELECT count(*) FROM message_in m
                WHERE m.organisation_id = o.id AND m.received_at >= since AND NOT m.sealed),
            (SELECT count(*) FROM message_out m
                WHERE m.organisation_id = o.id AND m.created_at >= since AND m.sent_at IS NOT NULL AND NOT m.sealed),
            g.cases_new, g.cases_open, g.cases_closed,
            greatest(
                g.newest,
                (SELECT max(m.received_at) FROM message_in m
                    WHERE m.organisation_id = o.id AND m.received_at >= since AND NOT m.sealed)
            )
        FROM organisation o CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE received_at >= since) AS cases_new,
                count(*) FILTER (WHERE closed_at IS NULL) AS cases_open,
                count(*) FILTER (WHERE closed_at >= since) AS cases_closed,
                max(received_at) AS newest
            FROM grievance WHERE organisation_id = o.id AND NOT sealed
        ) g
        WHERE o.active AND paigham_leads()
    $$
    """,
)
SIGNATURES = (
    "paigham_totals(timestamptz)",
    "paigham_shared(text)",
    "paigham_leads()",
    "paigham_door()",
    "paigham_sees_sealed()",
    "paigham_organisation()",
)

OWN, LEADS, DOOR = walls.OWN, walls.LEADS, walls.DOOR
CASES_SHARED = """(organisation_id, sensitivity) IN
    (SELECT s.organisation_id, s.sensitivity FROM paigham_shared('grievance') s)"""
SURVEYS_SHARED = "organisation_id IN (SELECT s.organisation_id FROM paigham_shared('survey') s)"
# Answers are many and rounds are few: the rounds that one may see are looked up once, not for each answer.
ANSWERS = """(round_id IN (SELECT id FROM survey_round)
    OR EXISTS (SELECT FROM run parent WHERE parent.id = answer.run_id))"""

OLD = (
    "alembic_version",
    "answer",
    "audit",
    "channel",
    "consent",
    "contact",
    "contact_group",
    "contact_urn",
    "deep_link",
    "delivery_report",
    "flow",
    "flow_problem",
    "flow_revision",
    "grievance",
    "grievance_event",
    "grievance_note",
    "group_member",
    "message_in",
    "message_out",
    "office",
    "opt_out",
    "organisation",
    "pending_in",
    "pending_out",
    "run",
    "session",
    "setting",
    "sign_in_attempt",
    "staff",
    "staff_link",
    "staff_session",
    "survey_round",
    "sweeper_find",
)


def upgrade() -> None:
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("languages", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_operation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        sa.UniqueConstraint("single", name=op.f("uq_operation_single")),
    )
    op.create_table(
        "office_area",
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("pcode", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["office_id"], ["office.id"], name=op.f("fk_office_area_office_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("office_id", "pcode", name=op.f("pk_office_area")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_team_office_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_team_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_team_organisation_id_name")),
    )
    op.create_index(op.f("ix_team_office_id"), "team", ["office_id"], unique=False)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("objects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("highest", sa.Text(), server_default="S1", nullable=False),
        sa.Column("areas", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("highest IN ('S0', 'S1', 'S2')", name=op.f("ck_agreement_never_sealed")),
        sa.CheckConstraint("giver_id <> receiver_id", name=op.f("ck_agreement_two_parties")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_agreement_from_until")),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_agreement_created_by")),
        sa.ForeignKeyConstraint(["giver_id"], ["organisation.id"], name=op.f("fk_agreement_giver_id")),
        sa.ForeignKeyConstraint(["receiver_id"], ["organisation.id"], name=op.f("fk_agreement_receiver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_giver", "agreement", ["giver_id"], unique=False)
    op.create_index("ix_agreement_receiver", "agreement", ["receiver_id", "valid_until"], unique=False)
    op.create_table(
        "gazetteer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("areas", sa.BigInteger(), nullable=False),
        sa.Column("loaded_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["loaded_by"], ["staff.id"], name=op.f("fk_gazetteer_loaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gazetteer")),
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("lead", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_team_member_staff_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_team_member_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "staff_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_staff_id"), "team_member", ["staff_id"], unique=False)
    op.create_table(
        "area",
        sa.Column("pcode", sa.Text(), nullable=False),
        sa.Column("gazetteer_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["gazetteer_id"], ["gazetteer.id"], name=op.f("fk_area_gazetteer_id")),
        sa.PrimaryKeyConstraint("pcode", name=op.f("pk_area")),
    )
    op.create_index(
        "ix_area_folded", "area", ["folded"], unique=False, postgresql_ops={"folded": "text_pattern_ops"}
    )
    op.create_index(op.f("ix_area_gazetteer_id"), "area", ["gazetteer_id"], unique=False)
    op.create_index(
        "ix_area_level", "area", ["level"], unique=False, postgresql_where=sa.text("retired_at IS NULL")
    )
    op.create_index("ix_area_parent", "area", ["parent"], unique=False)
    op.add_column("office", sa.Column("code", sa.Text(), nullable=True))
    op.add_column("office", sa.Column("kind", sa.Text(), server_default="office", nullable=False))
    op.add_column("office", sa.Column("active", sa.Boolean(), server_default="true", nullable=False))
    op.create_index(
        "uq_office_code",
        "office",
        ["organisation_id", "code"],
        unique=True,
        postgresql_where=sa.text("code IS NOT NULL"),
    )
    op.add_column("organisation", sa.Column("kind", sa.Text(), server_default="agency", nullable=False))
    op.add_column("organisation", sa.Column("lead", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("organisation", sa.Column("active", sa.Boolean(), server_default="true", nullable=False))
    op.create_index(
        "uq_organisation_lead", "organisation", ["lead"], unique=True, postgresql_where=sa.text("lead")
    )
    walls.make_roles()
    for function in FUNCTIONS:
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION paigham_totals(timestamptz) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION paigham_totals(timestamptz) TO {walls.PAGES}")
    _build_walls()


def _build_walls() -> None:
    walls.wall_none("alembic_version")
    walls.wall_none("setting", work=walls.CHANGE)
    walls.wall_none("sweeper_find", work=walls.CHANGE)
    walls.wall_none("sign_in_attempt", rights=walls.CHANGE)
    walls.wall_none("operation", rights="SELECT, INSERT, UPDATE")
    walls.wall_none("gazetteer", rights=walls.CHANGE)
    walls.wall_none("area", rights=walls.CHANGE)
    walls.wall("organisation", mine=f"id = (SELECT paigham_organisation()) OR {LEADS}", seen="true")
    walls.wall(
        "agreement",
        mine=f"giver_id = (SELECT paigham_organisation()) OR {LEADS}",
        seen="receiver_id = (SELECT paigham_organisation())",
    )
    walls.wall("office", mine=f"{OWN} OR {LEADS}", seen=DOOR)
    walls.wall_through("office_area", "office_id", "office")
    walls.wall("team", mine=f"{OWN} OR {LEADS}")
    walls.wall_through("team_member", "team_id", "team")
    walls.wall("staff", mine=f"{OWN} OR {LEADS} OR {DOOR}")
    walls.wall_through("staff_session", "staff_id", "staff")
    walls.wall_through("staff_link", "staff_id", "staff")
    walls.wall("audit", mine=f"{OWN} OR {DOOR}", rights=walls.ADD)
    for table in (
        "channel",
        "contact",
        "contact_urn",
        "opt_out",
        "consent",
        "contact_group",
        "deep_link",
        "flow",
        "flow_problem",
        "session",
        "pending_out",
    ):
        walls.wall(table)
    walls.wall_through("group_member", "group_id", "contact_group")
    walls.wall_through("flow_revision", "flow_id", "flow", rights=walls.ADD)
    walls.wall("survey_round", seen=SURVEYS_SHARED)
    walls.wall("run", seen=f"round_id IS NOT NULL AND {SURVEYS_SHARED}")
    walls.wall("answer", mine=ANSWERS)
    walls.wall("message_in", sealed=True)
    walls.wall("message_out", sealed=True)
    # By the contact: a message and its place in the queue are written by one statement, which does not see itself.
    walls.wall_through("pending_in", "contact_id", "contact")
    walls.wall_through("delivery_report", "message_id", "message_out")
    walls.wall("grievance", seen=CASES_SHARED, sealed=True)
    walls.wall_through("grievance_note", "grievance_id", "grievance", sealed=True)
    walls.wall_through("grievance_event", "grievance_id", "grievance", rights=walls.ADD)


def downgrade() -> None:
    for table in OLD:
        walls.tear_down(table)
    op.drop_index("uq_organisation_lead", table_name="organisation", postgresql_where=sa.text("lead"))
    op.drop_column("organisation", "active")
    op.drop_column("organisation", "lead")
    op.drop_column("organisation", "kind")
    op.drop_index("uq_office_code", table_name="office", postgresql_where=sa.text("code IS NOT NULL"))
    op.drop_column("office", "active")
    op.drop_column("office", "kind")
    op.drop_column("office", "code")
    op.drop_index("ix_area_parent", table_name="area")
    op.drop_index("ix_area_level", table_name="area", postgresql_where=sa.text("retired_at IS NULL"))
    op.drop_index(op.f("ix_area_gazetteer_id"), table_name="area")
    op.drop_index("ix_area_folded", table_name="area", postgresql_ops={"folded": "text_pattern_ops"})
    op.drop_table("area")
    op.drop_index(op.f("ix_team_member_staff_id"), table_name="team_member")
    op.drop_table("team_member")
    op.drop_table("gazetteer")
    op.drop_index("ix_agreement_receiver", table_name="agreement")
    op.drop_index("ix_agreement_giver", table_name="agreement")
    op.drop_table("agreement")
    op.drop_index(op.f("ix_team_office_id"), table_name="team")
    op.drop_table("team")
    op.drop_table("office_area")
    op.drop_table("operation")
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
