"""The engine: `(flow, session, contact, reply, now) -> Sprint(session, events)`.

It reports and never acts. Whatever a flow or a reply holds, it ends or waits: an author's mistake becomes a
`Problem`, an endless loop ends at a limit, and nothing is raised.
"""

from __future__ import annotations

from datetime import datetime

from flows.answers import Circumstances, Outcome, Reading, Suspected, Understood, Unsure, clean, read
from flows.definition import AnswerType, Flow, OnFailure
from flows.disclosure import suspect
from flows.events import (
    AnswerGiven,
    AnswerMissed,
    DisclosureSuspected,
    Disposition,
    Event,
    HumanAsked,
    Missing,
    Problem,
    ReplyNotUnderstood,
    RunEnded,
)
from flows.folding import fold
from flows.patterns import PatternInvalid, found
from flows.plan import Plan, Question, plan_of
from flows.run import Run
from flows.session import Contact, Reply, Session, Sprint

_FIX = {
    AnswerType.SELECT_ONE: "fix_choice",
    AnswerType.SELECT_MULTIPLE: "fix_list",
    AnswerType.INTEGER: "fix_number",
    AnswerType.DECIMAL: "fix_number",
    AnswerType.DATE: "fix_date",
    AnswerType.TEXT: "fix_words",
    AnswerType.PLACE: "fix_words",
}


def start(flow: Flow, contact: Contact, *, now: datetime) -> Sprint:
    """Begin a flow in the contact's language, up to the first question or the end."""
    return Run(plan_of(flow), Session(flow.code, None, contact.language), contact, now).go(0)


def resume(flow: Flow, session: Session, contact: Contact, reply: Reply, *, now: datetime) -> Sprint:
    """Take a reply to the open question, and go on to the next one or the end.

    A session that has ended, or waits for nothing, stays as it is.
    """
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        return _unmoved(session)
    run = Run(plan, session, contact, now)
    words = Reply(clean(reply.text), reply.choice, reply.media, reply.place)
    about = Circumstances(
        session.language,
        now.date(),
        lambda text: _suspects(run, question, text),
        run.hidden(question),
        contact.places,
    )
    return _follow(run, question, read(question, words, about), words.text or clean(words.choice or ""))


