"""Telegram's adapter against the fake: each refusal, each way of not knowing, buttons, and silent logs."""

import asyncio
import logging
import socket

import pytest
from aiohttp import web
from telegram import Bot

from gateway.channels.base import Channel, Choice, Outgoing, Sent
from gateway.errors import Refusal, SendError
from gateway.fakes.telegram import MAX_CALLBACK_BYTES, Chat
from tests.integration.channels.at_work import BOT, Loop, Running, Server, listen, telegram, url_of

CHAT = Chat(4711, "Zarmina", "ps")
YES_NO = (Choice("yes", "هو"), Choice("no", "نه"))


def out(text: str = "سلام", urn: str = "telegram:4711", choices: tuple[Choice, ...] = ()) -> Outgoing:
    return Outgoing("m1", urn, text, choices)


def send(channel: Channel, *messages: Outgoing) -> list[Sent]:
    async def within() -> list[Sent]:
        async with channel:
            return await asyncio.gather(*(channel.send(message) for message in messages))

    return asyncio.run(within())


def refused(channel: Channel, message: Outgoing | None = None) -> SendError:
    with pytest.raises(SendError) as raised:
        send(channel, message or out())
    return raised.value


@pytest.fixture
def at_work(running: Running) -> Running:
    """The fakes, where one person has written to the bot."""
    running.fakes.telegram.chats[CHAT.id] = Chat(CHAT.id, CHAT.first_name, CHAT.language)
    return running


def test_a_message_reaches_its_chat_under_telegrams_id(at_work: Running):
    (sent,) = send(telegram(at_work.url), out())
    (message,) = at_work.fakes.telegram.messages
    assert (sent.external_id, message.chat, message.text) == (str(message.id), 4711, "سلام")


def test_one_drain_asks_for_nothing_but_its_messages(at_work: Running):
    send(telegram(at_work.url), *(out(str(number)) for number in range(40)))
    assert at_work.fakes.telegram.counts == {"taken": 40, "answered_200": 40}


def test_waiting_for_a_connection_is_not_a_failure(at_work: Running):
    at_work.faults(latency=0.1)
    sent = send(telegram(at_work.url, in_flight=2, timeout=0.3), *(out(str(number)) for number in range(10)))
    assert len({each.external_id for each in sent}) == 10


def test_choices_become_buttons(at_work: Running):
    send(telegram(at_work.url), out(choices=YES_NO))
    (message,) = at_work.fakes.telegram.messages
    assert message.buttons == (("o:yes", "هو"), ("o:no", "نه"))
    assert message.text == "سلام"


def test_a_code_that_no_button_can_carry_becomes_a_numbered_list(at_work: Running):
    longest = "x" * (MAX_CALLBACK_BYTES - 2)
    send(telegram(at_work.url), out(choices=(Choice(longest, "A"),)))
    send(telegram(at_work.url), out(choices=(Choice(longest + "x", "A"), Choice("b", "B"))))
    fitting, too_long = at_work.fakes.telegram.messages
    assert fitting.buttons == (("o:" + longest, "A"),)
    assert (too_long.buttons, too_long.text) == ((), "سلام\n1) A\n2) B")


@pytest.mark.parametrize(
    ("message", "config", "code", "meaning"),
    [
        (out(urn="telegram:9"), {}, "chat_not_found", Refusal.INVALID_NUMBER),
        (out(urn="tel:+923000000123"), {}, "wrong_scheme", Refusal.PERMANENT),
        (out("x" * 4097), {}, "too_long", Refusal.PERMANENT),
        (out(" "), {}, "400", Refusal.PERMANENT),
        (out(), {"token": "1:wrong"}, "401", Refusal.CHANNEL),
        (out(), {"token": "wrong"}, "404", Refusal.CHANNEL),
    ],
)
def test_what_is_wrong_from_the_start_is_refused(at_work: Running, message, config, code, meaning):
    problem = refused(telegram(at_work.url, **config), message)
    assert (problem.refusal, problem.code) == (meaning, code)
    assert not at_work.fakes.telegram.messages


def test_the_longest_text_is_taken(at_work: Running):
    send(telegram(at_work.url), out("ن" * 4096))
    assert len(at_work.fakes.telegram.messages[0].text) == 4096


def test_who_blocked_the_bot_is_blocked_and_the_gateway_hears_of_it(at_work: Running, gateway: Server):
    fake, channel = at_work.fakes.telegram, telegram(at_work.url)
    at_work.run(fake.block(fake.chats[4711]))
    problem = refused(channel)
    assert (problem.refusal, problem.code) == (Refusal.BLOCKED, "403")
    at_work.run(fake.block(fake.chats[4711], blocked=False))
    assert send(channel, out())
    events = [event for webhook in gateway.requests for event in channel.parse(webhook)]
    assert [(event.kind, event.urn) for event in events] == [
        ("blocked", "telegram:4711"),
        ("unblocked", "telegram:4711"),
    ]


