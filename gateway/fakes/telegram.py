"""A fake Telegram: the methods of the Bot API that a gateway calls, and updates posted to its webhook.

Shapes and sentences follow core.telegram.org/bots/api.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.fakes.faults import Die, Verdict
from gateway.fakes.wire import Heard, Poster, as_json, conclude, fields_of

MAX_TEXT = 4096
MAX_CALLBACK_BYTES = 64
KEPT = 200_000
TRIES = 5  # An update whose webhook does not answer 2xx is posted again, so many times in all.
FIRST_WAIT = 0.5  # seconds, doubled each time
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # A header's name.


class BotApiError(Exception):
    """An answer with "ok": false."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot as the gateway's channel is configured with.

    Attributes:
        webhook, secret_token: as if setWebhook had been called before.
        open: any chat exists. If not, a chat exists once a person has written in it, as at Telegram.
    """

    token: str = "1:invented"  # noqa: S105  # A fake bot's.
    username: str = "invented_bot"
    webhook: str = ""
    secret_token: str = ""
    open: bool = False


@dataclass(slots=True)
class Chat:
    """What Telegram knows of one private chat."""

    id: int
    first_name: str
    language: str
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the bot."""

    id: int
    chat: int
    text: str
    buttons: tuple[tuple[str, str], ...] = field(default=())


