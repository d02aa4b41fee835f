"""The fakes as their users meet them: signed webhooks, faults on request, people, the control API, the process."""

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiohttp import web

from gateway.channels.base import Channel, Outgoing, Received, Report, Webhook
from gateway.errors import CannotStart
from gateway.fakes import telegram as fake_telegram
from gateway.fakes.server import Fakes, _is_local, main
from gateway.fakes.telegram import Chat
from tests.integration.channels.at_work import (
    ACCOUNT,
    CONFIG,
    NUMBER,
    TOKEN,
    Running,
    Server,
    listen,
    telegram,
    twilio,
    url_of,
)

PERSON = "+923000000123"


def call(running: Running, path: str, data: Any = None) -> Any:
    body = None if data is None else json.dumps(data).encode()
    with urlopen(Request(running.url + path, data=body), timeout=10) as answer:
        return json.loads(answer.read())


def failed(request: Request) -> tuple[int, dict[str, Any]]:
    """Make a request that is refused: its status and its JSON."""
    with pytest.raises(HTTPError) as raised:
        urlopen(request, timeout=10)
    with raised.value as answer:
        return answer.code, json.loads(answer.read())


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.01)
    return result


def send(running: Running, *messages: Outgoing) -> None:
    async def within() -> None:
        async with twilio(running.url) as channel:
            await asyncio.gather(*(channel.send(message) for message in messages))

    asyncio.run(within())


def out(gateway: Server, number: int = 1) -> Outgoing:
    return Outgoing(
        f"m{number}", f"tel:{PERSON}", "x", callback_url=f"{gateway.url}/in/sms/status?m=m{number}"
    )


def reports(gateway: Server) -> list[Report]:
    channel = twilio("http://127.0.0.1:9")
    for webhook in gateway.requests:
        channel.verify(webhook)
    return [item for webhook in gateway.requests for item in channel.parse(webhook)]


def test_reports_are_signed_and_carry_our_id(running: Running, gateway: Server):
    running.faults(report_delay=0.01)
    send(running, out(gateway))
    until(lambda: len(gateway.requests) == 2)
    assert [(item.message_id, item.status) for item in reports(gateway)] == [
        ("m1", "sent"),
        ("m1", "delivered"),
    ]
    assert {item.external_id for item in reports(gateway)} == {
        message.sid for message in running.fakes.twilio.messages
    }


def test_an_arranged_failure_comes_in_the_report(running: Running, gateway: Server):
    running.faults(report_delay=0)
    assert call(running, "/_fake/codes", {PERSON: 30003}) == {PERSON: 30003}
    send(running, out(gateway))
    until(lambda: len(gateway.requests) == 2)
    assert [(item.status, item.code) for item in reports(gateway)] == [("sent", None), ("failed", "30003")]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("report_lost_rate", []),
        ("report_duplicate_rate", ["sent", "sent", "delivered", "delivered"]),
        ("report_reorder_rate", ["delivered", "sent"]),
    ],
)
def test_reports_are_lost_repeated_and_reordered_on_request(running: Running, gateway: Server, fault, words):
    running.faults(report_delay=0, **{fault: 1})
    send(running, out(gateway))
    until(lambda: not running.fakes.poster._tasks)
    assert [item.provider_status for item in reports(gateway)] == words


def test_a_persons_sms_is_signed_and_may_come_twice_or_never(running: Running, gateway: Server):
    running.faults(webhook_duplicate_rate=1)
    running.run(running.fakes.twilio.receive(PERSON, "۱", to=NUMBER))
    running.faults(webhook_duplicate_rate=0, webhook_lost_rate=1)
    running.run(running.fakes.twilio.receive(PERSON, "lost", to=NUMBER))
    first, second = reports(gateway)
    assert isinstance(first, Received)
    assert (first, first.text) == (second, "۱")
    assert [message.body for message in running.fakes.twilio.messages] == ["۱", "lost"]


def test_twilio_does_not_repeat_a_webhook_that_failed(running: Running, gateway: Server):
    gateway.status = 500
    running.run(running.fakes.twilio.receive(PERSON, "۱", to=NUMBER))
    assert len(gateway.requests) == 1
    assert running.fakes.poster.counts == {"status_500": 1}


def test_advanced_opt_out_says_which_word_was_handled(start, gateway: Server):
    account = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "numbers": {NUMBER: "/in/sms/"},
        "advanced_opt_out": True,
    }
    running = start({"twilio": account})
    for word in ("STOP", "start", "Help", "بند"):
        running.run(running.fakes.twilio.receive(PERSON, word, to=NUMBER))
    assert [item.opt_out for item in reports(gateway)] == ["stop", "start", "help", None]


