"""The entry points of workers: open, call, commit, wake.

One `Drains` lives in each worker process, with one connection to PostgreSQL that is opened anew after a loss. Every
method may be called at any time, by anybody, as often as one likes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg

from gateway import clock, db, log, queue
from gateway.channels.base import CanBeAsked
from gateway.crypto import Keyring
from gateway.errors import Refusal, SendError, SettingsInvalid
from gateway.queue import Waker
from gateway.rates import Bucket
from gateway.sending import Sender
from gateway.services import (
    channels,
    conversation,
    inbox,
    notices,
    outbox,
    search_index,
    sweep,
    watching,
)
from gateway.services.channels import ChannelRow
from gateway.services.conversation import Done, Waiting
from gateway.services.outbox import Claimed, Doubt, Outcome
from gateway.services.people import House
from gateway.settings import Settings

# A drain gives way after this long, so that other shards and channels get their turn.
TURN_SECONDS = 3.0
# A provider that does not say what it took is asked again after a while; after an hour as if it could not be asked.
ASK_AGAIN = timedelta(seconds=30)
ASK_FOR = timedelta(hours=1)
# The search's index is filled in turns of this length: conversations go before it.
INDEX_SECONDS = 1.0
# Bulk work is taken in batches of this size, so that a contact is never locked for long.
ROUND_BATCH = 200

logger = log.get(__name__)


@dataclass
class Drains:
    """The work of one worker process."""

    settings: Settings
    ring: Keyring = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Drains:
        """Build the work of a process from its settings."""
        return cls(settings, Keyring.of(settings))

    @cached_property
    def house(self) -> House:
        """Keys, flows and channels, kept for the life of the process."""
        return House.of(self.settings, self.ring)

    @cached_property
    def waker(self) -> Waker:
        """Wakes other workers."""
        return Waker.of(self.settings)

    @cached_property
    def sender(self) -> Sender:
        """Open connections to providers, kept for the life of the process."""
        return Sender(self.settings.in_flight)

    _connection: db.Connection | None = None

    @contextmanager
    def connection(self) -> Iterator[db.Connection]:
        """Lend the process's connection; what was not committed is rolled back, a broken one is thrown away."""
        if self._connection is None or self._connection.closed:
            self._connection = db.connect(self.settings)
        connection = self._connection
        try:
            yield connection
        except psycopg.OperationalError:
            if connection.broken:
                connection.close()
            raise
        finally:
            if not connection.closed:
                connection.rollback()

    def close(self) -> None:
        """Give back everything that this process holds open."""
        if self._connection is not None:
            self._connection.close()
        if "sender" in self.__dict__:
            self.sender.run(self.sender.close())
            self.sender.loop.close()
        if "waker" in self.__dict__:
            self.waker.redis.close()

    # ------------------------------------------------------------------ inbox

    def inbox(self, shard: int) -> int:
        """Handle everything that waits in a shard; returns how many messages were handled."""
        key = str(shard)
        return self._until_empty(lambda: self._inbox_batch(shard), queue.INBOX, key, self.waker.shard, shard)

    def _until_empty(
        self, step: Callable[[], int], name: str, key: str, wake: Callable[..., object], target: Any
    ) -> int:
        """Take steps until one finds nothing, clear the flag, and look once more."""
        started, total, cleared = time.monotonic(), 0, False
        while True:
            count = step()
            total += count
            if count == 0:
                if cleared:
                    return total
                self.waker.clear(name, key)
                cleared = True
            elif time.monotonic() - started > TURN_SECONDS:
                wake(target, force=True)
                return total
            else:
                cleared = False

    def _inbox_batch(self, shard: int) -> int:
        with self.connection() as connection:
            waiting = conversation.pending(
                connection, shard, shards=self.settings.shards, limit=self.settings.batch, now=clock.now()
            )
            if not waiting:
                return 0
            try:
                done = conversation.handle(connection, self.house, waiting, now=clock.now())
                connection.commit()
            except psycopg.OperationalError:
                raise
            except Exception as error:  # noqa: BLE001 - one bad message must not hold up the others
                connection.rollback()
                logger.warning("batch_failed", shard=shard, count=len(waiting), error=type(error).__name__)
                return self._one_by_one(connection, waiting)
            self.wake(done)
            return done.count

    def _one_by_one(self, connection: db.Connection, waiting: Sequence[Waiting]) -> int:
        """Handle messages alone; one that cannot be handled is put off, and parked after some tries."""
        stuck: set[UUID] = set()
        count = 0
        for item in waiting:
            if item.contact_id in stuck:
                continue
            count += 1
            try:
                done = conversation.handle(connection, self.house, [item], now=clock.now())
                connection.commit()
                self.wake(done)
            except psycopg.OperationalError:
                raise
            except Exception as error:
                connection.rollback()
                stuck.add(item.contact_id)
                parked = conversation.poison(connection, item, code=type(error).__name__, now=clock.now())
                connection.commit()
                logger.error("not_handled", exc_info=error, message=str(item.message_id), parked=parked)
        return count

    def wake(self, done: Done) -> None:
        """Wake whoever a batch has work for; after its commit."""
        for channel_id in done.channels:
            self.waker.outbox(channel_id)
        for slot in done.slots:
            self.waker.inbox(slot)
        if done.asks:
            self.waker.care("ask_services", queue=queue.OUTBOX)

    # ------------------------------------------------------------------ outbox

    def outbox(self, channel_id: UUID) -> int:
        """Send everything that may leave a channel now; returns how many messages were tried."""
        key = str(channel_id)
        return self._until_empty(
            lambda: self._send(channel_id), queue.OUTBOX, key, self.waker.outbox, channel_id
        )

    def _send(self, channel_id: UUID) -> int:
        with self.connection() as connection:
            self._write_left(connection)
            channel = channels.load(connection, self.ring, channel_id)
            connection.commit()
            if channel is None or not channel.active or _resting(channel):
                return 0
            turn = _Turn(self, connection, channel)
            try:
                self.sender.run(turn.run())
            except SettingsInvalid:
                until = clock.now() + outbox.FAULT_PAUSE
                channels.fault(connection, channel_id, code="settings", until=until, now=clock.now())
                connection.commit()
            return turn.tried

    def _write_left(self, connection: db.Connection) -> None:
        """Write down what an earlier drain learned and could not write: PostgreSQL was away, say."""
        while self.sender.left:
            landed = self.sender.left[0]
            outbox.release(connection, landed.untried)
            outbox.record(connection, landed.outcomes, now=clock.now())
            connection.commit()
            self.sender.left.pop(0)

    def callback_url(self, channel_id: UUID) -> str:
        """Where the provider of a channel reports to."""
        return f"{self.settings.public_url.rstrip('/')}/in/{channel_id}/status"

    # ------------------------------------------------------------------ doubts

    def settle(self, channel_id: UUID) -> int:
        """Settle messages of a channel that the provider may or may not have; returns how many."""
        with self.connection() as connection:
            channel = channels.load(connection, self.ring, channel_id)
            if channel is None:
                return 0
            now = clock.now()
            found = outbox.doubts(
                connection,
                self.ring,
                channel,
                before=now - timedelta(seconds=self.settings.settle_after),
                now=now,
                limit=50,
                callback_url=self.callback_url(channel_id),
            )
            connection.rollback()  # A slow provider must not hold our locks.
            for doubt in found:
                answer, now = self.sender.run(self._ask(channel, doubt)), clock.now()
                if answer is not _UNKNOWN:
                    outbox.settle(connection, doubt, answer, now=now)
                elif now - doubt.since < ASK_FOR:
                    outbox.put_off(connection, doubt, until=now + ASK_AGAIN)
                else:
                    outbox.settle(connection, doubt, None, now=now)
                connection.commit()
        self.waker.clear(queue.OUTBOX, f"settle:{channel_id}")
        self.waker.outbox(channel_id)
        return len(found)

    async def _ask(self, channel: ChannelRow, doubt: Doubt) -> Any:
        adapter = await self.sender.adapter(channel)
        if not isinstance(adapter, CanBeAsked):
            return None
        try:
            return await adapter.find(doubt.claimed.out, since=doubt.since - timedelta(minutes=5))
        except SendError as error:
            logger.warning("provider_not_asked", channel=str(channel.id), code=error.code)
        except Exception as error:
            # An adapter's bug over one message must not keep the others in doubt.
            logger.error("provider_not_asked", exc_info=error, channel=str(channel.id))
        return _UNKNOWN

    def reconcile(self, channel_id: UUID) -> int:
        """Fetch what people sent while our webhook could not be reached; returns how many messages were new."""
        with self.connection() as connection:
            channel = channels.load(connection, self.ring, channel_id)
            if channel is None:
                return 0
            since = channels.reconciled_until(connection, channel_id, now=clock.now())
            connection.rollback()
            started = clock.now()
            received = self.sender.run(self._received_since(channel, since))
            if received is None:
                return 0
            stored = [inbox.store(connection, self.ring, channel, item, now=clock.now()) for item in received]
            channels.set_reconciled(connection, channel_id, until=started)
            connection.commit()
            new = [item for item in stored if item.new]
            for item in new:
                self.waker.inbox(item.slot)
            return len(new)

    def reconcile_all(self) -> int:
        """Reconcile every active channel; returns how many messages were new."""
        with self.connection() as connection:
            ids = [channel.id for channel in channels.load_all(connection, self.ring)]
        count = sum(self._reconcile_guarded(channel_id) for channel_id in ids)
        self.waker.clear(queue.OUTBOX, "reconcile")
        return count

    def _reconcile_guarded(self, channel_id: UUID) -> int:
        try:
            return self.reconcile(channel_id)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            # One channel's fault must not keep the others' messages from being found.
            logger.error("not_reconciled", exc_info=error, channel=str(channel_id))
            return 0

    async def _received_since(self, channel: ChannelRow, since: Any) -> Any:
        adapter = await self.sender.adapter(channel)
        if not isinstance(adapter, CanBeAsked):
            return None
        try:
            return await adapter.since(since)
        except SendError as error:
            logger.warning("provider_not_asked", channel=str(channel.id), code=error.code)
            return None

    # ------------------------------------------------------------------ upkeep

    def sweep(self) -> None:
        """Find whatever was left behind, and wake whoever it waits for."""
        now = clock.now()
        with self.connection() as connection:
            found = sweep.find(
                connection, shards=self.settings.shards, settle_after=self.settings.settle_after, now=now
            )
            woken = {
                "inbox": sum(self.waker.shard(shard, force=True) for shard in found.shards),
                "outbox": sum(self.waker.outbox(channel_id, force=True) for channel_id in found.channels),
                "leases": found.leases,
            }
            sweep.count(connection, woken, now=now)
            connection.commit()
            for channel_id in found.doubtful:
                self.waker.settle(channel_id)
            self._pass_time(connection, conversation.due(connection, limit=ROUND_BATCH, now=now), now)
        self.waker.clear(queue.CARE, "sweep")

    def _pass_time(self, connection: db.Connection, due: Sequence[UUID], now: datetime) -> None:
        """Remind and end silent conversations together; when that fails, one by one, and put off what cannot be."""
        if not due:
            return
        try:
            done = conversation.pass_time(connection, self.house, due, now=now)
            connection.commit()
            self.wake(done)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            connection.rollback()
            if len(due) > 1:
                for contact_id in due:
                    self._pass_time(connection, [contact_id], now)
                return
            logger.error("time_not_passed", exc_info=error, contact=str(due[0]))
            conversation.put_off(connection, due[0], now=now)
            connection.commit()

    def index_search(self) -> int:
        """Let the search know whoever is new or changed; returns how many contacts were taken."""
        started, total = time.monotonic(), 0
        with self.connection() as connection:
            while count := search_index.fill(connection, self.ring):
                connection.commit()
                total += count
                if time.monotonic() - started > INDEX_SECONDS:
                    break
        self.waker.clear(queue.CARE, "index_search")
        return total

    def tidy(self, now: datetime) -> None:
        """Delete sign-ins and links of staff that have run out."""
        with self.connection() as connection:
            sweep.tidy(connection, now=now)
            notices.tidy(connection, now=now)
            watching.duty_gaps(connection, now=now)
            watching.ending_agreements(connection, now=now)
            connection.commit()
        self.waker.clear(queue.CARE, "tidy")


