"""A channel's rate, held in a real Redis over real seconds by all of its senders together."""

import time

import pytest
import redis

from gateway import ids
from gateway.rates import Bucket


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as opened:
        yield opened


class Passing:
    """Lets a bucket believe that seconds passed, by moving the moment that it remembers."""

    def __init__(self, client, channel_id):
        self.client, self.key = client, f"paigham:rate:{channel_id}"

    def __call__(self, seconds):
        at = float(self.client.hget(self.key, "at"))
        self.client.hset(self.key, "at", f"{at - seconds:.6f}")


@pytest.fixture
def channel_id():
    return ids.new()


@pytest.fixture
def passes(client, channel_id):
    return Passing(client, channel_id)


def test_one_second_s_worth_may_leave_at_once_and_then_nothing(client, channel_id):
    bucket = Bucket(client, channel_id, 20.0)
    assert bucket.available() == 20
    bucket.take(20)
    assert bucket.available() == 0
    assert 0 < bucket.wait() <= 1 / 20


def test_the_rate_is_held_over_ten_minutes(client, channel_id, passes):
    bucket = Bucket(client, channel_id, 7.0)
    bucket.take(7)
    sent = 0
    for _ in range(1200):
        passes(0.5)
        allowed = bucket.available()
        bucket.take(allowed)
        sent += allowed
    assert 600 * 7 * 0.99 <= sent <= 600 * 7 * 1.01 + 7


@pytest.mark.parametrize("rate", [0.2, 1.0, 3.0, 250.0])
def test_what_was_saved_up_is_never_more_than_a_second_s_worth(client, channel_id, passes, rate):
    bucket = Bucket(client, channel_id, rate)
    bucket.take(1)
    passes(3000)
    assert bucket.available() == max(1, int(rate))


def test_a_slow_channel_sends_one_segment_in_many_seconds(client, channel_id, passes):
    bucket = Bucket(client, channel_id, 0.1)
    assert bucket.available() == 1
    bucket.take(1)
    assert 9.5 < bucket.wait() <= 10
    passes(9)
    assert bucket.available() == 0
    passes(1.1)
    assert bucket.available() == 1


def test_a_long_message_leaves_whole_and_its_debt_is_waited_for(client, channel_id, passes):
    bucket = Bucket(client, channel_id, 2.0)
    assert bucket.take(9) == pytest.approx(-7, abs=0.1)
    assert bucket.available() == 0
    assert bucket.wait() == pytest.approx(4.0, abs=0.1)
    passes(3.4)
    assert bucket.available() == 0
    passes(0.7)
    assert bucket.available() == 1


def test_two_senders_share_one_rate(redis_url, client, channel_id, passes):
    with redis.Redis.from_url(redis_url) as other:
        mine, theirs = Bucket(client, channel_id, 10.0), Bucket(other, channel_id, 10.0)
        mine.take(6)
        assert theirs.available() == 4
        theirs.take(4)
        assert (mine.available(), theirs.available()) == (0, 0)
        passes(0.5)
        assert mine.available() == theirs.available() == 5


def test_two_senders_that_took_the_same_segments_wait_for_them_twice_as_long(client, channel_id):
    mine, theirs = Bucket(client, channel_id, 10.0), Bucket(client, channel_id, 10.0)
    assert (mine.available(), theirs.available()) == (10, 10)
    mine.take(10)
    theirs.take(10)
    assert mine.wait() == pytest.approx(1.1, abs=0.1)


def test_channels_do_not_share_their_rates(client):
    mine, theirs = Bucket(client, ids.new(), 5.0), Bucket(client, ids.new(), 5.0)
    mine.take(50)
    assert theirs.available() == 5


def test_in_real_time_the_wait_that_is_said_is_long_enough_and_not_much_longer(client, channel_id):
    bucket = Bucket(client, channel_id, 10.0)
    bucket.take(12)
    wait = bucket.wait()
    assert 0.2 < wait <= 0.31
    time.sleep(wait + 0.01)
    assert bucket.available() == 1


def test_looking_often_does_not_make_time_pass_faster(client, channel_id):
    bucket = Bucket(client, channel_id, 100.0)
    bucket.take(100)
    started = time.monotonic()
    looks = 0
    while time.monotonic() - started < 0.5:
        left = bucket.take(0)
        looks += 1
    passed = time.monotonic() - started
    assert looks > 100
    assert left <= 100 * passed + 1


def test_a_redis_that_forgot_everything_allows_one_second_s_worth(client, channel_id):
    bucket = Bucket(client, channel_id, 5.0)
    bucket.take(500)
    client.flushall()
    assert bucket.available() == 5


def test_a_bucket_does_not_stay_in_redis_for_ever(client, channel_id):
    Bucket(client, channel_id, 5.0).take(1)
    assert 0 < client.ttl(f"paigham:rate:{channel_id}") <= 3600
