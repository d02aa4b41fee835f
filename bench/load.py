"""A lean load generator in a process of its own: signed Twilio webhooks over keep-alive connections.

`python -m bench.load < plan.json` prints its findings as JSON. Requests are built and signed before the clock
starts, so that what is measured is the gateway and not this.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

END_OF_HEAD = b"\r\n\r\n"
OK = b"HTTP/1.1 200"


@dataclass
class Plan:
    """What to send.

    Attributes:
        host, port, path: where the gateway listens, and the channel's path.
        public_url: the address that the provider believes it speaks to; signatures are over it.
        token: the account's secret.
        numbers: how many invented numbers take part; all are known to the gateway.
        requests: how many to send in all.
        connections: how many keep-alive connections.
        rate: requests a second in an open loop; None: as fast as answers come.
    """

    host: str
    port: int
    path: str
    public_url: str
    token: str
    ours: str
    prefix: str
    numbers: int
    requests: int
    connections: int
    rate: float | None = None
    tag: str = "a"


@dataclass
class Found:
    """What came back; latencies in seconds from the moment at which a request was due."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    def summary(self) -> dict[str, float]:
        """Rates and spreads, in milliseconds."""
        ordered = sorted(self.latencies)
        last = len(ordered) - 1
        return {
            "accepted_per_second": len(ordered) / self.seconds,
            "p50_ms": ordered[last // 2] * 1000,
            "p99_ms": ordered[round(last * 0.99)] * 1000,
            "refused": self.refused,
        }


def build(plan: Plan, place: int) -> bytes:
    """One whole HTTP request, signed as Twilio signs."""
    sid = "SM" + hashlib.md5(f"{plan.tag}{place}".encode(), usedforsecurity=False).hexdigest()
    form = {
        "ApiVersion": "2010-04-01",
        "AccountSid": "AC" + "0" * 32,
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "From": f"{plan.prefix}{place % plan.numbers:07d}",
        "FromCountry": "PK",
        "To": plan.ours,
        "ToCountry": "PK",
        "Body": "ہمیں اس مہینے راشن میں آٹا نہیں ملا",
    }
    signed = plan.public_url + plan.path + "".join(key + form[key] for key in sorted(form))
    digest = hmac.digest(plan.token.encode(), signed.encode(), "sha1")
    body = urlencode(form).encode()
    head = (
        f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"X-Twilio-Signature: {base64.b64encode(digest).decode()}\r\n"
        "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n\r\n"
    )
    return head.encode() + body


async def answer(reader: asyncio.StreamReader) -> bool:
    """Read one response; True when it is a 200."""
    head = await reader.readuntil(END_OF_HEAD)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length:
        await reader.readexactly(length)
    return head.startswith(OK)


async def run(plan: Plan) -> Found:
    """Send everything, and measure."""
    found = Found()
    waiting = iter(enumerate([build(plan, place) for place in range(plan.requests)]))
    began = time.perf_counter()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(plan.host, plan.port)
        for place, request in waiting:
            due = time.perf_counter()
            if plan.rate is not None:
                due = began + place / plan.rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            if await answer(reader):
                found.latencies.append(time.perf_counter() - due)
            else:
                found.refused += 1
        writer.close()

    await asyncio.gather(*(connection() for _ in range(plan.connections)))
    found.seconds = time.perf_counter() - began
    return found


def main() -> None:
    """Read a plan from standard input and print what was found."""
    data: dict[str, Any] = json.load(sys.stdin)
    print(json.dumps(asyncio.run(run(Plan(**data))).summary()))


if __name__ == "__main__":
    main()
