"""What a sprint knows and reports: answers, fields, expressions over them, events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.events import AnswerMissed, Event, Missing, Problem
from flows.expressions import Expression, ExpressionFailed
from flows.plan import BrokenExpression, Condition, Node, Plan, Question
from flows.session import Answer, Contact, Session

_NONE: frozenset[int] = frozenset()


class Facts:
    """The state of one sprint, begun from a session."""

    __slots__ = (
        "_fields",
        "_variables",
        "answers",
        "contact",
        "events",
        "language",
        "now",
        "plan",
        "sequence",
        "session",
    )

    def __init__(self, plan: Plan, session: Session, contact: Contact, now: datetime) -> None:
        """Start from a session; its answers are copied."""
        self.plan = plan
        self.session = session
        self.contact = contact
        self.now = now
        self.language = session.language
        self.answers: dict[str, Answer] = dict(session.answers)
        self.events: list[Event] = []
        self.sequence = session.sequence
        self._fields: dict[str, Any] = {}
        self._variables: dict[str, Any] | None = None

    def report(self, event: Event) -> None:
        """Add an event."""
        self.events.append(event)

    def problem(self, code: str, step: str | None, detail: str = "") -> None:
        """Report an author's mistake."""
        self.events.append(Problem(code, step, detail))

    def miss(self, question: Question, why: Missing, raw: str = "") -> None:
        """Report that a question stays without an answer, and forget an earlier one."""
        self.answers.pop(question.step.name, None)
        self._variables = None
        self.events.append(AnswerMissed(question.step.name, why, raw, question.step.indicator))

    def keep(self, name: str, value: Answer) -> None:
        """Remember an answer."""
        self.answers[name] = value
        self._variables = None

    def keep_field(self, name: str, value: Any) -> None:
        """Remember a fact for the rest of this sprint; the shell keeps it for good."""
        self._fields[name] = value
        self._variables = None

    @property
    def variables(self) -> Mapping[str, Any]:
        """What `${…}` sees: the contact's fields, and the answers over them."""
        if self._variables is None:
            self._variables = {**self.contact.fields, **self._fields, **self.answers}
        return self._variables

    def holds(self, condition: Condition, node: Node, *, answer: Any = "") -> bool:
        """Whether a condition is true; one that fails is a problem, and false."""
        try:
            return condition.holds(self.variables, answer=answer, now=self.now)
        except ExpressionFailed as error:
            self.problem("bad_expression", node.step.name, str(error))
            return False

    def value(self, argument: Any, node: Node) -> Any:
        """An argument of an action: a literal, or the value of its expression ("" where that fails)."""
        if not isinstance(argument, Expression | BrokenExpression):
            return argument
        try:
            result = argument.evaluate(self.variables, now=self.now)
        except ExpressionFailed as error:
            self.problem("bad_expression", node.step.name, str(error))
            return ""
        return whole(result) if isinstance(result, float) else result

    def hidden(self, node: Node) -> frozenset[int]:
        """The places of options that are not offered to this contact."""
        if not isinstance(node, Question) or not node.conditional:
            return _NONE
        return frozenset(
            place
            for place, choice in enumerate(node.choices)
            if choice.when is not None and not self.holds(choice.when, node)
        )


def whole(value: float) -> float | str:
    """A number as people write it: 5, not 5.0; what is no number is empty."""
    if value != value:  # noqa: PLR0124 - NaN
        return ""
    return int(value) if value.is_integer() else value
