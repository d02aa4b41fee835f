"""What begins a conversation, what becomes of whoever was asked, and what flows ask outside"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gateway.migrations.walls import ADD, CHANGE, READ, WEBHOOKS, WORK, wall, wall_through

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# What the pages may do with rows of their own organisation. Invented phones talk through the pages, so that these
# write what a conversation writes.
RIGHTS = {
    "flow_trigger": CHANGE,
    "trigger_event": ADD,
    "trigger_firing": READ,
    "respondent": CHANGE,
    "late_reply": READ,
    "quota_count": CHANGE,
    "outside_service": CHANGE,
    "service_request": CHANGE,
}
# Of whoever called and hung up, webhooks write that it happened.
HAPPENED = "INSERT (id, organisation_id, kind, object_id, contact_id, channel_id, at, due_at)"
# Whoever a round is shared with sees how far its respondents came.
SHARED = "round_id IN (SELECT id FROM survey_round)"
# A correction keeps what was there. Keys that are changed are no correction.
KEEP = """
    CREATE FUNCTION paigham_keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO answer_change (run_id, question, answer_id, value, value_sealed, raw_sealed, matched, missing,
            language, message_id, answered_at, replaced_at)
        VALUES (old.run_id, old.question, old.id, old.value, old.value_sealed, old.raw_sealed, old.matched,
            old.missing, old.language, old.message_id, old.answered_at, new.answered_at);
        RETURN new;
    END $$
