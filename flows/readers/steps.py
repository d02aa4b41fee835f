"""Reading steps: each kind with its keys, groups and repeats with the steps inside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from flows.actions import ARGUMENTS, MOMENTS
from flows.definition import (
    END,
    Action,
    Branch,
    Calculate,
    Chance,
    Do,
    Fact,
    Finish,
    Group,
    MediaFallback,
    Meta,
    Repeat,
    Route,
    Say,
    Split,
    Step,
)
from flows.readers.common import NAME, WORDING
from flows.readers.parts import Part
from flows.readers.questions import ASK_KEYS, QuestionReader
from flows.readers.tree import Map, Scalar, Tree

MAX_NESTING = 6  # groups inside groups
MAX_ROUNDS = 100
MAX_WEIGHT = 1000
STEP_KEYS: Mapping[str, tuple[str, ...]] = {
    "say": ("say", "when", "goto", *WORDING, "extra"),
    "ask": ASK_KEYS,
    "do": ("do", "when", "goto", "otherwise", "action", "extra"),
    "branch": ("branch", "when", "routes", "otherwise", "extra"),
    "split": ("split", "when", "routes", "extra"),
    "finish": ("finish", "when", "disposition", "extra"),
    "calculate": ("calculate", "when", "value", "personal", "indicator", "extra"),
    "meta": ("meta", "when", "fact", "extra"),
    "group": ("group", "when", "label", "steps", "extra"),
    "repeat": ("repeat", "when", "label", "steps", "count", "another", "most", "extra"),
}


class Ending(StrEnum):
    """Dispositions that a flow itself may end with."""

    COMPLETED = "completed"
    REFUSED = "refused"
    INELIGIBLE = "ineligible"
    BROKEN_OFF = "broken_off"


class StepReader(QuestionReader):
    """Reads steps of every kind."""

    def steps(self, part: Part, *, depth: int = 0) -> tuple[Step, ...]:
        """The steps under a `steps` key."""
        rows = part.rows("steps")
        if not rows:
            part.fault("missing", "“steps” is missing or empty.")
        if depth > MAX_NESTING:
            part.fault("too_deep", f"Groups may stand in one another {MAX_NESTING} deep at most.")
            return ()
        return tuple(step for tree in rows if (step := self._step(tree, depth)) is not None)

    def _step(self, tree: Tree, depth: int) -> Step | None:
        kinds = [key for key in STEP_KEYS if isinstance(tree, Map) and key in tree.items]
        kind = _kind(kinds)
        if kind is None:
            sentence = f"A step begins with one of: {', '.join(STEP_KEYS)}."
            self.notes.fault("unknown_step_kind", sentence, tree.line)
            return None
        part = Part(self.notes, tree, allowed=_allowed(kind, tree))
        name = part.name(kind, NAME, "")
        part.step = name
        self.remember(name, part)
        if kind in {"group", "repeat"}:
            return self._holder(kind, name, part, depth)
        return _READERS[kind](self, name, part)

    def _holder(self, kind: str, name: str, part: Part, depth: int) -> Group | Repeat:
        label, when, extra = self.optional(part, "label"), part.expression("when"), part.strings("extra")
        if kind == "group":
            return Group(name, self.steps(part, depth=depth + 1), label, when, extra)
        self.remember(f"{name}_another", part)
        before = self.known.repeats
        self.known.repeats = (*before, name)
        steps = self.steps(part, depth=depth + 1)
        self.known.repeats = before
        return Repeat(
            name,
            steps,
            label,
            when,
            count=part.expression("count"),
            another=self.optional(part, "another"),
            most=part.count("most", 20, most=MAX_ROUNDS),
            extra=extra,
        )

    def _say(self, name: str, part: Part) -> Say:
        return Say(
            name,
            self.text(part, "text"),
            when=part.expression("when"),
            goto=self.jump(part, "goto"),
            media=self.media(part),
            short=self.optional(part, "short"),
            variants=self.variants(part),
            media_fallback=part.optional_word("media_fallback", MediaFallback),
            extra=part.strings("extra"),
        )

    def _do(self, name: str, part: Part) -> Do:
        action = part.word("action", Action, Action.FIELD, required=True)
        must, may = ARGUMENTS[action]
        arguments = {key: part.plain(key) for key in part.items if key in must | may}
        for key in sorted(must - arguments.keys()):
            part.fault("missing", f"The action “{action}” needs “{key}”.")
        for key, value in arguments.items():
            self._check_argument(part, key, value)
        if action is Action.WAIT and len(arguments) != 1:
            part.fault("missing", "The action “wait” needs either “for” or “until”.")
        return Do(
            name,
            action,
            arguments,
            when=part.expression("when"),
            goto=self.jump(part, "goto"),
            otherwise=self.jump(part, "otherwise"),
            extra=part.strings("extra"),
        )

    def _check_argument(self, part: Part, key: str, value: object) -> None:
        line = part.items[key].line
        values = value.values() if isinstance(value, Mapping) else [value]
        for each in values:
            if isinstance(each, str) and each.startswith("="):
                part.check_expression(each[1:], line)
        if key == "arguments" and not isinstance(value, Mapping):
            part.fault("not_a_mapping", "“arguments” is a mapping of names to values.", line=line)
        if key == "gives" and not (isinstance(value, list) and all(map(_is_name, value))):
            part.fault("not_a_list", "“gives” is a list of names.", line=line)
        if key in MOMENTS and not str(value).startswith("="):
            part.duration(str(value), line)

    def _branch(self, name: str, part: Part) -> Branch:
        routes = []
        for tree in part.rows("routes"):
            row = Part(self.notes, tree, allowed=["when", "goto"], step=name)
            when, goto = row.expression("when"), self.jump(row, "goto")
            if when is None or goto is None:
                row.fault("missing", "A route needs “when” and “goto”.")
            routes.append(Route(when or "false()", goto or END))
        return Branch(
            name,
            tuple(routes),
            otherwise=self.jump(part, "otherwise"),
            when=part.expression("when"),
            extra=part.strings("extra"),
        )

    def _split(self, name: str, part: Part) -> Split:
        routes = []
        for tree in part.rows("routes"):
            row = Part(self.notes, tree, allowed=["weight", "goto"], step=name)
            goto = self.jump(row, "goto")
            if goto is None:
                row.fault("missing", "A route needs “goto”.")
            routes.append(Chance(row.count("weight", 1, most=MAX_WEIGHT), goto or END))
        if not sum(route.weight for route in routes):
            part.fault("missing", "A split needs “routes”, one of them with a “weight” above 0.")
        return Split(name, tuple(routes), part.expression("when"), part.strings("extra"))

    def _finish(self, name: str, part: Part) -> Finish:
        ending = part.word("disposition", Ending, Ending.COMPLETED)
        return Finish(name, ending.value, part.expression("when"), part.strings("extra"))

    def _calculate(self, name: str, part: Part) -> Calculate:
        value = part.expression("value")
        if value is None:
            part.fault("missing", "A calculated value needs “value”, an expression.")
        return Calculate(
            name,
            value or "''",
            when=part.expression("when"),
            personal=part.flag("personal"),
            indicator=part.optional("indicator"),
            extra=part.strings("extra"),
        )

    def _meta(self, name: str, part: Part) -> Meta:
        fact = part.word("fact", Fact, Fact.TODAY, required=True)
        return Meta(name, fact, part.expression("when"), part.strings("extra"))


_READERS: Mapping[str, Callable[[StepReader, str, Part], Step]] = {
    "say": StepReader._say,  # noqa: SLF001 - the table belongs to the class
    "ask": StepReader.ask,
    "do": StepReader._do,  # noqa: SLF001
    "branch": StepReader._branch,  # noqa: SLF001
    "split": StepReader._split,  # noqa: SLF001
    "finish": StepReader._finish,  # noqa: SLF001
    "calculate": StepReader._calculate,  # noqa: SLF001
    "meta": StepReader._meta,  # noqa: SLF001
}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _kind(kinds: list[str]) -> str | None:
    """The kind of a step that has these kinds among its keys: “group” is an argument of actions too."""
    if kinds == ["do", "group"]:
        return "do"
    return kinds[0] if len(kinds) == 1 else None


def _allowed(kind: str, tree: Tree) -> tuple[str, ...]:
    """A `do` step takes the arguments of its action beside its own keys."""
    keys = STEP_KEYS[kind]
    action = tree.items.get("action") if kind == "do" and isinstance(tree, Map) else None
    if isinstance(action, Scalar) and action.text in set(Action):
        must, may = ARGUMENTS[Action(action.text)]
        return (*keys, *sorted(must), *sorted(may))
    return keys
