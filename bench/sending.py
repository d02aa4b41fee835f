"""How fast Twilio's adapter sends to a provider that answers in 20 ms (B6), and against a bare aiohttp client."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlencode
from urllib.request import urlopen

import aiohttp

from gateway.channels import build
from gateway.channels.base import ChannelSettings, Outgoing

LATENCY = 0.02
IN_FLIGHT = (64, 128)
ACCOUNT = "AC" + "0" * 32
TOKEN = "invented-token"  # noqa: S105  # The fake account's.
NUMBER = "+441632960001"
TEXT = "آپ کو پانی کب سے نہیں ملا؟ 1) آج سے 2) کل سے 3) ایک ہفتے سے"
START_SECONDS = 15
WARM_UP = 0.5
FAKE = f"""
import sys
from gateway.fakes.server import main
main("127.0.0.1", int(sys.argv[1]), gateway_url="http://127.0.0.1:9",
     config={{"faults": {{"latency": {LATENCY}}}, "twilio": {{"account_sid": "{ACCOUNT}", "auth_token": "{TOKEN}"}}}})
"""
Send = Callable[[int], Awaitable[object]]


def measure(seconds: float = 3.0) -> dict[str, float]:
    """Sends a second with 64 and 128 in flight, by the adapter and bare, and the microseconds of CPU for each."""
    with _fake() as url:
        figures = asyncio.run(_figures(url, seconds))
        figures["taken_but_not_counted"] = _taken(url) - figures.pop("sent_in_all")
    return figures


async def _figures(url: str, seconds: float) -> dict[str, float]:
    figures: dict[str, float] = {"sent_in_all": 0}
    for width in IN_FLIGHT:
        for name, way in (("adapter", _adapter), ("bare", _bare)):
            async with way(url, width) as send:
                rate, cpu, sent = await _drive(send, width, seconds)
            figures[f"{name}_{width}"] = rate
            figures[f"{name}_{width}_cpu_us"] = cpu
            figures["sent_in_all"] += sent
        figures[f"ratio_{width}"] = figures[f"adapter_{width}"] / figures[f"bare_{width}"]
    return figures


async def _drive(send: Send, width: int, seconds: float) -> tuple[float, float, int]:
    """Keep so many sends in flight: rate, CPU of this process per send, and the number with the warm-up."""
    warming = await _keep_busy(send, width, WARM_UP)
    cpu, began = time.process_time(), time.perf_counter()
    sent = await _keep_busy(send, width, seconds)
    passed = time.perf_counter() - began
    return sent / passed, (time.process_time() - cpu) / sent * 1e6, sent + warming


async def _keep_busy(send: Send, width: int, seconds: float) -> int:
    end, sent = time.perf_counter() + seconds, 0

    async def one(person: int) -> None:
        nonlocal sent
        while time.perf_counter() < end:
            await send(person)
            sent += 1

    await asyncio.gather(*(one(person) for person in range(width)))
    return sent


@asynccontextmanager
async def _adapter(url: str, width: int) -> AsyncIterator[Send]:
    config = {"account_sid": ACCOUNT, "auth_token": TOKEN, "base_url": url, "in_flight": width}
    async with build("twilio", ChannelSettings("bench", NUMBER, "PK", config)) as channel:
        yield lambda person: channel.send(
            Outgoing(f"m{person}", f"tel:+92300{person:07d}", TEXT, callback_url=None)
        )


@asynccontextmanager
async def _bare(url: str, width: int) -> AsyncIterator[Send]:
    """The least that a Python client can do: post the same form over as many connections, and read the answer."""
    address = f"{url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=width)) as session:

        async def send(person: int) -> None:
            form = urlencode({"To": f"+92300{person:07d}", "From": NUMBER, "Body": TEXT}).encode()
            async with session.post(address, data=form, headers=headers) as answer:
                assert answer.status == 201
                json.loads(await answer.text())

        yield send


@contextmanager
def _fake() -> Iterator[str]:
    """The fake provider in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", FAKE, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _await(url: str) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            _taken(url)
        except OSError:
            assert time.monotonic() < end, "the fake provider did not start"
            time.sleep(0.05)
        else:
            return


def _taken(url: str) -> int:
    with urlopen(f"{url}/_fake/counts", timeout=10) as answer:
        return int(json.load(answer)["twilio"].get("taken", 0))


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:,.2f}")
