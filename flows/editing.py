"""Editing a draft: small edits applied to its text. Comments, order and whatever is not touched stay as typed.

    text = apply(text, SetText("age", ("text",), "urd", "آپ کی عمر کیا ہے؟"))

`touched` says which part of the text an edit rests on, and `digest_of` how such a part looked, so that two people who
edit different steps never meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flows.edits import (
    Add,
    AddRow,
    Edit,
    Move,
    MoveRow,
    Path,
    Remove,
    RemoveRow,
    Rename,
    Set,
    SetText,
    check,
    from_json,
    to_json,
)
from flows.outline import Line, Outline, languages_of, outline, plain_section
from flows.renaming import Swap
from flows.sections import MAX_DEPTH, STEPS, Block, CannotEdit, Document, Section, digest, read
from flows.yaml_text import change_item, change_section

__all__ = [
    "Add",
    "AddRow",
    "CannotEdit",
    "Edit",
    "Line",
    "Move",
    "MoveRow",
    "Outline",
    "Remove",
    "RemoveRow",
    "Rename",
    "Set",
    "SetText",
    "apply",
    "digest_of",
    "from_json",
    "outline",
    "part_text",
    "say_all",
    "shift",
    "to_json",
    "touched",
]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_HOLDERS = frozenset({"group", "repeat"})


def apply(source: str, edit: Edit) -> str:
    """Return the text after an edit.

    Raises:
        CannotEdit: the text is no YAML, what the edit is about is not there, or it makes no sense.
    """
    check(edit)
    document = read(source)
    match edit:
        case Add():
            _add(document, edit)
        case Remove():
            block, _, home = document.find(edit.step)
            home.remove(block)
        case Move():
            _move(document, edit)
        case Rename():
            _rename(document, edit)
        case Set() | SetText() | AddRow() | RemoveRow() | MoveRow():
            _change(document, edit)
    return document.text()


def say_all(source: str, edits: Iterable[SetText]) -> str:
    """Return the text after many wordings were set. Each part of it is read and written once, however many it has.

    Raises:
        CannotEdit: as with `apply`; then nothing is changed.
    """
    document = read(source)
    languages = _languages(document)
    parts: dict[str | None, list[SetText]] = {}
    for edit in edits:
        check(edit)
        parts.setdefault(touched(edit), []).append(edit)
    for same in parts.values():
        _change_part(document, same[0], partial(_say_each, edits=same, languages=languages))
    return document.text()


def _say_each(values: Any, *, edits: Iterable[SetText], languages: tuple[str, ...]) -> None:
    for edit in edits:
        _say(values, edit, languages)


def touched(edit: Edit) -> str | None:
    """Return the part of the text that an edit rests on: "step:age", "flow:title", or None for none."""
    match edit:
        case Add():
            return None
        case Remove() | Move() | Rename():
            return f"step:{edit.step}"
        case Set() | SetText() | AddRow() | RemoveRow() | MoveRow():
            return f"step:{edit.step}" if edit.step is not None else f"flow:{edit.path[0]}"


def digest_of(source: str | Document, part: str) -> str | None:
    """Return the mark of a part of the text; None: there is no such step. A group's steps are not part of it."""
    document = read(source) if isinstance(source, str) else source
    where, _, name = part.partition(":")
    if where == "flow":
        section = document.section(name)
        return digest(section.body if section else "")
    found = next((block for block, _, _ in document.walk() if block.name == name), None)
    return digest(found.body + found.tail) if found else None


def part_text(source: str, part: str) -> str | None:
    """Return the text of a part as it is typed, without comments before it; None: it is gone."""
    document = read(source)
    where, _, name = part.partition(":")
    if where == "flow":
        section = document.section(name)
        return section.body if section else ""
    found = next((block for block, _, _ in document.walk() if block.name == name), None)
    return found.body + found.tail if found else None


# --- Steps


def _add(document: Document, edit: Add) -> None:
    _check_free(document, edit.name)
    values = {edit.kind: edit.name, **{key: value for key, value in edit.values.items() if key != STEPS}}
    block = Block(edit.name, edit.kind, "", "", 0)
    if edit.kind in _HOLDERS:
        block.children = []
    _insert(document, block, edit.parent, edit.after)
    block.body = " " * block.indent + "- \n"
    change_item(block, lambda found: found.update(values))


