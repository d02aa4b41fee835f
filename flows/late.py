"""Answers that come when the wait is over: what they would have answered, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.answers import clean
from flows.definition import Flow
from flows.events import Matched
from flows.hearing import reading_for
from flows.plan import plan_of
from flows.readings import Understood
from flows.run import Run
from flows.session import Answer, Contact, Reply, Session


@dataclass(frozen=True, slots=True)
class Late:
    """What a late reply would have answered.

    Attributes:
        question, step, path: as in `AnswerGiven`.
        value, matched: None where the reply is no answer to the question without asking back.
        personal: the value is the person's own.
    """

    question: str
    step: str
    path: tuple[int, ...]
    raw: str
    value: Answer | None = None
    matched: Matched | None = None
    personal: bool = False


def late(flow: Flow, session: Session, contact: Contact, reply: Reply, *, now: datetime) -> Late | None:
    """Read a reply as an answer to the question at which a run expired; None: it did not expire at one."""
    plan = plan_of(flow)
    question = plan.questions.get(session.more.last or "")
    if question is None or not session.ended or question.another is not None:
        return None
    run = Run(plan, session, contact, now)
    words = Reply(clean(reply.text), reply.choice, reply.media, reply.place, reply.kinds)
    reading = reading_for(run, question, words)
    raw = words.text or clean(words.choice or "")
    key, path = run.key(question), run.path(question)
    taken = (
        reading
        if isinstance(reading, Understood)
        and (question.constraint is None or run.holds(question.constraint, question, answer=reading.value))
        else None
    )
    if taken is None:
        return Late(key, question.name, path, raw, personal=question.personal)
    return Late(key, question.name, path, raw, taken.value, taken.matched, question.personal)
