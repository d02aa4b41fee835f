"""The YAML form of a flow -> `Flow`. Every fault is reported at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flows.actions import ARGUMENTS
from flows.definition import (
    END,
    READABLE,
    SPEC,
    Action,
    AnswerType,
    Ask,
    Branch,
    Do,
    Finish,
    Flow,
    OnFailure,
    Option,
    Route,
    Say,
    Step,
    Text,
    Variant,
)
from flows.findings import FlowInvalid
from flows.languages import is_known
from flows.patterns import PatternInvalid, compile_pattern
from flows.readers.parts import Notes, Part
from flows.readers.tree import Map, Scalar, Tree, parse
from flows.texts import Catalogs, engine_texts

MAX_RETRIES = 5
MAX_OPTIONS = 99
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}")  # no space: a list of codes is joined by spaces
_CLOSED = frozenset({AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE})
_FLOW_KEYS = [
    *["spec", "flow", "title", "languages", "purpose", "owner", "retention", "sensitivity", "expires"],
    *["reminders", "reminder_text", "discreet", "outbound", "fields", "topics", "steps", "tests"],
]
_WORDING_KEYS = ["text", "short", "variants", "media"]
_STEP_KEYS: Mapping[str, list[str]] = {
    "say": ["say", "when", "goto", *_WORDING_KEYS],
    "ask": [
        *["ask", "when", "goto", *_WORDING_KEYS],
        *["type", "options", "required", "constraint", "constraint_message", "retries", "on_failure"],
        *["indicator", "personal", "disclosure", "exclusive", "topics"],
    ],
    "do": ["do", "when", "goto", "action"],
    "branch": ["branch", "when", "routes", "otherwise"],
    "finish": ["finish", "when", "disposition"],
}
_OPTION_KEYS = ["code", "number", "label", "aliases", "goto", "when"]


class Sensitivity(StrEnum):
    """Who may see the answers, as the codebook orders it."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"


class Ending(StrEnum):
    """Dispositions that a flow itself may end with."""

    COMPLETED = "completed"
    REFUSED = "refused"
    INELIGIBLE = "ineligible"
    BROKEN_OFF = "broken_off"


def load(text: str, *, catalogs: Catalogs | None = None) -> Flow:
    """Read a flow. Catalogs, {language: {msgid: msgstr}}, fill its gaps and translate the engine's own words.

    Raises:
        FlowInvalid: with every fault of the definition.
    """
    notes = Notes(catalogs or {})
    tree = parse(text)
    reader = _FlowReader(notes, tree)
    flow = reader.flow(with_engine_texts=catalogs is not None)
    if notes.findings:
        raise FlowInvalid(sorted(notes.findings, key=lambda finding: finding.line or 0))
    return flow