def test_throttling_says_how_long_to_wait(at_work: Running):
    at_work.faults(throttle=1, retry_after=35)
    channel = telegram(at_work.url)
    send(channel, out())
    problem = refused(channel)
    assert (problem.refusal, problem.code, problem.retry_after) == (Refusal.THROTTLED, "429", 35.0)


@pytest.mark.parametrize(
    ("fault", "code", "meaning"),
    [
        ({"timeout_rate": 1}, "timeout", Refusal.UNCERTAIN),
        ({"reset_rate": 1}, "connection_lost", Refusal.UNCERTAIN),
        ({"lie_rate": 1}, "500", Refusal.UNCERTAIN),
        ({"error_rate": 1, "error_status": 502}, "502", Refusal.UNCERTAIN),
        ({"error_rate": 1, "error_status": 503}, "503", Refusal.TEMPORARY),
    ],
)
def test_not_knowing_is_uncertain(at_work: Running, fault, code, meaning):
    at_work.faults(**fault)
    problem = refused(telegram(at_work.url, timeout=0.3))
    assert (problem.refusal, problem.code) == (meaning, code)
    assert len(at_work.fakes.telegram.messages) == (0 if "error_rate" in fault else 1)


def test_a_refused_connection_may_be_tried_again():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        problem = refused(telegram(f"http://127.0.0.1:{closed.getsockname()[1]}"))
    assert (problem.refusal, problem.code) == (Refusal.TEMPORARY, "no_connection")


async def _garbage(request: web.BaseRequest) -> web.Response:
    return web.Response(text="<html>a canary</html>")


async def _half(request: web.BaseRequest) -> web.Response:
    return web.json_response({"ok": True, "result": {"chat": {"id": 1}}})


async def _no_object(request: web.BaseRequest) -> web.Response:
    return web.json_response(["a canary"])


@pytest.mark.parametrize("handler", [_garbage, _half, _no_object])
def test_a_success_that_cannot_be_read_is_uncertain_and_not_logged(loop: Loop, caplog, handler):
    caplog.set_level(logging.DEBUG)
    runner = loop.run(listen(handler))
    problem = refused(telegram(url_of(runner)))
    assert (problem.refusal, problem.code) == (Refusal.UNCERTAIN, "unreadable")
    assert "canary" not in caplog.text
    loop.run(runner.cleanup())


def test_nothing_personal_and_no_token_reach_the_logs(at_work: Running, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    send(telegram(at_work.url), out("a canary sings", choices=YES_NO))
    refused(telegram(at_work.url), out("a canary sings", urn="telegram:9"))
    for secret in (BOT, "canary", "4711", "هو"):
        assert secret not in caplog.text


def test_a_webhook_is_set_and_used_with_its_secret(at_work: Running, gateway: Server):
    async def set_up() -> None:
        bot = Bot(BOT, base_url=f"{at_work.url}/bot")
        async with bot:
            assert bot.username == "invented_bot"
            await bot.set_webhook(f"{gateway.url}/in/other/", secret_token="another-secret")
            assert (await bot.get_webhook_info()).url == f"{gateway.url}/in/other/"

    asyncio.run(set_up())
    at_work.run(at_work.fakes.telegram.receive(CHAT, {"text": "/start b4K7"}))
    (webhook,) = gateway.requests
    channel = telegram(at_work.url, secret_token="another-secret")
    channel.verify(webhook)
    (received,) = channel.parse(webhook)
    assert (received.urn, received.text, received.start_token) == ("telegram:4711", "START", "b4K7")


def test_a_file_is_fetched_by_its_id(at_work: Running):
    at_work.fakes.telegram.files["photo-1"] = b"bytes"

    async def fetch() -> bytes:
        async with Bot(BOT, base_url=f"{at_work.url}/bot", base_file_url=f"{at_work.url}/file/bot") as bot:
            return bytes(await (await bot.get_file("photo-1")).download_as_bytearray())

    assert asyncio.run(fetch()) == b"bytes"


def test_a_pressed_button_comes_back_and_its_spinner_stops(at_work: Running, gateway: Server):
    fake, channel = at_work.fakes.telegram, telegram(at_work.url)
    send(channel, out(choices=YES_NO))
    at_work.run(fake.press(fake.chats[4711], "o:no"))
    (webhook,) = gateway.requests
    (received,) = channel.parse(webhook)
    assert (received.choice, received.text, received.urn) == ("no", "نه", "telegram:4711")
    assert fake.counts["buttons_answered"] == 0
    gateway.body = channel.answer(webhook).body
    at_work.run(fake._until_taken(webhook.body))
    assert fake.counts["buttons_answered"] == 1
    at_work.run(fake._until_taken(webhook.body))
    assert fake.counts["refused_400"] == 1, "a press is answered once"
