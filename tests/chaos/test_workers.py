"""Processes that are killed in the middle of their work."""

import time
from collections.abc import Callable
from functools import partial

from tests.chaos.scenario import SENDING, STEPPING, agree, catch, found, in_hand, reconcile, uncertain
from tests.e2e.house import House
from tests.e2e.town import Town


def test_inbox_workers_that_are_killed_in_mid_batch_lose_nothing_and_say_nothing_twice(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle()
    town.ask()
    for kill in range(6):
        town.wait_for_talk(20 + 60 * kill)
        catch(house, STEPPING)
        house.restart(("inbox", "inbox-2")[kill % 2])
    town.wait_until_over(within=40)
    agree(house)


def test_both_inbox_workers_killed_at_once_leave_their_shards_to_the_sweeper(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle(twilio=40, telegram=20)
    town.ask()
    town.wait_for_talk(60)
    for name in ("inbox", "inbox-2"):
        house.kill(name)
    house.wait(
        lambda: house.one("SELECT count(*) FROM pending_in") > 20, within=10, what="messages that wait"
    )
    for name in ("inbox", "inbox-2"):
        house.start(name)
    town.wait_until_over(within=40)
    agree(house)


def test_a_sender_that_is_killed_between_send_and_record_leaves_no_message_behind_and_repeats_none_unmarked(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle()
    house.fakes.faults(latency=0.15)
    town.ask()
    left = 0
    for kill in range(3):
        town.wait_for_talk(30 + 100 * kill)
        catch(house, SENDING)
        house.kill("outbox")
        left += in_hand(house)
        house.start("outbox")
    town.wait_until_over(within=40)
    ledger = agree(house)
    assert left > 0
    assert uncertain(ledger, "twilio") == 0, "Twilio can be asked, so nothing stays uncertain there"


def test_without_a_scheduler_talk_goes_on_and_what_was_left_waits_for_its_return(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle(twilio=0, telegram=60)  # Twilio's reports would tell us what became of its messages.
    house.kill("scheduler")
    house.fakes.faults(latency=0.15)
    town.ask()
    town.wait_for_talk(200)
    catch(house, SENDING)
    house.kill("outbox")
    left = in_hand(house)
    house.start("outbox")
    time.sleep(2 * house.settings.lease)
    assert in_hand(house) == left > 0, "nobody else takes a message that was in somebody's hand"
    assert found(house, "leases") == 0
    house.start("scheduler")
    town.wait_until_over(within=40)
    assert found(house, "leases") == left
    agree(house)


def is_unanswered(house: House, times: int) -> bool:
    return int(house.fakes.counts()["webhooks"].get("status_0", 0)) >= times


def test_what_people_send_while_the_web_is_dead_is_fetched_or_repeated(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle()
    town.ask()
    for kill in range(2):
        town.wait_for_talk(60 + 150 * kill)
        house.kill("webhooks")
        # Nobody is there to answer, so Twilio's people are not heard, and it does not try again.
        house.wait(
            partial(is_unanswered, house, 10 * (kill + 1)), within=10, what="webhooks without an answer"
        )
        house.start("webhooks")
    house.wait(house.answers, within=30, what="the web server")
    reconcile(house)
    town.wait_until_over(within=40)
    agree(house)
