"""One process with a fake Twilio, a fake Telegram, their people, fake services, and a control API under /_fake/."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from aiohttp import web

from gateway.errors import CannotStart
from gateway.fakes.crowd import Crowd, Spawn
from gateway.fakes.faults import Die, Faults
from gateway.fakes.people import Saying
from gateway.fakes.services import PREFIX as SERVICES
from gateway.fakes.services import FakeServices
from gateway.fakes.telegram import Bot, FakeTelegram
from gateway.fakes.twilio import Account, FakeTwilio
from gateway.fakes.wire import Poster, as_json

CONTROL = "/_fake/"
MAX_LISTED = 10_000
SHUTDOWN_SECONDS = 1.0


class Fakes:
    """Both providers and their people around one die and one poster.

    Args:
        gateway_url: where the gateway listens; webhooks are posted there.
        config: public_url (what the gateway calls itself, default gateway_url), seed, faults (see Faults),
            twilio (see Account), telegram (see Bot), services (see FakeServices),
            people (a list, see Spawn: let in when the fakes listen).

    Raises:
        CannotStart: the configuration holds something that cannot be.
    """

    def __init__(self, *, gateway_url: str, config: Mapping[str, Any] | None = None) -> None:
        config = dict(config or {})
        try:
            faults = Faults().changed(config.pop("faults", {}))
            account, bot = Account(**config.pop("twilio", {})), Bot(**config.pop("telegram", {}))
            self.services = FakeServices(**config.pop("services", {}))
            self._plans = [Spawn.of(plan) for plan in config.pop("people", [])]
        except (TypeError, ValueError) as error:
            raise CannotStart(f"The fakes' configuration is wrong: {error}.") from error
        self.die = Die(faults, seed=config.pop("seed", 0))
        self.poster = Poster(gateway_url=gateway_url, public_url=config.pop("public_url", gateway_url))
        if config:
            raise CannotStart(f"The fakes' configuration has unknown parts: {', '.join(sorted(config))}.")
        self.crowd = Crowd(self.poster)
        self.twilio = FakeTwilio(account, die=self.die, poster=self.poster, hear=self.crowd.hear)
        self.telegram = FakeTelegram(bot, die=self.die, poster=self.poster, hear=self.crowd.hear)
        self.crowd.twilio, self.crowd.telegram = self.twilio, self.telegram
        self._control: Mapping[tuple[str, str], Callable[[web.BaseRequest], Awaitable[Any]]] = {
            ("GET", "counts"): self._counts,
            ("GET", "messages"): self._messages,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._set_faults,
            ("POST", "people"): self._spawn,
            ("GET", "people"): self._people,
            ("POST", "say"): self._say,
            ("POST", "codes"): self._set_codes,
            ("POST", "block"): self._block,
            ("POST", "reset"): self._reset,
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Serve one request: the path says whose it is."""
        path = request.path
        if path.startswith("/2010-04-01/"):
            return await self.twilio.handle(request)
        if path.startswith(("/bot", "/file/bot")):
            return await self.telegram.handle(request)
        if path.startswith(SERVICES):
            return await self.services.handle(request)
        if path.startswith(CONTROL) and _is_local(request):
            return await self._control_request(request)
        return as_json({"error": "not found"}, status=HTTPStatus.NOT_FOUND)

    def counts(self) -> dict[str, Any]:
        """What happened so far; times in milliseconds."""
        return {
            "twilio": dict(self.twilio.counts),
            "telegram": dict(self.telegram.counts),
            "people": dict(self.crowd.counts),
            "services": dict(self.services.asked),
            "webhooks": dict(self.poster.counts),
            "under_way": self.poster.under_way,
            "webhook_ms": _spread(self.poster.seconds),
            "reply_ms": _spread(self.crowd.seconds),
        }

    def settle(self) -> None:
        """Let in the people of the configuration. Raises CannotStart when they have no number to write to."""
        try:
            for plan in self._plans:
                self.crowd.spawn(plan)
        except ValueError as error:
            raise CannotStart(f"The fakes' configuration is wrong: {error}.") from error

    async def reset(self) -> None:
        """Forget messages, people, counts and faults."""
        await self.poster.stop()
        self.die.faults = Faults()
        for part in (self.twilio, self.telegram, self.crowd, self.services):
            part.reset()
        self.poster.counts.clear()
        self.poster.seconds.clear()

    async def _control_request(self, request: web.BaseRequest) -> web.Response:
        serve = self._control.get((request.method, request.path.removeprefix(CONTROL)))
        if serve is None:
            names = sorted(f"{method} {CONTROL}{name}" for method, name in self._control)
            return as_json({"error": "not found", "known": names}, status=HTTPStatus.NOT_FOUND)
        try:
            return as_json(await serve(request))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return as_json({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)

    async def _counts(self, request: web.BaseRequest) -> dict[str, Any]:
        del request
        return self.counts()

    async def _messages(self, request: web.BaseRequest) -> dict[str, Any]:
        """What was taken, oldest first; ?channel=, ?to=, and ?limit= for the newest so many."""
        query = request.rel_url.query
        limit = min(MAX_LISTED, int(query.get("limit", MAX_LISTED)))
        listed = self._listed_telegram() if query.get("channel") == "telegram" else self._listed_twilio()
        found = [message for message in listed if query.get("to", message["to"]) == message["to"]]
        return {"messages": found[-limit:], "total": len(found)}

    def _listed_twilio(self) -> Iterable[dict[str, Any]]:
        for message in self.twilio.messages:
            if message.direction != "inbound":
                yield {
                    "id": message.sid,
                    "to": message.to,
                    "from": message.sender,
                    "text": message.body,
                    "status": message.status,
                    "callback": message.callback,
                    "reported": message.reported,
                }

    def _listed_telegram(self) -> Iterable[dict[str, Any]]:
        for message in self.telegram.messages:
            yield {
                "id": str(message.id),
                "to": str(message.chat),
                "text": message.text,
                "buttons": [{"code": code, "label": label} for code, label in message.buttons],
            }

    async def _faults(self, request: web.BaseRequest) -> dict[str, Any]:
        del request
        return asdict(self.die.faults)

    async def _set_faults(self, request: web.BaseRequest) -> dict[str, Any]:
        """Change the named faults; the others stay."""
        self.die.faults = self.die.faults.changed(await _body(request))
        return asdict(self.die.faults)

    async def _spawn(self, request: web.BaseRequest) -> dict[str, Any]:
        return {"people": self.crowd.spawn(Spawn.of(await _body(request)))}

    async def _people(self, request: web.BaseRequest) -> dict[str, Any]:
        """Who has a phone here, and what each said: the provider's id, to which words of ours, which option."""
        del request
        return {"people": self.crowd.people()}

    async def _say(self, request: web.BaseRequest) -> dict[str, Any]:
        """Let an address speak: {"channel", "from", "text" or "button", "ours"}; gives its id after the webhook."""
        data = await _body(request)
        saying = Saying(data.get("text", ""), data.get("button"))
        said = await self.crowd.say(
            data.get("channel", "twilio"), str(data["from"]), saying, ours=data.get("ours", "")
        )
        return {"id": said}

    async def _set_codes(self, request: web.BaseRequest) -> dict[str, Any]:
        """Arrange Twilio's errors: {number: code}; 0 takes one back."""
        self.twilio.codes.update({str(number): int(code) for number, code in (await _body(request)).items()})
        return dict(self.twilio.codes)

    async def _block(self, request: web.BaseRequest) -> dict[str, Any]:
        """Let a Telegram chat block or unblock the bot: {"chat", "blocked"}."""
        data = await _body(request)
        chat = self.telegram.chats[int(data["chat"])]
        await self.telegram.block(chat, blocked=bool(data.get("blocked", True)))
        return {"chat": chat.id, "blocked": chat.blocked}

    async def _reset(self, request: web.BaseRequest) -> dict[str, Any]:
        del request
        await self.reset()
        return {}


async def serve(fakes: Fakes, host: str, port: int) -> web.ServerRunner:
    """Listen, until the runner's cleanup is awaited. Port 0 takes a free one; see `runner.addresses`.

    Raises:
        CannotStart: the address is taken.
    """
    server = web.Server(fakes.handle, access_log=None, handler_cancellation=True)
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
    except OSError:
        await runner.cleanup()
        raise CannotStart(f"The fakes cannot listen on {host}:{port}: the port is taken.") from None
    return runner


def main(host: str, port: int, *, gateway_url: str, config: Mapping[str, Any] | None = None) -> None:
    """Run the fakes until SIGTERM or SIGINT.

    Raises:
        CannotStart: the address is taken, or the configuration is wrong.
    """
    asyncio.run(_run(host, port, gateway_url=gateway_url, config=config))


async def _run(host: str, port: int, *, gateway_url: str, config: Mapping[str, Any] | None) -> None:
    fakes = Fakes(gateway_url=gateway_url, config=config)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    runner = await serve(fakes, host, port)
    try:
        fakes.settle()
        await stopped.wait()
    finally:
        await fakes.poster.close()
        await runner.cleanup()


async def _body(request: web.BaseRequest) -> dict[str, Any]:
    data = json.loads(await request.read() or b"{}")
    if not isinstance(data, dict):
        raise TypeError("the body must be a JSON object")
    return data


def _is_local(request: web.BaseRequest) -> bool:
    try:
        return ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def _spread(seconds: Iterable[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    marks = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[round(share * last)] * 1000, 2) for name, share in marks.items()} | {
        "count": len(ordered)
    }
