"""Tracked files speak of the project alone: no machine's paths, no registries, nothing fetched from elsewhere."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> tuple[Path, ...]:
    """Files that are committed or about to be; none outside of a clone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0")
    return tuple(path for name in names if name and (path := ROOT / name).is_file())


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((str(path.relative_to(ROOT)), content.decode("utf-8")))
    return found


def hits(pattern: str) -> list[str]:
    """Where a pattern stands, as file:line."""
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]


# Names are put together here, so that this file does not hold what it looks for.
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js",
    "artifact" + "ory",
    "nex" + "us/repository",
)
CDNS = (
    "unp" + "kg.com",
    "js" + "delivr",
    "cdn" + "js",
    "fonts.goo" + "gleapis",
    "fonts.gst" + "atic",
    "cloud" + "front",
)
MACHINE = (
    re.escape(str(ROOT)) + r"(?![\w-])",
    r"(?<![\w./-])/" + r"work/",
    r"(?<![\w./)-])/" + r"root/",  # not ODK's instance('list') with the way to its rows
    r"(?<![\w./-])/" + r"home/[a-z]+/",
    r"(?<![\w./-])/" + r"Users/[A-Za-z]+/",
    r"\b[A-Z]:\\" + r"Users\\",
)

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone knows what is tracked")


def test_there_is_something_to_look_at():
    assert len(tracked()) > 200


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_registry_of_packages(host):
    assert hits(re.escape(host)) == []


@pytest.mark.parametrize("host", CDNS)
def test_no_page_fetches_anything_from_elsewhere(host):
    assert hits(re.escape(host)) == []


@pytest.mark.parametrize("path", MACHINE)
def test_no_file_holds_a_path_of_the_machine_it_was_written_on(path):
    assert hits(path) == []


def test_pages_and_styles_load_nothing_from_another_host():
    outside = re.compile(
        r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//|url\(\s*[\"']?(?:https?:)?//|@import"
    )
    pages = [
        (name, text) for name, text in texts() if name.startswith("gateway/web/") and not name.endswith(".py")
    ]
    assert pages
    assert [name for name, text in pages if outside.search(text)] == []


def test_no_file_is_named_like_a_secret():
    kinds = re.compile(r"(^|/)(\.env(\..*)?|keys\.json|.*\.(pem|key|p12|kdbx)|id_[a-z0-9]+)$")
    assert [name for name, _ in texts() if kinds.search(name)] == []


def test_no_file_holds_a_key_or_a_token():
    """What looks like one of a provider's, a cloud's or a host's credentials."""
    for pattern in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}",
        r"\bAKIA[A-Z0-9]{16}\b",
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
        r"\"index\": \"[A-Za-z0-9+/]{43}=\"",
    ):
        assert hits(pattern) == [], pattern


def test_no_file_is_too_large_to_be_read():
    large = {name: len(text) for name, text in texts() if len(text) > 600_000}
    assert large == {}
