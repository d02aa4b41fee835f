"""The documentation keeps its promises: links lead somewhere, commands exist, decisions are whole, examples work."""

import ast
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

import flows
from gateway.cli import paigham

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
SECTIONS = ["Summary", "Context", "Decision", "Consequences", "Alternatives"]
NUMBERED = re.compile(r"(\d{4})-[a-z0-9-]+\.md")

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
SOURCE = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
# A command stands at the beginning of a line, or behind a pipe or a path; what follows is cut at a comment.
COMMAND = re.compile(r"(?:^|[|;&]\s*|/bin/)(paigham|make)(?=\s|$)([^|;&#\n]*)", re.MULTILINE)

SCRIPT = re.compile(r"python[\d.]* - <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _blocks(page: Path, *languages: str) -> list[str]:
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [block["body"] for block in found if block["language"] in languages]


def _prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """The names that headings get: lower case, without punctuation, hyphens for spaces, numbered when repeated."""
    anchors: set[str] = set()
    for heading in HEADING.findall(_prose(page)):
        words = LINK.sub(lambda link: link[0][link[0].index("[") + 1 : link[0].index("]")], heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        copies = (f"{slug}-{number}" for number in range(1, 100))
        anchors.add(slug if slug not in anchors else next(copy for copy in copies if copy not in anchors))
    return anchors


def _links(page: Path) -> list[str]:
    prose = INLINE_CODE.sub("", _prose(page))
    return [link for link in LINK.findall(prose) + SOURCE.findall(prose) if not urlsplit(link).scheme]


def _broken(page: Path, link: str) -> str | None:
    parts = urlsplit(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return f"{link}: there is no such file"
    if ROOT not in (target, *target.parents):
        return f"{link}: leads out of the repository"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in _anchors(target):
        return f"{link}: there is no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    assert [fault for link in _links(page) if (fault := _broken(page, link))] == []


def test_the_readme_shows_the_gateway_in_pictures() -> None:
    pictures = [link for link in _links(ROOT / "README.md") if link.startswith("docs/images/")]
    assert len(pictures) >= 2


def _commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    for block in _blocks(page, "sh"):
        for program, rest in COMMAND.findall(block):
            yield program, shlex.split(rest)


def _misused(words: list[str]) -> str | None:
    """What is wrong with the words of a `paigham` command, if anything: an unknown command or option."""
    command: click.Command = paigham
    context = click.Context(command)
    names = iter(words)
    while isinstance(command, click.Group) and (name := next(names, None)) is not None:
        found = command.get_command(context, name)
        if found is None:
            return f"there is no command {name}"
        command = found
    options = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    unknown = [word for word in names if word.startswith("--") and word.partition("=")[0] not in options]
    return f"unknown options {unknown}" if unknown else None


def test_the_readme_names_commands_of_both_kinds() -> None:
    programs = [program for program, _ in _commands(ROOT / "README.md")]
    assert programs.count("make") >= 2
    assert programs.count("paigham") >= 2


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_paigham_command_in_a_shell_block_exists(page: Path) -> None:
    used = [words for program, words in _commands(page) if program == "paigham"]
    assert [(words, fault) for words in used if (fault := _misused(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_in_a_shell_block_exists(page: Path) -> None:
    known = set(TARGET.findall((ROOT / "Makefile").read_text()))
    wanted = {word for program, words in _commands(page) if program == "make" for word in words}
    assert {word for word in wanted if "=" not in word} <= known


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert _misused(["flow", "check", "a.yaml"]) is None
    assert _misused(["flow", "polish"]) == "there is no command polish"
    assert _misused(["up", "--daemon"]) == "unknown options ['--daemon']"


@pytest.mark.parametrize("page", DECISIONS, ids=_name)
def test_a_decision_has_all_its_sections_in_order_and_something_in_each(page: Path) -> None:
    pieces = re.split(r"^## (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert pieces[1::2] == SECTIONS
    assert all(len(body.split()) >= 8 for body in pieces[2::2])


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_diagrams_hold_no_semicolon_which_would_end_a_line_of_theirs(page: Path) -> None:
    assert [line for block in _blocks(page, "mermaid") for line in block.splitlines() if ";" in line] == []


def test_decisions_are_numbered_from_one_without_gaps_and_say_their_number() -> None:
    numbers = []
    for page in DECISIONS:
        named = NUMBERED.fullmatch(page.name)
        assert named is not None, page.name
        numbers.append(int(named[1]))
        assert page.read_text(encoding="utf-8").startswith(f"# {int(named[1])}. ")
    assert numbers == list(range(1, len(DECISIONS) + 1))


def _example_flow() -> flows.Flow:
    page = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
    marked = re.search(r"<!-- example: [^\n]*-->\n```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert marked is not None, "the worked example is marked by a comment before its block"
    return flows.load(marked[1])


def test_the_worked_example_of_a_flow_loads_and_checks_without_a_word() -> None:
    assert [str(finding) for finding in flows.check(_example_flow())] == []


def test_the_worked_example_of_a_flow_passes_its_own_tests() -> None:
    results = flows.run_tests(_example_flow())
    assert len(results) >= 3
    assert [failure for result in results for failure in result.failures] == []


def _imports(block: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def _is_there(module: str, name: str) -> bool:
    found = import_module(module)
    if hasattr(found, name):
        return True
    try:
        import_module(f"{module}.{name}")
    except ImportError:
        return False
    return True


def test_scripts_in_the_operations_page_import_what_exists() -> None:
    page = ROOT / "docs" / "operations.md"
    blocks = [script for block in _blocks(page, "sh") for script in SCRIPT.findall(block)]
    assert blocks
    missing = [
        f"{module}.{name}"
        for block in blocks
        for module, name in _imports(block)
        if not _is_there(module, name)
    ]
    assert missing == []