def repeat(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """Ask the open question again in the contact's present language.

    For after an interruption, or when the language has changed.
    """
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        return _unmoved(session)
    run = Run(plan, session, contact, now)
    run.language = contact.language
    return run.ask(question, retries=session.retries)


def remind(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """Say the flow's reminder and the open question again. The wait ends when it would have ended."""
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        return _unmoved(session)
    run = Run(plan, session, contact, now)
    if plan.reminder is not None:
        run.say_phrase(question, plan.reminder)
    run.say(question)
    return run.wait(question, session.retries, session.expires)


def expire(flow: Flow, session: Session, contact: Contact, *, now: datetime) -> Sprint:
    """End a run whose question stayed without an answer. Before `session.expires` nothing happens."""
    plan = plan_of(flow)
    question = _open_question(plan, session)
    if question is None:
        return _unmoved(session)
    if session.expires is not None and now < session.expires:
        return Sprint(session, ())
    run = Run(plan, session, contact, now)
    run.miss(question, Missing.NO_REPLY)
    return run.end(Disposition.EXPIRED)


def stop(flow: Flow, session: Session, *, disposition: Disposition) -> Sprint:
    """End a run from outside: the person opted out or broke off, or somebody took over."""
    if session.ended:
        return Sprint(session, ())
    question = _open_question(plan_of(flow), session)
    missed: tuple[Event, ...] = ()
    if question is not None:
        missed = (AnswerMissed(question.step.name, Missing.STOPPED, "", question.step.indicator),)
    return _ended(session, disposition, missed)


def _open_question(plan: Plan, session: Session) -> Question | None:
    """The question that waits; None where the session has ended, waits for nothing, or stands nowhere."""
    return plan.questions.get(session.step or "") if session.waiting and not session.ended else None


def _unmoved(session: Session) -> Sprint:
    """Leave a session without an open question as it is; one that waits at no step of the flow has failed."""
    if session.ended or not session.waiting:
        return Sprint(session, ())
    return _ended(session, Disposition.FAILED, (Problem("unknown_step", session.step),))


def _ended(session: Session, disposition: Disposition, events: tuple[Event, ...]) -> Sprint:
    over = Session(
        session.flow,
        None,
        session.language,
        session.answers,
        sequence=session.sequence,
        ended=True,
        disposition=disposition,
    )
    return Sprint(over, (*events, RunEnded(disposition)))


def _suspects(run: Run, question: Question, text: str) -> str | None:
    """The rule of the lists, or of the question itself, that sees a possible disclosure in a text."""
    rule = suspect(text)
    if rule is None and question.step.disclosure and _own_rule_holds(run, question, text):
        rule = f"flow.{run.plan.flow_code}.{question.step.name}"
    return rule


def _own_rule_holds(run: Run, question: Question, text: str) -> bool:
    if question.disclosure is not None:
        return run.holds(question.disclosure, question, answer=text)
    try:
        return found(question.step.disclosure or "", fold(text))
    except PatternInvalid as error:
        run.problem("bad_pattern", question.step.name, str(error))
        return False


def _follow(run: Run, question: Question, reading: Reading, raw: str) -> Sprint:
    """Go where the reading of a reply leads."""
    match reading:
        case Understood():
            return _answered(run, question, reading, raw)
        case Unsure((only,)):
            return _answered(run, question, only, raw)
        case Suspected(rule):
            run.report(DisclosureSuspected(raw, rule, question.step.name))
            return run.end(Disposition.HANDED_OVER)
        case Outcome.SKIP if not question.step.required:
            run.miss(question, Missing.SKIPPED, raw)
            return run.go(question.next)
        case Outcome.SKIP:
            return _again(run, question, raw, Missing.SKIPPED)
        case Outcome.UNCLEAR | Unsure():
            run.report(ReplyNotUnderstood(question.step.name, raw))
            return _again(run, question, raw, Missing.NOT_UNDERSTOOD)


def _answered(run: Run, question: Question, answer: Understood, raw: str) -> Sprint:
    """Keep an answer that the constraint allows, and go on."""
    step = question.step
    if question.constraint is not None and not run.holds(question.constraint, question, answer=answer.value):
        run.report(ReplyNotUnderstood(step.name, raw))
        return _again(run, question, raw, Missing.NOT_UNDERSTOOD, refused=True)
    run.keep(step.name, answer.value)
    run.report(
        AnswerGiven(
            step.name,
            answer.value,
            step.type,
            raw,
            answer.matched,
            step.indicator,
            personal=question.personal,
        )
    )
    jumps = (question.choices[place].goto for place in answer.choices)
    return run.go(next((jump for jump in jumps if jump is not None), question.next))


def _again(run: Run, question: Question, raw: str, why: Missing, *, refused: bool = False) -> Sprint:
    """Ask again, with a word of help before it; when the retries are used up, give the question up."""
    retries = run.session.retries + 1
    if retries > question.step.retries:
        return _give_up(run, question, raw, why)
    if refused and question.refusal is not None:
        run.say_phrase(question, question.refusal)
    else:
        key = "does_not_fit" if refused else _help_key(question, why)
        run.say_phrase(question, run.plan.engine[key], run.plan.engine[f"{key}.short"])
    return run.ask(question, retries=retries)


def _help_key(question: Question, why: Missing) -> str:
    """Which of the engine's own texts helps."""
    if why is Missing.SKIPPED:
        return "cannot_skip"
    return _FIX[question.step.type] + ("_required" if question.step.required else "")


def _give_up(run: Run, question: Question, raw: str, why: Missing) -> Sprint:
    run.miss(question, why, raw)
    if question.step.on_failure is OnFailure.HUMAN:
        run.report(HumanAsked("not_understood"))
        return run.end(Disposition.HANDED_OVER)
    return run.go(question.next)
