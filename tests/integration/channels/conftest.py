"""The fakes in a thread of the test process, and a gateway that only writes down what it is sent."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from gateway.channels.base import Webhook
from gateway.fakes.server import Fakes, serve
from tests.integration.channels.at_work import CONFIG, Loop, Running, Server, listen, url_of


@pytest.fixture
def loop() -> Iterator[Loop]:
    running = Loop()
    yield running
    running.close()


@pytest.fixture
def gateway(loop: Loop) -> Iterator[Server]:
    """Keeps every webhook as our own value, and answers with `status` and `body`."""

    async def keep(request: web.BaseRequest) -> web.Response:
        path = request.path.split("/", 3)[3]
        url = f"{server.url}{request.rel_url.raw_path_qs}"
        webhook = Webhook.of(request.method, url, dict(request.headers), await request.read(), path=path)
        server.requests.append(webhook)
        return web.Response(status=server.status, body=server.body)

    runner = loop.run(listen(keep))
    server = Server(url_of(runner), runner)
    yield server
    loop.run(runner.cleanup())


@pytest.fixture
def start(loop: Loop, gateway: Server) -> Iterator[Callable[..., Running]]:
    """Start fakes with a configuration."""
    started: list[tuple[Fakes, web.ServerRunner]] = []

    async def stop() -> None:
        for fakes, runner in started:
            await fakes.poster.close()
            await runner.cleanup()

    def begin(config: dict[str, Any] | None = None, gateway_url: str = gateway.url) -> Running:
        fakes = Fakes(gateway_url=gateway_url, config=config or CONFIG)
        runner = loop.run(serve(fakes, "127.0.0.1", 0))
        started.append((fakes, runner))
        return Running(fakes, url_of(runner), loop)

    yield begin
    loop.run(stop())


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    """Fakes with one Twilio account and one bot."""
    return start()