def test_telegram_repeats_an_update_until_it_is_taken(running: Running, gateway: Server, monkeypatch):
    monkeypatch.setattr(fake_telegram, "FIRST_WAIT", 0.01)
    gateway.status = 503
    future = asyncio.run_coroutine_threadsafe(
        running.fakes.telegram.receive(Chat(7, "A", "ur"), {"text": "۱"}), running.loop._loop
    )
    until(lambda: len(gateway.requests) == 2)
    gateway.status = 200
    future.result(10)
    channel = telegram(running.url)
    items = [channel.parse(webhook)[0] for webhook in gateway.requests]
    assert len(items) > 2
    assert len({item.external_id for item in items}) == 1, "the same update each time"


def test_telegram_gives_up_in_the_end(running: Running, gateway: Server, monkeypatch):
    monkeypatch.setattr(fake_telegram, "FIRST_WAIT", 0)
    gateway.status = 500
    running.run(running.fakes.telegram.receive(Chat(7, "A", "ur"), {"text": "۱"}))
    assert len(gateway.requests) == fake_telegram.TRIES
    assert running.fakes.telegram.counts["updates_given_up"] == 1


def test_public_addresses_are_signed_and_the_gateway_is_posted_to(start, gateway: Server):
    running = start({**CONFIG, "public_url": "https://gateway.example.org", "faults": {"report_delay": 0}})
    callback = "https://gateway.example.org/in/sms/status?m=m1"
    send(running, Outgoing("m1", f"tel:{PERSON}", "x", callback_url=callback))
    webhook = until(lambda: gateway.requests and gateway.requests[0])
    assert not webhook.url.startswith("https://gateway.example.org")
    signed = Webhook.of("POST", callback, webhook.headers, webhook.body, path="status")
    twilio(running.url).verify(signed)


def test_the_control_api_shows_and_steers(running: Running, gateway: Server):
    send(running, out(gateway, 1), out(gateway, 2))
    shown = call(running, "/_fake/messages?limit=1")
    assert (shown["total"], shown["messages"][0]["to"], shown["messages"][0]["text"]) == (2, PERSON, "x")
    assert call(running, "/_fake/messages?to=%2B1") == {"messages": [], "total": 0}
    assert call(running, "/_fake/counts")["twilio"]["taken"] == 2
    assert call(running, "/_fake/faults", {"latency": 0.01})["latency"] == 0.01
    assert call(running, "/_fake/faults")["latency"] == 0.01
    assert call(running, "/_fake/reset", {}) == {}
    assert call(running, "/_fake/counts")["twilio"] == {}
    assert call(running, "/_fake/faults")["latency"] == 0
    assert call(running, "/_fake/messages")["total"] == 0


def test_the_control_api_lets_addresses_speak_and_chats_block(running: Running, gateway: Server):
    call(running, "/_fake/say", {"from": PERSON, "text": "سلام"})
    call(running, "/_fake/say", {"channel": "telegram", "from": 7, "text": "/start"})
    assert call(running, "/_fake/block", {"chat": 7}) == {"chat": 7, "blocked": True}
    sms, chat, block = gateway.requests
    assert twilio(running.url).parse(sms)[0].text == "سلام"
    assert telegram(running.url).parse(chat)[0].text == "START"
    assert telegram(running.url).parse(block)[0].kind == "blocked"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("faults", {"mood": 1}),
        ("faults", [1]),
        ("people", {"channel": "pigeon"}),
        ("people", {"ours": "+15550000000"}),
        ("codes", {PERSON: "many"}),
        ("say", {}),
        ("block", {"chat": 1}),
    ],
)
def test_the_control_api_says_what_it_does_not_understand(running: Running, path: str, data: Any):
    status, said = failed(Request(f"{running.url}/_fake/{path}", data=json.dumps(data).encode()))
    assert status == 400
    assert said["error"]


def test_an_unknown_control_lists_the_known_ones(running: Running):
    status, said = failed(Request(f"{running.url}/_fake/dance"))
    assert status == 404
    assert "GET /_fake/counts" in said["known"]
    assert failed(Request(f"{running.url}/favicon.ico"))[0] == 404


@pytest.mark.parametrize(
    ("remote", "local"),
    [("127.0.0.1", True), ("::1", True), ("10.0.0.7", False), (None, False), ("x", False)],
)
def test_the_control_api_serves_this_machine_alone(remote, local):
    assert _is_local(SimpleNamespace(remote=remote)) is local


@pytest.mark.parametrize("path", ["Messages/SM0.json", "Messages/SM0/Media.json", "Calls.json"])
def test_what_twilio_does_not_have_is_not_found(running: Running, path: str):
    login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    request = Request(
        f"{running.url}/2010-04-01/Accounts/{ACCOUNT}/{path}", headers={"Authorization": f"Basic {login}"}
    )
    status, said = failed(request)
    assert (status, said["code"]) == (404, 20404)


