"""Redis and PostgreSQL that are killed, emptied and restarted under load."""

import time
from collections.abc import Callable
from itertools import pairwise

import httpx
from redis import Redis

from gateway import ids
from gateway.spool import ASIDE
from tests.chaos.scenario import agree, reconcile
from tests.e2e.house import House, restart_postgres
from tests.e2e.town import Town
from tests.e2e.webhooks import report

TALKER = "+923009999999"
WORDS = [f"The water point is broken, part {number}." for number in range(1, 7)]


def flush(house: House) -> None:
    with Redis.from_url(house.settings.redis_url) as connection:
        connection.flushall()


def spooled(house: House) -> int:
    return len(list(house.settings.spool.glob("*.req")))


def test_a_redis_that_forgets_everything_loses_nothing(house: House, settle: Callable[..., Town]) -> None:
    town = settle()
    town.ask()
    for times in range(5):
        town.wait_for_talk(20 + 80 * times)
        flush(house)
    town.wait_until_over(within=40)
    agree(house)


def test_a_redis_that_dies_and_comes_back_empty_loses_nothing(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle()
    town.ask()
    for times in range(2):
        town.wait_for_talk(60 + 150 * times)
        house.servers.kill_redis()
        time.sleep(1.5)  # Workers find it gone, more than once.
        house.servers.restart_redis()
    town.wait_until_over(within=40)
    agree(house)


def test_requests_are_spooled_while_postgres_is_dead_and_stored_in_their_order(
    house: House, settle: Callable[..., Town]
) -> None:
    town = settle()
    town.know(f"tel:{TALKER}", "eng")
    town.ask()
    town.wait_for_talk(80)
    house.servers.kill_postgres()
    said = [house.fakes.say(TALKER, text) for text in WORDS]
    # PostgreSQL holds no text with a zero in it: this request can never be stored, and must not be in others' way.
    never = report(house, message_id=str(ids.new()), sid="SM1", code="30003\0")
    assert never.status_code == httpx.codes.OK
    house.wait(lambda: spooled(house) > len(WORDS), within=10, what="requests in the spool")
    restart_postgres(house)
    town.wait_until_over(within=40)
    assert set(house.fakes.counts()["webhooks"]) == {"status_200"}
    agree(house, strangers=frozenset(("twilio", message) for message in said))
    assert told_in_order(house, said)
    assert len(list((house.settings.spool / ASIDE).iterdir())) == 1


def told_in_order(house: House, said: list[str]) -> bool:
    """Whether one person's messages were stored, and reached their case, in the order in which they were said."""
    rows = house.rows(
        "SELECT m.external_id, n.id FROM message_in m JOIN grievance_note n ON n.message_id = m.id"
        " WHERE m.external_id = ANY(%s) ORDER BY m.received_at",
        said,
    )
    return [row[0] for row in rows] == said and all(one[1] < other[1] for one, other in pairwise(rows))


def test_the_spool_outlives_the_web_server_that_wrote_it(house: House, settle: Callable[..., Town]) -> None:
    town = settle(twilio=30, telegram=20)
    town.know(f"tel:{TALKER}", "eng")
    town.ask()
    town.wait_for_talk(50)
    house.servers.kill_postgres()
    house.wait(lambda: spooled(house) > 0, within=10, what="requests in the spool")
    house.restart("webhooks")
    house.wait(house.answers, within=30, what="the web server")
    # This process has never seen a channel: it keeps requests unread, and checks their signatures afterwards.
    before, said = spooled(house), house.fakes.say(TALKER, WORDS[0])
    assert spooled(house) > before
    restart_postgres(house)
    reconcile(house)  # While it restarted, Twilio met nobody.
    town.wait_until_over(within=40)
    agree(house, strangers=frozenset({("twilio", said)}))


def test_postgres_may_die_again_and_again(house: House, settle: Callable[..., Town]) -> None:
    town = settle()
    town.ask()
    for times in range(3):
        town.wait_for_talk(40 + 100 * times)
        house.servers.kill_postgres()
        restart_postgres(house)
    town.wait_until_over(within=40)
    assert set(house.fakes.counts()["webhooks"]) == {"status_200"}
    agree(house)