class _FlowReader:
    """Reads one definition; remembers names and jumps, which can only be compared at the end."""

    def __init__(self, notes: Notes, tree: Tree) -> None:
        self._notes = notes
        self._top = Part(notes, tree, allowed=_FLOW_KEYS)
        self._code = ""
        self._names: set[str] = set()
        self._jumps: list[tuple[str, str, int]] = []  # step, target, line

    def flow(self, *, with_engine_texts: bool) -> Flow:
        top = self._top
        self._spec()
        self._code = top.name("flow", _NAME, "flow")
        self._notes.languages = self._languages()
        title = top.text("title", f"{self._code}.title", required=True)
        steps = tuple(step for tree in self._steps() if (step := self._step(tree)) is not None)
        self._check_jumps()
        return Flow(
            code=self._code,
            title=title or Text("", {}),
            languages=self._notes.languages,
            steps=steps,
            purpose=top.string("purpose"),
            owner=top.string("owner"),
            retention=top.string("retention"),
            sensitivity=top.word("sensitivity", Sensitivity, Sensitivity.S1).value,
            expires=self._expires(),
            reminders=self._reminders(),
            reminder_text=top.text("reminder_text", f"{self._code}.reminder"),
            discreet=top.flag("discreet"),
            outbound=top.flag("outbound", default=True),
            tests=self._tests(),
            fields=top.words("fields"),
            topics=top.words("topics"),
            engine_texts=self._engine_texts() if with_engine_texts else {},
        )

    def _spec(self) -> None:
        spec = self._top.string("spec", required=True)
        if spec and spec not in READABLE:
            self._top.fault(
                "unknown_spec", f"This version reads “{SPEC}”, not “{spec}”.", line=self._line("spec")
            )

    def _languages(self) -> tuple[str, ...]:
        codes = self._top.words("languages")
        line = self._line("languages")
        if not codes:
            self._top.fault("missing", "“languages” is missing: at least one code, the first is the source.")
        for code in codes:
            if not is_known(code):
                self._top.fault(
                    "unknown_language", f"“{code}” is not in the language table (ISO 639-3).", line=line
                )
        if len(set(codes)) < len(codes):
            self._top.fault("duplicate_language", "A language is given twice.", line=line)
        return codes or ("eng",)

    def _steps(self) -> list[Tree]:
        rows = self._top.rows("steps")
        if not rows:
            self._top.fault("missing", "“steps” is missing or empty.")
        return rows

    def _expires(self) -> timedelta:
        text = self._top.string("expires", "72h")
        return self._top.duration(text, self._line("expires")) or timedelta(hours=72)

    def _reminders(self) -> tuple[timedelta, ...]:
        line = self._line("reminders")
        read = [self._top.duration(text, line) for text in self._top.words("reminders")]
        return tuple(length for length in read if length is not None)

    def _line(self, key: str) -> int:
        tree = self._top.items.get(key)
        return tree.line if tree else self._top.line

    def _tests(self) -> tuple[Mapping[str, Any], ...]:
        rows = self._top.rows("tests")
        for row in rows:
            if not isinstance(row, Map):
                self._top.fault("not_a_mapping", "A test is a mapping with a name and a talk.", line=row.line)
        return tuple(row.value() for row in rows if isinstance(row, Map))

    def _engine_texts(self) -> dict[str, Text]:
        return {key: self._notes.translated(text) for key, text in engine_texts().items()}

    # Steps

    def _step(self, tree: Tree) -> Step | None:
        kinds = [key for key in _STEP_KEYS if isinstance(tree, Map) and key in tree.items]
        if len(kinds) != 1:
            sentence = "A step begins with one of: say, ask, do, branch, finish."
            self._notes.fault("unknown_step_kind", sentence, tree.line)
            return None
        kind = kinds[0]
        part = Part(self._notes, tree, allowed=self._allowed(kind, tree))
        name = part.name(kind, _NAME, "")
        part.step = name
        self._remember(name, part)
        match kind:
            case "say":
                return self._say(name, part)
            case "ask":
                return self._ask(name, part)
            case "do":
                return self._do(name, part)
            case "branch":
                return self._branch(name, part)
            case _:
                return self._finish(name, part)

    def _allowed(self, kind: str, tree: Tree) -> list[str]:
        """A `do` step takes the arguments of its action beside its own keys."""
        keys = _STEP_KEYS[kind]
        action = tree.items.get("action") if kind == "do" and isinstance(tree, Map) else None
        if isinstance(action, Scalar) and action.text in ARGUMENTS:
            must, may = ARGUMENTS[Action(action.text)]
            return [*keys, *must, *may]
        return keys

    def _remember(self, name: str, part: Part) -> None:
        if name in self._names or name == END:
            part.fault("duplicate_step", f"The name “{name}” is taken.")
        self._names.add(name)

    def _jump(self, part: Part, key: str) -> str | None:
        target = part.optional(key)
        if target is not None:
            self._jumps.append((part.step or "", target, part.items[key].line))
        return target

    def _check_jumps(self) -> None:
        for step, target, line in self._jumps:
            if target not in self._names and target != END:
                self._notes.fault("unknown_target", f"There is no step “{target}” to go to.", line, step=step)

    def _say(self, name: str, part: Part) -> Say:
        return Say(
            name,
            self._text(part, "text"),
            when=part.expression("when"),
            goto=self._jump(part, "goto"),
            media=self._media(part),
            short=part.text("short", self._id(part, "short")),
            variants=self._variants(part),
        )

    def _ask(self, name: str, part: Part) -> Ask:
        kind = part.word("type", AnswerType, AnswerType.TEXT, required=True)
        options = self._options(part)
        self._check_options(part, kind, options)
        return Ask(
            name,
            self._text(part, "text"),
            kind,
            options,
            when=part.expression("when"),
            goto=self._jump(part, "goto"),
            constraint=part.expression("constraint"),
            constraint_message=part.text("constraint_message", self._id(part, "constraint")),
            required=part.flag("required"),
            retries=part.count("retries", 2, most=MAX_RETRIES),
            on_failure=part.word("on_failure", OnFailure, OnFailure.NEXT),
            indicator=part.optional("indicator"),
            personal=part.flag("personal"),
            disclosure=self._disclosure(part),
            short=part.text("short", self._id(part, "short")),
            media=self._media(part),
            variants=self._variants(part),
            exclusive=self._exclusive(part, options),
            topics=part.words("topics"),
        )

    def _do(self, name: str, part: Part) -> Do:
        action = part.word("action", Action, Action.FIELD, required=True)
        must, may = ARGUMENTS.get(action, (frozenset(), frozenset()))
        arguments = {key: part.plain(key) for key in part.items if key in must | may}
        for key in sorted(must - arguments.keys()):
            part.fault("missing", f"The action “{action}” needs “{key}”.")
        for key, value in arguments.items():
            if isinstance(value, str) and value.startswith("="):
                part.check_expression(value[1:], part.items[key].line)
        return Do(name, action, arguments, when=part.expression("when"), goto=self._jump(part, "goto"))

    def _branch(self, name: str, part: Part) -> Branch:
        routes = []
        for tree in part.rows("routes"):
            row = Part(self._notes, tree, allowed=["when", "goto"], step=name)
            when, goto = row.expression("when"), self._jump(row, "goto")
            if when is None or goto is None:
                row.fault("missing", "A route needs “when” and “goto”.")
            routes.append(Route(when or "false()", goto or END))
        return Branch(
            name, tuple(routes), otherwise=self._jump(part, "otherwise"), when=part.expression("when")
        )

    def _finish(self, name: str, part: Part) -> Finish:
        ending = part.word("disposition", Ending, Ending.COMPLETED)
        return Finish(name, ending.value, when=part.expression("when"))

    # Parts of steps

    def _id(self, part: Part, kind: str) -> str:
        return f"{self._code}.{part.step}.{kind}"

    def _text(self, part: Part, key: str, kind: str = "text") -> Text:
        return part.text(key, self._id(part, kind), required=True) or Text("", {})

    def _media(self, part: Part) -> dict[str, str]:
        tree = part.items.get("media")
        if tree is None:
            return {}
        rows = Part(self._notes, tree, allowed=self._notes.languages, step=part.step)
        return {language: rows.string(language) for language in rows.items}

    def _variants(self, part: Part) -> tuple[Variant, ...]:
        variants = []
        for number, tree in enumerate(part.rows("variants"), 1):
            row = Part(self._notes, tree, allowed=["when", "text", "short"], step=part.step)
            when = row.expression("when")
            if when is None:
                row.fault("missing", "A variant needs “when”.")
            text = self._text(row, "text", f"variant{number}.text")
            variants.append(
                Variant(when or "false()", text, row.text("short", self._id(row, f"variant{number}.short")))
            )
        return tuple(variants)

    def _options(self, part: Part) -> tuple[Option, ...]:
        rows = part.rows("options")[:MAX_OPTIONS]
        return tuple(self._option(part, tree, number) for number, tree in enumerate(rows, 1))

    def _option(self, part: Part, tree: Tree, number: int) -> Option:
        row = Part(self._notes, tree, allowed=_OPTION_KEYS, step=part.step)
        code = row.name("code", _CODE, f"option{number}")
        return Option(
            code,
            row.count("number", number, most=MAX_OPTIONS),
            self._text(row, "label", f"option.{code}"),
            aliases=self._aliases(row),
            goto=self._jump(row, "goto"),
            when=row.expression("when"),
        )

    def _aliases(self, row: Part) -> dict[str, tuple[str, ...]]:
        tree = row.items.get("aliases")
        if tree is None:
            return {}
        if not isinstance(tree, Map):
            return {self._notes.languages[0]: row.words("aliases")}
        by_language = Part(self._notes, tree, allowed=self._notes.languages, step=row.step)
        return {language: by_language.words(language) for language in by_language.items}

    def _check_options(self, part: Part, kind: AnswerType, options: tuple[Option, ...]) -> None:
        if bool(options) != (kind in _CLOSED):
            needs = "needs “options”" if kind in _CLOSED else "takes no “options”"
            part.fault("options", f"A question of type {kind} {needs}.")
        if len({option.code for option in options}) < len(options):
            part.fault("duplicate_code", "Two options have the same code.")
        if len({option.number for option in options}) < len(options):
            part.fault("duplicate_number", "Two options have the same number.")

    def _exclusive(self, part: Part, options: tuple[Option, ...]) -> tuple[str, ...]:
        codes = part.words("exclusive")
        for code in codes:
            if code not in {option.code for option in options}:
                part.fault("unknown_code", f"“exclusive” names “{code}”, which is no option.")
        return codes

    def _disclosure(self, part: Part) -> str | None:
        rule = part.optional("disclosure")
        if rule is None:
            return None
        line = part.items["disclosure"].line
        if rule.startswith("="):
            part.check_expression(rule[1:], line)
            return rule
        try:
            compile_pattern(rule, searched=True)
        except PatternInvalid as error:
            part.fault("bad_pattern", str(error), line=line)
        return rule
