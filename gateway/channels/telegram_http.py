"""The HTTP client under python-telegram-bot: refusals that say what to do, and logs that say nothing.

The SDK's exceptions do not tell a connection that was never made from an answer that never came, and drop the
number of a 5xx. So answers are judged here, before the SDK sees them.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import httpx
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from gateway.errors import Refusal, SendError

# The bot's token is part of every address, and httpx logs addresses; the SDK logs what it sends at DEBUG.
for name in ("httpx", "httpcore", "telegram"):
    logging.getLogger(name).setLevel(logging.WARNING)

CONNECT_SECONDS = 10.0

_REFUSALS: Mapping[int, Refusal] = {
    HTTPStatus.TOO_MANY_REQUESTS: Refusal.THROTTLED,
    HTTPStatus.SERVICE_UNAVAILABLE: Refusal.TEMPORARY,
    HTTPStatus.CONFLICT: Refusal.TEMPORARY,
    HTTPStatus.FORBIDDEN: Refusal.BLOCKED,  # blocked by the person, or the account is gone
    HTTPStatus.UNAUTHORIZED: Refusal.CHANNEL,  # a token of the right form that is not valid
    HTTPStatus.NOT_FOUND: Refusal.CHANNEL,  # a token of a wrong form
}
# Sentences of 400 that mean: there is no such chat. Everything else in 400 is this message's own fault.
_NOBODY = ("chat not found", "peer_id_invalid", "user not found")


class JudgedError(TelegramError):
    """A refusal on its way through the SDK, which lets its own kind of exception pass."""

    def __init__(self, problem: SendError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Transport(HTTPXRequest):
    """One pool of connections.

    Args:
        in_flight: connections at the most; further requests wait for one.
        timeout: seconds without a byte, after the request has left.
    """

    def __init__(self, *, in_flight: int, timeout: float) -> None:
        super().__init__(
            connection_pool_size=in_flight,
            connect_timeout=min(CONNECT_SECONDS, timeout),
            read_timeout=timeout,
            write_timeout=timeout,
            pool_timeout=None,
            httpx_kwargs={"verify": _certificates()},
        )

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        """Send one request of the SDK and give it the answer. Raises JudgedError for all but success."""
        try:
            status, body = await super().do_request(*args, **named)
        except TelegramError as error:
            problem = unanswered(error.__cause__)
        else:
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                return status, body
            problem = refused(status, body)
        # Raised outside of the handler: the first error may name an address with the token in it.
        raise JudgedError(problem)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer. The SDK's own method logs one that it cannot read, words and all."""
        try:
            data = json.loads(payload)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise TelegramError("Invalid server response")
        return data


def unanswered(error: BaseException | None) -> SendError:
    """Judge a request without an answer: did it leave? If so nobody knows what became of it."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return SendError(Refusal.TEMPORARY, code="no_connection")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return SendError(Refusal.CHANNEL, code="bad_address")
    code = "timeout" if isinstance(error, httpx.TimeoutException) else "connection_lost"
    return SendError(Refusal.UNCERTAIN, code=code)


def refused(status: int, body: bytes) -> SendError:
    """Judge an answer that is not a success. Its sentence is looked at, and not kept."""
    description, retry_after = _explained(body)
    if status == HTTPStatus.BAD_REQUEST:
        nobody = any(sentence in description for sentence in _NOBODY)
        return SendError(Refusal.INVALID_NUMBER, code="chat_not_found") if nobody else _by_status(status)
    return _by_status(status, retry_after=retry_after)


def _by_status(status: int, *, retry_after: float | None = None) -> SendError:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        usual = Refusal.UNCERTAIN
    else:
        # A redirect is not Telegram's: the configured address is wrong, or something stands between.
        usual = Refusal.PERMANENT if status >= HTTPStatus.BAD_REQUEST else Refusal.CHANNEL
    return SendError(_REFUSALS.get(status, usual), code=str(status), retry_after=retry_after)


def _explained(body: bytes) -> tuple[str, float | None]:
    try:
        data = json.loads(body)
        description = str(data.get("description", "")).casefold()
        wait = (data.get("parameters") or {}).get("retry_after")
    except (ValueError, AttributeError):
        return "", None
    return description, float(wait) if isinstance(wait, int | float) else None


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Read the trusted certificates once: it takes 20 ms, and a pool is opened for every drain."""
    return httpx.create_ssl_context()
