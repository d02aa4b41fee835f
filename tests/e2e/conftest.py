"""A house for each module that wants one."""

from collections.abc import Iterator

import pytest

from tests.e2e.house import House, open_house


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened
