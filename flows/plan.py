"""A flow made ready to run: jumps as indexes, expressions compiled, tables from folded words to options.

Built once for each `Flow` object and kept as long as that object lives.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flows.definition import (
    END,
    AnswerType,
    Ask,
    Branch,
    Calculate,
    Do,
    Finish,
    Flow,
    Group,
    Meta,
    Option,
    Repeat,
    Say,
    Split,
    Step,
    Text,
    Variant,
)
from flows.events import Disposition, OptionShown
from flows.expressions import Expression, ExpressionFailed, ExpressionInvalid, compile_expression
from flows.folding import fold
from flows.languages import chain
from flows.texts import Phrase, engine_texts

BROKEN_JUMP = -1
AMBIGUOUS = -1  # in a table of words: more than one option
LONGEST_WAIT = timedelta(days=366)
_SPOKEN = frozenset({AnswerType.TEXT, AnswerType.PLACE})  # the person's own words


class BrokenExpression:
    """Stands where an expression did not compile: evaluating it fails with the author's error."""

    names: frozenset[str] = frozenset()

    def __init__(self, error: ExpressionInvalid) -> None:
        """Keep the error."""
        self._error = error

    def evaluate(self, _: Mapping[str, Any], *, answer: Any = "", now: datetime) -> str | float | bool:  # noqa: ARG002
        """Fail.

        Raises:
            ExpressionFailed: always.
        """
        raise ExpressionFailed(str(self._error)) from self._error

    def holds(self, _: Mapping[str, Any], *, answer: Any = "", now: datetime) -> bool:  # noqa: ARG002
        """Fail.

        Raises:
            ExpressionFailed: always.
        """
        raise ExpressionFailed(str(self._error)) from self._error


Condition = Expression | BrokenExpression


class Wording(NamedTuple):
    """One way to say a step, and its short form."""

    when: Condition | None
    phrase: Phrase
    short: Phrase | None


class Composed(NamedTuple):
    """What a step says in one language on one kind of channel; `id` is that of the wording."""

    id: str
    language: str
    text: str
    options: tuple[OptionShown, ...]


@dataclass(slots=True, eq=False)
class Node:
    """A step with its place: `index` in the flow, `next` after it."""

    step: Step
    index: int
    next: int
    when: Condition | None
    wordings: tuple[Wording, ...] = ()
    said: dict[tuple[str, bool, int], Composed] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class BranchNode(Node):
    """A branch with its routes resolved; `next` is `otherwise`."""

    routes: tuple[tuple[Condition, int], ...] = ()


@dataclass(slots=True, eq=False)
class FinishNode(Node):
    """An end; a disposition that does not exist is None."""

    disposition: Disposition | None = None


@dataclass(slots=True, eq=False)
class DoNode(Node):
    """An action with the expressions among its arguments compiled."""

    arguments: Mapping[str, Any] = field(default_factory=dict)


class Choice(NamedTuple):
    """An option with its place; `goto` is None where the question's own `next` holds."""

    code: str
    number: int
    label: Phrase
    when: Condition | None
    goto: int | None


@dataclass(slots=True, eq=False)
class Question(Node):
    """A question with its tables.

    Attributes:
        by_code, by_number: to an index in `choices`; numbers as folded text.
        words: language -> folded label, alias or code -> index, or `AMBIGUOUS`.
        any_words: the same over all languages.
        yes, no: indexes of the options with these codes.
        personal: the answer is stored encrypted, and no text ever repeats it.
    """

    step: Ask
    choices: tuple[Choice, ...] = ()
    by_code: Mapping[str, int] = field(default_factory=dict)
    by_number: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    any_words: Mapping[str, int] = field(default_factory=dict)
    yes: int | None = None
    no: int | None = None
    constraint: Condition | None = None
    refusal: Phrase | None = None  # the constraint's own message
    disclosure: Condition | None = None
    personal: bool = False
    conditional: bool = False  # some option has a `when` of its own


class Plan:
    """Everything about a flow that does not change between contacts."""

    __slots__ = (
        "__weakref__",
        "engine",
        "expires",
        "flow_code",
        "language",
        "nodes",
        "questions",
        "reminder",
        "reminders",
    )

    def __init__(self, flow: Flow) -> None:
        """Build the tables. Never fails: what is wrong with a flow shows when it is met."""
        source = flow.languages[0] if flow.languages else "eng"
        self.flow_code = flow.code
        self.language = source
        self.expires = min(flow.expires, LONGEST_WAIT)
        self.reminders = tuple(wait for wait in flow.reminders if wait < self.expires)
        self.reminder = Phrase(flow.reminder_text, source) if flow.reminder_text else None
        indexes = {step.name: index for index, step in enumerate(flow.steps)} | {END: len(flow.steps)}
        builder = _Builder(indexes, source)
        self.nodes: tuple[Node, ...] = tuple(
            builder.node(step, index) for index, step in enumerate(flow.steps)
        )
        self.questions = {node.step.name: node for node in self.nodes if isinstance(node, Question)}
        self.engine = {
            key: Phrase(text, source)
            for key, text in (dict(engine_texts()) | dict(flow.engine_texts)).items()
        }


