"""Providers that refuse, throttle, fall silent, hang up and lie."""

from collections.abc import Callable

import pytest

from tests.chaos.scenario import agree, resent, uncertain
from tests.e2e.house import House
from tests.e2e.town import Town


def answered(house: House, status: int) -> int:
    counts = house.fakes.counts()
    return sum(counts[provider].get(f"answered_{status}", 0) for provider in ("twilio", "telegram"))


def test_a_provider_that_fails_without_taking_anything_gets_each_message_in_the_end(
    house: House, settle: Callable[..., Town]
) -> None:
    """500 says nothing about the message: it is asked for. What nobody can be asked for goes once more."""
    town = settle()
    house.fakes.faults(error_rate=0.15, error_status=500)
    town.ask()
    town.wait_until_over(within=40)
    ledger = agree(house)
    assert answered(house, 500) > 20
    assert resent(ledger, "twilio") > 0
    assert uncertain(ledger, "twilio") == 0


def test_a_provider_that_is_not_available_is_asked_again_later(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle(twilio=30, telegram=20)
    house.fakes.faults(error_rate=1.0, error_status=503)
    town.ask()
    house.wait(lambda: answered(house, 503) >= 50, within=10, what="refusals")
    house.fakes.faults(error_rate=0.0)
    town.wait_until_over(within=40)
    ledger = agree(house)
    assert not any(out.resent for out in ledger.out), (
        "503 says that nothing was taken: there is nothing to doubt"
    )


def test_a_provider_that_throttles_is_left_alone_as_long_as_it_asks(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle(twilio=30, telegram=15)
    house.fakes.faults(throttle=40.0, retry_after=1)
    town.ask()
    town.wait_for_talk(200, within=40)
    house.fakes.faults(throttle=0.0)
    town.wait_until_over(within=40)
    agree(house)
    assert answered(house, 429) > 0
    assert house.one("SELECT count(*) FROM message_out WHERE status NOT IN ('sent', 'delivered')") == 0


@pytest.mark.parametrize(
    "fault",
    ["timeout_rate", "reset_rate", "lie_rate"],
    ids=["falls_silent", "hangs_up", "says_500"],
)
def test_a_provider_that_takes_a_message_and_does_not_say_so_is_not_given_it_again_unmarked(
    house: House, settle: Callable[..., Town], fault: str
) -> None:
    town = settle(twilio=40, telegram=20)
    house.fakes.faults(**{fault: 0.1})
    town.ask()
    town.wait_until_over(within=40)
    ledger = agree(house)
    assert resent(ledger, "twilio") == 0, "Twilio can be asked, and has it"
    assert resent(ledger, "telegram") + uncertain(ledger, "telegram") > 0, (
        "nothing went wrong, so nothing was tried"
    )
