"""What a sprint knows and reports: answers, values, fields, expressions over them, events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.events import AnswerMissed, Event, Missing, Problem
from flows.expressions import Expression, ExpressionFailed
from flows.nodes import BrokenExpression, Condition, Node, Question
from flows.plan import Plan
from flows.scope import Repeated, Scope
from flows.session import NO_MORE, Answer, Contact, More, Session
from flows.views import View

_NONE: frozenset[int] = frozenset()
_EMPTY: Mapping[str, Repeated] = {}


class Facts:
    """The state of one sprint, begun from a session."""

    __slots__ = (
        "_fields",
        "_hidden",
        "_variables",
        "_views",
        "answers",
        "contact",
        "events",
        "language",
        "more",
        "now",
        "passing",
        "plan",
        "positions",
        "quotas",
        "rounds",
        "sequence",
        "session",
        "totals",
        "trail",
        "undo",
        "values",
        "withdrawn",
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
        self.trail = session.trail
        self.passing: Question | None = None  # the question that is left behind in this sprint
        self.undo: tuple[dict[str, Any], dict[str, Any]] = ({}, {})  # answers and values before this sprint
        more = self.more = session.more
        # Most sessions have nothing more, and this is done for each reply: copying nothing costs time too.
        plain = more is NO_MORE
        self.values: dict[str, Any] = {} if plain else dict(more.values)
        self.positions: dict[str, int] = {} if plain else dict(more.positions)
        self.rounds: dict[str, int] = {} if plain else dict(more.rounds)
        self.totals: dict[str, int] = {} if plain else dict(more.totals)
        self.withdrawn: list[str] = more.withdrawn
        self.quotas: list[str] = more.quotas
        self._fields: dict[str, Any] = {}
        self._variables: dict[str, Any] | None = None
        self._views: dict[Any, Mapping[str, Any]] = {}
        self._hidden: dict[int, frozenset[int]] = {}

    def report(self, event: Event) -> None:
        """Add an event."""
        self.events.append(event)

    def problem(self, code: str, step: str | None, detail: str = "") -> None:
        """Report an author's mistake."""
        self.events.append(Problem(code, step, detail))

    # Names and places

    def path(self, node: Node) -> tuple[int, ...]:
        """The rounds of the repeats around a node."""
        nodes = self.plan.nodes
        return tuple(self.positions.get(nodes[index].name, 1) for index in node.repeats)

    def key(self, node: Node) -> str:
        """The name under which a node's answer or value is kept: in a repeat with its rounds."""
        if not node.repeats:
            return node.name
        return node.name + "".join(f"[{number}]" for number in self.path(node))

    # Changes

    def miss(self, question: Question, why: Missing, raw: str = "") -> None:
        """Report that a question stays without an answer, and forget an earlier one."""
        key = self.key(question)
        if question.another is None:
            self.events.append(
                AnswerMissed(key, why, raw, question.step.indicator, question.name, self.path(question))
            )
        self.given(key)
        if key in self.answers:
            self.undo[0].setdefault(key, self.answers.pop(key))
            self._forget_views()

    def given(self, key: str) -> None:
        """A question is settled anew: nothing of it is withdrawn any more."""
        if key in self.withdrawn:
            self.withdrawn = [name for name in self.withdrawn if name != key]

    def keep(self, key: str, value: Answer) -> None:
        """Remember an answer."""
        self.undo[0].setdefault(key, self.answers.get(key))
        self.answers[key] = value
        self._variables = None
        if self.plan.nested or self._hidden:
            self._forget_views()

    def keep_value(self, key: str, value: Any) -> None:
        """Remember a value that nobody answered."""
        self.undo[1].setdefault(key, self.values.get(key))
        self.values[key] = value
        self._forget_views()

    def keep_field(self, name: str, value: Any) -> None:
        """Remember a fact for the rest of this sprint; the shell keeps it for good."""
        self._fields[name] = value
        self._forget_views()

    def barrier(self) -> None:
        """Nobody goes back behind this step: what it did outside cannot be taken back."""
        self.trail = []
        self.passing = None

    def forget(self, keys: list[str]) -> None:
        """Forget answers and values of a repeat that is gone through anew."""
        for key in keys:
            if key in self.answers:
                self.undo[0].setdefault(key, self.answers.pop(key))
            if key in self.values:
                self.undo[1].setdefault(key, self.values.pop(key))
        self._forget_views()

    def moved(self) -> None:
        """Positions or rounds have changed."""
        self._forget_views()

    def _forget_views(self) -> None:
        self._variables = None
        if self._views:
            self._views = {}
        if self._hidden:
            self._hidden = {}

    # Reading

    @property
    def variables(self) -> Mapping[str, Any]:
        """What `${…}` sees outside all repeats and calls: fields, and values and answers over them."""
        if self._variables is None:
            self._variables = {**self.contact.fields, **self._fields, **self.values, **self.answers}
        return self._variables

    def seen_from(self, node: Node) -> Mapping[str, Any]:
        """What `${…}` means at a node: its round's answers inside a repeat, the called flow's own inside a call."""
        if not self.plan.nested:
            return self.variables
        where = (node.prefix, node.repeats)
        view = self._views.get(where)
        if view is None:
            fields = {**self.contact.fields, **self._fields}
            kept = {**self.values, **self.answers}
            view = View(self.plan, kept, self.rounds, self.positions).at(node, fields)
            self._views[where] = view
        return view

    def scope(self, node: Node, answer: Any = "") -> Scope:
        """All that an expression may read at a node."""
        plan = self.plan
        lists, options = plan.labels(self.language)
        if not node.around and not node.prefix:
            return Scope(
                self.seen_from(node),
                self.now,
                answer,
                self.language,
                self.contact.seed,
                node.name,
                lists,
                options,
                self._everywhere(node.prefix),
            )
        places = tuple(
            (around.name, 1 if around.repeat is None else self.positions.get(around.name, 1))
            for around in node.around
        )
        return Scope(
            self.seen_from(node),
            self.now,
            answer,
            self.language,
            self.contact.seed,
            self.key(node),
            lists,
            options,
            self._everywhere(node.prefix),
            places,
        )

    def _everywhere(self, prefix: str) -> Mapping[str, Repeated]:
        if not self.plan.repeated:
            return _EMPTY
        kept = self._views.get(prefix)
        if kept is None:
            view = View(self.plan, {**self.values, **self.answers}, self.rounds, self.positions)
            kept = self._views[prefix] = view.everywhere(prefix)
        return kept

    def holds(self, condition: Condition, node: Node, *, answer: Any = "") -> bool:
        """Whether a condition is true; one that fails is a problem, and false."""
        try:
            return condition.holds(self.scope(node, answer))
        except ExpressionFailed as error:
            self.problem("bad_expression", node.name, str(error))
            return False

    def value(self, argument: Any, node: Node) -> Any:
        """An argument of an action: a literal, or the value of its expression ("" where that fails)."""
        if isinstance(argument, Mapping):
            return {name: self.value(row, node) for name, row in argument.items()}
        if not isinstance(argument, Expression | BrokenExpression):
            return argument
        try:
            result = argument.evaluate(self.scope(node))
        except ExpressionFailed as error:
            self.problem("bad_expression", node.name, str(error))
            return ""
        return whole(result) if isinstance(result, float) else result

    def hidden(self, node: Node) -> frozenset[int]:
        """The places of options that are not offered to this contact."""
        if not isinstance(node, Question) or not node.conditional:
            return _NONE
        hidden = self._hidden.get(node.index)
        if hidden is None:
            hidden = self._hidden[node.index] = self._unfit(node)
        return hidden

    def _unfit(self, question: Question) -> frozenset[int]:
        unfit = {
            place
            for place, choice in enumerate(question.choices)
            if choice.when is not None and not self.holds(choice.when, question)
        }
        if question.filter is not None:
            fitting = self._fitting(question)
            unfit |= {
                place
                for place, choice in enumerate(question.choices)
                if place not in fitting and not (question.step.other is not None and choice.code == "other")
            }
        return frozenset(unfit)

    def _fitting(self, question: Question) -> set[int]:
        """The places of the options that the filter lets through."""
        if question.rows is None or question.filter is None:
            return set()
        try:
            if isinstance(question.filter, BrokenExpression):
                question.filter.holds(None)
                return set()
            rows = question.filter.choose(question.rows, self.scope(question))
        except ExpressionFailed as error:
            self.problem("bad_expression", question.name, str(error))
            return set()
        return {question.by_code[row.code] for row in rows}

    def demanded(self, question: Question) -> bool:
        """Whether a question must be answered."""
        return question.step.required or (
            question.required is not None and self.holds(question.required, question)
        )

    @property
    def has_more(self) -> bool:
        """Whether there is anything to keep beside the answers."""
        return bool(self.values or self.rounds or self.withdrawn or self.quotas or self.plan.keeps_start)

    def more_now(
        self,
        doubt: list[Any] | None,
        offer: list[Any] | None,
        service: str | None,
        last: str | None,
    ) -> More:
        """What the session must keep beside its answers."""
        started = self.more.started
        if self.plan.keeps_start and started is None:
            started = self.now.isoformat()
        return More(
            self.values,
            self.positions,
            self.rounds,
            self.totals,
            doubt,
            offer,
            self.withdrawn,
            self.quotas,
            started,
            last,
            service,
        )


def whole(value: float) -> float | str:
    """A number as people write it: 5, not 5.0; what is no number is empty."""
    if value != value:  # noqa: PLR0124 - NaN
        return ""
    return int(value) if value.is_integer() else value