_plans: dict[int, tuple[weakref.ref[Flow], Plan]] = {}


def plan_of(flow: Flow) -> Plan:
    """The flow's plan, built at the first call for this object."""
    kept = _plans.get(id(flow))
    if kept is not None:
        return kept[1]
    identity = id(flow)
    plan = Plan(flow)
    _plans[identity] = (weakref.ref(flow, lambda _: _plans.pop(identity, None)), plan)
    return plan


def condition(text: str | None) -> Condition | None:
    """Compile an expression of a flow; None stays None."""
    if text is None:
        return None
    try:
        return compile_expression(text)
    except ExpressionInvalid as error:
        return BrokenExpression(error)


class _Builder:
    """Makes nodes of one flow."""

    def __init__(self, indexes: Mapping[str, int], source: str) -> None:
        self._indexes = indexes
        self._source = source

    def node(self, step: Step, index: int) -> Node:
        when = condition(step.when)
        match step:
            case Say():
                return Node(step, index, self._jump(step.goto, index), when, self._wordings(step))
            case Ask():
                return self._question(step, index, when)
            case Do():
                arguments = {name: _argument(value) for name, value in step.arguments.items()}
                return DoNode(step, index, self._jump(step.goto, index), when, arguments=arguments)
            case Branch():
                routes = tuple(
                    (condition(route.when) or _NEVER, self._jump(route.goto, index)) for route in step.routes
                )
                return BranchNode(step, index, self._jump(step.otherwise, index), when, routes=routes)
            case Finish():
                known = step.disposition in set(Disposition)
                return FinishNode(
                    step, index, index + 1, when, disposition=Disposition(step.disposition) if known else None
                )
            case Split() | Calculate() | Meta() | Group() | Repeat():
                return Node(step, index, index + 1, when)

    def _jump(self, target: str | None, index: int) -> int:
        return index + 1 if target is None else self._indexes.get(target, BROKEN_JUMP)

    def _phrase(self, text: Text | None) -> Phrase | None:
        return Phrase(text, self._source) if text else None

    def _wordings(self, step: Say | Ask) -> tuple[Wording, ...]:
        """The variants in order, and at last the step's own wording."""
        rows: tuple[Variant | Say | Ask, ...] = (*step.variants, step)
        return tuple(
            Wording(
                condition(row.when) if isinstance(row, Variant) else None,
                Phrase(row.text, self._source),
                self._phrase(row.short),
            )
            for row in rows
        )

    def _question(self, step: Ask, index: int, when: Condition | None) -> Question:
        words = _words_by_language(step.options)
        by_code = {option.code: place for place, option in enumerate(step.options)}
        return Question(
            step,
            index,
            self._jump(step.goto, index),
            when,
            self._wordings(step),
            choices=tuple(self._choice(option, index) for option in step.options),
            by_code=by_code,
            by_number={str(option.number): place for place, option in enumerate(step.options)},
            words=words,
            any_words=_merged(words.values()),
            yes=by_code.get("yes"),
            no=by_code.get("no"),
            constraint=condition(step.constraint),
            refusal=self._phrase(step.constraint_message),
            disclosure=_own_rule(step.disclosure),
            personal=step.personal or step.type in _SPOKEN,
            conditional=any(option.when is not None for option in step.options),
        )

    def _choice(self, option: Option, index: int) -> Choice:
        goto = None if option.goto is None else self._jump(option.goto, index)
        return Choice(
            option.code, option.number, Phrase(option.label, self._source), condition(option.when), goto
        )


def _own_rule(rule: str | None) -> Condition | None:
    """The rule where it is an expression; a pattern is searched by the engine."""
    return condition(rule[1:]) if rule and rule.startswith("=") else None


_NEVER = compile_expression("false()")


def _argument(value: Any) -> Any:
    """An argument of an action: text that starts with "=" is an expression."""
    return condition(value[1:]) if isinstance(value, str) and value.startswith("=") else value


def _words_by_language(options: tuple[Option, ...]) -> dict[str, dict[str, int]]:
    """For each language of the options: folded label, aliases and code, to the option's place."""
    languages = {code for option in options for code in (*option.label.by_language, *option.aliases)}
    return {
        language: _merged(
            {fold(word): place}
            for place, option in enumerate(options)
            for word in (
                option.label.by_language.get(language, ""),
                *option.aliases.get(language, ()),
                option.code,
            )
        )
        for language in sorted(languages)
    }


def _merged(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """One table of several; a word of two options is `AMBIGUOUS`."""
    merged: dict[str, int] = {}
    for table in tables:
        for word, place in table.items():
            if word:
                merged[word] = place if merged.get(word, place) == place else AMBIGUOUS
    return merged


def words_for(question: Question, language: str) -> Mapping[str, int]:
    """The table of the language that the person reads: its own, or that of its first fallback with one."""
    return next((question.words[code] for code in chain(language) if code in question.words), {})
