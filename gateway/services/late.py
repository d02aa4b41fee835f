"""Answers that come after their conversation was given up: kept for staff, and answered by nobody's guess.

A short reply ("2", "yes") is no complaint and no new conversation. It is held against the question that waited last;
where it would have been its answer, it is kept beside the run, never in it: the counts of a round stay as they are.
Words that could be anything go to people, as always.
"""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import flows
from flows import events
from flows.definition import AnswerType
from gateway import ids
from gateway.services.contents import Said
from gateway.services.talk import Talk
from gateway.texts import Template

RAW = "late_reply.raw"
WITHIN = timedelta(days=30)
LONGEST = 40  # characters of what is an answer and nothing else
# What people write freely cannot be told from what they want to tell us.
_FREE = frozenset({AnswerType.TEXT, AnswerType.PLACE})

_LAST = """
SELECT id, revision_id, round_id, asked, language, ended_at FROM run
WHERE contact_id = %s AND disposition = 'expired' AND asked IS NOT NULL AND ended_at > %s
ORDER BY ended_at DESC LIMIT 1
"""
_KEEP = """
INSERT INTO late_reply (id, organisation_id, run_id, round_id, revision_id, contact_id, question, type, value,
    raw_sealed, matched, language, message_id, ended_at, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


def keep(talk: Talk, said: Said) -> bool:
    """Keep a message that answers the question that waited last; False for every other message."""
    text = said.text.strip()
    if not text or len(text) > LONGEST or talk.heard is None:
        return False
    row = talk.connection.execute(_LAST, [talk.person.id, talk.now - WITHIN], prepare=True).fetchone()
    if row is None:
        return False
    run_id, revision_id, round_id, question, language, ended_at = row
    answer = _read(talk, revision_id, question, language, text)
    if answer is None:
        return False
    late_id = ids.derive(talk.heard.id, "late")
    talk.batch.then(
        _KEEP,
        late_id,
        talk.person.organisation_id,
        run_id,
        round_id,
        revision_id,
        talk.person.id,
        question,
        answer.type,
        None if answer.personal else json.dumps(answer.value, ensure_ascii=False),
        talk.house.ring.seal(RAW, late_id, text),
        answer.matched,
        language,
        talk.heard.id,
        ended_at,
        talk.now,
    )
    talk.say(Template.HELP)
    return True


def _read(
    talk: Talk, revision_id: UUID, question: str, language: str, text: str
) -> events.AnswerGiven | None:
    """What a text would have answered; None when it is no answer, or might be anything."""
    flow = talk.house.library.flow(talk.connection, revision_id)
    waiting = flows.Session(flow.code, question.partition("[")[0], language, waiting=True)
    sprint = flows.resume(flow, waiting, talk.contact(), flows.Reply(text), now=talk.here)
    given = next((event for event in sprint.events if isinstance(event, events.AnswerGiven)), None)
    sure = given is not None and given.type not in _FREE and given.matched is not events.Matched.FUZZY
    return given if sure else None
