"""What scenarios have in common: catching a process in the act, and looking at what is left afterwards."""

from __future__ import annotations

import time
from dataclasses import replace

from gateway.queue import Waker
from tests.e2e.cases import Cases
from tests.e2e.house import House
from tests.e2e.ledger import Ledger

CATCH_WITHIN = 10.0  # seconds
TOLD = 20  # sentences about what does not agree
# A worker that is in the middle of a batch has contacts locked.
STEPPING = (
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'contact'::regclass AND mode = 'RowShareLock')"
)
SENDING = "SELECT EXISTS (SELECT 1 FROM pending_out WHERE leased_until IS NOT NULL)"


def catch(house: House, act: str) -> None:
    """Return the moment that somebody is doing something. Looks as fast as it can: the act may last milliseconds."""
    last = time.monotonic() + CATCH_WITHIN
    while not house.one(act):
        assert time.monotonic() < last, "nobody was caught in the act"


def in_hand(house: House) -> int:
    """How many messages somebody had in hand when they died."""
    return int(house.one("SELECT count(*) FROM pending_out WHERE leased_until IS NOT NULL"))


def found(house: House, name: str) -> int:
    """How much a sweeper found."""
    return int(house.one("SELECT coalesce(max(found), 0) FROM sweeper_find WHERE name = %s", name))


def agree(house: House, *, strangers: frozenset[tuple[str, str]] = frozenset()) -> Ledger:
    """Everything that was said and written is there once, as it was meant; nothing waits, nothing is unexplained.

    `strangers` are (channel kind, provider's id) of messages that the test itself let somebody say.
    """
    ledger = replace(Ledger.of(house), strangers=strangers)
    wrong = ledger.disagreements() + Cases(ledger).disagreements()
    assert not wrong, "\n".join([f"{len(wrong)} things do not agree:", *wrong[:TOLD]])
    return ledger


def reconcile(house: House) -> None:
    """Have what people sent fetched from the providers' lists, as the scheduler does every few minutes."""
    waker = Waker.of(house.settings)
    waker.care("reconcile")
    waker.redis.close()


def uncertain(ledger: Ledger, channel: str) -> int:
    """How many messages of a channel are marked for staff as uncertain."""
    return sum(out.channel == channel and out.status == "uncertain" for out in ledger.out)


def resent(ledger: Ledger, channel: str) -> int:
    """How many messages of a channel were sent again, and are marked so."""
    return sum(out.channel == channel and out.resent for out in ledger.out)
