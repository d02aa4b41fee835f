"""The YAML form of a flow -> `Flow`. Every fault is reported at once, with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flows.definition import READABLE, SPEC, Flow, Quota, Text, Trigger, TriggerKind, Use
from flows.findings import FlowInvalid
from flows.languages import is_known
from flows.readers.common import NAME, Known
from flows.readers.parts import Notes, Part
from flows.readers.questions import codes_of
from flows.readers.steps import StepReader
from flows.readers.tree import Map, Tree, parse
from flows.texts import Catalogs, engine_texts

FLOW_KEYS = (
    *("spec", "flow", "title", "languages", "purpose", "owner", "retention", "sensitivity", "expires"),
    *("reminders", "reminder_text", "discreet", "outbound", "fields", "topics", "steps", "tests"),
    *("lists", "window", "attempts", "quotas", "quota_text", "triggers"),
    *("audience", "decision", "analysis", "settings"),
)
MAX_ATTEMPTS = 10
MAX_QUOTA = 10_000_000
_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)


class Sensitivity(StrEnum):
    """Who may see the answers, as the codebook orders it."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"


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
        self._top = Part(notes, tree, allowed=FLOW_KEYS)
        self._known = Known()
        self._reader = StepReader(notes, self._known)

    def flow(self, *, with_engine_texts: bool) -> Flow:
        top = self._top
        self._spec()
        code = self._known.code = top.name("flow", NAME, "flow")
        self._notes.languages = self._languages()
        title = top.text("title", f"{code}.title", required=True)
        lists = self._reader.lists(top)
        self._known.lists = codes_of(lists)
        steps = self._reader.steps(top)
        self._reader.check_jumps()
        return Flow(
            code=code,
            title=title or Text("", {}),
            languages=self._notes.languages,
            steps=steps,
            purpose=top.string("purpose"),
            owner=top.string("owner"),
            retention=top.string("retention"),
            sensitivity=top.word("sensitivity", Sensitivity, Sensitivity.S1).value,
            expires=top.period("expires") or timedelta(hours=72),
            reminders=self._reminders(),
            reminder_text=top.text("reminder_text", f"{code}.reminder"),
            discreet=top.flag("discreet"),
            outbound=top.flag("outbound", default=True),
            tests=self._tests(),
            fields=top.words("fields"),
            topics=top.words("topics"),
            engine_texts=self._engine_texts() if with_engine_texts else {},
            lists=lists,
            window=self._window(),
            attempts=top.count("attempts", 1, most=MAX_ATTEMPTS),
            quotas=tuple(map(self._quota, top.rows("quotas"))),
            quota_text=top.text("quota_text", f"{code}.quota"),
            triggers=tuple(map(self._trigger, top.rows("triggers"))),
            audience=top.string("audience"),
            decision=top.string("decision"),
            analysis=tuple(map(self._use, top.rows("analysis"))),
            settings=top.strings("settings"),
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

    def _reminders(self) -> tuple[timedelta, ...]:
        line = self._line("reminders")
        read = [self._top.duration(text, line) for text in self._top.words("reminders")]
        return tuple(length for length in read if length is not None)

    def _line(self, key: str) -> int:
        tree = self._top.items.get(key)
        return tree.line if tree else self._top.line

    def _window(self) -> str | None:
        text = self._top.optional("window")
        if text is not None and not _WINDOW.fullmatch(text):
            sentence = "“window” is two times of the day, like 09:00-19:00."
            self._top.fault("bad_window", sentence, line=self._line("window"))
        return text

    def _quota(self, tree: Tree) -> Quota:
        row = Part(self._notes, tree, allowed=["name", "when", "most"])
        when = row.expression("when")
        if when is None or "most" not in row.items:
            row.fault("missing", "A quota needs “name”, “when” and “most”.")
        return Quota(row.name("name", NAME, ""), when or "false()", row.count("most", 0, most=MAX_QUOTA))

    def _trigger(self, tree: Tree) -> Trigger:
        row = Part(self._notes, tree, allowed=["kind", "words", "schedule", "event", "interrupts"])
        kind = row.word("kind", TriggerKind, TriggerKind.LINK, required=True)
        needed = {TriggerKind.KEYWORD: "words", TriggerKind.SCHEDULE: "schedule", TriggerKind.EVENT: "event"}
        for word, key in needed.items():
            if (kind is word) != (key in row.items):
                row.fault("missing", f"“{key}” belongs to a trigger of kind {word}, which needs it.")
        return Trigger(
            kind,
            row.words_by_language("words"),
            row.optional("schedule"),
            row.optional("event"),
            row.flag("interrupts"),
        )

    def _use(self, tree: Tree) -> Use:
        row = Part(self._notes, tree, allowed=["indicator", "product", "decision"])
        return Use(row.string("indicator", required=True), row.string("product"), row.string("decision"))

    def _tests(self) -> tuple[Mapping[str, Any], ...]:
        rows = self._top.rows("tests")
        for row in rows:
            if not isinstance(row, Map):
                self._top.fault("not_a_mapping", "A test is a mapping with a name and a talk.", line=row.line)
        return tuple(row.value() for row in rows if isinstance(row, Map))

    def _engine_texts(self) -> dict[str, Text]:
        return {key: self._notes.translated(text) for key, text in engine_texts().items()}
