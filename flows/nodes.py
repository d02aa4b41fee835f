"""The steps of a flow made ready to run: jumps as indexes, expressions compiled, tables of words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from flows.definition import Ask, Option, Range, Repeat, Step
from flows.events import Disposition, OptionShown
from flows.expressions import Expression, ExpressionFailed, ExpressionInvalid, compile_expression
from flows.languages import chain
from flows.lookup import Index, index_of
from flows.scope import ChoiceList
from flows.texts import Phrase

BROKEN_JUMP = -1
AMBIGUOUS = -1  # in a table of words: more than one option


class BrokenExpression:
    """Stands where an expression did not compile: evaluating it fails with the author's error."""

    names: frozenset[str] = frozenset()

    def __init__(self, error: ExpressionInvalid) -> None:
        """Keep the error."""
        self._error = error

    def evaluate(self, _: Any, *, answer: Any = "", now: datetime | None = None) -> str | float | bool:  # noqa: ARG002
        """Fail.

        Raises:
            ExpressionFailed: always.
        """
        raise ExpressionFailed(str(self._error)) from self._error

    def holds(self, _: Any, *, answer: Any = "", now: datetime | None = None) -> bool:  # noqa: ARG002
        """Fail.

        Raises:
            ExpressionFailed: always.
        """
        raise ExpressionFailed(str(self._error)) from self._error


Condition = Expression | BrokenExpression


def condition(text: str | None) -> Condition | None:
    """Compile an expression of a flow; None stays None."""
    if text is None:
        return None
    try:
        return compile_expression(text)
    except ExpressionInvalid as error:
        return BrokenExpression(error)


def argument(value: Any) -> Any:
    """An argument of an action: text that starts with "=" is an expression, inside a mapping too."""
    if isinstance(value, Mapping):
        return {name: argument(row) for name, row in value.items()}
    return condition(value[1:]) if isinstance(value, str) and value.startswith("=") else value


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


class Around(NamedTuple):
    """A group or repeat around a step; `repeat` is the index of a repeat's node, None for a group."""

    name: str
    repeat: int | None


@dataclass(slots=True, eq=False)
class Node:
    """A step with its place.

    Attributes:
        name: unique in the run: the step's own, in a called flow with that call's name before it.
        index: its place; `next`: that after it.
        repeats: indexes of the repeats around it, the outer one first.
        prefix: "" or "visit.": what the names of a called flow begin with.
    """

    step: Step
    index: int
    next: int
    when: Condition | None
    wordings: tuple[Wording, ...] = ()
    said: dict[tuple[str, bool, int], Composed] = field(default_factory=dict)
    name: str = ""
    repeats: tuple[int, ...] = ()
    around: tuple[Around, ...] = ()
    prefix: str = ""


@dataclass(slots=True, eq=False)
class BranchNode(Node):
    """A branch with its routes resolved; `next` is `otherwise`."""

    routes: tuple[tuple[Condition, int], ...] = ()


@dataclass(slots=True, eq=False)
class SplitNode(Node):
    """A split with its routes: weight, name of the target, its place."""

    routes: tuple[tuple[int, str, int], ...] = ()


@dataclass(slots=True, eq=False)
class FinishNode(Node):
    """An end; a disposition that does not exist is None. Of a called flow: `back` is where the caller goes on."""

    disposition: Disposition | None = None
    back: int | None = None


@dataclass(slots=True, eq=False)
class DoNode(Node):
    """An action with the expressions among its arguments compiled; `failed` is its other way out."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    failed: int = BROKEN_JUMP


@dataclass(slots=True, eq=False)
class CallNode(Node):
    """The beginning of a called flow (`next` is its first step), and its end, where `next` is what follows."""

    ends: bool = False


@dataclass(slots=True, eq=False)
class KeepNode(Node):
    """A value that is kept: of an expression, or, without one, a fact about the run."""

    value: Condition | None = None
    personal: bool = False


@dataclass(slots=True, eq=False)
class GroupNode(Node):
    """The beginning of a group; `after` is what follows it."""

    after: int = BROKEN_JUMP


@dataclass(slots=True, eq=False)
class RepeatNode(Node):
    """The beginning of a repeat, or its end (`ends`), whose `next` is the beginning's."""

    after: int = BROKEN_JUMP
    count: Condition | None = None
    ends: bool = False
    begin: int = BROKEN_JUMP

    @property
    def most(self) -> int:
        """Rounds at most."""
        return self.step.most if isinstance(self.step, Repeat) else 0


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
        by_code, by_number: to an index in `choices`; numbers as folded text, none where answers are looked up.
        words: language -> folded label, alias or code -> index, or `AMBIGUOUS`.
        any_words: the same over all languages.
        yes, no: indexes of the options with these codes.
        personal: the answer is stored encrypted, and no text ever repeats it.
        conditional: not every option is offered to everybody.
        options: those of the step or its list, as `choices`.
        lookup: the options are too many for a list; best matches are offered.
        another: the engine's own question, after a round of a repeat: the index of that repeat's end.
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
    conditional: bool = False
    closed: bool = False  # an answer is one or more of the options
    shown: bool = False  # an answer is a picture, a recording or a file
    options: tuple[Option, ...] = ()
    filter: Expression | BrokenExpression | None = None
    rows: ChoiceList | None = None  # the options as the filter sees them
    names: Index | None = None
    lookup: bool = False
    required: Condition | None = None  # beside `step.required`
    demand: Phrase | None = None  # said when a required question is skipped
    hint: Phrase | None = None
    default: Any = None
    late: int = BROKEN_JUMP  # where the question's own timeout leads
    another: int | None = None

    @property
    def index_of_names(self) -> Index:
        """The options ready to be looked up by what somebody typed; made at the first look."""
        if self.names is None:
            self.names = index_of(map(names_of, self.options))
        return self.names

    @property
    def range(self) -> Range | None:
        """The numbers that fit."""
        return self.step.range


def names_of(option: Option) -> tuple[str, ...]:
    """What people may call an option: its labels and aliases in all languages, and its code."""
    aliases = (word for words in option.aliases.values() for word in words)
    return (*option.label.by_language.values(), *aliases, option.code)


def merged(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """One table of several; a word of two options is `AMBIGUOUS`."""
    found: dict[str, int] = {}
    for table in tables:
        for word, place in table.items():
            if word:
                found[word] = place if found.get(word, place) == place else AMBIGUOUS
    return found


def words_for(question: Question, language: str) -> Mapping[str, int]:
    """The table of the language that the person reads: its own, or that of its first fallback with one."""
    return next((question.words[code] for code in chain(language) if code in question.words), {})
