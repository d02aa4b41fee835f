"""The fakes' die is seeded, fair, and right about what cannot be; their list of messages pages like Twilio's."""

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fakes.faults import Die, Faults, Verdict
from gateway.fakes.twilio_messages import Message, Messages

rates = st.floats(0, 0.25)


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_faults_everything_is_served_at_once():
    die = Die(Faults())
    assert {die.throw() for _ in range(100)} == {Verdict.SERVE}
    assert die.pause() == 0
    assert not die.chance(0.0)
    assert die.chance(1.0)


@given(rates, rates, rates, rates, st.integers())
def test_the_same_seed_throws_the_same(error: float, timeout: float, reset: float, lie: float, seed: int):
    faults = Faults(error_rate=error, timeout_rate=timeout, reset_rate=reset, lie_rate=lie)
    first, second = Die(faults, seed=seed), Die(faults, seed=seed)
    assert [first.throw() for _ in range(50)] == [second.throw() for _ in range(50)]


def test_rates_add_up():
    die = Die(Faults(error_rate=0.1, timeout_rate=0.2, reset_rate=0.3, lie_rate=0.4), seed=7)
    thrown = Counter(die.throw() for _ in range(10_000))
    assert Verdict.SERVE not in thrown
    shares = {verdict: round(number / 10_000, 1) for verdict, number in thrown.items()}
    assert shares == {Verdict.REFUSE: 0.1, Verdict.TIME_OUT: 0.2, Verdict.RESET: 0.3, Verdict.LIE: 0.4}


def test_the_throttle_lets_so_many_through_in_a_second():
    clock = Clock()
    die = Die(Faults(throttle=5), clock=clock)
    assert [die.throw() for _ in range(7)] == [Verdict.SERVE] * 5 + [Verdict.THROTTLE] * 2
    clock.now += 0.4
    assert [die.throw() for _ in range(3)] == [Verdict.SERVE] * 2 + [Verdict.THROTTLE]
    clock.now += 60
    assert [die.throw() for _ in range(7)] == [Verdict.SERVE] * 5 + [Verdict.THROTTLE] * 2


def test_a_throttle_below_one_still_lets_one_through():
    clock = Clock()
    die = Die(Faults(throttle=0.5), clock=clock)
    assert [die.throw(), die.throw()] == [Verdict.SERVE, Verdict.THROTTLE]
    clock.now += 2
    assert [die.throw(), die.throw()] == [Verdict.SERVE, Verdict.THROTTLE]


def test_pauses_spread_around_the_latency_and_are_never_negative():
    assert Die(Faults(latency=0.02)).pause() == 0.02
    pauses = [Die(Faults(latency=0.02, jitter=0.03), seed=seed).pause() for seed in range(200)]
    assert min(pauses) == 0
    assert 0.045 < max(pauses) <= 0.05


def test_changing_faults_keeps_the_others():
    assert Faults(latency=1).changed({"lie_rate": 1}) == Faults(latency=1, lie_rate=1)


@pytest.mark.parametrize(
    "values",
    [{"mood": 1}, {"lie_rate": 1.1}, {"latency": -1}, {"latency": "1"}, {"latency": None}, {"jitter": True}],
)
def test_faults_that_cannot_be_are_refused(values: dict[str, object]):
    with pytest.raises(ValueError, match=r"\w"):
        Faults().changed(values)


def test_messages_are_listed_newest_first_and_paged_without_repeats():
    messages = Messages("AC0")
    for number in range(7):
        messages.keep(Message("outbound-api", "+1", "+2", str(number), "sent"))
        messages.keep(Message("outbound-api", "+3", "+2", "other", "sent"))
    seen, query = [], "To=%2B1&PageSize=3"
    while query is not None:
        page = messages.page(dict(parse_qsl(query)), raw_query=query)
        messages.keep(Message("outbound-api", "+1", "+2", "newer", "sent"))
        seen += [message["body"] for message in page["messages"]]
        query = page["next_page_uri"] and urlsplit(page["next_page_uri"]).query
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_the_oldest_messages_are_forgotten_everywhere():
    messages = Messages("AC0", kept=2)
    first, *_ = [
        messages.keep(Message("inbound", f"+{number}", "+2", "x", "received")) for number in range(3)
    ]
    assert messages.get(first.sid) is None
    assert [message.to for message in messages] == ["+1", "+2"]
    assert messages.page({"To": "+0"}, raw_query="")["messages"] == []
    assert len(messages.page({"From": "+2"}, raw_query="")["messages"]) == 2


def test_a_date_filter_does_not_find_what_was_not_sent_yet():
    messages = Messages("AC0")
    queued = messages.keep(Message("outbound-api", "+1", "+2", "queued", "queued"))
    sent = messages.keep(Message("outbound-api", "+1", "+2", "sent", "sent"))
    sent.sent = queued.created
    day = queued.created.strftime("%Y-%m-%d")
    for query in (
        {"DateSent>": day},
        {"DateSent": day},
        {"DateSent<": day},
        {"DateSent>": f"{day}T00:00:00Z"},
    ):
        found = messages.page({"To": "+1", **query}, raw_query="")["messages"]
        assert [message["body"] for message in found] == ["sent"], query
    assert messages.page({"DateSent>": "2999-01-01"}, raw_query="")["messages"] == []