def _move(document: Document, edit: Move) -> None:
    block, _, home = document.find(edit.step)
    if edit.after == edit.step or edit.parent in {child.name for child, _, _ in _inside(block)}:
        raise CannotEdit("into_itself", "A group cannot be put into itself.")
    home.remove(block)
    _insert(document, block, edit.parent, edit.after)


def _inside(block: Block) -> list[tuple[Block, Block | None, list[Block]]]:
    return list(Document([], [block]).walk())


def _insert(document: Document, block: Block, parent: str | None, after: str | None) -> None:
    home, indent = _home(document, parent)
    names = [other.name for other in home]
    place = len(home) if after not in names else names.index(after) + 1
    place = 0 if after is None else place
    home.insert(place, block)
    shift(
        block,
        (home[0].indent if len(home) > 1 and place > 0 else _indent(home, place, indent)) - block.indent,
    )


def _indent(home: list[Block], place: int, indent: int) -> int:
    return home[place + 1].indent if len(home) > place + 1 else indent


def _home(document: Document, parent: str | None) -> tuple[list[Block], int]:
    """Return the list that a step goes into, and the column of its dashes when it is the first."""
    if parent is None:
        _open(document)
        return document.blocks, 2
    group, above, _ = document.find(parent)
    depth = 1
    while above is not None:
        depth, above = depth + 1, document.find(above.name)[1]
    if group.children is None or depth >= MAX_DEPTH // 4:
        raise CannotEdit("shape", f"“{parent}” cannot hold this step.")
    _open_group(group)
    return group.children, group.indent + 4


def _open(document: Document) -> None:
    """Have a key `steps` that a list can follow."""
    section = document.section(STEPS)
    if section is None:
        document.sections.append(Section(STEPS, document.end, "steps:\n"))
        document.end = ""
    elif not document.blocks:
        section.body = "steps:\n"


def _open_group(group: Block) -> None:
    if not group.children and not re.search(rf"^\s*(- )?{STEPS}:[ ]*$", group.body, re.MULTILINE):
        change_item(group, lambda found: (found.pop(STEPS, None), found.update({STEPS: None})))


def shift(block: Block, by: int) -> None:
    """Move a step and what it holds to the right by so many columns, or to the left."""
    block.indent += by
    block.body, block.tail = _shifted(block.body, by), _shifted(block.tail, by)
    for child in block.children or ():
        shift(child, by)


def _shifted(text: str, by: int) -> str:
    lines = text.splitlines(keepends=True)
    if by >= 0:
        return "".join(" " * by + line if line.strip() else line for line in lines)
    return "".join(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines)


def _rename(document: Document, edit: Rename) -> None:
    block, _, _ = document.find(edit.step)
    if edit.name == edit.step:
        return
    _check_free(document, edit.name)
    if not block.kind:
        raise CannotEdit("shape", "This step has no kind, and so no name.")
    change_item(block, lambda found: found.update({block.kind: edit.name}))
    block.name = edit.name
    swap = Swap(edit.step, edit.name)
    for other, _, _ in document.walk():
        if edit.step in other.body + other.tail:
            change_item(other, swap.steps)
    for section in document.sections:
        if section.key != STEPS and edit.step in section.body:
            change_section(section, swap.section)


def _check_free(document: Document, name: str) -> None:
    if not _NAME.fullmatch(name) or name == "end":
        raise CannotEdit("name", "A name has letters, digits and _, and begins with a letter.")
    if any(block.name == name for block, _, _ in document.walk()):
        raise CannotEdit("taken", f"There is a step “{name}” already.")


# --- What stands in a step or a setting


def _change(document: Document, edit: Set | SetText | AddRow | RemoveRow | MoveRow) -> None:
    languages = _languages(document)
    _change_part(document, edit, lambda values: _act(values, edit, languages))


def _change_part(
    document: Document, edit: Set | SetText | AddRow | RemoveRow | MoveRow, act: Callable[[Any], None]
) -> None:
    if edit.step is not None:
        block = document.find(edit.step)[0]
        if edit.path[0] in {STEPS, block.kind}:
            raise CannotEdit("shape", "A name is changed by Rename, steps by Add, Remove and Move.")
        change_item(block, act)
        return
    key = str(edit.path[0])
    if key == STEPS:
        raise CannotEdit("shape", "Steps are changed by Add, Remove and Move.")
    _section_changed(document, key, act)


