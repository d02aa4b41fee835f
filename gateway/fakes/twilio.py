"""A fake Twilio: the Messages resource, and signed webhooks for inbound messages and delivery reports.

Shapes and codes follow twilio.com/docs/messaging/api/message-resource and twilio.com/docs/api/errors.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from gateway.fakes.faults import Die, Verdict
from gateway.fakes.twilio_messages import Message, Messages, now
from gateway.fakes.wire import Heard, Poster, as_json, conclude

MAX_BODY = 1600
ADDRESS = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,6}")
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})
HELP_WORDS = frozenset({"HELP", "INFO"})
OPTED_OUT = 21610

# code: (HTTP status, sentence). Those from 30000 on do not refuse a message, they come in its report.
ERRORS: Mapping[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource {path} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service is unavailable"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number.",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The From phone number is not a valid, SMS-capable inbound phone number or short code."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This From number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number is not currently reachable via SMS"),
    21614: (400, "To number: {to}, is not a mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
}
FIRST_REPORTED = 30_000


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the gateway's channel is configured with.

    Attributes:
        numbers: our number → path or address of its inbound webhook. Empty: any sender may send.
        services: messaging service → the number that it sends from.
        advanced_opt_out: webhooks say which keywords were handled (OptOutType).
    """

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "invented-token"  # noqa: S105  # A fake account's.
    numbers: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    advanced_opt_out: bool = False


