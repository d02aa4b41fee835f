"""The entry points of those who tell staff: look, commit, send.

Like the drains, every method may be called at any time, by anybody, as often as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from gateway import clock, db, log, mail, queue
from gateway.crypto import Keyring
from gateway.mail import MailError
from gateway.queue import Waker
from gateway.services import digest, escalation, watching
from gateway.services import mail as mails
from gateway.services.mail import Claimed
from gateway.settings import Settings

MOST_BATCHES = 100  # of one turn

logger = log.get(__name__)


@dataclass
class Post:
    """Notices and mails, by one worker process."""

    settings: Settings
    ring: Keyring = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Post:
        """Build it from the settings of the process."""
        return cls(settings, Keyring.of(settings))

    @cached_property
    def waker(self) -> Waker:
        """Wakes whoever sends."""
        return Waker.of(self.settings)

    @contextmanager
    def connection(self) -> Iterator[db.Connection]:
        """Open a connection for one turn; what was not committed is rolled back."""
        with db.connect(self.settings) as connection:
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.rollback()

    def watch(self) -> None:
        """Find what staff must be told, ask the next person where nobody looked, and write the mails that are due."""
        with self.connection() as connection:
            watching.clocks(connection, now=clock.now())
            connection.commit()
            escalation.escalate(connection, now=clock.now())
            connection.commit()
            if self._plan(connection):
                self.waker.care("deliver", queue=queue.OUTBOX)
        self.waker.clear(queue.CARE, "watch")

    def _plan(self, connection: db.Connection) -> int:
        if not self.settings.smtp_url:
            digest.settle(connection, now=clock.now())
            connection.commit()
            return 0
        written = 0
        for _ in range(MOST_BATCHES):
            looked, made = digest.plan(connection, now=clock.now())
            connection.commit()
            written += made
            if not looked:
                break
        return written

    def deliver(self) -> int:
        """Send the mails that wait; returns how many were tried."""
        tried = 0
        with self.connection() as connection:
            mails.expire(connection, now=clock.now())
            connection.commit()
            for _ in range(MOST_BATCHES if self.settings.smtp_url else 0):
                claimed = mails.claim(
                    connection, self.ring, base_url=self.settings.pages_url, now=clock.now()
                )
                connection.commit()
                if not claimed:
                    break
                tried += len(claimed)
                self._send(connection, claimed)
        self.waker.clear(queue.OUTBOX, "deliver")
        return tried

    def _send(self, connection: db.Connection, claimed: Sequence[Claimed]) -> None:
        """Send a batch through one session, each outcome committed at once."""
        left = list(claimed)
        try:
            with mail.carrier(self.settings) as carrier:
                while left:
                    self._send_one(connection, carrier, left[0])
                    left.pop(0)
        except MailError as error:
            # The server cannot be reached at all: nothing of what is left was tried.
            logger.warning("mail_server_away", code=error.code)
            mails.put_back(connection, left, code=error.code, now=clock.now())
            connection.commit()

    @staticmethod
    def _send_one(connection: db.Connection, carrier: mail.Carrier, item: Claimed) -> None:
        try:
            carrier.send(item.letter)
            fate, code = None, None
        except MailError as error:
            fate, code = error.fate, error.code
            logger.warning("mail_not_sent", mail=item.id, fate=fate.value, code=code)
        mails.record(connection, item, fate, code=code, now=clock.now())
        connection.commit()
