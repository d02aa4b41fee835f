"""Habits of every source file: it says what it is, its functions are short, its packages are pinned."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("flows", "gateway", "workers", "locales", "bench")
MODULES = sorted(
    path
    for folder in OURS
    for path in (ROOT / folder).rglob("*.py")
    if path.read_text("utf-8").strip() and path.parent.name != "versions"
)
LONGEST = 60  # lines
FEWEST = {"fonts.txt": 2}  # packages; the others hold many
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def says_what_it_is(path: Path) -> bool:
    lines = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()
    return bool(lines) and lines[0].endswith((".", ":", "?"))


def test_every_module_says_in_its_first_line_what_it_is():
    assert [name(path) for path in MODULES if not says_what_it_is(path)] == []


def lengths(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_function_is_longer_than_a_screen():
    found = dict(function for path in MODULES for function in lengths(path))
    assert {place: lines for place, lines in found.items() if lines > LONGEST} == {}
    assert len(found) > 1000


def test_the_project_has_sources_to_look_at():
    assert len(MODULES) > 80
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(OURS)


# ---------------------------------------------------------------------- packages


@pytest.mark.parametrize("path", REQUIREMENTS, ids=name)
def test_every_package_is_pinned_with_its_hashes(path):
    text = path.read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(packages) >= FEWEST.get(path.name, 30)
    for line in packages:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ;]+ ", line), line.split()[0]
        assert "--hash=sha256:" in line, line.split()[0]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=name)
def test_no_list_of_packages_names_an_index(path):
    text = path.read_text("utf-8")
    for option in ("--index-url", "--extra-index-url", "--find-links", "--trusted-host", "-i ", " @ ", "://"):
        assert option not in text


def test_what_runs_is_pinned_alike_for_those_who_develop():
    develop, run = (
        dict(
            re.findall(
                r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE
            )
        )
        for name in ("dev.txt", "run.txt")
    )
    assert run.items() <= develop.items()


# ---------------------------------------------------------------------- catalogs


def test_the_catalogs_hold_every_text_of_the_code_and_the_flows():
    found = subprocess.run(
        [sys.executable, "-m", "locales.update", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
