"""The engine: `(flow, session, contact, reply, now) -> Sprint(session, events)`.

It reports and never acts. Whatever a flow or a reply holds, it ends or waits: an author's mistake becomes a
`Problem`, an endless loop ends at a limit, and nothing is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flows import doubts, offers
from flows.answers import clean
from flows.definition import Flow
from flows.events import (
    AnswerMissed,
    Disposition,
    Event,
    Missing,
    Problem,
    ReplyNotUnderstood,
)
from flows.hearing import hear
from flows.nodes import DoNode, Question
from flows.plan import Plan, plan_of
from flows.run import Run
from flows.session import Contact, Reply, Session, Sprint

MAX_GIVEN = 50  # values of a service
MAX_VALUE = 2_000  # characters of one


def start(flow: Flow, contact: Contact, *, now: datetime) -> Sprint:
    """Begin a flow in the contact's language, up to the first wait or the end."""
    return Run(plan_of(flow), Session(flow.code, None, contact.language), contact, now).go(0)


def resume(flow: Flow, session: Session, contact: Contact, reply: Reply, *, now: datetime) -> Sprint:
    """Take a reply to the open question, and go on to the next one or the end.

    A session that has ended, or waits for nothing, stays as it is. One that waits for a time or a service goes
    on waiting: the words are reported as not understood, and are the shell's.
    """
    plan = plan_of(flow)
    text = clean(reply.text)
    words = reply if text is reply.text else replace(reply, text=text)
    question = _open_question(plan, session)
    if question is None:
        return _unheard(plan, session, contact, words, now)
    return hear(Run(plan, session, contact, now), question, words)


def repeat(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """Ask the open question again in the contact's present language; a doubt or an offer stays open.

    For after an interruption, or when the language has changed: what the next reply means does not change by it.
    """
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        paused = _pauses(plan, session) is not None
        return Sprint(replace(session, language=contact.language), ()) if paused else _unmoved(plan, session)
    run = Run(plan, session, contact, now)
    run.language = contact.language
    _say_open(run, question)
    return run.await_answer(question, session.retries, doubt=session.more.doubt, offer=session.more.offer)


def remind(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """Say the flow's reminder and the open question again. The wait ends when it would have ended."""
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        return _unmoved(plan, session)
    run = Run(plan, session, contact, now)
    if plan.reminder is not None:
        run.say_phrase(question, plan.reminder)
    _say_open(run, question)
    more = session.more
    return run.wait(question, session.retries, session.expires, doubt=more.doubt, offer=more.offer)


def _say_open(run: Run, question: Question) -> None:
    """Say what waits for a reply: the doubt or the offer that is open, else the question itself."""
    more = run.session.more
    if more.doubt:
        doubts.say(run, question, more.doubt)
    elif more.offer:
        offers.say(run, question, more.offer)
    else:
        run.say(question)


def expire(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """Go on from a wait that is over: before `session.expires` nothing happens.

    A question with a timeout of its own is missed and the flow goes on; any other ends the run.
    """
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        return wake(flow, session, contact, now=now)
    if session.expires is not None and now < session.expires:
        return Sprint(session, ())
    run = Run(plan, session, contact, now)
    run.miss(question, Missing.NO_REPLY)
    if question.step.timeout is not None:
        run.passed(question)
        return run.go(question.late)
    return run.end(Disposition.EXPIRED, last=question.name)


def wake(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """Go on from a wait without a question, when its time has come; a service that is silent has failed."""
    plan = plan_of(flow)
    node = _pauses(plan, session)
    if node is None:
        return Sprint(session, ()) if _open_question(plan, session) else _unmoved(plan, session)
    if session.expires is not None and now < session.expires:
        return Sprint(session, ())
    if session.more.service is not None:
        return answered(flow, session, contact, None, now=now)
    return Run(plan, session, contact, now).go(node.next)


def answered(
    flow: Flow,
    session: Session,
    contact: Contact,
    values: Mapping[str, Any] | None,
    *,
    now: datetime,
    key: str | None = None,
) -> Sprint:
    """Take what a service said, or None where it failed, and go on.

    Only the values that the step declares are kept, as `${step.value}`; `${step}` is "ok" or "failed". An answer to
    another request (`key`) than the open one changes nothing.
    """
    plan = plan_of(flow)
    node = _pauses(plan, session)
    open_key = session.more.service
    if node is None or open_key is None or key not in (None, open_key):
        return Sprint(session, ())
    run = Run(plan, session, contact, now)
    name = run.key(node)
    run.keep_value(name, "failed" if values is None else "ok")
    gives = node.arguments.get("gives") or ()
    for given in gives[:MAX_GIVEN] if isinstance(gives, list | tuple) else ():
        value = (values or {}).get(str(given))
        if isinstance(value, bool | int | float | str):
            run.keep_value(f"{name}.{given}", clean(value)[:MAX_VALUE] if isinstance(value, str) else value)
    return run.go(node.failed if values is None else node.next)


def jump(flow: Flow, session: Session, contact: Contact, step: str, *, now: datetime) -> Sprint:
    """Go to a step by its name, for rehearsals: whatever waits is left. A step inside a repeat begins the repeat."""
    plan = plan_of(flow)
    open_session = replace(session, ended=False, disposition=None, retries=0)
    return Run(plan, open_session, contact, now).go(plan.places.get(step, len(plan.nodes)))


def stop(flow: Flow, session: Session, *, disposition: Disposition) -> Sprint:
    """End a run from outside: the person opted out or broke off, or somebody took over."""
    if session.ended:
        return Sprint(session, ())
    plan = plan_of(flow)
    question = _open_question(plan, session)
    missed: tuple[Event, ...] = ()
    if question is not None and question.another is None:
        run = Run(plan, session, Contact(session.language), _LONG_AGO)
        run.miss(question, Missing.STOPPED)
        missed = tuple(event for event in run.events if isinstance(event, AnswerMissed))
    return _ended(plan, session, disposition, missed)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)  # a run that only names a question needs no moment


def _open_question(plan: Plan, session: Session) -> Question | None:
    """The question that waits; None where the session has ended, waits for nothing, or stands nowhere."""
    return plan.questions.get(session.step or "") if session.waiting and not session.ended else None


def _pauses(plan: Plan, session: Session) -> DoNode | None:
    """The step at which a session waits without a question."""
    if not session.waiting or session.ended or session.step is None:
        return None
    index = plan.places.get(session.step)
    node = None if index is None else plan.nodes[index]
    return node if isinstance(node, DoNode) else None


def _unheard(plan: Plan, session: Session, contact: Contact, reply: Reply, now: datetime) -> Sprint:
    """A reply while no question is open. Whoever waits for a service hears once that it goes on."""
    node = _pauses(plan, session)
    if node is None:
        return _unmoved(plan, session)
    run = Run(plan, session, contact, now)
    run.report(ReplyNotUnderstood(run.key(node), reply.text))
    if session.more.service is not None and session.retries == 0:
        run.say_engine(node, "one_moment")
    return run.pause(node, session.expires, session.more.service, retries=1)


def _unmoved(plan: Plan, session: Session) -> Sprint:
    """Leave a session without an open question as it is; one that waits at no step of the flow has failed."""
    if session.ended or not session.waiting or _pauses(plan, session) is not None:
        return Sprint(session, ())
    return _ended(plan, session, Disposition.FAILED, (Problem("unknown_step", session.step),))


def _ended(plan: Plan, session: Session, disposition: Disposition, events: tuple[Event, ...]) -> Sprint:
    run = Run(plan, session, Contact(session.language), _LONG_AGO)
    return run.stopped(disposition, events)
