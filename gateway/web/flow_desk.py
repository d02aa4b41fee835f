"""What the editor shows of a draft: its outline, what can be chosen in conditions and jumps, and sizes of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flows.conditions import Condition, read
from flows.editing import CannotEdit, Line, Outline, outline
from flows.expressions import ExpressionInvalid, compile_expression
from flows.findings import Finding
from flows.folding import fold
from flows.rendering import with_options
from gateway import segments
from gateway.services.drafts import Draft
from gateway.web import language
from gateway.web.flow_fields import aliases, at, listed, path_of, shown, wording
from gateway.web.flow_shapes import SETTINGS, Shape, shapes
from gateway.web.words import word

CLOSED = ("select_one", "select_multiple", "rank", "acknowledge")
MANY = "select_multiple"
EXCERPT = 90  # characters
LONG = 60  # steps: with more, lists of them are offered once and not in each field


@dataclass(frozen=True, slots=True)
class Question:
    """Something that conditions can ask about. `choices`: (code, label); none where anything may be answered."""

    name: str
    words: str
    choices: tuple[tuple[str, str], ...]
    several: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Where an expression goes wrong: the text before, the character, and what follows."""

    before: str
    mark: str
    after: str
    sentence: str


@dataclass(frozen=True)
class Desk:
    """One draft on somebody's desk. `outline` None: its text is no YAML."""

    draft: Draft
    outline: Outline | None
    line: Line | None
    also: str | None  # the language that stands beside the source
    wanted: str  # words that are looked for

    @classmethod
    def of(cls, draft: Draft, *, step: str | None, also: str | None, wanted: str) -> Desk:
        """Lay a draft out, opened at a step."""
        try:
            found: Outline | None = outline(draft.source)
        except CannotEdit:
            found = None
        line = found.line(step) if found is not None and step else None
        return cls(draft, found, line, _beside(found, also), wanted)

    @property
    def source(self) -> str:
        """The language in which every text must exist."""
        return self.outline.languages[0] if self.outline else "eng"

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that stand side by side."""
        return (self.source,) if self.also is None else (self.source, self.also)

    @property
    def values(self) -> Mapping[str, Any]:
        """What the form shows: of the step, or of the whole flow."""
        if self.line is not None:
            return self.line.values
        return self.outline.settings if self.outline else {}

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The fields of the form."""
        return shapes(self.line) if self.line is not None else SETTINGS

    def at(self, path: str) -> Any:
        """What stands at a path."""
        return at(self.values, path_of(path))

    def wording(self, path: str, code: str) -> str:
        """A text in one language."""
        return wording(self.at(path), code, self.source)

    def shown(self, path: str) -> str:
        """A value as it is typed."""
        return shown(self.at(path))

    def listed(self, path: str) -> str:
        """A list as it is typed."""
        return listed(self.at(path))

    def aliases(self, path: str, code: str) -> str:
        """Other words for an option, in one language."""
        return ", ".join(aliases(self.at(path), self.source).get(code, []))

    def rows(self, path: str) -> list[Any]:
        """The rows of a list; whatever else stands there has none."""
        found = self.at(path)
        return found if isinstance(found, list) else []

    def size(self, path: str, code: str) -> segments.Size | None:
        """What a text takes as an SMS, with the answers that are listed below it. None: nobody hears it."""
        text = self.wording(path, code)
        if self.line is None or self.line.kind not in {"say", "ask"} or not text:
            return None
        numbered = [
            (number, wording(row.get("label"), code, self.source) or str(row.get("code", "")))
            for number, row in enumerate(self.rows("options"), 1)
            if isinstance(row, Mapping) and path in {"text", "short"}
        ]
        return segments.size(with_options(text, numbered))

    # Conditions

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What conditions can ask about: the questions, what is calculated, and the facts that the flow names."""
        if self.outline is None:
            return ()
        named = [
            self._question(line) for line in self.outline.lines if line.kind in {"ask", "calculate", "split"}
        ]
        facts = self.outline.settings.get("fields")
        extra = (
            [Question(str(name), "", (), several=False) for name in facts] if isinstance(facts, list) else []
        )
        return (*named, *extra)

    def _question(self, line: Line) -> Question:
        choices = tuple(
            (str(row.get("code", "")), self._told(row.get("label")) or str(row.get("code", "")))
            for row in _mappings(line.values.get("options"))
        )
        several = line.values.get("type") == MANY
        return Question(line.name, self._told(line.values.get("text")), choices, several)

    @property
    def codes(self) -> dict[str, list[str]]:
        """The codes of questions with answers to choose from."""
        return {item.name: [code for code, _ in item.choices] for item in self.questions if item.choices}

    def question(self, name: str) -> Question | None:
        """Find what a comparison asks about."""
        return next((item for item in self.questions if item.name == name), None)

    def condition(self, path: str) -> Condition | None:
        """A condition as comparisons; None: it is more than that."""
        return read(self.shown(path))

    def fault(self, path: str) -> Fault | None:
        """Where the expression at a path goes wrong."""
        text = self.shown(path)
        try:
            if text:
                compile_expression(text)
        except ExpressionInvalid as error:
            place = min(max(error.position, 0), len(text))
            return Fault(text[:place], text[place : place + 1], text[place + 1 :], error.sentence)
        return None

    # The outline

    @property
    def long(self) -> bool:
        """Whether there are too many steps to list them in each field."""
        return len(self.targets) > LONG

    @cached_property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Where a jump may lead: (name, words)."""
        lines = self.outline.lines if self.outline else ()
        return tuple((line.name, self.excerpt(line)) for line in lines)

    def excerpt(self, line: Line) -> str:
        """A step in a few words of its own."""
        for key in ("text", "label", "value"):
            told = self._told(line.values.get(key))
            if told:
                return told if len(told) <= EXCERPT else told[: EXCERPT - 1] + "…"
        if line.kind == "do":
            return word(shown(line.values.get("action")), "flow_action")
        if line.kind in {"branch", "split"}:
            return " · ".join(shown(row.get("goto")) for row in _mappings(line.values.get("routes")))
        return word(shown(line.values.get("disposition")), "finish") if line.kind == "finish" else ""

    def _told(self, value: Any) -> str:
        """A text in the source language, on one line."""
        if isinstance(value, Mapping):
            value = value.get(self.source) or value.get("mul") or next(iter(value.values()), "")
        return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""

    def seen(self) -> Iterator[Line]:
        """The steps that are looked for; all when nothing is."""
        wanted = fold(self.wanted)
        for line in self.outline.lines if self.outline else ():
            if not wanted or any(wanted in fold(text) for text in _texts([line.name, line.values])):
                yield line

    @cached_property
    def troubles(self) -> Counter[str]:
        """How many findings each step has."""
        return Counter(finding.step or "" for finding in self.draft.findings)

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The steps that keep the flow from being published."""
        return frozenset(finding.step or "" for finding in self.draft.errors)

    def findings(self) -> list[Finding]:
        """What the check says of the step that is open; without one, of the flow itself."""
        name = self.line.name if self.line is not None else None
        return [finding for finding in self.draft.findings if finding.step == name]


def _beside(found: Outline | None, asked: str | None) -> str | None:
    others = found.languages[1:] if found else ()
    if asked in others:
        return asked
    mine = language.language()
    return mine if mine in others else next(iter(others), None)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a list that can be read; a draft may hold anything."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)
