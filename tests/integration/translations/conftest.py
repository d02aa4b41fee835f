"""An operation for each test of the core."""

from collections.abc import Iterator

import pytest

from gateway.crypto import Keyring
from gateway.settings import Settings
from tests.integration.operation import Operation


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """An organisation of the test's own, in the module's database."""
    made = Operation(settings, ring)
    yield made
    made.drains.close()
