"""How fast a channel may send: a token bucket in Redis, in segments, shared by all its senders."""

from __future__ import annotations

from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

from gateway import log

logger = log.get(__name__)

# Refill by the time that passed, then take what was asked, even below zero: a message of three segments is not split,
# and the debt is waited for afterwards. Redis' own clock is used, so that senders on several hosts agree.
_SCRIPT = """
local rate, burst, taken = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate) - taken
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], 3600)
return tostring(tokens)
"""


class Bucket:
    """The allowance of one channel.

    Args:
        redis: where the bucket lives.
        channel_id: whose it is.
        rate: segments a second; one second's worth may be saved up.
    """

    def __init__(self, redis: Redis, channel_id: UUID, rate: float) -> None:
        self._key = f"paigham:rate:{channel_id}"
        self._rate = rate
        self._script = redis.register_script(_SCRIPT)

    def take(self, segments: int) -> float:
        """Take segments out of the bucket and return what is left, which may be negative.

        While Redis is away the rate is not known, and what is left is a debt of a second: whatever is in hand goes
        on its way, and nothing else leaves.
        """
        try:
            left = self._script(keys=[self._key], args=[self._rate, max(self._rate, 1.0), segments])
        except RedisError as error:
            logger.warning("rate_unknown", error=type(error).__name__)
            return -self._rate
        return float(left)

    def available(self) -> int:
        """How many segments may leave now."""
        return max(0, int(self.take(0) + 1e-6))

    def wait(self) -> float:
        """Seconds until one segment may leave."""
        return max(0.0, (1.0 - self.take(0)) / self._rate)
