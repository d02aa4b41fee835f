"""Going back: the last answer is taken back, and its question asked again as if it had just been reached."""

from __future__ import annotations

from typing import Any

from flows import quotas
from flows.events import AnswerWithdrawn
from flows.nodes import Question
from flows.run import Run
from flows.session import MAX_BACK, Sprint


def back(run: Run, question: Question) -> Sprint:
    """Take the last answer back; where there is none, or nothing can be taken back, say so and ask again."""
    trail = run.session.passed
    earlier = run.plan.questions.get(_name(trail[-1])) if trail else None
    if earlier is None:
        run.say_engine(question, "no_way_back")
        return run.ask(question, retries=run.session.retries)
    *run.trail, mark = trail
    _restore(run, mark)
    if run.trail == list(run.answers)[-MAX_BACK:]:
        run.trail = None
    run.moved()
    if earlier.another is None:
        key = run.key(earlier)
        run.given(key)
        run.withdrawn = [*run.withdrawn, key]
        run.report(AnswerWithdrawn(key, earlier.name, run.path(earlier)))
    quotas.recheck(run)
    return run.ask(earlier)


def _name(mark: Any) -> str:
    return mark if isinstance(mark, str) else str(mark[0])


def _restore(run: Run, mark: Any) -> None:
    """Bring back what was known when the question was asked."""
    if isinstance(mark, str):
        run.answers.pop(mark, None)
        return
    _, positions, answers, values, rounds, totals = mark
    _put_back(run.answers, answers)
    _put_back(run.values, values)
    run.positions, run.rounds, run.totals = dict(positions), dict(rounds), dict(totals)


def _put_back(kept: dict[str, Any], before: dict[str, Any]) -> None:
    for key, value in before.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value
