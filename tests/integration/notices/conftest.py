"""Staff of an operation that has things to be told of."""

from collections.abc import Iterator

import pytest

from gateway.crypto import Keyring
from gateway.settings import Settings
from tests.integration.notices.office import House
from tests.integration.operation import Operation


@pytest.fixture
def house(settings: Settings, ring: Keyring) -> Iterator[House]:
    """A new organisation in the module's database, without staff."""
    operation = Operation(settings, ring)
    made = House(operation)
    yield made
    operation.drains.close()
    # The next test of the module looks at the same tables.
    made.do("UPDATE notice SET mail_at = NULL WHERE organisation_id = %s", operation.id)
    made.do("UPDATE mail SET state = 'sent' WHERE organisation_id = %s", operation.id)
    made.do("UPDATE alert SET next_at = NULL WHERE organisation_id = %s", operation.id)
