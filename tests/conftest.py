"""What holds for every test: closed sockets in tests/unit, folder after folder, Hypothesis the same everywhere."""

import os
from pathlib import Path

import pytest
import pytest_socket
from hypothesis import HealthCheck, settings

UNIT = Path(__file__).parent / "unit"

settings.register_profile(
    "dev", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", settings.get_profile("dev"), derandomize=True, max_examples=60, print_blob=True
)
settings.register_profile("long", settings.get_profile("dev"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close sockets, unix sockets too; pytest-socket opens them again after each test."""
    if UNIT in item.path.parents:
        pytest_socket.disable_socket(allow_unix_socket=False)


# Quick folders first, so that a mistake shows early. Chromium's tests come last: its driver keeps an event loop running
# in this thread, in which nobody else can start one of their own.
ORDER = ("unit", "habits", "integration", "e2e", "chaos", "e2e/browser")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run folder after folder; within one the order stays random."""
    items.sort(key=lambda item: _turn(item.path.relative_to(UNIT.parent).as_posix()))


def _turn(path: str) -> int:
    return max(turn for turn, folder in enumerate(ORDER) if path.startswith(folder + "/"))
