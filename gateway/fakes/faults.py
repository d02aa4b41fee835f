"""How a fake provider misbehaves, decided by a seeded die."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum, auto
from typing import Any


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and how often. Rates lie between 0 and 1; times are seconds.

    Attributes:
        latency, jitter: each answer waits latency ± jitter, evenly spread.
        error_rate, error_status: refused with this status; nothing is taken.
        throttle, retry_after: requests a second that pass (0: all); the others get 429 with this wait.
        timeout_rate: the message is taken, and the request is never answered.
        reset_rate: the message is taken, and the connection is closed without an answer.
        lie_rate: the message is taken, and the answer is 500.
        report_delay: between two delivery reports of a message.
        report_lost_rate, report_duplicate_rate, report_reorder_rate: a report never comes, comes twice, comes
            after the one that follows it.
        webhook_delay: a person's message waits so long at the most before it comes, evenly spread, and its
            second coming waits again: so messages overtake one another.
        webhook_duplicate_rate: a person's message comes twice, with the same id.
        webhook_lost_rate: a person's message is in the provider's list, but its webhook never comes.
    """

    latency: float = 0.0
    jitter: float = 0.0
    error_rate: float = 0.0
    error_status: int = 503
    throttle: float = 0.0
    retry_after: int = 1
    timeout_rate: float = 0.0
    reset_rate: float = 0.0
    lie_rate: float = 0.0
    report_delay: float = 0.05
    report_lost_rate: float = 0.0
    report_duplicate_rate: float = 0.0
    report_reorder_rate: float = 0.0
    webhook_delay: float = 0.0
    webhook_duplicate_rate: float = 0.0
    webhook_lost_rate: float = 0.0

    def changed(self, values: Mapping[str, Any]) -> Faults:
        """The same with some values changed. Raises ValueError for an unknown name or an impossible value."""
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown fault {name!r}; known are {', '.join(sorted(known))}")
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} must be a number of at least 0")
            if name.endswith("_rate") and value > 1:
                raise ValueError(f"{name} must lie between 0 and 1")
        return replace(self, **values)


class Verdict(Enum):
    """What becomes of one request."""

    SERVE = auto()
    REFUSE = auto()
    THROTTLE = auto()
    TIME_OUT = auto()
    RESET = auto()
    LIE = auto()


TAKEN_BUT_UNSAID = {Verdict.TIME_OUT, Verdict.RESET, Verdict.LIE}


class Die:
    """Throws for each request. The same seed and the same order of requests give the same faults."""

    def __init__(self, faults: Faults, *, seed: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._random = random.Random(seed)
        self._clock = clock
        self.faults = faults

    @property
    def faults(self) -> Faults:
        """What goes wrong at present. Setting it fills the throttle's bucket."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._shares = (
            (faults.error_rate, Verdict.REFUSE),
            (faults.timeout_rate, Verdict.TIME_OUT),
            (faults.reset_rate, Verdict.RESET),
            (faults.lie_rate, Verdict.LIE),
        )
        self._faultless = not any(share for share, _ in self._shares)
        self._tokens, self._filled_at = max(1.0, faults.throttle), self._clock()

    def throw(self) -> Verdict:
        """Decide one request. Rates add up: 0.1 refused and 0.1 timed out leave 0.8 served."""
        if self._faults.throttle and not self._token():
            return Verdict.THROTTLE
        if self._faultless:
            return Verdict.SERVE
        point = self._random.random()
        for share, verdict in self._shares:
            if point < share:
                return verdict
            point -= share
        return Verdict.SERVE

    def pause(self) -> float:
        """Seconds that this answer waits."""
        faults = self._faults
        if not faults.jitter:
            return faults.latency
        return max(0.0, faults.latency + self._random.uniform(-faults.jitter, faults.jitter))

    def delay(self) -> float:
        """Seconds that a person's message is on its way."""
        return self._random.uniform(0.0, self._faults.webhook_delay) if self._faults.webhook_delay else 0.0

    def chance(self, rate: float) -> bool:
        """Throw for one thing that happens with this rate."""
        return rate > 0 and self._random.random() < rate

    def _token(self) -> bool:
        now = self._clock()
        rate = self._faults.throttle
        self._tokens = min(max(1.0, rate), self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
