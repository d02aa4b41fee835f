"""Hearing a reply: what it means for the open question, and where that leads."""

from __future__ import annotations

from flows import going_back, offers, quotas
from flows.answers import Circumstances, Outcome, Reading, Suspected, Understood, Unsure, clean, read
from flows.definition import SHOWN, AnswerType, OnFailure
from flows.disclosure import suspect
from flows.doubts import GUESS, READ_BACK, doubt, may_repeat, reading_of
from flows.events import (
    AnswerGiven,
    DisclosureSuspected,
    Disposition,
    HintGiven,
    HumanAsked,
    MatchConfirmed,
    Matched,
    Missing,
    ReplyNotUnderstood,
)
from flows.folding import fold
from flows.nodes import Question
from flows.patterns import PatternInvalid, found
from flows.recall import is_back, is_help, picked
from flows.run import Run
from flows.session import Reply, Sprint

FIX = {
    AnswerType.SELECT_ONE: "fix_choice",
    AnswerType.SELECT_MULTIPLE: "fix_list",
    AnswerType.INTEGER: "fix_number",
    AnswerType.DECIMAL: "fix_number",
    AnswerType.RANGE: "fix_number",
    AnswerType.DATE: "fix_date",
    AnswerType.DATETIME: "fix_date",
    AnswerType.TIME: "fix_time",
    AnswerType.RANK: "fix_rank",
    AnswerType.ACKNOWLEDGE: "fix_ok",
    AnswerType.TEXT: "fix_words",
    AnswerType.PLACE: "fix_words",
    AnswerType.LOCATION: "fix_words",
} | dict.fromkeys(SHOWN, "fix_media")
_WORDY = frozenset({AnswerType.TEXT, AnswerType.PLACE})  # any words may be the answer
_NUMBERS = frozenset({AnswerType.INTEGER, AnswerType.DECIMAL, AnswerType.RANGE})
_STEP_ERROR = 1e-9


def hear(run: Run, question: Question, reply: Reply) -> Sprint:
    """Take a reply: to a doubt or an offer that is open, to the question itself, or about it."""
    more = run.session.more
    raw = reply.text or clean(reply.choice or "")
    if more.doubt:
        settled = _settle(run, question, reply)
        if settled is not None:
            return settled
    if question.lookup:
        found_on = _look_up(run, question, reply, raw)
        if found_on is not None:
            return found_on
    reading = reading_for(run, question, reply)
    if isinstance(reading, Understood) and question.step.type not in _WORDY:
        return _answered(run, question, reading, raw)
    about = None if isinstance(reading, Suspected) else _about_the_question(run, question, reply)
    if about is not None:
        return about
    return _follow(run, question, reading, reply, raw)


def reading_for(run: Run, question: Question, reply: Reply) -> Reading:
    """What a reply means as an answer to a question."""
    about = Circumstances(
        run.session.language,
        run.now.date(),
        lambda text: _suspects(run, question, text),
        run.hidden(question),
        run.contact.places,
    )
    return read(question, reply, about)


# What is said about the question, or about what we asked last


def _about_the_question(run: Run, question: Question, reply: Reply) -> Sprint | None:
    """Back, or "what does it mean?". Where any words may be the answer, only "?" asks that."""
    if reply.choice is not None:
        return None
    if is_back(reply.text):
        return going_back.back(run, question)
    if is_help(reply.text, words=question.step.type not in _WORDY):
        return _explain(run, question)
    return None


def _explain(run: Run, question: Question) -> Sprint:
    """Say the hint, and ask again. It costs no retry: to ask is no mistake."""
    run.report(HintGiven(run.key(question)))
    if question.hint is not None:
        run.say_phrase(question, question.hint)
    else:
        run.say_engine(question, "no_hint")
    return run.ask(question, retries=run.session.retries)


def _settle(run: Run, question: Question, reply: Reply) -> Sprint | None:
    """Take what a reply says to our doubt; None: it says something else."""
    raw, kind, *rows = run.session.more.doubt or ["", GUESS]
    said = picked(reply, len(rows), run.language)
    if said is None:
        return None
    run.report(MatchConfirmed(run.key(question), said is not False))
    if said is False:
        return (
            run.ask(question, retries=run.session.retries)
            if kind == READ_BACK
            else _again(run, question, raw, Missing.NOT_UNDERSTOOD)
        )
    place = 0 if said is True else said - 1
    return _keep(run, question, reading_of(rows[place]), raw, confirmed=True)


