"""The entry points of what is due without anybody writing: times, things that happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from gateway import clock, db, log, queue
from gateway.drain import ROUND_BATCH, TURN_SECONDS, Drains
from gateway.services import firing
from gateway.services.conversation import Done

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
