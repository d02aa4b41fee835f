"""Bringing two changes of one draft together, part by part: what only one side changed is taken from it.

Taking back a change is the same thing: from the text after it, one side went back and the other went on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flows import editing
from flows.sections import STEPS, Block, Document, Section, read


class Clash(ValueError):
    """Both sides changed the same. `part` names it: "step:age", "flow:title"."""

    def __init__(self, part: str) -> None:
        super().__init__(f"Both sides changed {part}.")
        self.part = part


def merge(base: str, mine: str, theirs: str) -> str:
    """Return their text with my changes since the base.

    Raises:
        Clash: both changed the same part.
        CannotEdit: one of the texts is no YAML.
    """
    if theirs in (base, mine):
        return mine
    if mine == base:
        return theirs
    old, ours, others = read(base), read(mine), read(theirs)
    merged = Document(_sections(old, ours, others), [], others.end if ours.end == old.end else ours.end)
    merged.blocks = _Steps(old, ours, others).blocks()
    return merged.text()


def _sections(old: Document, ours: Document, others: Document) -> list[Section]:
    sides = [{section.key: section for section in side.sections} for side in (old, ours, others)]
    keys = _order(*([section.key for section in side.sections] for side in (old, ours, others)))
    found = []
    for key in keys:
        was, mine, their = (side.get(key) for side in sides)
        if key == STEPS:
            found.append(their or mine or was or Section(STEPS, "", "steps:\n"))
            continue
        kept = _pick(was, mine, their, f"flow:{key}")
        if kept is not None:
            found.append(kept)
    return found


def _pick(was: Section | None, mine: Section | None, their: Section | None, part: str) -> Section | None:
    if _same(mine, their) or _same(was, mine):
        return their
    if _same(was, their):
        return mine
    raise Clash(part)


def _same(one: Section | None, other: Section | None) -> bool:
    return (one is None) == (other is None) and (one is None or other is None or one.body == other.body)


@dataclass(slots=True)
class _Side:
    """One version's steps by name, and who stands in whom in which order."""

    blocks: dict[str, Block]
    parents: dict[str, str | None]
    order: dict[str | None, list[str]]

    @classmethod
    def of(cls, document: Document) -> _Side:
        side = cls({}, {}, {None: []})
        for block, parent, _ in document.walk():
            above = parent.name if parent else None
            side.blocks[block.name] = block
            side.parents[block.name] = above
            side.order.setdefault(above, []).append(block.name)
        return side


class _Steps:
    """Merges the steps of three versions."""

    def __init__(self, old: Document, ours: Document, others: Document) -> None:
        self._old, self._mine, self._their = _Side.of(old), _Side.of(ours), _Side.of(others)

    def blocks(self) -> list[Block]:
        """Merge all of them."""
        for name in {**self._old.blocks, **self._mine.blocks, **self._their.blocks}:
            self._home(name)  # what one side took out and the other changed is seen here alone
        return self._below(None, 0)

    def _below(self, parent: str | None, column: int) -> list[Block]:
        """Return the steps of a group, or of the flow; `column` is that of the group's dash."""
        names = _order(*(side.order.get(parent, []) for side in (self._old, self._mine, self._their)))
        blocks = []
        for name in names:
            if self._home(name) == (True, parent):
                block = replace(self._block(name))
                editing.shift(block, column + self._step_in(parent) - block.indent)
                if block.children is not None:
                    block.children = self._below(name, block.indent)
                blocks.append(block)
        return blocks

    def _step_in(self, parent: str | None) -> int:
        """How far the steps of a group stand to the right of it: as they are typed, else as we write them."""
        for side in (self._their, self._mine):
            for name in side.order.get(parent, ()):
                return side.blocks[name].indent - (side.blocks[parent].indent if parent is not None else 0)
        return 2 if parent is None else 4

    def _home(self, name: str) -> tuple[bool, str | None]:
        """Say whether a step is left, and in which group."""
        inside = [name in side.blocks for side in (self._mine, self._their)]
        if name in self._old.blocks and not all(inside):
            if any(inside) and self._changed(self._mine if inside[0] else self._their, name):
                raise Clash(f"step:{name}")
            return False, None
        if not all(inside):
            return any(inside), (self._mine if inside[0] else self._their).parents.get(name)
        return True, self._parent(name)

    def _parent(self, name: str) -> str | None:
        was, mine, their = (side.parents.get(name, "") for side in (self._old, self._mine, self._their))
        if mine in {their, was}:
            return their
        if their == was:
            return mine
        raise Clash(f"step:{name}")

    def _changed(self, side: _Side, name: str) -> bool:
        return _words(side.blocks[name]) != _words(self._old.blocks[name])

    def _block(self, name: str) -> Block:
        was, mine, their = (side.blocks.get(name) for side in (self._old, self._mine, self._their))
        if mine is None or their is None:
            return mine or their or self._old.blocks[name]
        if _words(mine) == _words(their) or (was is not None and _words(was) == _words(mine)):
            return their
        if was is not None and _words(was) == _words(their):
            return mine
        raise Clash(f"step:{name}")


def _words(block: Block) -> list[str]:
    """What a step says, however far it is indented."""
    return [line.strip() for line in (block.body + block.tail).splitlines() if line.strip()]


def _order(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Their order, with what I put in, took out or moved."""
    kept = _steady([name for name in base if name in set(mine)], [name for name in mine if name in set(base)])
    result = [name for name in theirs if name in kept or name not in set(base) | set(mine)]
    for place, name in enumerate(mine):
        if name in result:
            continue
        if name in kept and name not in theirs:
            continue  # they took it out; what was changed in it is looked at elsewhere
        before = next((other for other in reversed(mine[:place]) if other in result), None)
        result.insert(result.index(before) + 1 if before is not None else 0, name)
    return result


def _steady(base: Sequence[str], mine: Sequence[str]) -> set[str]:
    """Names that stand in the same order in both: a longest common sequence."""
    places = {name: number for number, name in enumerate(base)}
    best: list[list[str]] = []
    for name in mine:
        before = [row for row in best if places[row[-1]] < places[name]]
        best.append([*_longest(before), name])
    return set(_longest(best))


def _longest(rows: list[list[str]]) -> list[str]:
    return max(rows, key=len, default=[])
