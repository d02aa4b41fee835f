"""One sprint in the making: walks the steps of a plan to the next question or the end."""

from __future__ import annotations

from datetime import datetime

from flows.actions import act
from flows.definition import AnswerType
from flows.events import Disposition, RunEnded, WaitStarted
from flows.plan import BranchNode, DoNode, FinishNode, Node, Question
from flows.session import Session, Sprint
from flows.speech import Speech

MAX_STEPS = 500  # a sprint
MAX_MESSAGES = 20  # a sprint: nobody's phone fills up because a flow is wrong


class Run(Speech):
    """A sprint of one session. `go`, `ask`, `wait` and `end` give the finished `Sprint`."""

    __slots__ = ()

    def go(self, index: int) -> Sprint:
        """Walk from a step to the next question or the end."""
        nodes = self.plan.nodes
        for _ in range(MAX_STEPS):
            if index == len(nodes):
                return self.end(Disposition.COMPLETED)
            if index < 0:
                return self.fail("unknown_step", None)
            node = nodes[index]
            if node.when is not None and not self.holds(node.when, node):
                index += 1
                continue
            outcome = self._step(node)
            if isinstance(outcome, Sprint):
                return outcome
            index = outcome
            if self.sequence - self.session.sequence > MAX_MESSAGES:
                return self.fail("message_limit", node.step.name)
        return self.fail("step_limit", nodes[index].step.name if 0 <= index < len(nodes) else None)

    def _step(self, node: Node) -> int | Sprint:
        """Do one step: the index of the next one, or the finished sprint."""
        match node:
            case Question():
                return self._ask_if_possible(node)
            case BranchNode():
                return next((goto for when, goto in node.routes if self.holds(when, node)), node.next)
            case DoNode():
                ending = act(self, node)
                return node.next if ending is None else self.end(ending)
            case FinishNode():
                if node.disposition is None:
                    return self.fail("unknown_disposition", node.step.name)
                return self.end(node.disposition)
            case _:
                self.say(node)
                return node.next

    def _ask_if_possible(self, question: Question) -> int | Sprint:
        """A closed question with nothing to choose from would hold the person for ever."""
        closed = question.step.type in {AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE}
        if closed and len(self.hidden(question)) == len(question.choices):
            self.problem("no_options", question.step.name)
            return question.next
        return self.ask(question)

    def ask(self, question: Question, *, retries: int = 0) -> Sprint:
        """Say a question and wait for its answer."""
        self.say(question)
        expires = self.now + self.plan.expires
        reminders = tuple(self.now + after for after in self.plan.reminders)
        self.events.append(WaitStarted(question.step.name, expires, reminders))
        return self.wait(question, retries, expires)

    def wait(self, question: Question, retries: int, expires: datetime | None) -> Sprint:
        """Stand at a question until `expires`."""
        return self._sprint(question.step.name, retries=retries, waiting=True, expires=expires)

    def end(self, disposition: Disposition) -> Sprint:
        """Finish the run."""
        self.events.append(RunEnded(disposition))
        return self._sprint(None, ended=True, disposition=disposition)

    def fail(self, code: str, step: str | None) -> Sprint:
        """Finish the run with an author's mistake that leaves no way on."""
        self.problem(code, step)
        return self.end(Disposition.FAILED)

    def _sprint(
        self,
        step: str | None,
        *,
        retries: int = 0,
        waiting: bool = False,
        ended: bool = False,
        disposition: Disposition | None = None,
        expires: datetime | None = None,
    ) -> Sprint:
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
        )
        return Sprint(session, tuple(self.events))
