"""Whoever writes into the audit that something was changed says how it was and how it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "gateway").rglob("*.py"))
CHANGES = re.compile(r"\.(changed|named)$|\.preferences_changed$")
WRITERS = {"note", "note_there", "record", "Line"}


def called(node: ast.AST) -> str:
    """The last word of what is called; empty for what is no call."""
    if not isinstance(node, ast.Call):
        return ""
    target = node.func
    return (
        target.attr
        if isinstance(target, ast.Attribute)
        else target.id
        if isinstance(target, ast.Name)
        else ""
    )


def actions(call: ast.Call) -> list[str]:
    """What a line may say was done: each text among its arguments that is called like a change."""
    given = [*call.args, *(word.value for word in call.keywords if word.arg)]
    inside = [node for argument in given for node in ast.walk(argument)]
    texts = [node.value for node in inside if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if CHANGES.search(text)]


def changes(source: str) -> Iterator[tuple[int, bool]]:
    """Each line of the audit that tells of a change: where it is written, and whether it says before and after."""
    tree = ast.parse(source)
    kept = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and called(node.value) == "changed"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and called(call) in WRITERS and actions(call):
            spread = [word.value for word in call.keywords if word.arg is None]
            yield (
                call.lineno,
                any(called(it) == "changed" or (isinstance(it, ast.Name) and it.id in kept) for it in spread),
            )


def test_every_change_is_told_as_it_was_and_as_it_is() -> None:
    found = [(path, *change) for path in MODULES for change in changes(path.read_text("utf-8"))]
    assert len(found) > 8, "the walk finds no lines any more"
    assert [f"{path.relative_to(ROOT)}:{line}" for path, line, told in found if not told] == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("page.note('team.changed', f'team {it}', **audit.changed(a, b))", [True]),
        ("told = audit.changed(a, b)\nnote(c, action='operation.named', object_='o', **told)", [True]),
        ("page.note('team.changed', 'team 1')", [False]),
        ("page.note('team.changed' if done else 'team.asked', 'team 1', minutes=3)", [False]),
        ("page.note('staff.password_changed', 'staff 1')", []),
    ],
)
def test_the_walk_knows_a_change_that_does_not_say_how(source: str, told: list[bool]) -> None:
    assert [said for _, said in changes(source)] == told