# The provider was asked and gave no answer: nothing is decided.
_UNKNOWN = object()


def _resting(channel: ChannelRow) -> bool:
    return channel.paused_until is not None and channel.paused_until > clock.now()


@dataclass
class _Turn:
    """One turn of a channel's sender: claims and records with commits of their own."""

    drains: Drains
    connection: db.Connection
    channel: ChannelRow
    tried: int = 0
    started: float = field(default_factory=time.monotonic)
    short: bool = False  # the rate allowed nothing more

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.drains.waker.redis, self.channel.id, self.channel.rate)

    async def run(self) -> None:
        while True:
            self.short = False
            stopped = await self.drains.sender.drain(self.channel, self.claim, self.record, self.keep_on)
            if stopped is not None or not self.short or not self.keep_on():
                return
            await asyncio.sleep(min(self.bucket.wait(), 1.0))

    def keep_on(self) -> bool:
        return time.monotonic() - self.started < TURN_SECONDS

    def claim(self, limit: int) -> list[Claimed]:
        allowed = self.bucket.available()
        if allowed == 0:
            self.short = outbox.waits(self.connection, self.channel.id, now=clock.now())
            self.connection.commit()
            return []
        claimed = outbox.claim(
            self.connection,
            self.drains.ring,
            self.channel,
            limit=min(limit, allowed),
            now=clock.now(),
            lease=timedelta(seconds=self.drains.settings.lease),
            callback_url=self.drains.callback_url(self.channel.id),
        )
        self.connection.commit()
        if claimed:
            self.bucket.take(sum(item.segments for item in claimed))
        self.tried += len(claimed)
        return claimed

    def record(self, outcomes: list[Outcome], untried: list[Claimed]) -> None:
        now = clock.now()
        outbox.release(self.connection, untried)
        outbox.record(self.connection, outcomes, now=now)
        self._note_health(outcomes)
        self.connection.commit()

    def _note_health(self, outcomes: list[Outcome]) -> None:
        now = clock.now()
        for error in (outcome.error for outcome in outcomes if outcome.error is not None):
            if error.refusal is Refusal.THROTTLED:
                wait = timedelta(seconds=error.retry_after) if error.retry_after else outbox.THROTTLE_PAUSE
                channels.pause(self.connection, self.channel.id, now + wait)
            elif error.refusal is Refusal.CHANNEL:
                until = now + outbox.FAULT_PAUSE
                channels.fault(self.connection, self.channel.id, code=error.code, until=until, now=now)
                return
        if self.channel.health != "ok" and any(outcome.sent for outcome in outcomes):
            channels.mend(self.connection, self.channel.id)
