"""One house for all scenarios, emptied of people between them, and built anew after a scenario that failed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.house import House, open_house
from tests.e2e.town import Town

PASSED = pytest.StashKey[bool]()


class Keeper:
    """Has a house ready, as long as nobody has reason to mistrust it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._house: House | None = None

    def house(self) -> House:
        if self._house is None:
            self._house = self._stack.enter_context(open_house())
        self._house.fresh()
        return self._house

    def give_up(self) -> None:
        self._house = None
        self._stack.close()


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    kept = Keeper()
    yield kept
    kept.give_up()


@pytest.fixture
def house(keeper: Keeper, request: pytest.FixtureRequest) -> Iterator[House]:
    try:
        yield keeper.house()
    finally:
        if not request.node.stash.get(PASSED, False):
            keeper.give_up()


@pytest.fixture
def settle(house: House) -> Callable[..., Town]:
    """Let people in on both channels; they are not asked anything yet."""

    def invite(*, twilio: int = 50, telegram: int = 30, **plan: object) -> Town:
        town = Town(house)
        for channel, count in (("twilio", twilio), ("telegram", telegram)):
            if count:
                town.invite(channel, count, **plan)
        return town

    return invite


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report
