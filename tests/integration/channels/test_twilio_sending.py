"""Twilio's adapter against the fake: each refusal, each way of not knowing, and how not knowing ends."""

import asyncio
import logging
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from gateway.channels.base import Channel, Delivery, MediaKind, Outgoing, Received, Sent
from gateway.errors import Refusal, SendError
from gateway.fakes.twilio_messages import PAGE, Message
from tests.integration.channels.at_work import NUMBER, Loop, Running, Server, listen, twilio, url_of

PERSON = "+923000000123"
SERVICE = "MG" + "0" * 32


def out(text: str = "سلام", urn: str = f"tel:{PERSON}", callback: str | None = None) -> Outgoing:
    return Outgoing("m1", urn, text, callback_url=callback)


def send(channel: Channel, *messages: Outgoing) -> list[Sent]:
    async def within() -> list[Sent]:
        async with channel:
            return await asyncio.gather(*(channel.send(message) for message in messages))

    return asyncio.run(within())


def refused(channel: Channel, message: Outgoing | None = None) -> SendError:
    with pytest.raises(SendError) as raised:
        send(channel, message or out())
    assert raised.value.__context__ is None, "what caused it may quote the recipient"
    return raised.value


def ask(channel: Any, what: str, *given: Any, **named: Any) -> Any:
    async def within() -> Any:
        async with channel:
            return await getattr(channel, what)(*given, **named)

    return asyncio.run(within())


def recently() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def test_a_message_reaches_twilio_with_all_that_was_given(running: Running):
    (sent,) = send(twilio(running.url), out(callback="http://127.0.0.1:9/status?m=m1"))
    (message,) = running.fakes.twilio.messages
    assert sent == Sent(message.sid, Delivery.SENDING)
    assert (message.to, message.sender, message.body) == (PERSON, NUMBER, "سلام")
    assert message.callback == "http://127.0.0.1:9/status?m=m1"


def test_a_short_code_can_be_written_to(running: Running):
    send(twilio(running.url), out(urn="short:40404"))
    assert [message.to for message in running.fakes.twilio.messages] == ["40404"]


def test_a_messaging_service_chooses_the_sender(start):
    numbers = {NUMBER: "/in/sms/"}
    account = {"account_sid": "AC" + "0" * 32, "numbers": numbers, "services": {SERVICE: NUMBER}}
    running = start({"twilio": account})
    send(twilio(running.url, messaging_service_sid=SERVICE), out())
    (message,) = running.fakes.twilio.messages
    assert (message.service, message.sender) == (SERVICE, NUMBER)
    assert refused(twilio(running.url, messaging_service_sid="MG1")).code == "21606"


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (21211, Refusal.INVALID_NUMBER),
        (21408, Refusal.CHANNEL),
        (21610, Refusal.OPTED_OUT),
        (21611, Refusal.THROTTLED),
        (21612, Refusal.PERMANENT),
        (21614, Refusal.INVALID_NUMBER),
        (20003, Refusal.CHANNEL),
    ],
)
def test_a_refusal_carries_twilios_code_and_its_meaning(running: Running, code: int, meaning: Refusal):
    running.fakes.twilio.codes[PERSON] = code
    problem = refused(twilio(running.url))
    assert (problem.refusal, problem.code) == (meaning, str(code))
    assert PERSON[1:] not in repr(problem)


@pytest.mark.parametrize(
    ("message", "config", "code", "meaning"),
    [
        (out("x" * 1601), {}, "21617", Refusal.PERMANENT),
        (out(""), {}, "21602", Refusal.PERMANENT),
        (out(urn="tel:92"), {}, "21211", Refusal.INVALID_NUMBER),
        (out(urn="telegram:4711"), {}, "wrong_scheme", Refusal.PERMANENT),
        (out(callback="gopher://x"), {}, "21609", Refusal.PERMANENT),
        (out(), {"from_": "+15550000000"}, "21606", Refusal.CHANNEL),
        (out(), {"auth_token": "wrong"}, "20003", Refusal.CHANNEL),
        (out(), {"account_sid": "AC" + "1" * 32}, "20003", Refusal.CHANNEL),
    ],
)
def test_what_is_wrong_from_the_start_is_refused(running: Running, message, config, code, meaning):
    problem = refused(twilio(running.url, **config), message)
    assert (problem.refusal, problem.code) == (meaning, code)
    assert not list(running.fakes.twilio.messages)


