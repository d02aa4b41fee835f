"""The entry points of what is due without anybody writing: times, things that happened, answers of services."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import psycopg

from gateway import clock, db, log, queue
from gateway.drain import ROUND_BATCH, TURN_SECONDS, Drains
from gateway.services import again, conversation, dispositions, firing, outside
from gateway.services.conversation import Done
from gateway.settings import on_this_machine

SIDE_BY_SIDE = 8  # questions to services at once

logger = log.get(__name__)
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Due:
    """The work of one process that nobody's message wakes. Every method may be called at any time, by anybody."""

    drains: Drains

    def fire(self) -> int:
        """Begin what is due: rounds whose time has come, flows of what happened; returns how many steps it took."""
        started, total = time.monotonic(), 0
        with self.drains.connection() as connection:
            total += firing.find(connection, self.drains.house, limit=ROUND_BATCH, now=clock.now())
            connection.commit()
            while time.monotonic() - started < TURN_SECONDS and (
                self._fire(connection) | self._begin(connection)
            ):
                total += 1
        total += self.offer_again()
        self.drains.waker.clear(queue.CARE, "fire")
        return total

    def _fire(self, connection: db.Connection) -> bool:
        """Ask the next people of a round whose time has come; False when there is none."""
        now, house = clock.now(), self.drains.house
        taken = firing.take(connection, now=now)
        if taken is None:
            return False

        def work() -> Done:
            return Done(1, firing.ask(connection, house, taken, batch=ROUND_BATCH, now=now))

        if not self._guarded(connection, work, round=str(taken.round_id)):
            firing.put_off(connection, taken, now=now)
            connection.commit()
        return True

    def _begin(self, connection: db.Connection) -> bool:
        """Begin the flow of the next thing that happened; False when there is none."""
        now, house = clock.now(), self.drains.house
        waiting = firing.take_event(connection, now=now)
        if waiting is None:
            return False

        def work() -> Done:
            return Done(1, firing.begin(connection, house, waiting, now=now))

        if not self._guarded(connection, work, happening=str(waiting.id)):
            firing.put_off_event(connection, waiting, now=now)
            connection.commit()
        return True

    def ask_services(self) -> int:
        """Ask services what flows want to know, and let those runs go on; returns how many steps it took."""
        started, total = time.monotonic(), 0
        while time.monotonic() - started < TURN_SECONDS:
            steps = self._ask() + self._serve()
            if not steps:
                break
            total += steps
        self.drains.waker.clear(queue.OUTBOX, "ask_services")
        return total

    def _ask(self) -> int:
        """Ask what is due: taken and committed, asked side by side with no transaction open, written down."""
        ring, loopback = self.drains.ring, on_this_machine(self.drains.settings.pages_url)
        with self.drains.connection() as connection:
            taken = outside.claim(connection, ring, limit=SIDE_BY_SIDE, now=clock.now())
            connection.commit()
        if not taken:
            return 0
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            landed = list(pool.map(lambda one: outside.put(one, loopback=loopback, now=clock.now()), taken))
        with self.drains.connection() as connection:
            outside.record(connection, ring, landed, now=clock.now())
            connection.commit()
        return len(taken)

    def _serve(self) -> int:
        """Let runs go on whose question has an end."""
        count = 0
        with self.drains.connection() as connection:
            while self._serve_one(connection):
                count += 1
        return count

    def _serve_one(self, connection: db.Connection) -> bool:
        now, house = clock.now(), self.drains.house
        found = outside.settled(connection, house.ring, limit=1, now=now)
        if not found:
            return False
        if not self._guarded(
            connection,
            lambda: conversation.serve(connection, house, found[0], now=now),
            request=str(found[0].id),
        ):
            outside.put_off(connection, found[0].id, now=now)
            connection.commit()
        return True

    def offer_again(self) -> int:
        """Offer flows once more to people who did not react, as often as each flow says; returns to how many."""
        now, count = clock.now(), 0
        with self.drains.connection() as connection:
            for one in dispositions.due_again(connection, limit=ROUND_BATCH, now=now):
                work = partial(again.offer, connection, self.drains.house, one, now=now)
                if not self._guarded(connection, work, respondent=str(one.id)):
                    dispositions.put_off(connection, [one.id], until=now + firing.AGAIN_AFTER)
                    connection.commit()
                count += 1
        return count

    def _guarded(self, connection: db.Connection, work: Callable[[], Done], **ids: str) -> bool:
        """Do one piece of work, commit, wake; False when it failed: the next piece must not wait for it."""
        try:
            done = work()
            connection.commit()
        except psycopg.OperationalError:
            raise
        except Exception as error:
            connection.rollback()
            logger.error("not_begun", exc_info=error, **ids)
            return False
        self.drains.wake(done)
        return True
