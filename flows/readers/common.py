"""What all readers of steps share: names, jumps, texts with their ids, media, variants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.definition import END, Text, Variant
from flows.readers.parts import Notes, Part

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
CODE = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]{0,63}")  # no space: a list of codes is joined by spaces
WORDING = ("text", "short", "variants", "media", "media_fallback")


@dataclass(slots=True)
class Jump:
    """A jump as it was read: compared with the names when all steps are known."""

    step: str
    target: str
    line: int
    repeats: tuple[str, ...]


@dataclass(slots=True)
class Known:
    """What is remembered of a definition while it is read: names with the repeats around them, jumps, lists."""

    code: str = "flow"
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    jumps: list[Jump] = field(default_factory=list)
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)  # codes by list
    repeats: tuple[str, ...] = ()  # around the step that is being read


class Reader:
    """Reads parts of steps of one definition."""

    def __init__(self, notes: Notes, known: Known) -> None:
        """Keep what all parts need."""
        self.notes = notes
        self.known = known

    def remember(self, name: str, part: Part) -> None:
        """Keep a name; two steps must not have the same."""
        if name in self.known.names or name == END:
            part.fault("duplicate_step", f"The name “{name}” is taken.")
        self.known.names[name] = self.known.repeats

    def jump(self, part: Part, key: str) -> str | None:
        """A step to go to."""
        target = part.optional(key)
        if target is not None:
            line = part.items[key].line
            self.known.jumps.append(Jump(part.step or "", target, line, self.known.repeats))
        return target

    def check_jumps(self) -> None:
        """Compare all jumps with all names."""
        for jump in self.known.jumps:
            if jump.target == END:
                continue
            around = self.known.names.get(jump.target)
            if around is None:
                sentence = f"There is no step “{jump.target}” to go to."
                self.notes.fault("unknown_target", sentence, jump.line, step=jump.step)
            elif jump.repeats[: len(around)] != around:
                sentence = f"“{jump.target}” stands inside a repeat: go to “{around[0]}” instead."
                self.notes.fault("jump_into_repeat", sentence, jump.line, step=jump.step)

    def id(self, part: Part, kind: str) -> str:
        """The stable id of one of the step's texts."""
        return f"{self.known.code}.{part.step}.{kind}"

    def text(self, part: Part, key: str, kind: str = "text") -> Text:
        """A text that a step must have."""
        return part.text(key, self.id(part, kind), required=True) or Text("", {})

    def optional(self, part: Part, key: str) -> Text | None:
        """A text that a step may have; its id ends with the key."""
        return part.text(key, self.id(part, key))

    def media(self, part: Part) -> dict[str, str]:
        """References by language."""
        tree = part.items.get("media")
        if tree is None:
            return {}
        languages = self.notes.languages
        rows = Part(self.notes, tree, allowed=languages, step=part.step, unknown="unknown_language")
        return {language: rows.string(language) for language in rows.items}

    def variants(self, part: Part) -> tuple[Variant, ...]:
        """Other wordings."""
        variants = []
        for number, tree in enumerate(part.rows("variants"), 1):
            row = Part(self.notes, tree, allowed=["when", "text", "short"], step=part.step)
            when = row.expression("when")
            if when is None:
                row.fault("missing", "A variant needs “when”.")
            text = self.text(row, "text", f"variant{number}.text")
            short = row.text("short", self.id(row, f"variant{number}.short"))
            variants.append(Variant(when or "false()", text, short))
        return tuple(variants)
