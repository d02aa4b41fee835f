"""Telegram: a bot's messages, buttons and shared places.

A pressed button shows a spinner until the bot answers the press. The answer to the webhook carries that call
(`answer`), so that nothing is sent in the webhook's request path and nothing has to be remembered.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Self

import telegram
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.constants import ChatMemberStatus, ChatType, InlineKeyboardButtonLimit, MessageLimit
from telegram.error import TelegramError

from gateway.channels.base import (
    Answer,
    Attachment,
    Channel,
    ChannelSettings,
    Choice,
    Event,
    EventKind,
    MediaKind,
    Outgoing,
    Place,
    Received,
    Report,
    Sent,
    Traits,
    Webhook,
)
from gateway.channels.telegram_http import JudgedError, Transport
from gateway.errors import BadSignature, MalformedWebhook, Refusal, SendError

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105  # A header's name.
API = "https://api.telegram.org/bot"
MAX_TEXT = int(MessageLimit.MAX_TEXT_LENGTH)
CHOICE = "o:"  # before an option's code in a button
IN_FLIGHT = 32
TIMEOUT_SECONDS = 15.0
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_START_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEMBERSHIP: Mapping[str, EventKind] = {
    ChatMemberStatus.BANNED: EventKind.BLOCKED,
    ChatMemberStatus.MEMBER: EventKind.UNBLOCKED,
}


class Telegram(Channel):
    """A bot. config: token, secret_token (required); base_url, timeout (seconds), in_flight (connections)."""

    traits = Traits(scheme="telegram", buttons=True, max_text=MAX_TEXT, counts_segments=False)

    def __init__(self, settings: ChannelSettings) -> None:
        self._token, secret = settings.require("token", "secret_token")
        self._secret = secret.encode()
        self._config = settings.config
        self._transport: Transport | None = None
        self._bot: Bot | None = None

    def verify(self, webhook: Webhook) -> None:
        """Compare the secret that setWebhook was given, in constant time."""
        if not hmac.compare_digest(webhook.headers.get(SECRET, "").encode("utf-8", "replace"), self._secret):
            raise BadSignature("An update carries a wrong secret token.")

    def parse(self, webhook: Webhook) -> list[Received | Report | Event]:
        """Read an update. Edits, groups, channels and what is no message give nothing."""
        data = webhook.json()
        try:
            return _items(data)
        except (TypeError, KeyError, ValueError, AttributeError, ArithmeticError, OSError):
            malformed = MalformedWebhook("An update is not as Telegram sends it.")
        # Raised outside of the handler: the first error may quote what was sent, and must not come along.
        raise malformed

    def answer(self, webhook: Webhook) -> Answer:
        """Stop a pressed button's spinner (core.telegram.org/bots/api#making-requests, "in response")."""
        query = webhook.json().get("callback_query")
        if not isinstance(query, dict) or "id" not in query:
            return Answer()
        call = {"method": "answerCallbackQuery", "callback_query_id": str(query["id"])}
        return Answer(json.dumps(call).encode(), "application/json")

    async def send(self, out: Outgoing) -> Sent:
        """Send one message with its buttons. Raises SendError."""
        bot = self._open()
        keyboard = _keyboard(out.choices)
        text = out.text if keyboard or not out.choices else _numbered(out)
        if len(text) > MAX_TEXT:
            raise SendError(Refusal.PERMANENT, code="too_long")
        try:
            message = await bot.send_message(
                _chat(out.urn), text, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
            )
        except JudgedError as judged:
            problem = judged.problem
        except (TelegramError, TypeError, KeyError, ValueError):
            # Success without a readable body: it was taken, but we do not know under which id.
            problem = SendError(Refusal.UNCERTAIN, code="unreadable")
        else:
            return Sent(str(message.message_id))
        raise problem

    async def __aenter__(self) -> Self:
        """Open one connection pool. The bot itself is not entered: that would ask getMe each time."""
        self._transport = Transport(
            in_flight=int(self._config.get("in_flight") or IN_FLIGHT),
            timeout=float(self._config.get("timeout") or TIMEOUT_SECONDS),
        )
        base_url = self._config.get("base_url") or API
        self._bot = Bot(
            self._token, base_url=base_url, request=self._transport, get_updates_request=self._transport
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close the pool."""
        if self._transport is not None:
            await self._transport.shutdown()
        self._transport = self._bot = None

    def _open(self) -> Bot:
        if self._bot is None:
            raise RuntimeError("A Telegram adapter sends inside of `async with` alone.")
        return self._bot


_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def _items(data: dict[str, Any]) -> list[Received | Report | Event]:
    update = Update.de_json(data, None)
    if not isinstance(update.update_id, int):
        raise TypeError("no update id")
    item = _item(update, f"u{update.update_id}")
    return [item] if item else []


def _item(update: Update, external_id: str) -> Received | Event | None:
    if update.message:
        return _message(update.message, external_id)
    if update.callback_query:
        return _press(update.callback_query, external_id)
    return _membership(update.my_chat_member, external_id) if update.my_chat_member else None


def _message(message: telegram.Message, external_id: str) -> Received | None:
    person = message.from_user
    if message.chat.type != ChatType.PRIVATE or person is None or person.is_bot:
        return None
    text, start_token = _words(message)
    attachments, place = _attachments(message), _place(message.location)
    if not (text or attachments or place or message.contact):
        return None
    return Received(
        external_id=external_id,
        urn=f"telegram:{message.chat.id}",
        text=text,
        start_token=start_token,
        attachments=attachments,
        place=place,
        sent_at=message.date,
        display_name=person.full_name,
        language=person.language_code,
        shared_phone=_own_phone(message.contact, person.id),
    )


def _words(message: telegram.Message) -> tuple[str, str | None]:
    """The words of a message, and the token of a deep link.

    A command becomes the keyword that it stands for: "/stop" is "STOP", "/status B4K7" is "STATUS B4K7".
    """
    text = message.text or message.caption or (message.sticker and message.sticker.emoji) or ""
    command = _COMMAND.fullmatch(text)
    if command is None:
        return text, None
    word, rest = command[1].upper(), (command[2] or "").strip()
    if word == "START" and _START_TOKEN.fullmatch(rest):
        return word, rest
    return f"{word} {rest}".strip(), None


def _own_phone(contact: telegram.Contact | None, person_id: int) -> str | None:
    """The person's own number. Somebody else's contact card is not taken for theirs, and not kept at all."""
    return contact.phone_number if contact is not None and contact.user_id == person_id else None


def _place(location: telegram.Location | None) -> Place | None:
    return Place(location.latitude, location.longitude) if location else None


def _attachments(message: telegram.Message) -> tuple[Attachment, ...]:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return (Attachment(MediaKind.IMAGE, largest.file_id, "image/jpeg", largest.file_size),)
    for kind, read in _FILES:
        file = read(message)
        if file is not None:
            return (Attachment(kind, file.file_id, getattr(file, "mime_type", None), file.file_size),)
    return ()


# An animation also comes as a document; whichever stands first is taken.
_FILES: tuple[tuple[MediaKind, Callable[[telegram.Message], Any]], ...] = (
    (MediaKind.AUDIO, lambda message: message.voice),
    (MediaKind.AUDIO, lambda message: message.audio),
    (MediaKind.VIDEO, lambda message: message.video),
    (MediaKind.VIDEO, lambda message: message.video_note),
    (MediaKind.VIDEO, lambda message: message.animation),
    (MediaKind.FILE, lambda message: message.document),
)


def _press(query: telegram.CallbackQuery, external_id: str) -> Received | None:
    data, message = query.data or "", query.message
    in_private = message is None or message.chat.type == ChatType.PRIVATE
    if not data.startswith(CHOICE) or not in_private:
        return None
    return Received(
        external_id=external_id,
        # A private chat has the person's own number.
        urn=f"telegram:{query.from_user.id}",
        text=_label(message, data),
        choice=data.removeprefix(CHOICE),
        display_name=query.from_user.full_name,
        language=query.from_user.language_code,
    )


def _label(message: telegram.MaybeInaccessibleMessage | None, data: str) -> str:
    """What stood on the button, for the transcript; empty when its message is too old to come along."""
    markup = message.reply_markup if isinstance(message, telegram.Message) else None
    buttons = (button for row in markup.inline_keyboard for button in row) if markup else ()
    return next((button.text for button in buttons if button.callback_data == data), "")


def _membership(change: telegram.ChatMemberUpdated, external_id: str) -> Event | None:
    kind = _MEMBERSHIP.get(change.new_chat_member.status)
    if kind is None or change.chat.type != ChatType.PRIVATE:
        return None
    return Event(kind, f"telegram:{change.chat.id}", external_id)


def _keyboard(choices: tuple[Choice, ...]) -> InlineKeyboardMarkup | None:
    """One button a row, None when there is none or a code is too long for one."""
    data: Mapping[str, str] = {choice.code: CHOICE + choice.code for choice in choices}
    if not choices or any(
        len(name.encode()) > InlineKeyboardButtonLimit.MAX_CALLBACK_DATA for name in data.values()
    ):
        return None
    return InlineKeyboardMarkup.from_column(
        [InlineKeyboardButton(choice.label, callback_data=data[choice.code]) for choice in choices]
    )


def _numbered(out: Outgoing) -> str:
    """The options as an SMS shows them, for codes that no button can carry."""
    lines = (f"{number}) {choice.label}" for number, choice in enumerate(out.choices, start=1))
    return "\n".join([out.text, *lines])


def _chat(urn: str) -> int:
    scheme, _, address = urn.partition(":")
    if scheme != "telegram" or not address.isdecimal():
        raise SendError(Refusal.PERMANENT, code="wrong_scheme")
    return int(address)
