"""Secrets are compared by `hmac.compare_digest`, never by `==`: its time does not tell how much of one was right."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    path
    for folder in ("gateway", "workers")
    for path in (ROOT / folder).rglob("*.py")
    if not {"versions", "fakes"} & set(path.parts)
)
SECRET = re.compile(
    r"(^|_)(secret|token|signature|password|passphrase|digest|hash|mac|hmac|otp|pin|api_key|credential)s?$"
).search

# What is compared openly and may be: nobody who asks can learn a secret from the time that it takes.
OPEN = {
    "gateway/services/flow_store.py: latest[2] == digest": "tells whether a flow changed",
    "gateway/services/audit_check.py: hashes.get(anchor.seq) != anchor.hash": "a command looks, nobody waits",
    "gateway/services/audit_check.py: line['hash'] != digest(key if line['keyed'] else None, line, listed)": (
        "a command looks, nobody waits"
    ),
    "gateway/services/audit_check.py: line['previous'] != head.hash": "a command looks, nobody waits",
    "gateway/services/flow_texts.py: row.digest != digest_of(target)": "tells whether a translation changed",
    "gateway/services/text_exchange.py: row.base == line.digest": "tells whether a translation changed",
    "gateway/services/translating.py: line.digest == seen.target": "tells whether a translation changed",
    "gateway/web/assets.py: found.digest != digest": "stands in every page",
    "gateway/web/account.py: form.get('password', '') != form.get('again', '')": "both were typed just now",
    "gateway/web/signin.py: form.get('password', '') != form.get('again', '')": "both were typed just now",
}


def named(node: ast.expr) -> str:
    """The word that says what a value is: the last name, attribute, key or called function in it."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return key
        case ast.Call():
            return named(node.func)
    return ""


def is_column(node: ast.expr) -> bool:
    """A column in a statement: the database compares, through an index."""
    return (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id[:1].isupper()
    )


def compared(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        sides = [node.left, *node.comparators]
        constant = any(isinstance(side, ast.Constant) or named(side).isupper() for side in sides)
        if (
            any(SECRET(named(side).lower()) for side in sides)
            and not constant
            and not any(map(is_column, sides))
        ):
            yield f"{path.relative_to(ROOT)}: {ast.unparse(node)}"


def test_no_secret_is_compared_by_equality():
    found = {place for path in MODULES for place in compared(path)}
    assert found - set(OPEN) == set()


def test_every_exception_still_exists():
    found = {place for path in MODULES for place in compared(path)}
    assert set(OPEN) - found == set()


def test_a_comparison_of_secrets_would_be_found(tmp_path, monkeypatch):
    (tmp_path / "wrong.py").write_text(
        "if given_token == row['secret']: pass\nif a.signature != made(b): pass\n"
    )
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert len(list(compared(tmp_path / "wrong.py"))) == 2
