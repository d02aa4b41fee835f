"""What both fake providers share: ending a request as the die fell, and posting webhooks to the gateway."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from gateway.fakes.faults import TAKEN_BUT_UNSAID, Verdict

FOREVER = 3600.0
CONNECTIONS = 128
WEBHOOK_SECONDS = 15.0  # Twilio and Telegram both give up on a webhook after some such time.
LATENCIES_KEPT = 20_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person's phone shows: our words, and buttons as (code, label) on a messenger."""

    channel: str
    address: str
    ours: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()


def as_json(
    data: Any, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Make a JSON response."""
    return web.Response(
        body=_encode(data).encode(), status=status, content_type="application/json", headers=headers
    )


async def conclude(
    request: web.BaseRequest, verdict: Verdict, reply: web.Response, *, lie: Callable[[], web.Response]
) -> web.Response:
    """Answer as the die fell. A request that was refused for its own faults is always answered."""
    if verdict not in TAKEN_BUT_UNSAID or reply.status >= HTTPStatus.BAD_REQUEST:
        return reply
    if verdict is Verdict.LIE:
        return lie()
    if verdict is Verdict.TIME_OUT:
        await asyncio.sleep(FOREVER)  # ended by the caller, who hangs up
    if request.transport is not None:
        request.transport.abort()
    return reply


async def fields_of(request: web.BaseRequest) -> dict[str, str]:
    """Read the parameters of a request: query, form, JSON or multipart. Values of JSON become text again."""
    found = dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
    if request.content_type == "application/json":
        data = json.loads(await request.read() or b"{}")
        found |= {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in data.items()
        }
    elif request.content_type == "multipart/form-data":
        found |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    else:
        found |= parse_qsl((await request.read()).decode("utf-8", "replace"), keep_blank_values=True)
    return found


class Poster:
    """Posts webhooks to the gateway over one pool of connections, and keeps count.

    Args:
        gateway_url: where the gateway listens.
        public_url: what its providers think it is called; addresses under it are posted to `gateway_url`.
    """

    def __init__(self, *, gateway_url: str, public_url: str) -> None:
        self.gateway_url = gateway_url.rstrip("/")
        self.public_url = public_url.rstrip("/")
        self.counts: Counter[str] = Counter()
        self.seconds: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def public(self, path: str) -> str:
        """The address that the gateway's settings give to a path; this is what gets signed."""
        return path if "://" in path else f"{self.public_url}/{path.lstrip('/')}"

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Post one webhook to a public address. Gives the status and body; status 0 means no answer."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with self._open().post(self._reach(url), data=body, headers=headers) as answer:
                result = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            result = 0, b""
        self.seconds.append(loop.time() - started)
        self.counts[f"status_{result[0]}"] += 1
        return result

    @property
    def under_way(self) -> int:
        """How much still goes on: people who think, webhooks and reports that are on their way."""
        return len(self._tasks)

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside the request that caused it."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End everything that still runs beside; the connections stay."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """End everything that still runs, and close the connections."""
        await self.stop()
        if self._session is not None:
            await self._session.close()

    def _reach(self, url: str) -> str:
        if url.startswith(self.public_url):
            url = self.gateway_url + url[len(self.public_url) :]
        return url

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=WEBHOOK_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
