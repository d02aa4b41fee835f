"""The sender: many requests in flight, one contact after another, and nothing lost when something breaks.

The provider here lives in the same process, and is told what to answer.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import pytest

from gateway import ids
from gateway.channels.base import (
    Channel,
    ChannelSettings,
    Event,
    Outgoing,
    Received,
    Report,
    Sent,
    Traits,
    Webhook,
)
from gateway.errors import Refusal, SendError
from gateway.models.channels import ChannelHealth
from gateway.models.messages import Lane
from gateway.sending import Sender, by_contact
from gateway.services.channels import ChannelRow
from gateway.services.outbox import Claimed, Outcome

ORGANISATION = ids.new()


@dataclass
class Provider(Channel):
    """Takes messages, one after a pause of its own, and refuses those it was told to."""

    answers: dict[str, Exception] = field(default_factory=dict)
    pauses: dict[str, float] = field(default_factory=dict)
    pause: float = 0.0
    traits = Traits(scheme="test")
    began: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    opened: int = 0
    closed: int = 0

    def verify(self, webhook: Webhook) -> None:
        raise AssertionError(f"nothing is received here: {webhook.path}")

    def parse(self, webhook: Webhook) -> list[Received | Report | Event]:
        raise AssertionError(f"nothing is received here: {webhook.path}")

    async def send(self, out: Outgoing) -> Sent:
        self.began.append(out.text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.pauses.get(out.text, self.pause))
        self.at_once -= 1
        self.ended.append(out.text)
        if out.text in self.answers:
            raise self.answers[out.text]
        return Sent(f"external {out.text}")

    async def __aenter__(self) -> Self:
        self.opened += 1
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.closed += 1


@dataclass(frozen=True)
class Row(ChannelRow):
    """A channel whose adapter is our provider."""

    provider: Provider = field(default_factory=Provider)

    def adapter(self, **more: Any) -> Channel:
        assert set(more) == {"in_flight"}
        return self.provider


def channel(provider: Provider, **config: Any) -> Row:
    channel_id = UUID(int=7)
    given = ChannelSettings(str(channel_id), "+922100000000", "PK", config)
    row = (
        channel_id,
        ORGANISATION,
        "test",
        "Test",
        "+922100000000",
        "eng",
        100.0,
        True,
        ChannelHealth.OK,
        None,
    )
    return Row(*row, given, provider)


@dataclass
class Desk:
    """What waits, what was taken in hand, and what came of it."""

    waiting: deque[Claimed] = field(default_factory=deque)
    in_hand: dict[UUID, Claimed] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    untried: list[Claimed] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    turn: int = 1_000_000
    refuses_to_claim: Exception | None = None
    refuses_to_record: Exception | None = None

    def add(self, *texts: str, contact: int = 0) -> None:
        for text in texts:
            message_id = ids.new()
            out = Outgoing(str(message_id), f"test:{contact}", text)
            place = len(self.waiting)
            self.waiting.append(
                Claimed(
                    place,
                    message_id,
                    UUID(int=contact),
                    ORGANISATION,
                    UUID(int=contact),
                    Lane.REPLY,
                    1,
                    1,
                    out,
                )
            )

    def claim(self, limit: int) -> list[Claimed]:
        if self.refuses_to_claim is not None:
            raise self.refuses_to_claim
        self.asked.append(limit)
        taken = [self.waiting.popleft() for _ in range(min(limit, len(self.waiting)))]
        self.in_hand |= {claimed.message_id: claimed for claimed in taken}
        return taken

    def record(self, outcomes: list[Outcome], untried: list[Claimed]) -> None:
        if self.refuses_to_record is not None:
            raise self.refuses_to_record
        for claimed in (*(outcome.claimed for outcome in outcomes), *untried):
            assert self.in_hand.pop(claimed.message_id) == claimed, "each message is accounted for once"
        self.outcomes += outcomes
        self.untried += untried

    def keep_on(self) -> bool:
        self.turn -= 1
        return self.turn >= 0

    @property
    def sent(self) -> list[str]:
        return [outcome.claimed.out.text for outcome in self.outcomes if outcome.sent is not None]

    @property
    def refused(self) -> dict[str, Refusal]:
        return {one.claimed.out.text: one.error.refusal for one in self.outcomes if one.error is not None}


def texts(claimed: list[Claimed]) -> list[str]:
    return [item.out.text for item in claimed]


@pytest.fixture
def sender() -> Iterator[Sender]:
    made = Sender(in_flight=4)
    yield made
    made.run(made.close())
    made.loop.close()


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def drain(sender: Sender, provider: Provider, desk: Desk) -> Refusal | None:
    stopped: Refusal | None = sender.run(
        sender.drain(channel(provider), desk.claim, desk.record, desk.keep_on)
    )
    return stopped


# ---------------------------------------------------------------------- order and number


def test_everything_that_waits_is_sent_and_recorded(sender, provider, desk):
    for contact in range(50):
        desk.add(f"{contact} a", f"{contact} b", contact=contact)
    assert drain(sender, provider, desk) is None
    assert len(desk.sent) == 100
    assert (desk.untried, desk.in_hand) == ([], {})
    assert {one.sent.external_id for one in desk.outcomes if one.sent} == {
        f"external {text}" for text in desk.sent
    }


def test_one_contacts_messages_leave_one_after_another_however_slow_the_first_is(sender, provider, desk):
    provider.pauses = {"one": 0.05, "two": 0.0, "three": 0.02}
    desk.add("one", "two", "three")
    desk.add("other", contact=1)
    drain(sender, provider, desk)
    mine = [text for text in provider.began if text != "other"]
    assert mine == ["one", "two", "three"]
    assert provider.ended[0] == "other", "another contact does not wait"
    assert [text for text in desk.sent if text != "other"] == ["one", "two", "three"]


def test_no_more_requests_are_in_flight_than_allowed(sender, provider, desk):
    provider.pause = 0.002
    for contact in range(60):
        desk.add("a", "b", contact=contact)
    drain(sender, provider, desk)
    assert provider.most_at_once == 4
    assert len(desk.sent) == 120


def test_a_reply_that_comes_while_a_request_is_slow_does_not_wait_for_it(sender, provider, desk):
    provider.pauses = {"slow": 0.3}
    desk.add("slow")
    came = asyncio.Event()

    async def later() -> None:
        await asyncio.sleep(0.05)
        desk.add("reply", contact=1)
        came.set()

    async def both() -> None:
        row = channel(provider)
        await asyncio.gather(later(), sender.drain(row, desk.claim, desk.record, desk.keep_on))

    sender.run(both())
    assert came.is_set()
    assert provider.ended == ["reply", "slow"]


def test_a_drain_that_had_its_turn_claims_no_more_and_ends_what_it_has(sender, provider, desk):
    desk.turn = 1
    for contact in range(40):
        desk.add(f"{contact}", contact=contact)
    drain(sender, provider, desk)
    assert len(desk.asked) == 1
    assert len(desk.sent) == desk.asked[0]
    assert len(desk.waiting) == 40 - desk.asked[0]
    assert desk.in_hand == {}


def test_grouping_by_contact_keeps_every_order():
    desk = Desk()
    for text, contact in (("a1", 1), ("b1", 2), ("a2", 1), ("c1", 3), ("b2", 2), ("a3", 1)):
        desk.add(text, contact=contact)
    assert [texts(chain) for chain in by_contact(desk.waiting)] == [["a1", "a2", "a3"], ["b1", "b2"], ["c1"]]


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "refusal", [Refusal.TEMPORARY, Refusal.PERMANENT, Refusal.UNCERTAIN, Refusal.BLOCKED]
)
def test_after_a_refusal_the_contacts_later_messages_are_given_back(sender, provider, desk, refusal):
    provider.answers = {"two": SendError(refusal, code="500")}
    desk.add("one", "two", "three", "four")
    desk.add("other", contact=1)
    assert drain(sender, provider, desk) is None
    assert sorted(desk.sent) == ["one", "other"]
    assert desk.refused == {"two": refusal}
    assert texts(desk.untried) == ["three", "four"]


@pytest.mark.parametrize("refusal", [Refusal.THROTTLED, Refusal.CHANNEL])
def test_a_refusal_of_the_whole_channel_stops_the_flight(sender, provider, desk, refusal):
    provider.pause = 0.001
    provider.answers = {"10": SendError(refusal, code="429", retry_after=3)}
    for contact in range(100):
        desk.add(f"{contact}", contact=contact)
    assert drain(sender, provider, desk) is refusal
    assert len(provider.began) <= 10 + 4
    assert desk.refused == {"10": refusal}
    assert desk.in_hand == {}
    assert len(desk.sent) + 1 + len(desk.untried) + len(desk.waiting) == 100
    asked = len(desk.asked)
    assert drain(sender, provider, desk) is None, "the next drain tries again"
    assert len(desk.asked) > asked


def test_no_contact_is_sent_another_message_once_the_channel_is_refused(sender, provider, desk):
    provider.pauses = {"refused": 0.01, "slow": 0.03}
    provider.answers = {"refused": SendError(Refusal.THROTTLED, code="429")}
    desk.add("slow", "never", contact=1)
    desk.add("refused", contact=2)
    assert drain(sender, provider, desk) is Refusal.THROTTLED
    assert "never" not in provider.began
    assert texts(desk.untried) == ["never"]
    assert desk.sent == ["slow"]


def test_a_bug_in_an_adapter_makes_its_message_uncertain_and_the_others_go_on(sender, provider, desk, capsys):
    provider.answers = {"bad": KeyError("canary +923000000000")}
    desk.add("bad", "after bad")
    for contact in range(1, 20):
        desk.add(f"{contact}", contact=contact)
    assert drain(sender, provider, desk) is None
    assert desk.refused == {"bad": Refusal.UNCERTAIN}
    assert texts(desk.untried) == ["after bad"]
    assert len(desk.sent) == 19
    written = "".join(capsys.readouterr())
    assert "send_failed" in written
    assert "canary" not in written


# ---------------------------------------------------------------------- something of ours breaks


class Away(Exception):
    """PostgreSQL is away."""


def test_when_outcomes_cannot_be_recorded_nothing_more_is_sent_and_nothing_is_forgotten(
    sender, provider, desk
):
    provider.pause = 0.01
    for contact in range(30):
        desk.add(f"{contact} a", f"{contact} b", contact=contact)
    desk.refuses_to_record = Away()
    desk.turn = 3
    with pytest.raises(Away):
        drain(sender, provider, desk)
    assert provider.at_once == 0, "no request is left half done"
    (landed,) = sender.left
    told = {outcome.claimed.out.text for outcome in landed.outcomes}
    assert told == set(provider.ended) == set(provider.began)
    assert told | set(texts(landed.untried)) == {claimed.out.text for claimed in desk.in_hand.values()}


def test_when_nothing_can_be_claimed_any_more_requests_under_way_are_waited_for(sender, provider, desk):
    provider.pauses = {"slow": 0.1}
    desk.add("slow", "never")
    desk.add("quick", contact=1)

    async def both() -> None:
        async def break_soon() -> None:
            await asyncio.sleep(0.03)
            desk.refuses_to_claim = Away()

        row = channel(provider)
        await asyncio.gather(break_soon(), sender.drain(row, desk.claim, desk.record, desk.keep_on))

    with pytest.raises(Away):
        sender.run(both())
    assert provider.ended == ["quick", "slow"]
    (landed,) = sender.left
    assert sorted(one.claimed.out.text for one in landed.outcomes) == ["quick", "slow"]
    assert texts(landed.untried) == ["never"]
    sender.run(asyncio.sleep(0.02))
    assert "never" not in provider.began, "a later drain wakes nothing of this one"


# ---------------------------------------------------------------------- adapters


def test_an_adapter_is_opened_once_for_many_drains_and_closed_with_the_sender(provider, desk):
    sender = Sender(in_flight=2)
    for _ in range(3):
        desk.add("one")
        drain(sender, provider, desk)
    assert (provider.opened, provider.closed) == (1, 0)
    sender.run(sender.close())
    sender.loop.close()
    assert (provider.opened, provider.closed) == (1, 1)


def test_an_adapter_is_built_anew_when_its_settings_changed(sender):
    old, new = Provider(), Provider()
    assert sender.run(sender.adapter(channel(old, token="a"))) is old
    assert sender.run(sender.adapter(channel(new, token="a"))) is old
    assert sender.run(sender.adapter(channel(new, token="b"))) is new
    assert (old.opened, old.closed, new.opened, new.closed) == (1, 1, 1, 0)


def test_an_adapter_that_does_not_open_is_tried_again_and_the_old_one_is_not_closed_twice(sender):
    class Stubborn(Provider):
        async def __aenter__(self) -> Self:
            await super().__aenter__()
            if self.opened == 1:
                raise OSError("not now")
            return self

    old, new = Provider(), Stubborn()
    sender.run(sender.adapter(channel(old, token="a")))
    with pytest.raises(OSError, match="not now"):
        sender.run(sender.adapter(channel(new, token="b")))
    assert sender.run(sender.adapter(channel(new, token="b"))) is new
    assert (old.closed, new.opened) == (1, 2)


def test_an_empty_queue_is_asked_once_for_what_the_flight_can_hold(sender, provider, desk):
    assert drain(sender, provider, desk) is None
    assert desk.asked == [2 * sender.in_flight]
    assert (desk.outcomes, desk.untried, provider.began) == ([], [], [])