"""


def _wall() -> None:
    for table, rights in RIGHTS.items():
        wall(table, rights=rights, work=CHANGE, seen=SHARED if table == "respondent" else None)
    wall_through("answer_change", "run_id", "run", rights=ADD)
    op.execute(f"GRANT DELETE, UPDATE ON answer_change TO {WORK}")
    op.execute(f"GRANT {HAPPENED} ON trigger_event TO {WEBHOOKS}")
    op.execute(f"CREATE POLICY webhooks ON trigger_event FOR ALL TO {WEBHOOKS} USING (true) WITH CHECK (true)")


def _keep_what_is_corrected() -> None:
    op.execute(KEEP)
    op.execute("""
        CREATE TRIGGER answer_kept BEFORE UPDATE ON answer FOR EACH ROW
        WHEN (old.answered_at IS DISTINCT FROM new.answered_at OR old.message_id IS DISTINCT FROM new.message_id)
        EXECUTE FUNCTION paigham_keep_answer()
    """)


def upgrade() -> None:
    op.create_table('quota_count',
    sa.Column('scope_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('scope_id', 'name', name=op.f('pk_quota_count'))
    )
    op.create_table('outside_service',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('secret_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_outside_service_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outside_service')),
    sa.UniqueConstraint('organisation_id', 'code', name=op.f('uq_outside_service_organisation_id_code'))
    )
    op.create_table('flow_trigger',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('flow_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('words', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('during', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('event', sa.Text(), nullable=True),
    sa.Column('schedule', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('group_id', sa.Uuid(), nullable=True),
    sa.Column('channel_id', sa.Uuid(), nullable=True),
    sa.Column('token', sa.Text(), nullable=True),
    sa.Column('busy', sa.Text(), server_default='queue', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('declared', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_flow_trigger_channel_id')),
    sa.ForeignKeyConstraint(['flow_id'], ['flow.id'], name=op.f('fk_flow_trigger_flow_id')),
    sa.ForeignKeyConstraint(['group_id'], ['contact_group.id'], name=op.f('fk_flow_trigger_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_flow_trigger_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flow_trigger')),
    sa.UniqueConstraint('token', name=op.f('uq_flow_trigger_token'))
    )
    op.create_index('ix_flow_trigger_next_at', 'flow_trigger', ['next_at'], unique=False, postgresql_where=sa.text('active AND next_at IS NOT NULL'))
    op.create_index(op.f('ix_flow_trigger_organisation_id'), 'flow_trigger', ['organisation_id'], unique=False)
    op.create_table('respondent',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('revision_id', sa.Uuid(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=True),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=True),
    sa.Column('channel_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('rank', sa.SmallInteger(), nullable=False),
    sa.Column('why', sa.Text(), nullable=True),
    sa.Column('history', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('contacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('offers', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_respondent_contact_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_respondent')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_index('ix_respondent_contact_id', 'respondent', ['contact_id'], unique=False)
    op.create_index('ix_respondent_next_at', 'respondent', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_respondent_revision_id', 'respondent', ['revision_id'], unique=False)
    op.create_index('ix_respondent_round_id', 'respondent', ['round_id'], unique=False, postgresql_where=sa.text('round_id IS NOT NULL'))
    op.create_table('trigger_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('object_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_trigger_event_contact_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trigger_event')),
    sa.UniqueConstraint('organisation_id', 'kind', 'object_id', 'contact_id', name=op.f('uq_trigger_event_organisation_id_kind_object_id_contact_id'))
    )
    op.create_index('ix_trigger_event_contact_id', 'trigger_event', ['contact_id'], unique=False)
    op.create_index('ix_trigger_event_due_at', 'trigger_event', ['due_at'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('trigger_firing',
    sa.Column('trigger_id', sa.Uuid(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('after', sa.Uuid(), nullable=True),
    sa.Column('asked', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['trigger_id'], ['flow_trigger.id'], name=op.f('fk_trigger_firing_trigger_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('trigger_id', 'due_at', name=op.f('pk_trigger_firing'))
    )
    op.create_index('ix_trigger_firing_open', 'trigger_firing', ['due_at'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('answer_change',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('answer_id', sa.Uuid(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('value_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('raw_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('matched', sa.Text(), nullable=True),
    sa.Column('missing', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Uuid(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_answer_change_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_change'))
    )
    op.create_index('ix_answer_change_run_id', 'answer_change', ['run_id', 'question'], unique=False)
    op.create_table('late_reply',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=True),
    sa.Column('revision_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('raw_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('matched', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Uuid(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_late_reply_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_late_reply')),
    sa.UniqueConstraint('message_id', name=op.f('uq_late_reply_message_id'))
    )
    op.create_index('ix_late_reply_list', 'late_reply', ['organisation_id', 'at', 'id'], unique=False)
    op.create_index(op.f('ix_late_reply_run_id'), 'late_reply', ['run_id'], unique=False)
    op.create_table('service_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('arguments_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('answer_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['run_id'], ['run.id'], name=op.f('fk_service_request_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_request'))
    )
    op.create_index('ix_service_request_due_at', 'service_request', ['due_at'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_index(op.f('ix_service_request_run_id'), 'service_request', ['run_id'], unique=False)
    op.add_column('answer', sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('run', sa.Column('asked', sa.Text(), nullable=True))
    op.add_column('run', sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_run_expired', 'run', ['contact_id', 'ended_at'], unique=False, postgresql_where=sa.text("disposition = 'expired' AND asked IS NOT NULL"))
    _wall()
    _keep_what_is_corrected()


def downgrade() -> None:
    op.execute("DROP TRIGGER answer_kept ON answer")
    op.execute("DROP FUNCTION paigham_keep_answer()")
    op.drop_index('ix_run_expired', table_name='run', postgresql_where=sa.text("disposition = 'expired' AND asked IS NOT NULL"))
    op.drop_column('run', 'asked_at')
    op.drop_column('run', 'asked')
    op.drop_column('answer', 'asked_at')
    op.drop_index(op.f('ix_service_request_run_id'), table_name='service_request')
    op.drop_index('ix_service_request_due_at', table_name='service_request', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_table('service_request')
    op.drop_index(op.f('ix_late_reply_run_id'), table_name='late_reply')
    op.drop_index('ix_late_reply_list', table_name='late_reply')
    op.drop_table('late_reply')
    op.drop_index('ix_answer_change_run_id', table_name='answer_change')
    op.drop_table('answer_change')
    op.drop_index('ix_trigger_firing_open', table_name='trigger_firing', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_table('trigger_firing')
    op.drop_index('ix_trigger_event_due_at', table_name='trigger_event', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_index('ix_trigger_event_contact_id', table_name='trigger_event')
    op.drop_table('trigger_event')
    op.drop_index('ix_respondent_round_id', table_name='respondent', postgresql_where=sa.text('round_id IS NOT NULL'))
    op.drop_index('ix_respondent_revision_id', table_name='respondent')
    op.drop_index('ix_respondent_next_at', table_name='respondent', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_index('ix_respondent_contact_id', table_name='respondent')
    op.drop_table('respondent')
    op.drop_index(op.f('ix_flow_trigger_organisation_id'), table_name='flow_trigger')
    op.drop_index('ix_flow_trigger_next_at', table_name='flow_trigger', postgresql_where=sa.text('active AND next_at IS NOT NULL'))
    op.drop_table('flow_trigger')
    op.drop_table('outside_service')
    op.drop_table('quota_count')