def test_who_said_stop_is_opted_out_until_they_say_start(running: Running):
    channel = twilio(running.url)
    running.run(running.fakes.twilio.receive(PERSON, " Stop ", to=NUMBER))
    assert refused(channel).refusal is Refusal.OPTED_OUT
    running.run(running.fakes.twilio.receive(PERSON, "START", to=NUMBER))
    assert send(channel, out())


def test_throttling_says_how_long_to_wait(running: Running):
    running.faults(throttle=1, retry_after=7)
    channel = twilio(running.url)
    send(channel, out())
    problem = refused(channel)
    assert (problem.refusal, problem.code, problem.retry_after) == (Refusal.THROTTLED, "20429", 7.0)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (503, Refusal.TEMPORARY),
        (500, Refusal.UNCERTAIN),
        (502, Refusal.UNCERTAIN),
        (504, Refusal.UNCERTAIN),
    ],
)
def test_a_5xx_is_uncertain_unless_twilio_says_that_nothing_was_done(
    running: Running, status: int, meaning: Refusal
):
    running.faults(error_rate=1, error_status=status)
    assert refused(twilio(running.url)).refusal is meaning


def test_a_refused_connection_may_be_tried_again():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        problem = refused(twilio(f"http://127.0.0.1:{closed.getsockname()[1]}"))
    assert (problem.refusal, problem.code) == (Refusal.TEMPORARY, "no_connection")


def test_an_address_that_is_none_stops_the_channel():
    assert refused(twilio("nowhere")).refusal is Refusal.CHANNEL


UNSAID = [
    ({"timeout_rate": 1}, "timeout"),
    ({"reset_rate": 1}, "connection_lost"),
    ({"lie_rate": 1}, "20500"),
]


@pytest.mark.parametrize(("fault", "code"), UNSAID)
def test_a_message_taken_without_an_answer_is_uncertain_and_found(running: Running, fault, code):
    running.faults(**fault)
    channel = twilio(running.url, timeout=0.3)
    since = recently()
    problem = refused(channel)
    assert (problem.refusal, problem.code) == (Refusal.UNCERTAIN, code)
    (message,) = running.fakes.twilio.messages
    running.faults(**dict.fromkeys(fault, 0))
    assert ask(channel, "find", out(), since=since) == [Sent(message.sid, Delivery.DELIVERED)]


def test_a_message_that_was_never_taken_is_not_found(running: Running):
    running.faults(error_rate=1, error_status=500)
    channel = twilio(running.url)
    assert refused(channel).refusal is Refusal.UNCERTAIN
    running.faults(error_rate=0)
    assert ask(channel, "find", out(), since=recently()) == []


def test_finding_looks_at_text_address_sender_and_time(running: Running):
    channel, messages = twilio(running.url), running.fakes.twilio.messages
    first, second = send(channel, out(), out())
    send(channel, out("another text"), out(urn="tel:+923000000999"))
    messages.keep(Message("inbound", NUMBER, PERSON, "سلام", "received"))
    messages.keep(Message("outbound-api", PERSON, "+15550000000", "سلام", "sent"))
    found = ask(channel, "find", out(), since=recently())
    assert {sent.external_id for sent in found} == {first.external_id, second.external_id}
    for message in messages:
        message.created -= timedelta(minutes=10)
    assert ask(channel, "find", out(), since=recently()) == []
    assert len(ask(channel, "find", out(), since=recently() - timedelta(minutes=10))) == 2


def test_finding_sees_what_is_still_queued_and_what_failed_since(running: Running):
    messages = running.fakes.twilio.messages
    messages.keep(Message("outbound-api", PERSON, NUMBER, "سلام", "queued"))
    messages.keep(Message("outbound-api", PERSON, NUMBER, "سلام ", "undelivered", error_code=30005))
    trial = "Sent from your Twilio trial account - سلام"
    messages.keep(Message("outbound-api", PERSON, NUMBER, trial, "sent"))
    found = ask(twilio(running.url), "find", out(), since=recently())
    assert [sent.status for sent in found] == [Delivery.SENT, Delivery.INVALID_NUMBER, Delivery.SENDING]


def test_finding_gives_no_answer_when_there_is_too_much_to_look_through(running: Running):
    for number in range(1001):
        running.fakes.twilio.messages.keep(Message("outbound-api", PERSON, NUMBER, str(number), "sent"))
    with pytest.raises(SendError) as raised:
        ask(twilio(running.url), "find", out(), since=recently())
    assert (raised.value.refusal, raised.value.code) == (Refusal.TEMPORARY, "list_too_long")
    for message in running.fakes.twilio.messages:
        message.created -= timedelta(hours=1)
    assert ask(twilio(running.url), "find", out(), since=recently()) == [], "what is old does not matter"


