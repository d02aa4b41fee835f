"""One sprint in the making: walks the nodes of a plan to the next wait or the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flows import keeping, quotas, rounds
from flows.actions import act
from flows.definition import MediaFallback, Say
from flows.events import (
    Disposition,
    Event,
    Missing,
    RunEnded,
    SplitTaken,
    WaitStarted,
)
from flows.nodes import (
    BranchNode,
    CallNode,
    DoNode,
    FinishNode,
    GroupNode,
    KeepNode,
    Node,
    Question,
    RepeatNode,
    SplitNode,
)
from flows.session import MAX_BACK, NO_MORE, Session, Sprint
from flows.speech import Speech
from flows.waits import Pause

MAX_STEPS = 500  # a sprint
MAX_MESSAGES = 20  # a sprint: nobody's phone fills up because a flow is wrong


class Run(Speech):
    """A sprint of one session. `go`, `ask`, `wait` and `end` give the finished `Sprint`."""

    __slots__ = ()

    def go(self, index: int) -> Sprint:  # noqa: C901 - the one loop
        """Walk from a step to the next wait or the end."""
        nodes = self.plan.nodes
        for _ in range(MAX_STEPS):
            if index == len(nodes):
                return self.end(Disposition.COMPLETED)
            if index < 0:
                return self.fail("unknown_step", None)
            node = nodes[index]
            if self.positions or node.repeats:
                index = rounds.settle(self, node)
                if index != node.index:
                    continue
            if node.when is not None and not self.holds(node.when, node):
                index = self._past(node)
                continue
            outcome = self._step(node)
            if isinstance(outcome, Sprint):
                return outcome
            index = outcome
            if self.sequence - self.session.sequence > MAX_MESSAGES:
                return self.fail("message_limit", node.name)
        return self.fail("step_limit", nodes[index].name if 0 <= index < len(nodes) else None)

    def _past(self, node: Node) -> int:
        """What follows a step that is passed over: what stands inside it is passed over too."""
        if isinstance(node, GroupNode | RepeatNode):
            return node.after
        if isinstance(node, CallNode) and not node.ends:
            return next(
                other.index + 1
                for other in self.plan.nodes[node.index + 1 :]
                if isinstance(other, CallNode) and other.ends and other.name == node.name
            )
        return node.index + 1

    def _step(self, node: Node) -> int | Sprint:  # noqa: C901, PLR0911 - one way for each kind of step
        """Do one step: the index of the next one, or the finished sprint."""
        match node:
            case Question():
                return self._ask_if_possible(node)
            case BranchNode():
                return next((goto for when, goto in node.routes if self.holds(when, node)), node.next)
            case DoNode():
                return self._do(node)
            case FinishNode():
                return self._finish(node)
            case SplitNode():
                return self._split(node)
            case KeepNode():
                keeping.keep(self, node)
                return node.next
            case CallNode():
                return self._call(node)
            case RepeatNode():
                return rounds.next_round(self, node) if node.ends else rounds.begin(self, node)
            case GroupNode():
                return node.next
            case _:
                return self._say_if_possible(node)

    def _do(self, node: DoNode) -> int | Sprint:
        outcome = act(self, node)
        if isinstance(outcome, Disposition):
            return self.end(outcome)
        if isinstance(outcome, Pause):
            self.events.append(WaitStarted(None, outcome.until))
            return self.pause(node, outcome.until, outcome.service)
        return node.next if outcome is None else outcome

    def _finish(self, node: FinishNode) -> int | Sprint:
        if node.disposition is None:
            return self.fail("unknown_disposition", node.name)
        if node.back is None:
            return self.end(node.disposition)
        self.keep_value(self._caller(node), node.disposition.value)
        return node.back

    def _caller(self, node: Node) -> str:
        """The key of the call in whose flow a node stands."""
        return self.key(self.plan.nodes[self.plan.places[node.prefix[:-1]]])

    def _call(self, node: CallNode) -> int:
        """A called flow begins without a result, and is completed where nothing else was said."""
        key = self.key(node)
        if not node.ends:
            self.keep_value(key, "")
        elif not self.values.get(key):
            self.keep_value(key, Disposition.COMPLETED.value)
        return node.next

    def _split(self, node: SplitNode) -> int:
        way = keeping.drawn(self, node)
        if way is None:
            self.problem("no_routes", node.name)
            return node.next
        _, goto, index = way
        self.keep_value(self.key(node), goto)
        self.report(SplitTaken(self.key(node), goto))
        return index

    def _say_if_possible(self, node: Node) -> int:
        step = node.step
        unheard = isinstance(step, Say) and step.media and not self.shows_media
        if not (unheard and isinstance(step, Say) and step.media_fallback is MediaFallback.SKIP):
            self.say(node)
        return node.next

    def _ask_if_possible(self, question: Question) -> int | Sprint:
        """A question that nobody can answer would hold the person for ever."""
        if question.another is not None:
            return self._ask_for_another(question)
        if question.closed and len(self.hidden(question)) == len(question.choices):
            self.problem("no_options", question.name)
            return question.next
        if question.shown and not self.shows_media:
            fallback = question.step.media_fallback
            if fallback is None:
                self.say_engine(question, "needs_media")
            if fallback is not MediaFallback.WORDS:
                self.miss(question, Missing.NOT_POSSIBLE)
                return question.next
        return self.ask(question)

    def _ask_for_another(self, question: Question) -> int | Sprint:
        """Whether there is one more round is asked where the number is not known, and there may be one."""
        if not rounds.may_go_on(self, question):
            return question.next
        if rounds.is_counted(self, question) and question.another is not None:
            return question.another
        return self.ask(question)

    def ask(self, question: Question, *, retries: int = 0) -> Sprint:
        """Say a question and wait for its answer."""
        self.say(question)
        return self.await_answer(question, retries)

    def await_answer(
        self,
        question: Question,
        retries: int,
        *,
        doubt: list[Any] | None = None,
        offer: list[Any] | None = None,
    ) -> Sprint:
        """Begin the wait of a question, or of a doubt or an offer about it."""
        if question.step.timeout is None:
            expires = self.now + self.plan.expires
            reminders = tuple([self.now + after for after in self.plan.reminders])
        else:
            expires, reminders = self._own_times(question.step.timeout)
        self.events.append(WaitStarted(question.name, expires, reminders))
        return self.wait(question, retries, expires, doubt=doubt, offer=offer)

    def _own_times(self, timeout: timedelta) -> tuple[datetime, tuple[datetime, ...]]:
        """When the wait of a question with a timeout is over, and when the person is reminded before that."""
        length = min(timeout, self.plan.expires)
        return self.now + length, tuple([self.now + after for after in self.plan.reminders if after < length])

    def wait(
        self,
        question: Question,
        retries: int,
        expires: datetime | None,
        *,
        doubt: list[Any] | None = None,
        offer: list[Any] | None = None,
    ) -> Sprint:
        """Stand at a question until `expires`; perhaps with a doubt or an offer that is open."""
        return self._sprint(
            question.name, retries=retries, waiting=True, expires=expires, doubt=doubt, offer=offer
        )

    def pause(self, node: Node, expires: datetime | None, service: str | None, *, retries: int = 0) -> Sprint:
        """Stand at a step that waits without a question."""
        return self._sprint(node.name, waiting=True, expires=expires, service=service, retries=retries)

    def end(self, disposition: Disposition, *, last: str | None = None) -> Sprint:
        """Finish the run."""
        for node in self.plan.closing:
            keeping.keep_end(self, node)
        if self.quotas and disposition is not Disposition.COMPLETED:
            quotas.release(self)
        self.events.append(RunEnded(disposition))
        self.trail = None
        return self._sprint(None, ended=True, disposition=disposition, last=last)

    def stopped(self, disposition: Disposition, events: tuple[Event, ...]) -> Sprint:
        """Finish the run from outside: nothing is kept but what was known."""
        self.events = list(events)
        quotas.release(self)
        self.events.append(RunEnded(disposition))
        self.trail = None
        return self._sprint(None, ended=True, disposition=disposition)

    def fail(self, code: str, step: str | None) -> Sprint:
        """Finish the run with an author's mistake that leaves no way on."""
        self.problem(code, step)
        return self.end(Disposition.FAILED)

    def passed(self, question: Question) -> None:
        """Leave a question behind: whoever goes back comes to it."""
        self.passing = question

    def _sprint(  # noqa: PLR0913 - a session has many parts
        self,
        step: str | None,
        *,
        retries: int = 0,
        waiting: bool = False,
        ended: bool = False,
        disposition: Disposition | None = None,
        expires: datetime | None = None,
        doubt: list[Any] | None = None,
        offer: list[Any] | None = None,
        service: str | None = None,
        last: str | None = None,
    ) -> Sprint:
        if self.passing is not None and not ended and not self._is_plain(self.passing):
            self._lengthen(self._mark(self.passing))
        nothing = not (doubt or offer or service or last) and not self.has_more
        more = NO_MORE if nothing else self.more_now(doubt, offer, service, last)
        session = Session(
            self.session.flow,
            step,
            self.language,
            self.answers,
            retries,
            self.sequence,
            waiting,
            ended,
            disposition,
            expires,
            self.trail,
            more,
        )
        return Sprint(session, tuple(self.events))

    def _is_plain(self, question: Question) -> bool:
        """Whether all that happened is one new answer: then the answers are the trail."""
        answers, values = self.undo
        return (
            self.trail is None
            and not values
            and len(answers) == 1
            and answers.get(question.name, question) is None
            and not self.rounds
            and self.session.more is NO_MORE
        )

    def _lengthen(self, mark: str | list[Any]) -> None:
        """Add a question to the trail; where it is simply the newest answer, nothing needs to be written."""
        before = self.session.answers
        if self.trail is None and isinstance(mark, str) and mark in self.answers and mark not in before:
            return
        trail = list(before) if self.trail is None else self.trail
        self.trail = [*trail[1 - MAX_BACK :], mark]

    def _mark(self, question: Question) -> str | list[Any]:
        """What it takes to go back to a question: its name; where more changed than its answer, what was before."""
        before = self.session.more
        answers, values = self.undo
        if not values and not before.rounds and not self.rounds:
            alone = len(answers) == (question.name in answers)
            if alone and answers.get(question.name) is None:
                return question.name
        return [question.name, before.positions, answers, values, before.rounds, before.totals]
