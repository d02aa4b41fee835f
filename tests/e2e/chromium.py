"""The machine's own Chromium, driven by Playwright; nothing is downloaded."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

PROGRAM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)


def launch(player: Playwright) -> Browser:
    """Start it without a window."""
    return player.chromium.launch(executable_path=PROGRAM, args=list(ARGUMENTS))


def need() -> None:
    """Skip where there is no Chromium; where CI is set its absence is a failure, so that nothing is passed over."""
    if PROGRAM.exists():
        return
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"{PROGRAM} is missing: browser tests must run here (apt-get install chromium).")
    pytest.skip(f"{PROGRAM} is missing: install Chromium, or name it in CHROMIUM, to run browser tests.")