def test_inbound_messages_are_listed_as_their_webhooks_said_them(running: Running, gateway: Server):
    channel, since = twilio(running.url), recently()
    for text, media in (("one", ()), ("۲", ()), ("", ("image/jpeg", "audio/ogg"))):
        running.run(running.fakes.twilio.receive(PERSON, text, to=NUMBER, media=media))
    send(channel, out())
    by_webhook = [item for webhook in gateway.requests for item in channel.parse(webhook)]
    listed: list[Received] = ask(channel, "since", since)
    assert [(item.external_id, item.urn, item.text, item.attachments) for item in listed] == [
        (item.external_id, item.urn, item.text, item.attachments) for item in by_webhook
    ]
    assert [file.kind for file in listed[2].attachments] == [MediaKind.IMAGE, MediaKind.AUDIO]
    assert all(item.sent_at and item.sent_at >= since - timedelta(seconds=1) for item in listed)


def test_inbound_messages_are_listed_over_many_pages(running: Running):
    messages = running.fakes.twilio.messages
    for number in range(2 * 1000 + PAGE):
        message = messages.keep(Message("inbound", NUMBER, f"+9230000{number:05d}", str(number), "received"))
        message.sent = message.created
    messages.keep(
        Message("inbound", "+15550000000", PERSON, "to somebody else", "received")
    ).sent = recently()
    listed = ask(twilio(running.url), "since", recently())
    assert [item.text for item in listed] == [str(number) for number in range(2 * 1000 + PAGE)]


def test_a_service_lists_what_came_to_any_of_its_numbers(running: Running):
    messages = running.fakes.twilio.messages
    for text, to, service in (("ours", "+15550000001", SERVICE), ("not ours", "+15550000002", "MG1")):
        message = messages.keep(Message("inbound", to, PERSON, text, "received", service=service))
        message.sent = message.created
    listed = ask(twilio(running.url, messaging_service_sid=SERVICE), "since", recently())
    assert [item.text for item in listed] == ["ours"]


def test_many_messages_leave_over_as_few_connections_as_allowed(start):
    running = start()
    running.faults(latency=0.005)
    channel = twilio(running.url, in_flight=4)
    seen: set[str] = set()

    async def within() -> None:
        async with channel:
            await asyncio.gather(*(channel.send(out(f"{number}")) for number in range(60)))
            seen.update(str(key) for key in channel._pool._session.connector._conns)
            assert sum(map(len, channel._pool._session.connector._conns.values())) == 4

    asyncio.run(within())
    assert len(seen) == 1
    assert len({message.sid for message in running.fakes.twilio.messages}) == 60


def test_waiting_for_a_connection_is_not_uncertainty(running: Running):
    running.faults(latency=0.1)
    waiting = [out(str(number)) for number in range(10)]
    sent = send(twilio(running.url, in_flight=2, timeout=0.3), *waiting)
    assert len({each.external_id for each in sent}) == 10


def test_the_environment_does_not_move_the_requests(running: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    assert send(twilio(running.url), out())


async def _garbage(request: web.BaseRequest) -> web.Response:
    return web.Response(status=201, text="<html>")


async def _elsewhere(request: web.BaseRequest) -> web.Response:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/login"})


async def _idless(request: web.BaseRequest) -> web.Response:
    return web.json_response({"status": "queued"}, status=201)


@pytest.mark.parametrize(
    ("handler", "meaning"),
    [(_garbage, Refusal.UNCERTAIN), (_idless, Refusal.UNCERTAIN), (_elsewhere, Refusal.CHANNEL)],
)
def test_a_server_that_is_not_twilio_is_not_believed(loop: Loop, handler, meaning):
    runner = loop.run(listen(handler))
    assert refused(twilio(url_of(runner))).refusal is meaning
    loop.run(runner.cleanup())


def test_nothing_personal_reaches_the_logs(running: Running, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    channel = twilio(running.url)
    send(channel, out("a canary sings"))
    running.fakes.twilio.codes[PERSON] = 21211
    refused(channel, out("a canary sings"))
    ask(channel, "find", out(), since=recently())
    for secret in (PERSON[1:], "canary", "invented-token"):
        assert secret not in caplog.text
