"""A draft's text cut into the parts that people edit: its settings, and its steps with the comments before them.

Cutting goes by lines, so what is not touched stays as it was typed, to the letter.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

KINDS = ("say", "ask", "do", "branch", "finish", "calculate", "meta", "split", "group", "repeat")
STEPS = "steps"
MAX_DEPTH = 12
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CannotEdit(ValueError):
    """An edit that cannot be made. `code` is for machines: yaml, shape, no_step, taken, name, value, into_itself."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(slots=True)
class Block:
    """One step as it is typed.

    Attributes:
        name: its name; a second step of the same name is `name#2`, one without a name `#3`.
        kind: the word it begins with; "" where it is none that we know.
        lead: comments and blank lines before it.
        body: its own lines; of a group those up to its steps.
        indent: column of the dash.
        children: steps of a group or repeat; None: it holds none.
        tail: lines of a group behind its steps.
    """

    name: str
    kind: str
    lead: str
    body: str
    indent: int
    children: list[Block] | None = None
    tail: str = ""

    def text(self) -> str:
        """Return all of it."""
        return self.lead + self.body + "".join(child.text() for child in self.children or ()) + self.tail


@dataclass(slots=True)
class Section:
    """One key of the whole flow with what stands under it. That of the steps ends before the first of them."""

    key: str
    lead: str
    body: str


@dataclass(slots=True)
class Document:
    """A draft in parts, in the order of its text."""

    sections: list[Section]
    blocks: list[Block] = field(default_factory=list)
    end: str = ""

    def text(self) -> str:
        """Put the parts together."""
        parts = []
        for section in self.sections:
            parts += [section.lead, section.body]
            if section.key == STEPS:
                parts += [block.text() for block in self.blocks]
        return "".join(parts) + self.end

    def section(self, key: str) -> Section | None:
        """Find a setting."""
        return next((section for section in self.sections if section.key == key), None)

    def walk(self) -> Iterator[tuple[Block, Block | None, list[Block]]]:
        """Go through all steps: each with the group it is in, and the list it stands in."""
        yield from _walk(self.blocks, None)

    def find(self, name: str) -> tuple[Block, Block | None, list[Block]]:
        """Find a step.

        Raises:
            CannotEdit: there is none of this name.
        """
        for found in self.walk():
            if found[0].name == name:
                return found
        raise CannotEdit("no_step", f"There is no step “{name}”.")


def _walk(blocks: list[Block], parent: Block | None) -> Iterator[tuple[Block, Block | None, list[Block]]]:
    for block in blocks:
        yield block, parent, blocks
        yield from _walk(block.children or [], block)


def read(source: str) -> Document:
    """Cut a text into its parts.

    Raises:
        CannotEdit: it is no YAML, or no list of "key: value" lines.
    """
    return copy.deepcopy(_read(source if source.endswith("\n") else source + "\n"))


