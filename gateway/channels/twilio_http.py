"""The HTTP client under Twilio's SDK: one pool of connections, and refusals that say what to do.

The SDK's own asynchronous client logs the numbers of list requests and has no limit of connections, and its
exceptions quote the recipient and drop `Retry-After`. So answers are judged here, before the SDK sees them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode

import aiohttp
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from gateway.channels.twilio_codes import refusal
from gateway.errors import Refusal, SendError

ORIGIN = "https://api.twilio.com"
CONNECT_SECONDS = 10.0


class Pool(AsyncHttpClient):  # type: ignore[misc]  # The SDK ships no types.
    """Carries the SDK's requests over one aiohttp session. Raises SendError for all but success.

    Args:
        base_url: goes in the place of https://api.twilio.com.
        in_flight: connections at the most; further requests wait for one.
        timeout: seconds from having a place in the pool to the end of the answer.
    """

    def __init__(self, *, base_url: str, in_flight: int, timeout: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True, timeout=timeout)
        self._base_url = base_url.rstrip("/")
        self._login: tuple[tuple[str, str], str] | None = None
        # The connector would count the wait for a connection into the timeout, and a message that never left
        # would pass for uncertain. So requests wait here, before the clock starts.
        self._places = asyncio.Semaphore(in_flight)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=in_flight),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(CONNECT_SECONDS, timeout / 2)),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **unused: object,
    ) -> Response:
        """Send one request of the SDK and give it the answer; `unused` is what it passes besides."""
        del unused
        headers = headers or {}
        if auth:
            headers["Authorization"] = self._authorization(auth)
        body = urlencode(data, doseq=True).encode() if data else None
        try:
            address = self._address(uri, params)
            async with (
                self._places,
                self._session.request(
                    method, address, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            problem = unanswered(error)
        else:
            if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return Response(answer.status, text, answer.headers)
            problem = refused(answer.status, text, answer.headers)
        # Raised outside of the handler: the first error may name an address, and must not travel along.
        raise problem

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _address(self, uri: str, params: Mapping[str, str] | None) -> str:
        address = self._base_url + uri.removeprefix(ORIGIN)
        return f"{address}?{urlencode(params)}" if params else address

    def _authorization(self, auth: tuple[str, str]) -> str:
        if self._login is None or self._login[0] != auth:
            self._login = (auth, "Basic " + base64.b64encode(":".join(auth).encode()).decode())
        return self._login[1]


def unanswered(error: Exception) -> SendError:
    """Judge a request without an answer: did it leave? If so nobody knows what became of it."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return SendError(Refusal.TEMPORARY, code="no_connection")
    if isinstance(error, aiohttp.InvalidURL):
        return SendError(Refusal.CHANNEL, code="bad_address")
    return SendError(
        Refusal.UNCERTAIN, code="timeout" if isinstance(error, TimeoutError) else "connection_lost"
    )


def refused(status: int, text: str, headers: Mapping[str, str]) -> SendError:
    """Judge an answer that is not a success. Only its number is kept: its sentence quotes the recipient."""
    code = _code(text)
    return SendError(
        refusal(status, code), code=str(code or status), retry_after=_seconds(headers.get("Retry-After"))
    )


def _code(text: str) -> int | None:
    try:
        code = json.loads(text).get("code")
    except (ValueError, AttributeError):
        return None
    return code if isinstance(code, int) else None


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
