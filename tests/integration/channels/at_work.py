"""What the tests of channels share: an event loop in a thread, small servers, adapters pointed at them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from gateway.channels import build
from gateway.channels.base import Channel, ChannelSettings, Webhook
from gateway.fakes.server import Fakes

ACCOUNT = "AC" + "0" * 32
TOKEN = "invented-token"
NUMBER = "+441632960001"
BOT = "1:invented"
SECRET = "invented-secret"
CONFIG = {
    "twilio": {"account_sid": ACCOUNT, "auth_token": TOKEN, "numbers": {NUMBER: "/in/sms/"}},
    "telegram": {"token": BOT, "secret_token": SECRET, "webhook": "/in/chat/"},
}
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Server:
    """Any small HTTP server, in the loop's thread."""

    url: str
    runner: web.ServerRunner
    requests: list[Webhook] = field(default_factory=list)
    status: int = 200
    body: bytes = b""


async def listen(handler: Handler) -> web.ServerRunner:
    runner = web.ServerRunner(web.Server(handler), handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def url_of(runner: web.ServerRunner) -> str:
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


@dataclass
class Running:
    """The fakes at work."""

    fakes: Fakes
    url: str
    loop: Loop

    def faults(self, **values: float) -> None:
        self.fakes.die.faults = self.fakes.die.faults.changed(values)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(coroutine)


def twilio(url: str, **config: Any) -> Channel:
    given = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "base_url": url,
        "timeout": 5,
        "in_flight": 16,
    } | config
    return build("twilio", ChannelSettings("c1", NUMBER, "PK", given))


def telegram(url: str, **config: Any) -> Channel:
    given = {"token": BOT, "secret_token": SECRET, "base_url": f"{url}/bot", "timeout": 5} | config
    return build("telegram", ChannelSettings("c2", "invented_bot", None, given))
