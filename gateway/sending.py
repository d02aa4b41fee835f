"""The asynchronous part of sending: many requests in flight on one connection pool, one contact after another.

A sender lives as long as its worker process, and so do its adapters and their connections to the providers.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gateway import log
from gateway.channels.base import Channel
from gateway.errors import Refusal, SendError
from gateway.services.channels import ChannelRow
from gateway.services.outbox import Claimed, Outcome

# While requests are in flight, a sender looks for new messages this often: a reply does not wait for a slow request.
LOOK_SECONDS = 0.01
# Outcomes are written together, up to so many at once, and soon: a contact's next message waits for that, and a
# slow request must not keep the others' outcomes until their leases run out.
RECORD_AT_ONCE = 64
RECORD_WITHIN = 0.05  # seconds

# Refusals after which the rest of a drain's messages would be refused too.
STOPPING = frozenset({Refusal.THROTTLED, Refusal.CHANNEL})

logger = log.get(__name__)

Claim = Callable[[int], list[Claimed]]
Record = Callable[[list[Outcome], list[Claimed]], None]


@dataclass(frozen=True, slots=True)
class Landed:
    """What a drain that was broken off leaves: what came of messages, and messages that were surely not sent."""

    outcomes: list[Outcome]
    untried: list[Claimed]


@dataclass
class Sender:
    """Sends for one worker process."""

    in_flight: int
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    left: list[Landed] = field(default_factory=list)  # what drains could not write down: see `_Flight.land`
    _adapters: dict[UUID, tuple[ChannelRow, Channel]] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run asynchronous work to its end on the sender's own loop."""
        return self.loop.run_until_complete(work)

    async def adapter(self, channel: ChannelRow) -> Channel:
        """Return the channel's adapter with its connections open, built anew when its settings changed."""
        known = self._adapters.get(channel.id)
        if known is not None and known[0].settings == channel.settings:
            return known[1]
        if known is not None:
            del self._adapters[channel.id]
            await known[1].__aexit__(None, None, None)
        adapter = channel.adapter(in_flight=self.in_flight)
        await adapter.__aenter__()
        self._adapters[channel.id] = (channel, adapter)
        return adapter

    async def close(self) -> None:
        """Close every connection."""
        for _, adapter in self._adapters.values():
            await adapter.__aexit__(None, None, None)
        self._adapters.clear()

    async def drain(
        self, channel: ChannelRow, claim: Claim, record: Record, keep_on: Callable[[], bool]
    ) -> Refusal | None:
        """Send until nothing is left to claim; return the refusal that stopped the channel, if one did.

        What `claim` and `record` raise goes on to the caller, once every request under way has ended; what came of
        those is in `left` then, to be written down before anything else is sent.

        Args:
            channel: where to.
            claim: takes at most so many messages in hand, committed.
            record: writes outcomes down and gives back what was not tried, committed.
            keep_on: False when this drain has had its turn.
        """
        flight = _Flight(await self.adapter(channel), self.in_flight, claim, record)
        try:
            await flight.run(keep_on)
        except BaseException:
            self.left.append(await flight.land())
            raise
        return flight.stopped


@dataclass
class _Flight:
    """One drain under way."""

    adapter: Channel
    in_flight: int
    claim: Claim
    record: Record
    stopped: Refusal | None = None
    landing: bool = False
    chains: deque[list[Claimed]] = field(default_factory=deque)
    tasks: set[asyncio.Task[list[Outcome]]] = field(default_factory=set)
    outcomes: list[Outcome] = field(default_factory=list)
    untried: list[Claimed] = field(default_factory=list)
    written_at: float = field(default_factory=time.monotonic)

    async def run(self, keep_on: Callable[[], bool]) -> None:
        while True:
            self._load(may_claim=self.stopped is None and keep_on())
            if not self.tasks:
                break
            done, self.tasks = await asyncio.wait(
                self.tasks, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                self.outcomes += task.result()
            if self._is_time_to_write():
                self._write()
        self._give_up_chains()
        self._write()

    async def land(self) -> Landed:
        """Start nothing more, wait for what is under way, and return what came of everything.

        Requests must not be left half done: they would go on at the next drain, when somebody else may have
        settled their messages.
        """
        self.landing = True
        if self.tasks:
            done, self.tasks = await asyncio.wait(self.tasks)
            for task in done:
                self.outcomes += task.result()
        self._give_up_chains()
        return Landed(self.outcomes, self.untried)

    def _give_up_chains(self) -> None:
        self.untried += [claimed for chain in self.chains for claimed in chain]
        self.chains.clear()

    def _load(self, *, may_claim: bool) -> None:
        free = self.in_flight - len(self.tasks)
        if may_claim and not self.chains and free > 0:
            self.chains.extend(by_contact(self.claim(2 * free)))
        while self.chains and len(self.tasks) < self.in_flight and self.stopped is None:
            self.tasks.add(asyncio.ensure_future(self._send(self.chains.popleft())))

    async def _send(self, chain: list[Claimed]) -> list[Outcome]:
        """Send one contact's messages in order; after a refusal the later ones are given back."""
        outcomes: list[Outcome] = []
        for place, claimed in enumerate(chain):
            if self.landing or self.stopped is not None:
                self.untried += chain[place:]
                break
            outcome = await attempt(self.adapter, claimed)
            outcomes.append(outcome)
            if outcome.error is not None:
                if outcome.error.refusal in STOPPING:
                    self.stopped = outcome.error.refusal
                self.untried += chain[place + 1 :]
                break
        return outcomes

    def _is_time_to_write(self) -> bool:
        waited = time.monotonic() - self.written_at
        return not self.tasks or len(self.outcomes) >= RECORD_AT_ONCE or waited >= RECORD_WITHIN

    def _write(self) -> None:
        if self.outcomes or self.untried:
            self.record(self.outcomes, self.untried)
            self.outcomes, self.untried = [], []
        self.written_at = time.monotonic()


def by_contact(claimed: Iterable[Claimed]) -> list[list[Claimed]]:
    """Group messages by contact, each group in its order: one person's messages never overtake one another."""
    chains: dict[UUID, list[Claimed]] = {}
    for item in claimed:
        chains.setdefault(item.contact_id, []).append(item)
    return list(chains.values())


async def attempt(adapter: Channel, claimed: Claimed) -> Outcome:
    """Send one message. A fault of our own is logged, and the message counts as uncertain: it may have left."""
    try:
        return Outcome(claimed, sent=await adapter.send(claimed.out))
    except SendError as error:
        return Outcome(claimed, error=error)
    except Exception as error:  # noqa: BLE001 - an adapter's bug must not lose the other messages in flight
        logger.error("send_failed", message=str(claimed.message_id), error=type(error).__name__)
        return Outcome(claimed, error=SendError(Refusal.UNCERTAIN, code=type(error).__name__))