def _look_up(run: Run, question: Question, reply: Reply, raw: str) -> Sprint | None:
    """A number on the page that was offered, or the next page; None: the reply is to be read."""
    state = run.session.more.offer
    page = offers.next_page(run, state, question, reply)
    if page is not None:
        return offers.offer(run, question, *page)
    place = None if state is None or reply.choice is not None else offers.chosen(run, state, reply)
    if place is None:
        return None
    code = question.choices[place].code
    many = question.step.type is not AnswerType.SELECT_ONE
    reading = Understood([code] if many else code, Matched.NUMBER, (place,))
    return _answered(run, question, reading, raw)


# What a reading leads to


def _suspects(run: Run, question: Question, text: str) -> str | None:
    """The rule of the lists, or of the question itself, that sees a possible disclosure in a text."""
    rule = suspect(text)
    if rule is None and question.step.disclosure and _own_rule_holds(run, question, text):
        rule = f"flow.{run.plan.flow_code}.{question.name}"
    return rule


def _own_rule_holds(run: Run, question: Question, text: str) -> bool:
    if question.disclosure is not None:
        return run.holds(question.disclosure, question, answer=text)
    try:
        return found(question.step.disclosure or "", fold(text))
    except PatternInvalid as error:
        run.problem("bad_pattern", question.name, str(error))
        return False


def _follow(run: Run, question: Question, reading: Reading, reply: Reply, raw: str) -> Sprint:
    """Go where the reading of a reply leads."""
    match reading:
        case Understood():
            return _answered(run, question, reading, raw)
        case Suspected(rule):
            run.report(DisclosureSuspected(raw, rule, question.name))
            return run.end(Disposition.HANDED_OVER)
        case Outcome.SKIP:
            return _skip(run, question, raw)
        case Unsure(readings) if may_repeat(question, readings):
            fitting = _fitting(run, question, readings)
            return doubt(run, question, fitting[: run.contact.limits.options], raw=raw, kind=GUESS)
        case Outcome.UNCLEAR | Unsure():
            return _offer(run, question, reply, raw) or _unclear(run, question, raw)


def _fitting(run: Run, question: Question, readings: tuple[Understood, ...]) -> tuple[Understood, ...]:
    """The readings that the question allows: nobody is asked whether a day to come was meant by a birthday."""
    rule = question.constraint
    fitting = tuple(
        each
        for each in readings
        if _in_range(question, each) and (rule is None or run.holds(rule, question, answer=each.value))
    )
    return fitting or readings


def _unclear(run: Run, question: Question, raw: str) -> Sprint:
    run.report(ReplyNotUnderstood(run.key(question), raw))
    return _again(run, question, raw, Missing.NOT_UNDERSTOOD)


def _offer(run: Run, question: Question, reply: Reply, raw: str) -> Sprint | None:
    """The best matches of a typed text, where the options are looked up; None: there are none."""
    places = offers.matches(run, question, reply.text) if question.lookup else []
    if not places:
        return None
    if len(places) > 1:
        return offers.offer(run, question, places)
    many = question.step.type is not AnswerType.SELECT_ONE
    code = question.choices[places[0]].code
    reading = Understood([code] if many else code, Matched.FUZZY, (places[0],))
    return doubt(run, question, (reading,), raw=raw, kind=GUESS)


def _skip(run: Run, question: Question, raw: str) -> Sprint:
    """The default where there is one, else no answer, unless one is needed."""
    if question.default is not None:
        value = run.value(question.default, question)
        text = " ".join(value) if isinstance(value, list) else str(value)
        taken = reading_for(run, question, Reply(text, choice=text if question.choices else None))
        if isinstance(taken, Understood):
            return _answered(run, question, taken._replace(matched=Matched.DEFAULT), raw)
    if run.demanded(question):
        return _again(run, question, raw, Missing.SKIPPED)
    run.miss(question, Missing.SKIPPED, raw)
    run.passed(question)
    return run.go(question.next)