class FakeTelegram:
    """The API of one bot.

    Args:
        bot: who may call.
        die: decides what goes wrong.
        poster: carries updates.
        hear: called with every message that was taken.
    """

    def __init__(self, bot: Bot, *, die: Die, poster: Poster, hear: Callable[[Heard], None]) -> None:
        self.bot, self._die, self._poster, self._hear = bot, die, poster, hear
        self._root = f"/bot{bot.token}/"
        self._file_root = f"/file/bot{bot.token}/"
        self._methods: Mapping[str, Callable[[Mapping[str, str]], Any]] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "answercallbackquery": self._answer_callback_query,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "getfile": self._get_file,
        }
        self._made = secrets.randbelow(10**8)
        self.reset()

    def reset(self) -> None:
        """Forget every chat, message and pressed button; the webhook is again the configured one."""
        self.chats: dict[int, Chat] = {}
        self.messages: deque[Message] = deque(maxlen=KEPT)
        self.files: dict[str, bytes] = {}
        self.counts: Counter[str] = Counter()
        self._pressed: set[str] = set()
        self._asked: dict[int, Message] = {}
        self.webhook, self.secret_token = self.bot.webhook, self.bot.secret_token

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Serve one request of the API."""
        if request.path.startswith(self._file_root):
            return self._file(request.path.removeprefix(self._file_root))
        given = await fields_of(request)
        sends = request.path.lower().endswith("/sendmessage")
        verdict = self._die.throw() if sends else Verdict.SERVE
        reply = self._reply(request.path, given, verdict)
        pause = self._die.pause()
        if pause:
            await asyncio.sleep(pause)
        self.counts[f"answered_{reply.status}"] += 1
        return await conclude(request, verdict, reply, lie=_internal_error)

    async def receive(self, chat: Chat, message: Mapping[str, Any]) -> str:
        """Take what a person sends (text, contact, location, photo …) and tell the gateway; gives the update's id."""
        self.chats[chat.id] = chat
        update = {"message": self._sent_by(chat) | dict(message)}
        return await self._update(update)

    async def press(self, chat: Chat, code: str) -> str:
        """Press a button that carries this callback data; its spinner turns until the bot answers."""
        query = secrets.token_hex(8)
        self._pressed.add(query)
        message = self._sent_by(chat) | {"from": self._me()} | self._asking(chat, code)
        callback = {
            "id": query,
            "from": _person(chat),
            "message": message,
            "chat_instance": "0",
            "data": code,
        }
        return await self._update({"callback_query": callback})

    async def block(self, chat: Chat, *, blocked: bool = True) -> None:
        """Block or unblock the bot; the gateway hears of it."""
        chat.blocked = blocked
        self.chats[chat.id] = chat
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        bot = self._me()
        changed = {
            "chat": _chat(chat),
            "from": _person(chat),
            "date": _now(),
            "old_chat_member": {"user": bot, "status": old, "until_date": 0},
            "new_chat_member": {"user": bot, "status": new, "until_date": 0},
        }
        await self._update({"my_chat_member": changed})

    # Requests

    def _reply(self, path: str, given: Mapping[str, str], verdict: Verdict) -> web.Response:
        try:
            self._hinder(verdict)
            return as_json({"ok": True, "result": self._call(path, given)})
        except BotApiError as error:
            self.counts[f"refused_{error.status}"] += 1
            return _failure(error)

    def _hinder(self, verdict: Verdict) -> None:
        wait = self._die.faults.retry_after
        if verdict is Verdict.THROTTLE:
            raise BotApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        if verdict is Verdict.REFUSE:
            raise BotApiError(self._die.faults.error_status, "Service Unavailable")

    def _call(self, path: str, given: Mapping[str, str]) -> Any:
        token, _, method = path.removeprefix("/bot").partition("/")
        if ":" not in token or method.lower() not in self._methods:
            raise BotApiError(404, "Not Found")
        if not path.startswith(self._root):
            raise BotApiError(401, "Unauthorized")
        return self._methods[method.lower()](given)

    def _get_me(self, given: Mapping[str, str]) -> dict[str, Any]:
        del given
        return self._me() | {"can_join_groups": True, "can_read_all_group_messages": False}

    def _send_message(self, given: Mapping[str, str]) -> dict[str, Any]:
        chat, text = self._chat_of(given), given.get("text", "")
        if not text.strip():
            raise BotApiError(400, "Bad Request: message text is empty")
        if len(text) > MAX_TEXT:
            raise BotApiError(400, "Bad Request: message is too long")
        buttons = _buttons(given.get("reply_markup"))
        message = Message(self._next(), chat.id, text, buttons)
        self.messages.append(message)
        if buttons:
            self._asked[chat.id] = message
        self.counts["taken"] += 1
        self._hear(Heard("telegram", str(chat.id), self.bot.username, text, buttons))
        return {
            "message_id": message.id,
            "from": self._me(),
            "chat": _chat(chat),
            "date": _now(),
            "text": text,
        }

    def _chat_of(self, given: Mapping[str, str]) -> Chat:
        name = given.get("chat_id", "")
        if not name:
            raise BotApiError(400, "Bad Request: chat_id is empty")
        number = int(name) if name.isdecimal() else 0
        chat = self.chats.get(number)
        if chat is None and number and self.bot.open:
            chat = self.chats[number] = Chat(number, "Somebody", "en")
        if chat is None:
            raise BotApiError(400, "Bad Request: chat not found")
        if chat.blocked:
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def _answer_callback_query(self, given: Mapping[str, str]) -> bool:
        query = given.get("callback_query_id", "")
        if query not in self._pressed:
            raise BotApiError(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self._pressed.discard(query)
        self.counts["buttons_answered"] += 1
        return True

    def _set_webhook(self, given: Mapping[str, str]) -> bool:
        if not given.get("url", "").startswith(("https://", "http://")):
            raise BotApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook, self.secret_token = given["url"], given.get("secret_token", "")
        return True

    def _delete_webhook(self, given: Mapping[str, str]) -> bool:
        del given
        self.webhook = self.secret_token = ""
        return True

    def _get_webhook_info(self, given: Mapping[str, str]) -> dict[str, Any]:
        del given
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": 0}

    def _get_file(self, given: Mapping[str, str]) -> dict[str, Any]:
        name = given.get("file_id", "")
        if name not in self.files:
            raise BotApiError(400, "Bad Request: invalid file_id")
        return {
            "file_id": name,
            "file_unique_id": name[::-1],
            "file_size": len(self.files[name]),
            "file_path": f"files/{name}",
        }

    def _file(self, path: str) -> web.Response:
        data = self.files.get(path.removeprefix("files/"))
        return web.Response(body=data) if data is not None else _failure(BotApiError(404, "Not Found"))

    # Updates

    async def _update(self, update: dict[str, Any]) -> str:
        """Post an update until the gateway answers 2xx, as Telegram does; gives the update's id."""
        number = self._next()
        body = json.dumps({"update_id": number} | update, ensure_ascii=False).encode()
        self.counts["updates"] += 1
        if self._die.chance(self._die.faults.webhook_lost_rate) or not self.webhook:
            self.counts["updates_lost"] += 1
            return str(number)
        await asyncio.sleep(self._die.delay())
        await self._until_taken(body)
        if self._die.chance(self._die.faults.webhook_duplicate_rate):
            self.counts["updates_twice"] += 1
            await asyncio.sleep(self._die.delay())
            await self._until_taken(body)
        return str(number)

    async def _until_taken(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        if self.secret_token:
            headers[SECRET] = self.secret_token
        for attempt in range(TRIES):
            status, answer = await self._poster.post(self._poster.public(self.webhook), body, headers)
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                self._obey(answer)
                return
            await asyncio.sleep(FIRST_WAIT * 2**attempt)
        self.counts["updates_given_up"] += 1

    def _obey(self, answer: bytes) -> None:
        """Do as an answer says; it may be a call itself (core.telegram.org/bots/api#making-requests)."""
        try:
            call = json.loads(answer) if answer else {}
        except ValueError:
            return
        method = self._methods.get(str(call.get("method", "")).lower()) if isinstance(call, dict) else None
        if method is None:
            return
        try:
            method({name: str(value) for name, value in call.items()})
        except BotApiError as error:
            self.counts[f"refused_{error.status}"] += 1

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _asking(self, chat: Chat, code: str) -> dict[str, Any]:
        """The message whose button was pressed: the chat's latest, if it has one."""
        message = self._asked.get(chat.id)
        if message is None or all(data != code for data, _ in message.buttons):
            return {"text": ""}
        rows = [[{"text": label, "callback_data": data}] for data, label in message.buttons]
        return {"message_id": message.id, "text": message.text, "reply_markup": {"inline_keyboard": rows}}

    def _me(self) -> dict[str, Any]:
        number = self.bot.token.partition(":")[0]
        return {
            "id": int(number) if number.isdecimal() else 1,
            "is_bot": True,
            "first_name": "Invented",
            "username": self.bot.username,
        }

    def _sent_by(self, chat: Chat) -> dict[str, Any]:
        return {"message_id": self._next(), "from": _person(chat), "chat": _chat(chat), "date": _now()}


def _buttons(markup: str | None) -> tuple[tuple[str, str], ...]:
    """Read and check an inline keyboard. Gives (callback data, label)."""
    if not markup:
        return ()
    try:
        rows = json.loads(markup).get("inline_keyboard", [])
        buttons = tuple((str(button["callback_data"]), str(button["text"])) for row in rows for button in row)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BotApiError(400, "Bad Request: can't parse inline keyboard button") from None
    for data, label in buttons:
        if not 0 < len(data.encode()) <= MAX_CALLBACK_BYTES:
            raise BotApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if not label:
            raise BotApiError(400, "Bad Request: inline keyboard button text is empty")
    return buttons


def _chat(chat: Chat) -> dict[str, Any]:
    return {"id": chat.id, "type": "private", "first_name": chat.first_name}


def _person(chat: Chat) -> dict[str, Any]:
    return {"id": chat.id, "is_bot": False, "first_name": chat.first_name, "language_code": chat.language}


def _now() -> int:
    return int(time.time())


def _internal_error() -> web.Response:
    return _failure(BotApiError(500, "Internal Server Error"))


def _failure(error: BotApiError) -> web.Response:
    data: dict[str, Any] = {"ok": False, "error_code": error.status, "description": error.description}
    if error.parameters:
        data["parameters"] = error.parameters
    return as_json(data, status=error.status)
