"""Tell staff what waits"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations import walls

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('patience',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('backup_after', sa.SmallInteger(), nullable=False),
    sa.Column('lead_after', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint('backup_after BETWEEN 1 AND 10080 AND lead_after BETWEEN 1 AND 10080', name=op.f('ck_patience_sane')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_patience_organisation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('organisation_id', 'priority', name=op.f('pk_patience'))
    )
    op.create_table('alert',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('object', sa.Text(), nullable=False),
    sa.Column('occasion', sa.Text(), server_default='', nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('roles', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('step', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("object ~ '^[a-z_]{1,30} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'", name=op.f('ck_alert_object_is_an_id')),
    sa.CheckConstraint("occasion ~ '^[a-z0-9_:-]{0,60}$'", name=op.f('ck_alert_occasion_is_a_word')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_alert_organisation_id')),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_alert_team_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert')),
    sa.UniqueConstraint('team_id', 'kind', 'object', 'occasion', name=op.f('uq_alert_team_id_kind_object_occasion'))
    )
    op.create_index('ix_alert_next_at', 'alert', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_alert_team', 'alert', ['team_id', 'raised_at'], unique=False)
    op.create_table('handover',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('next_id', sa.Uuid(), nullable=False),
    sa.Column('objects', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['next_id'], ['staff.id'], name=op.f('fk_handover_next_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_handover_organisation_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_handover_staff_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_handover_team_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover'))
    )
    op.create_index('ix_handover_team', 'handover', ['team_id', 'at'], unique=False)
    op.create_table('mail',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_mail_organisation_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_mail_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail'))
    )
    op.create_index('ix_mail_due', 'mail', ['due_at'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'sending')"))
    op.create_index('ix_mail_staff_id', 'mail', ['staff_id'], unique=False)
    op.create_index('ix_mail_trouble', 'mail', ['organisation_id', 'created_at'], unique=False, postgresql_where=sa.text("state IN ('uncertain', 'refused', 'failed')"))
    op.create_table('notice_setting',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('quiet_from', sa.Time(), nullable=False),
    sa.Column('quiet_until', sa.Time(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('digest_at', sa.Time(), nullable=False),
    sa.Column('by_mail', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('muted', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_notice_setting_organisation_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_notice_setting_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('staff_id', name=op.f('pk_notice_setting'))
    )
    op.create_table('shift',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('team_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('backup_id', sa.Uuid(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('staff_id <> backup_id', name=op.f('ck_shift_two_persons')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_shift_from_until')),
    sa.ForeignKeyConstraint(['backup_id'], ['staff.id'], name=op.f('fk_shift_backup_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_shift_organisation_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_shift_staff_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_shift_team_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift')),
    sa.UniqueConstraint('team_id', 'staff_id', 'starts_at', name=op.f('uq_shift_team_id_staff_id_starts_at'))
    )
    op.create_index('ix_shift_backup_id', 'shift', ['backup_id'], unique=False)
    op.create_index('ix_shift_staff_id', 'shift', ['staff_id'], unique=False)
    op.create_index('ix_shift_time', 'shift', ['team_id', 'ends_at'], unique=False)
    op.create_table('notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('object', sa.Text(), nullable=False),
    sa.Column('occasion', sa.Text(), server_default='', nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('step', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mail_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mail_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("object ~ '^[a-z_]{1,30} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'", name=op.f('ck_notice_object_is_an_id')),
    sa.CheckConstraint("occasion ~ '^[a-z0-9_:-]{0,60}$'", name=op.f('ck_notice_occasion_is_a_word')),
    sa.ForeignKeyConstraint(['mail_id'], ['mail.id'], name=op.f('fk_notice_mail_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_notice_organisation_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_notice_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('staff_id', 'kind', 'object', 'occasion', name=op.f('uq_notice_staff_id_kind_object_occasion'))
    )
    op.create_index('ix_notice_event', 'notice', ['object', 'kind', 'occasion'], unique=False)
    op.create_index('ix_notice_list', 'notice', ['staff_id', 'raised_at'], unique=False)
    op.create_index('ix_notice_mail', 'notice', ['mail_id'], unique=False, postgresql_where=sa.text('mail_id IS NOT NULL'))
    op.create_index('ix_notice_mail_at', 'notice', ['mail_at'], unique=False, postgresql_where=sa.text('mail_at IS NOT NULL'))
    op.create_index('ix_notice_unread', 'notice', ['staff_id'], unique=False, postgresql_where=sa.text('read_at IS NULL'))
    # Finding what is about to be late must not read what is done.
    op.create_index(
        "ix_grievance_first_look",
        "grievance",
        ["triage_due_at"],
        postgresql_where=sa.text("state IN ('received', 'acknowledged', 'sealed')"),
    )
    _build_walls()


def _build_walls() -> None:
    for table in ("notice", "notice_setting", "mail", "shift", "handover", "alert", "patience"):
        walls.wall(table)
    # Nobody is signed in while an invitation is accepted, and the lead agency's pages change others' accounts: both
    # may tell staff, and see nothing of what was told.
    op.execute(
        f"CREATE POLICY told ON notice FOR INSERT TO {walls.PAGES} WITH CHECK ({walls.LEADS} OR {walls.DOOR})"
    )


def downgrade() -> None:
    op.drop_index(
        "ix_grievance_first_look",
        table_name="grievance",
        postgresql_where=sa.text("state IN ('received', 'acknowledged', 'sealed')"),
    )
    op.drop_index('ix_notice_unread', table_name='notice', postgresql_where=sa.text('read_at IS NULL'))
    op.drop_index('ix_notice_mail_at', table_name='notice', postgresql_where=sa.text('mail_at IS NOT NULL'))
    op.drop_index('ix_notice_mail', table_name='notice', postgresql_where=sa.text('mail_id IS NOT NULL'))
    op.drop_index('ix_notice_list', table_name='notice')
    op.drop_index('ix_notice_event', table_name='notice')
    op.drop_table('notice')
    op.drop_index('ix_shift_time', table_name='shift')
    op.drop_index('ix_shift_staff_id', table_name='shift')
    op.drop_index('ix_shift_backup_id', table_name='shift')
    op.drop_table('shift')
    op.drop_table('notice_setting')
    op.drop_index('ix_mail_trouble', table_name='mail', postgresql_where=sa.text("state IN ('uncertain', 'refused', 'failed')"))
    op.drop_index('ix_mail_staff_id', table_name='mail')
    op.drop_index('ix_mail_due', table_name='mail', postgresql_where=sa.text("state IN ('waiting', 'sending')"))
    op.drop_table('mail')
    op.drop_index('ix_handover_team', table_name='handover')
    op.drop_table('handover')
    op.drop_index('ix_alert_team', table_name='alert')
    op.drop_index('ix_alert_next_at', table_name='alert', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_table('alert')
    op.drop_table('patience')