class FakeTwilio:
    """The API of one account.

    Args:
        account: who may call.
        die: decides what goes wrong.
        poster: carries webhooks.
        hear: called with every message that was taken.

    Attributes:
        codes: a person's number → the error that messages to it meet, at once or in the report.
    """

    def __init__(self, account: Account, *, die: Die, poster: Poster, hear: Callable[[Heard], None]) -> None:
        self.account, self._die, self._poster, self._hear = account, die, poster, hear
        validator = RequestValidator(account.auth_token)
        self._sign: Callable[[str, Mapping[str, str]], str] = validator.compute_signature
        login = base64.b64encode(f"{account.account_sid}:{account.auth_token}".encode())
        self._authorization = b"Basic " + login
        self.reset()

    def reset(self) -> None:
        """Forget every message, opt-out and arranged error."""
        self.messages = Messages(self.account.account_sid)
        self.codes: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self._stopped: set[tuple[str, str]] = set()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Serve one request of the API."""
        sends = request.method == "POST"
        body = await request.read() if sends else b""
        verdict = self._die.throw() if sends else Verdict.SERVE
        reply = self._serve(request, body, verdict)
        pause = self._die.pause()
        if pause:
            await asyncio.sleep(pause)
        self.counts[f"answered_{reply.status}"] += 1
        return await conclude(request, verdict, reply, lie=lambda: _error(20500))

    async def receive(self, sender: str, text: str, *, to: str, media: tuple[str, ...] = ()) -> str:
        """Take a person's SMS and tell the gateway; gives its id. As at Twilio, a failed webhook is not repeated."""
        message = self.messages.keep(Message("inbound", to, sender, text, "received", media=media))
        message.sent = message.created
        keyword = self._keyword(message)
        self.counts["received"] += 1
        if self._die.chance(self._die.faults.webhook_lost_rate):
            self.counts["webhooks_lost"] += 1
            return message.sid
        form = self._inbound_form(message)
        if keyword and self.account.advanced_opt_out:
            form["OptOutType"] = keyword
        url = self._poster.public(self.account.numbers[to])
        await asyncio.sleep(self._die.delay())
        await self._post(url, form)
        if self._die.chance(self._die.faults.webhook_duplicate_rate):
            self.counts["webhooks_twice"] += 1
            await asyncio.sleep(self._die.delay())
            await self._post(url, form)
        return message.sid

    # Requests

    def _serve(self, request: web.BaseRequest, body: bytes, verdict: Verdict) -> web.Response:
        if verdict is Verdict.THROTTLE:
            return _error(20429, headers={"Retry-After": str(self._die.faults.retry_after)})
        if verdict is Verdict.REFUSE:
            return _error(20503, status=self._die.faults.error_status)
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._authorization):
            return _error(20003)
        if request.path == self.messages.path + ".json":
            return self._create(body) if request.method == "POST" else self._list(request)
        return self._one(request)

    def _list(self, request: web.BaseRequest) -> web.Response:
        raw = request.rel_url.raw_query_string
        return as_json(self.messages.page(dict(parse_qsl(raw)), raw_query=raw))

    def _one(self, request: web.BaseRequest) -> web.Response:
        rest = request.path.removeprefix(self.messages.path + "/").removesuffix(".json")
        sid, _, media = rest.partition("/")
        message = self.messages.get(sid)
        if message is None or request.method != "GET" or media not in {"", "Media"}:
            return _error(20404, path=request.path)
        return as_json(self.messages.media(message) if media else self.messages.show(message))

    def _create(self, body: bytes) -> web.Response:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        service, to = form.get("MessagingServiceSid"), form.get("To", "")
        sender = form.get("From") or self.account.services.get(service or "", "")
        code = self._lacking(form, sender) or self._unreachable(to, sender)
        if code:
            self.counts[f"refused_{code}"] += 1
            return _error(code, to=to)
        status = "accepted" if service else "queued"
        message = Message(
            "outbound-api", to, sender, form["Body"], status, service, callback=form.get("StatusCallback")
        )
        reply = as_json(self.messages.show(self.messages.keep(message)), status=HTTPStatus.CREATED)
        self.counts["taken"] += 1
        self._carry(message)
        self._hear(Heard("twilio", to, sender, message.body))
        return reply

    def _lacking(self, form: Mapping[str, str], sender: str) -> int | None:
        """What the request itself lacks."""
        text, callback = form.get("Body", ""), form.get("StatusCallback", "http://")
        checks = (
            (not form.get("To"), 21604),
            (not sender, 21606 if form.get("MessagingServiceSid") else 21603),
            (not text, 21602),
            (len(text) > MAX_BODY, 21617),
            (not callback.startswith(("http://", "https://")), 21609),
        )
        return next((code for fault, code in checks if fault), None)

    def _unreachable(self, to: str, sender: str) -> int | None:
        """Why this sender cannot reach this recipient."""
        if not ADDRESS.fullmatch(to):
            return 21211
        if self.account.numbers and sender not in self.account.numbers:
            return 21606
        if (to, sender) in self._stopped:
            return OPTED_OUT
        code = self.codes.get(to)
        return code if code in ERRORS else None

    def _keyword(self, message: Message) -> str | None:
        """Act on the words that Twilio handles itself; gives its OptOutType."""
        word, pair = message.body.strip().upper(), (message.sender, message.to)
        if word in STOP_WORDS:
            self._stopped.add(pair)
            return "STOP"
        if word in START_WORDS and pair in self._stopped:
            self._stopped.discard(pair)
            return "START"
        return "HELP" if word in HELP_WORDS else None

    # Webhooks

    def _carry(self, message: Message) -> None:
        """Bring a message to the phone, with reports on the way if somebody wants them."""
        code = self.codes.get(message.to, 0)
        message.error_code = code if code >= FIRST_REPORTED else None
        end = "undelivered" if message.error_code else "delivered"
        if message.callback:
            self._poster.spawn(self._report(message, ["sent", end]))
        else:
            message.status, message.sent = end, message.created

    async def _report(self, message: Message, steps: list[str]) -> None:
        faults = self._die.faults
        if self._die.chance(faults.report_reorder_rate):
            steps.reverse()
            self.counts["reports_reordered"] += 1
        for step in steps:
            await asyncio.sleep(faults.report_delay)
            message.status, message.sent = step, now()
            if self._die.chance(faults.report_lost_rate):
                self.counts["reports_lost"] += 1
                continue
            twice = self._die.chance(faults.report_duplicate_rate)
            self.counts["reports_twice"] += twice
            for _ in range(1 + twice):
                self.counts["reports"] += 1
                taken = await self._post(message.callback or "", self._report_form(message, step))
                message.reported[step] = taken or message.reported.get(step, False)

    async def _post(self, url: str, form: Mapping[str, str]) -> bool:
        """Post a signed form; True when the gateway answered 2xx."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": self._sign(url, form),
            "I-Twilio-Idempotency-Token": secrets.token_hex(18),
            "User-Agent": "TwilioProxy/1.1",
        }
        status, _ = await self._poster.post(url, urlencode(form).encode(), headers)
        return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES

    def _common_form(self, message: Message, status: str) -> dict[str, str]:
        return {
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.to,
            "MessageSid": message.sid,
            "AccountSid": self.account.account_sid,
            "From": message.sender,
            "ApiVersion": "2010-04-01",
        }

    def _inbound_form(self, message: Message) -> dict[str, str]:
        form = self._common_form(message, "received") | {
            "ToCountry": "",
            "FromCountry": "",
            "SmsMessageSid": message.sid,
            "NumMedia": str(len(message.media)),
            "NumSegments": "1",
            "Body": message.body,
        }
        for number, (path, content_type) in enumerate(self.messages.files(message)):
            form[f"MediaUrl{number}"] = f"https://api.twilio.com{path}"
            form[f"MediaContentType{number}"] = content_type
        return form

    def _report_form(self, message: Message, step: str) -> dict[str, str]:
        form = self._common_form(message, step) | {"MessageStatus": step}
        return form | {"ErrorCode": str(message.error_code)} if step == "undelivered" else form


def _error(
    code: int, *, status: int | None = None, headers: Mapping[str, str] | None = None, **facts: str
) -> web.Response:
    usual, sentence = ERRORS[code]
    status = status or usual
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    data = {"code": code, "message": sentence.format(**facts), "more_info": more_info, "status": status}
    return as_json(data, status=status, headers=headers)
