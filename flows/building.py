"""From steps to nodes: groups, repeats and called flows are laid out in one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flows.definition import (
    CHOSEN,
    END,
    OWN_WORDS,
    SHOWN,
    Action,
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
from flows.events import Disposition
from flows.expressions import Expression, ExpressionInvalid, compile_expression, compile_filter
from flows.folding import fold
from flows.labels import rows_of
from flows.nodes import (
    BROKEN_JUMP,
    Around,
    BranchNode,
    BrokenExpression,
    CallNode,
    Choice,
    DoNode,
    FinishNode,
    GroupNode,
    KeepNode,
    Node,
    Question,
    RepeatNode,
    SplitNode,
    Wording,
    argument,
    condition,
    merged,
)
from flows.texts import Phrase, engine_texts
from flows.walking import options_of, other_question

LOOKUP_ABOVE = 9  # options: more than these are looked up unless the author says otherwise
MOST_CALLS = 5  # flows inside flows
_NEVER = compile_expression("false()")


class Slot(NamedTuple):
    """A step in the row before its node is made.

    `part` tells the nodes of one step apart: "begin", "end", "another" of a repeat or a call, "" of all others.
    """

    step: Step
    part: str
    around: tuple[Around, ...]
    call: Call


class Call(NamedTuple):
    """A flow in which steps stand: the whole one, or a called one with the prefix of its names."""

    flow: Flow
    prefix: str
    names: dict[str, int]
    outer: int = 0  # flows around it


@dataclass(slots=True)
class Layout:
    """The row of all steps: where each begins, and for what holds steps where it ends."""

    slots: list[Slot] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)  # begin -> end
    begins: dict[int, int] = field(default_factory=dict)

    def lay(self, steps: Iterable[Step], around: tuple[Around, ...], call: Call) -> None:
        """Put steps at the end of the row."""
        for step in steps:
            call.names.setdefault(step.name, len(self.slots))
            match step:
                case Group():
                    self._hold(step, step.steps, around, call, None)
                case Repeat():
                    self._hold(step, step.steps, around, call, len(self.slots))
                case Do(action=Action.CALL):
                    self._call(step, around, call)
                case Ask():
                    self._put(step, "", around, call)
                    other = other_question(step)
                    if other is not None:
                        call.names.setdefault(other.name, len(self.slots))
                        self._put(other, "", around, call)
                case _:
                    self._put(step, "", around, call)

    def _put(self, step: Step, part: str, around: tuple[Around, ...], call: Call) -> int:
        self.slots.append(Slot(step, part, around, call))
        return len(self.slots) - 1

    def _hold(
        self,
        step: Group | Repeat,
        steps: Iterable[Step],
        around: tuple[Around, ...],
        call: Call,
        repeat: int | None,
    ) -> None:
        begin = self._put(step, "begin", around, call)
        inside = (*around, Around(call.prefix + step.name, repeat))
        self.lay(steps, inside, call)
        if isinstance(step, Repeat):
            call.names.setdefault(f"{step.name}_another", len(self.slots))
            self._put(step, "another", inside, call)
            self._close(begin, self._put(step, "end", inside, call))
        else:
            self.ends[begin] = len(self.slots) - 1  # a group's last step may be the end of something else

    def _call(self, step: Do, around: tuple[Around, ...], call: Call) -> None:
        code = str(step.arguments.get("flow"))
        called = call.flow.subflows.get(code)
        if called is None or call.outer >= MOST_CALLS:
            self._put(step, "", around, call)
            return
        begin = self._put(step, "begin", around, call)
        inner = Call(called, f"{call.prefix}{step.name}.", {}, call.outer + 1)
        self.lay(called.steps, around, inner)
        end = self._put(step, "end", around, call)
        inner.names[END] = end
        self._close(begin, end)

    def _close(self, begin: int, end: int) -> None:
        self.ends[begin] = end
        self.begins[end] = begin


def nodes_of(flow: Flow) -> tuple[Node, ...]:
    """All nodes of a flow, those of the flows that it calls too."""
    layout = Layout()
    whole = Call(flow, "", {})
    layout.lay(flow.steps, (), whole)
    whole.names[END] = len(layout.slots)
    return tuple(_Builder(layout, slot, index).node() for index, slot in enumerate(layout.slots))


class _Builder:
    """Makes the node of one slot."""

    def __init__(self, layout: Layout, slot: Slot, index: int) -> None:
        self._layout = layout
        self._slot = slot
        self._index = index
        self._names = slot.call.names
        languages = slot.call.flow.languages
        self._source = languages[0] if languages else "eng"

    def node(self) -> Node:
        node = self._made(self._slot.step)
        node.name = node.name or self._slot.call.prefix + self._slot.step.name
        node.around = self._slot.around
        node.repeats = tuple(around.repeat for around in node.around if around.repeat is not None)
        node.prefix = self._slot.call.prefix
        return node

    def _made(self, step: Step) -> Node:  # noqa: C901, PLR0911 - one way for each kind of step
        index, when = self._index, condition(step.when)
        match step:
            case Say():
                return Node(step, index, self._jump(step.goto), when, self._wordings(step))
            case Ask():
                return self._question(step, when)
            case Do():
                return self._do(step, when)
            case Branch():
                routes = tuple((condition(row.when) or _NEVER, self._jump(row.goto)) for row in step.routes)
                return BranchNode(step, index, self._jump(step.otherwise), when, routes=routes)
            case Split():
                ways = tuple((row.weight, row.goto, self._jump(row.goto)) for row in step.routes)
                return SplitNode(step, index, index + 1, when, routes=ways)
            case Finish():
                return self._finish(step, when)
            case Calculate() | Meta():
                value = condition(step.value) if isinstance(step, Calculate) else None
                personal = isinstance(step, Calculate) and step.personal
                return KeepNode(step, index, index + 1, when, value=value, personal=personal)
            case Group():
                after = self._layout.ends[index] + 1
                return GroupNode(step, index, index + 1, when, after=after)
            case Repeat():
                return self._repeat(step)

    def _finish(self, step: Finish, when: Any) -> Node:
        known = step.disposition in set(Disposition)
        disposition = Disposition(step.disposition) if known else None
        back = self._names[END] if self._slot.call.prefix else None
        return FinishNode(step, self._index, self._index + 1, when, disposition=disposition, back=back)

    def _do(self, step: Do, when: Any) -> Node:
        index, part = self._index, self._slot.part
        if part == "begin":
            return CallNode(step, index, index + 1, when)
        if part == "end":
            return CallNode(step, index, self._jump(step.goto), None, ends=True)
        arguments = {name: argument(value) for name, value in step.arguments.items()}
        after = self._jump(step.goto)
        failed = after if step.otherwise is None else self._jump(step.otherwise)
        return DoNode(step, index, after, when, arguments=arguments, failed=failed)

    def _repeat(self, step: Repeat) -> Node:
        index, part = self._index, self._slot.part
        if part == "begin":
            after, count = self._layout.ends[index] + 1, condition(step.count)
            return RepeatNode(step, index, index + 1, condition(step.when), after=after, count=count)
        if part == "another":
            return self._another(step)
        begin = self._layout.begins[index]
        return RepeatNode(step, index, begin + 1, None, after=index + 1, ends=True, begin=begin)

    def _another(self, step: Repeat) -> Question:
        """The question whether there is one more; nobody is held by it, and silence is no yes."""
        texts = {**engine_texts(), **self._slot.call.flow.engine_texts}
        options = (
            Option("yes", 1, texts["yes_option"]),
            Option("no", 2, texts["no_option"], goto=None),
        )
        text = step.another or texts["another"]
        question = self._question(
            Ask(f"{step.name}_another", text, AnswerType.SELECT_ONE, options, retries=1), None
        )
        question.name = f"{self._slot.call.prefix}{step.name}_another"
        question.another = self._index + 1
        question.next = self._index + 2
        return question

    # Questions

    def _question(self, step: Ask, when: Any) -> Question:
        options = options_of(self._slot.call.flow, step)
        words = _words_by_language(options)
        by_code = {option.code: place for place, option in enumerate(options)}
        lookup = len(options) > LOOKUP_ABOVE if step.lookup is None else step.lookup
        after = self._jump(step.goto)
        choosing = step.type in CHOSEN
        return Question(
            step,
            self._index,
            after,
            when,
            self._wordings(step),
            choices=tuple(self._choice(step, option) for option in options) if choosing else (),
            by_code=by_code,
            by_number={} if lookup else {str(option.number): place for place, option in enumerate(options)},
            words=words,
            any_words=merged(words.values()),
            yes=by_code.get("yes"),
            no=by_code.get("no"),
            constraint=condition(step.constraint),
            refusal=self._phrase(step.constraint_message),
            disclosure=condition(step.disclosure[1:])
            if step.disclosure and step.disclosure.startswith("=")
            else None,
            personal=step.personal or step.type in OWN_WORDS,
            conditional=step.filter is not None or any(option.when is not None for option in options),
            options=options if choosing else (),
            filter=_filter(step),
            rows=None if step.filter is None else rows_of(options, self._source, self._source),
            lookup=lookup and choosing,
            closed=choosing,
            shown=step.type in SHOWN,
            required=condition(step.required_when),
            demand=self._phrase(step.required_message),
            hint=self._phrase(step.hint or step.guidance),
            default=argument(step.default),
            late=after if step.timeout_goto is None else self._jump(step.timeout_goto),
        )

    def _choice(self, step: Ask, option: Option) -> Choice:
        goto = None if option.goto is None else self._jump(option.goto)
        if step.other is not None and option.code == "other":
            goto = self._index + 1
        return Choice(
            option.code, option.number, Phrase(option.label, self._source), condition(option.when), goto
        )

    def _jump(self, target: str | None) -> int:
        return self._index + 1 if target is None else self._names.get(target, BROKEN_JUMP)

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


def _filter(step: Ask) -> Expression | BrokenExpression | None:
    """The filter of a question; one that does not compile lets nothing through, and is told when it is met."""
    if step.filter is None:
        return None
    try:
        return compile_filter(step.filter)
    except ExpressionInvalid as error:
        return BrokenExpression(error)


def _words_by_language(options: tuple[Option, ...]) -> Mapping[str, Mapping[str, int]]:
    """For each language of the options: folded label, aliases and code, to the option's place."""
    languages = {code for option in options for code in (*option.label.by_language, *option.aliases)}
    return {
        language: merged(
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