@lru_cache(maxsize=32)
def _read(text: str) -> Document:
    """Cut a text; kept, because one edit asks for the same texts several times, and large ones take long."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise CannotEdit("yaml", "The text is not YAML.") from error
    if not isinstance(root, yaml.MappingNode) or root.flow_style or not root.value:
        raise CannotEdit("shape", "A flow is written as “key: value” lines.")
    return _Cutter(text).document(root)


def digest(text: str) -> str:
    """A short mark of a text, by which a change of it is noticed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _Cutter:
    """Cuts one text; `done` is the first line that belongs to no part yet."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True) if _plain_breaks(text) else _split(text)
        self._done = 0
        self._names: dict[str, int] = {}
        self._count = 0

    def document(self, root: yaml.MappingNode) -> Document:
        document = Document([])
        for key, value in root.value:
            lead = self._until(key.start_mark.line)
            if key.value == STEPS and _is_list(value):
                head = self._until(self._dash(value, value.value[0]))
                # Comments between the key and the first step are the step's.
                line, comments = _first_line(head)
                document.sections.append(Section(STEPS, lead, line))
                document.blocks = self._blocks(value, comments)
            else:
                document.sections.append(Section(str(key.value), lead, self._until(_end(key, value) + 1)))
        document.end = self._until(len(self._lines))
        return document

    def _until(self, line: int) -> str:
        text = "".join(self._lines[self._done : line])
        self._done = max(self._done, line)
        return text

    def _dash(self, rows: yaml.SequenceNode, item: yaml.Node) -> int:
        """The line of an item's dash; the item itself may begin on a later one."""
        column, line = rows.start_mark.column, item.start_mark.line
        while line > self._done and not _has_dash(self._lines[line], column):
            line -= 1
        return int(line)

    def _blocks(self, rows: yaml.SequenceNode, first_lead: str) -> list[Block]:
        blocks: list[Block] = []
        for item in rows.value:
            lead = self._until(self._dash(rows, item))
            blocks.append(self._block(item, rows.start_mark.column, lead if blocks else first_lead + lead))
        return blocks

    def _block(self, item: yaml.Node, indent: int, lead: str) -> Block:
        kind, name = _named(item)
        block = Block(self._own(name), kind, lead, "", indent)
        inner = _inner(item)
        if inner is None:
            block.body = self._until(_end(item, item) + 1)
            block.children = [] if kind in {"group", "repeat"} else None
            return block
        head = self._until(self._dash(inner, inner.value[0]))
        block.body, comments = _through_key(head)
        block.children = self._blocks(inner, comments)
        block.tail = self._until(_end(item, item) + 1)
        return block

    def _own(self, name: str) -> str:
        self._count += 1
        if not name:
            return f"#{self._count}"
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name}#{self._names[name]}"


def _plain_breaks(text: str) -> bool:
    """Whether lines end with line feeds alone: Python splits at more characters than YAML."""
    return not any(mark in text for mark in "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def _split(text: str) -> list[str]:
    """Split as YAML 1.1 counts lines: at each kind of line feed, next line, and the two separators."""
    lines, start, place = [], 0, 0
    while place < len(text):
        if text[place] in "\n\r\x85\u2028\u2029":
            place += 2 if text.startswith("\r\n", place) else 1
            lines.append(text[start:place])
            start = place
        else:
            place += 1
    return [*lines, text[start:]] if start < len(text) else lines


def _is_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and not node.flow_style and bool(node.value)


def _has_dash(line: str, column: int) -> bool:
    return line[column : column + 1] == "-" and not line[:column].strip(" -")


def _first_line(head: str) -> tuple[str, str]:
    line, feed, rest = head.partition("\n")
    return line + feed, rest


def _through_key(head: str) -> tuple[str, str]:
    """Split the head of a group behind the line of its key `steps`; what follows are comments."""
    lines = head.splitlines(keepends=True)
    place = max(
        (number for number, line in enumerate(lines) if line.strip(" -").startswith(STEPS + ":")), default=0
    )
    return "".join(lines[: place + 1]), "".join(lines[place + 1 :])


def _named(item: yaml.Node) -> tuple[str, str]:
    """Return the kind and the name of a step, "" where it has none."""
    if not isinstance(item, yaml.MappingNode):
        return "", ""
    words = {key.value: value for key, value in item.value if isinstance(key.value, str)}
    kind = next((kind for kind in KINDS if kind in words), "")
    name = words[kind].value if kind and isinstance(words[kind], yaml.ScalarNode) else ""
    return kind, str(name).strip()


def _inner(item: yaml.Node) -> yaml.SequenceNode | None:
    if not isinstance(item, yaml.MappingNode) or item.flow_style:
        return None
    return next((value for key, value in item.value if key.value == STEPS and _is_list(value)), None)


def _end(first: yaml.Node, last: yaml.Node) -> int:
    """The last line that a node's words stand on. Marks of block collections lie behind their comments."""
    lines = [first.start_mark.line]
    todo: list[Any] = [last]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.ScalarNode) or node.flow_style:
            end = node.end_mark
            # Block scalars and empty values end at the beginning of what follows.
            lines.append(end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line)
        elif isinstance(node, yaml.MappingNode):
            todo += [part for pair in node.value for part in pair]
        else:
            todo += node.value
    return int(max(lines))
