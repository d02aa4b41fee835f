"""What a provider's refusal means to the outbox, and that it carries a number and no words."""

import aiohttp
import httpx
import pytest

from gateway.channels import telegram_http, twilio_http
from gateway.channels.base import Delivery
from gateway.channels.twilio_codes import REFUSALS, STATUSES, delivery, refusal
from gateway.errors import Refusal, SendError

T, P, U = Refusal.TEMPORARY, Refusal.PERMANENT, Refusal.UNCERTAIN


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (400, 21610, Refusal.OPTED_OUT),
        (400, 21211, Refusal.INVALID_NUMBER),
        (400, 21614, Refusal.INVALID_NUMBER),
        (400, 63024, Refusal.INVALID_NUMBER),
        (400, 21617, P),
        (400, 99999, P),
        (400, None, P),
        (401, 20003, Refusal.CHANNEL),
        (403, None, Refusal.CHANNEL),
        (404, 20404, Refusal.CHANNEL),
        (400, 21606, Refusal.CHANNEL),
        (400, 21408, Refusal.CHANNEL),
        (403, 30002, Refusal.CHANNEL),
        (301, None, Refusal.CHANNEL),
        (429, 20429, Refusal.THROTTLED),
        (429, None, Refusal.THROTTLED),
        (400, 63018, Refusal.THROTTLED),
        (503, 20503, T),
        (503, None, T),
        (500, 20500, U),
        (502, None, U),
        (504, None, U),
        (599, None, U),
    ],
)
def test_each_answer_of_twilio_has_a_meaning(status: int, code: int | None, meaning: Refusal):
    assert refusal(status, code) is meaning


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_known_code_goes_before_the_http_status(code: int):
    assert refusal(400, code) is refusal(500, code) is REFUSALS[code]


def test_no_code_that_may_be_tried_again_is_kept_as_an_end():
    for code, meaning in REFUSALS.items():
        ends = delivery("undelivered", code) in {Delivery.OPTED_OUT, Delivery.INVALID_NUMBER}
        assert ends == (meaning in {Refusal.OPTED_OUT, Refusal.INVALID_NUMBER})


@pytest.mark.parametrize("word", [*STATUSES, "received", "receiving", "", "new"])
def test_a_code_never_turns_a_good_status_into_a_bad_one(word: str):
    if STATUSES.get(word) is not Delivery.FAILED:
        assert delivery(word, 21610) == STATUSES.get(word)


QUOTING = '{"code": 21211, "message": "The \'To\' number +92300 is not a valid phone number.", "status": 400}'


def test_a_refusal_of_twilio_keeps_its_number_and_not_its_sentence():
    problem = twilio_http.refused(400, QUOTING, {})
    assert (problem.refusal, problem.code, problem.retry_after) == (Refusal.INVALID_NUMBER, "21211", None)
    assert "92300" not in repr(problem) + str(problem)


@pytest.mark.parametrize("body", ["", "<html>busy</html>", "[]", '"x"', '{"code": "+92300"}', "null"])
def test_an_unreadable_refusal_goes_by_its_status(body: str):
    problem = twilio_http.refused(503, body, {"Retry-After": "soon"})
    assert (problem.refusal, problem.code, problem.retry_after) == (T, "503", None)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("-1", 0.0), ("", None)])
def test_retry_after_is_read(header: str, seconds: float | None):
    assert twilio_http.refused(429, "", {"Retry-After": header}).retry_after == seconds


def connector_error() -> aiohttp.ClientConnectorError:
    key = aiohttp.client_reqrep.ConnectionKey(
        "127.0.0.1", 1, is_ssl=False, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
    )
    return aiohttp.ClientConnectorError(key, OSError(111, "refused"))


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (connector_error(), T),
        (aiohttp.ConnectionTimeoutError("connect"), T),
        (aiohttp.SocketTimeoutError("read"), U),
        (TimeoutError(), U),
        (aiohttp.ServerDisconnectedError(), U),
        (aiohttp.ClientOSError(104, "reset"), U),
        (aiohttp.ClientPayloadError(), U),
        (ConnectionResetError(), U),
        (aiohttp.InvalidURL("nowhere"), Refusal.CHANNEL),
    ],
)
def test_twilio_unanswered_asks_whether_the_request_had_left(error: Exception, meaning: Refusal):
    assert twilio_http.unanswered(error).refusal is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (httpx.ConnectError("refused"), T),
        (httpx.ConnectTimeout("slow"), T),
        (httpx.PoolTimeout("busy"), T),
        (httpx.ReadTimeout("slow"), U),
        (httpx.WriteTimeout("slow"), U),
        (httpx.ReadError("reset"), U),
        (httpx.RemoteProtocolError("gone"), U),
        (httpx.UnsupportedProtocol("gopher"), Refusal.CHANNEL),
        (None, U),
    ],
)
def test_telegram_unanswered_asks_whether_the_request_had_left(error: Exception | None, meaning: Refusal):
    assert telegram_http.unanswered(error).refusal is meaning


def failure(status: int, description: str, extra: str = "") -> SendError:
    body = f'{{"ok": false, "error_code": {status}, "description": "{description}"{extra}}}'
    return telegram_http.refused(status, body.encode())


@pytest.mark.parametrize(
    ("problem", "meaning", "code"),
    [
        (failure(403, "Forbidden: bot was blocked by the user"), Refusal.BLOCKED, "403"),
        (failure(403, "Forbidden: user is deactivated"), Refusal.BLOCKED, "403"),
        (failure(400, "Bad Request: chat not found"), Refusal.INVALID_NUMBER, "chat_not_found"),
        (failure(400, "Bad Request: PEER_ID_INVALID"), Refusal.INVALID_NUMBER, "chat_not_found"),
        (failure(400, "Bad Request: message is too long"), P, "400"),
        (failure(401, "Unauthorized"), Refusal.CHANNEL, "401"),
        (failure(404, "Not Found"), Refusal.CHANNEL, "404"),
        (failure(409, "Conflict"), T, "409"),
        (failure(500, "Internal Server Error"), U, "500"),
        (failure(502, "Bad Gateway"), U, "502"),
        (failure(503, "Service Unavailable"), T, "503"),
        (failure(302, ""), Refusal.CHANNEL, "302"),
        (telegram_http.refused(502, b"<html>"), U, "502"),
        (telegram_http.refused(400, b"[]"), P, "400"),
        (telegram_http.refused(429, b"\xff"), Refusal.THROTTLED, "429"),
    ],
)
def test_each_answer_of_telegram_has_a_meaning(problem: SendError, meaning: Refusal, code: str):
    assert (problem.refusal, problem.code, problem.retry_after) == (meaning, code, None)


def test_telegram_says_how_long_to_wait():
    problem = failure(429, "Too Many Requests: retry after 35", ', "parameters": {"retry_after": 35}')
    assert (problem.refusal, problem.retry_after) == (Refusal.THROTTLED, 35.0)