@pytest.mark.parametrize(
    ("form", "description"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": "7", "text": "x", "reply_markup": "{"}, "can't parse inline keyboard button"),
        (
            {"chat_id": "7", "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
            "can't parse",
        ),
        (
            {
                "chat_id": "7",
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "x" * 65}]]},
            },
            "BUTTON_DATA_INVALID",
        ),
        (
            {
                "chat_id": "7",
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "", "callback_data": "x"}]]},
            },
            "button text is empty",
        ),
    ],
)
def test_telegram_checks_what_a_message_must_have(running: Running, form: dict[str, Any], description: str):
    running.fakes.telegram.chats[7] = Chat(7, "A", "ur")
    headers = {"Content-Type": "application/json"}
    request = Request(
        f"{running.url}/bot1:invented/sendMessage", data=json.dumps(form).encode(), headers=headers
    )
    status, said = failed(request)
    assert status == 400
    assert description in said["description"]


def test_an_open_bot_can_write_to_anybody(start):
    running = start({"telegram": {"open": True}})
    answer = call(running, "/bot1:invented/sendMessage?chat_id=99&text=hi")
    assert answer["result"]["chat"]["id"] == 99


@pytest.mark.parametrize("kind", ["twilio", "telegram"])
def test_people_answer_a_survey_to_its_end(start, loop, kind: str):
    """A gateway of two questions, which reads and writes through the adapters; people come twice each."""
    questions = ("Language?\n1) English\n2) اردو", "Happy?\n1) ہاں\n2) نہیں", "شکریہ۔")
    progress: dict[str, int] = {}
    finished: list[str] = []
    adapters: dict[str, Channel] = {}

    async def survey(request: web.BaseRequest) -> web.Response:
        url = f"http://{request.host}{request.rel_url.raw_path_qs}"
        webhook = Webhook.of(request.method, url, dict(request.headers), await request.read())
        channel = adapters[kind]
        channel.verify(webhook)
        for item in channel.parse(webhook):
            step = progress.get(item.urn, 0) % len(questions)
            progress[item.urn] = step + 1
            await channel.send(Outgoing("m", item.urn, questions[step]))
            if step + 1 == len(questions):
                finished.append(item.urn)
        return web.Response()

    runner = loop.run(listen(survey))
    ways = {"twilio": {"numbers": {NUMBER: "/in/"}}, "telegram": {"webhook": "/in/"}}
    running = start({name: CONFIG[name] | way for name, way in ways.items()}, url_of(runner))
    adapters[kind] = {"twilio": twilio, "telegram": telegram}[kind](running.url)
    loop.run(adapters[kind].__aenter__())
    mix = {"latin": 1, "digits": 1, "words": 1}
    plan = {
        "count": 6,
        "channel": kind,
        "opens": "",
        "languages": ["urd"],
        "rounds": 2,
        "quiet": 0.3,
        "mix": mix,
    }
    people = call(running, "/_fake/people", plan)["people"]
    until(lambda: len(finished) == 12)
    counts = call(running, "/_fake/counts")
    scheme = adapters[kind].traits.scheme
    assert set(finished) == {f"{scheme}:{address}" for address in people}
    assert counts["people"]["rounds"] == 12
    assert counts["people"]["heard"] == 36
    assert counts["reply_ms"]["count"] == 36
    assert 0 < counts["reply_ms"]["p50"] <= counts["reply_ms"]["max"]
    loop.run(adapters[kind].__aexit__(None, None, None))
    loop.run(runner.cleanup())


def test_the_people_of_the_configuration_are_let_in(start, gateway: Server):
    running = start(
        {
            **CONFIG,
            "people": [{"count": 2, "opens": ""}, {"count": 1, "channel": "telegram", "opens": "/start"}],
        }
    )

    async def settle() -> None:
        running.fakes.settle()

    running.run(settle())
    until(lambda: len(gateway.requests) == 3)
    assert sorted(webhook.headers["user-agent"][:6] for webhook in gateway.requests)[1:] == ["Twilio"] * 2


def test_people_without_a_number_to_write_to_cannot_be():
    with pytest.raises(CannotStart, match="no number"):
        Fakes(gateway_url="http://127.0.0.1:9", config={"people": [{"count": 1}]}).settle()


PROCESS = """
import sys
from gateway.fakes.server import main
main("127.0.0.1", int(sys.argv[1]), gateway_url="http://127.0.0.1:9", config={"seed": 4})
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_until_it_is_told_to_stop(name: signal.Signals):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROCESS, str(port)], env=os.environ | {"PYTHONUTF8": "1"}
    )
    try:
        until(lambda: answers(port))
        process.send_signal(name)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/_fake/counts", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_a_taken_port_and_a_wrong_configuration_are_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CannotStart, match="the port is taken"):
            main("127.0.0.1", taken.getsockname()[1], gateway_url="http://127.0.0.1:9")
    wrong = (
        {"mood": 1},
        {"twilio": {"colour": "red"}},
        {"faults": {"lie_rate": 2}},
        {"people": [{"count": -1}]},
    )
    for config in wrong:
        with pytest.raises(CannotStart, match="configuration"):
            Fakes(gateway_url="http://127.0.0.1:9", config=config)