def _section_changed(document: Document, key: str, act: Callable[[Any], None]) -> None:
    section = document.section(key)
    made = section is None
    if section is None:
        lead, document.end = document.end, ""
        section = Section(key, lead, "")
        place = next((n for n, other in enumerate(document.sections) if other.key == STEPS), None)
        # Settings stand before the steps, tests and lists behind them.
        at = place if place is not None and key not in {"tests", "lists"} else len(document.sections)
        if at < len(document.sections):
            section.lead, document.end = "", lead
        document.sections.insert(at, section)
    change_section(section, act)
    if not section.body:
        at = document.sections.index(section)
        document.sections.remove(section)
        if not made:
            _keep_lead(document, at, section.lead)
    if not document.sections:
        raise CannotEdit("shape", "Nothing would be left.")


def _keep_lead(document: Document, at: int, lead: str) -> None:
    if at < len(document.sections):
        document.sections[at].lead = lead + document.sections[at].lead
    else:
        document.end = lead + document.end


def _languages(document: Document) -> tuple[str, ...]:
    section = document.section("languages")
    return languages_of(plain_section(section) if section else None)


def _act(values: Any, edit: Set | SetText | AddRow | RemoveRow | MoveRow, languages: tuple[str, ...]) -> None:
    match edit:
        case Set():
            _put(values, edit.path, edit.value)
        case SetText():
            _say(values, edit, languages)
        case AddRow():
            rows = _rows(values, edit.path, make=True)
            rows.insert(len(rows) if edit.at is None else min(edit.at, len(rows)), edit.row)
        case RemoveRow():
            rows = _rows(values, edit.path)
            _check_row(rows, edit.at)
            del rows[edit.at]
            if not rows:
                _put(values, edit.path, None)
        case MoveRow():
            rows = _rows(values, edit.path)
            _check_row(rows, edit.at)
            row = rows.pop(edit.at)
            rows.insert(min(max(edit.to, 0), len(rows)), row)


def _check_row(rows: Any, at: int) -> None:
    if not 0 <= at < len(rows):
        raise CannotEdit("no_row", "There is no such row.")


def _put(values: Any, path: Path, value: Any) -> None:
    home = _walk_to(values, path[:-1], make=value is not None)
    last = path[-1]
    if isinstance(home, list) and isinstance(last, int):
        _check_row(home, last)
        home[last] = value
    elif isinstance(home, dict) and value is None:
        home.pop(last, None)
    elif isinstance(home, dict):
        home[last] = value
    elif value is not None:
        raise CannotEdit("shape", "There is nothing that could hold this.")


def _walk_to(values: Any, path: Path, *, make: bool) -> Any:
    for key in path:
        if isinstance(values, list) and isinstance(key, int):
            _check_row(values, key)
            values = values[key]
        elif isinstance(values, dict):
            if make and values.get(key) is None:
                values[key] = {}
            values = values.get(key)
        else:
            return None
    return values


def _rows(values: Any, path: Path, *, make: bool = False) -> Any:
    found = _walk_to(values, path, make=False)
    if found is None and make:
        _put(values, path, [])
        found = _walk_to(values, path, make=False)
    if not isinstance(found, list):
        raise CannotEdit("shape", "There is no list here.")
    return found


def _say(values: Any, edit: SetText, languages: tuple[str, ...]) -> None:
    source = languages[0]
    now = _walk_to(values, edit.path, make=False)
    wordings = _wordings(now, languages)
    words = {code: text for code, text in wordings.items() if code != edit.language or edit.text}
    if edit.text:
        words[edit.language] = edit.text
    if isinstance(now, dict) and "mul" not in now and words:
        # In place, so that comments beside the other languages stay.
        if edit.text:
            now[edit.language] = edit.text
        else:
            now.pop(edit.language, None)
    elif not words:
        _put(values, edit.path, None)
    else:
        _put(values, edit.path, words[source] if set(words) == {source} else words)


def _wordings(now: Any, languages: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(now, dict):
        return dict.fromkeys(languages, now["mul"]) if "mul" in now else dict(now)
    return {languages[0]: now} if isinstance(now, str) and now else {}
