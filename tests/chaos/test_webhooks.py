"""Webhooks that come twice, late, out of order, or never."""

from collections.abc import Callable

from tests.chaos.scenario import agree, reconcile
from tests.e2e.house import House
from tests.e2e.town import Town


def test_messages_that_come_twice_and_overtake_one_another_are_heard_once(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle()
    house.fakes.faults(webhook_duplicate_rate=0.5, webhook_delay=0.8)
    town.ask()
    town.wait_until_over(within=40)
    counts = house.fakes.counts()
    assert counts["twilio"]["webhooks_twice"] > 50
    assert counts["telegram"]["updates_twice"] > 30
    agree(house)


def test_reports_that_are_lost_doubled_and_out_of_order_leave_the_last_word_that_we_were_told(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle(twilio=80, telegram=0)
    house.fakes.faults(
        report_lost_rate=0.2, report_duplicate_rate=0.3, report_reorder_rate=0.3, report_delay=0.2
    )
    town.ask()
    town.wait_until_over(within=40)
    counts = house.fakes.counts()["twilio"]
    assert min(counts["reports_lost"], counts["reports_twice"], counts["reports_reordered"]) > 50
    ledger = agree(house)
    assert {out.status for out in ledger.out} == {"sent", "delivered"}


def test_messages_whose_webhooks_never_came_are_fetched_from_the_providers_list(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle(twilio=50, telegram=0)
    town.ask()
    town.wait_for_talk(60)
    house.fakes.faults(webhook_lost_rate=1.0)
    lost = house.fakes.counts()["twilio"].get("webhooks_lost", 0)
    house.wait(
        lambda: house.fakes.counts()["twilio"].get("webhooks_lost", 0) >= lost + 20, within=10, what="losses"
    )
    house.fakes.faults(webhook_lost_rate=0.0)
    reconcile(house)
    town.wait_until_over(within=40)
    agree(house)
