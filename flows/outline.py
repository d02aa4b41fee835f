"""A draft as plain values for those who edit it, however wrong it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.sections import STEPS, Block, Section, digest, read
from flows.yaml_text import item_text, section_text, to_plain

SOURCE = ("eng",)  # where a draft names no language


@dataclass(frozen=True, slots=True)
class Line:
    """One step in the outline. `values`: what is written in it, without its steps; `depth` from 0."""

    name: str
    kind: str
    depth: int
    parent: str | None
    values: Mapping[str, Any]
    digest: str
    first: bool = False  # of its list
    last: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A draft as plain values, however wrong it is."""

    settings: Mapping[str, Any]
    lines: tuple[Line, ...]
    digests: Mapping[str, str]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the draft names."""
        return languages_of(self.settings.get("languages"))

    def line(self, name: str) -> Line | None:
        """Find a step."""
        return next((line for line in self.lines if line.name == name), None)


def languages_of(named: Any) -> tuple[str, ...]:
    """Return the languages that stand under the key, whatever stands there."""
    return tuple(str(code) for code in named) if isinstance(named, list) and named else SOURCE


def outline(source: str) -> Outline:
    """Read a draft for those who edit it: wrong values too.

    Raises:
        CannotEdit: it is no YAML.
    """
    document = read(source)
    settings: dict[str, Any] = {}
    for section in document.sections:
        if section.key != STEPS:
            settings[section.key] = plain_section(section)
    lines = tuple(_lines(document.blocks, 0, None))
    return Outline(settings, lines, {section.key: digest(section.body) for section in document.sections})


def plain_section(section: Section) -> Any:
    """Return what stands under one key."""
    values = to_plain(section_text(section))
    return values.get(section.key) if isinstance(values, dict) else None


def _lines(blocks: Sequence[Block], depth: int, parent: str | None) -> Iterable[Line]:
    for number, block in enumerate(blocks):
        values = to_plain(item_text(block))
        plain = (
            {key: value for key, value in values.items() if key != STEPS} if isinstance(values, dict) else {}
        )
        yield Line(
            block.name,
            block.kind,
            depth,
            parent,
            plain,
            digest(block.body + block.tail),
            first=number == 0,
            last=number == len(blocks) - 1,
        )
        yield from _lines(block.children or (), depth + 1, block.name)