def _answered(run: Run, question: Question, answer: Understood, raw: str) -> Sprint:
    """Keep an answer that the constraint allows, and go on; first read it back where the author wants that."""
    step = question.step
    if step.range is not None and not _in_range(question, answer):
        run.report(ReplyNotUnderstood(run.key(question), raw))
        return _again(run, question, raw, Missing.NOT_UNDERSTOOD, refused="out_of_range")
    if question.constraint is not None and not run.holds(question.constraint, question, answer=answer.value):
        run.report(ReplyNotUnderstood(run.key(question), raw))
        return _again(run, question, raw, Missing.NOT_UNDERSTOOD, refused="does_not_fit")
    if step.confirm and not question.personal and answer.matched is not Matched.DEFAULT:
        return doubt(run, question, (answer,), raw=raw, kind=READ_BACK)
    return _keep(run, question, answer, raw)


def _in_range(question: Question, answer: Understood) -> bool:
    bounds, value = question.range, answer.value
    if bounds is None or not isinstance(value, int | float) or question.step.type not in _NUMBERS:
        return True
    steps = (value - bounds.start) / bounds.step if bounds.step > 0 else 0
    return bounds.start <= value <= bounds.end and abs(steps - round(steps)) < _STEP_ERROR


def _keep(run: Run, question: Question, answer: Understood, raw: str, *, confirmed: bool = False) -> Sprint:
    key, step = run.key(question) if question.repeats else question.name, question.step
    if question.another is not None:
        run.passed(question)
        return run.go(question.another if answer.value == "yes" else question.next)
    corrected = key in run.withdrawn or key in run.answers
    if run.withdrawn:
        run.given(key)
    run.keep(key, answer.value)
    run.report(
        AnswerGiven(
            key,
            answer.value,
            step.type,
            raw,
            answer.matched,
            step.indicator,
            personal=question.personal,
            step=question.name,
            path=run.path(question) if question.repeats else (),
            corrected=corrected,
            confirmed=confirmed,
        )
    )
    run.passing = question
    if run.plan.quotas and quotas.check(run):
        return _full(run, question)
    jumps = (question.choices[place].goto for place in answer.choices)
    return run.go(next((jump for jump in jumps if jump is not None), question.next))


def _full(run: Run, question: Question) -> Sprint:
    if run.plan.quota_text is not None:
        run.say_phrase(question, run.plan.quota_text)
    else:
        run.say_engine(question, "quota_full")
    return run.end(Disposition.QUOTA_FULL)


def _again(run: Run, question: Question, raw: str, why: Missing, *, refused: str | None = None) -> Sprint:
    """Ask again, with a word of help before it; when the retries are used up, give the question up."""
    retries = run.session.retries + 1
    if retries > question.step.retries:
        return _give_up(run, question, raw, why)
    bounds = question.range
    own = question.refusal if refused else question.demand if why is Missing.SKIPPED else None
    if own is not None:
        run.say_phrase(question, own)
    elif bounds is not None and refused != "does_not_fit" and why is Missing.NOT_UNDERSTOOD:
        filled = {"low": f"{bounds.start:g}", "high": f"{bounds.end:g}"}
        run.say_engine(question, "out_of_range", filled=filled)
    else:
        run.say_engine(question, refused or _help_key(run, question, why))
    return run.ask(question, retries=retries)


def _help_key(run: Run, question: Question, why: Missing) -> str:
    """Which of the engine's own texts helps."""
    if why is Missing.SKIPPED:
        return "cannot_skip"
    key = "fix_lookup" if question.lookup else FIX[question.step.type]
    needed = f"{key}_required"
    return needed if needed in run.plan.engine and run.demanded(question) else key


def _give_up(run: Run, question: Question, raw: str, why: Missing) -> Sprint:
    run.miss(question, why, raw)
    if question.step.on_failure is OnFailure.HUMAN:
        run.report(HumanAsked("not_understood"))
        return run.end(Disposition.HANDED_OVER)
    run.passed(question)
    return run.go(question.next)
