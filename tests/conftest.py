"""What holds for every test: closed sockets in tests/unit, and Hypothesis the same on every machine."""

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
