"""What every adapter takes and gives: frozen values and one protocol of three methods.

An adapter parses a provider's request into values at the door; nothing behind it sees the provider's words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self, runtime_checkable
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import MalformedWebhook, SettingsInvalid


@dataclass(frozen=True, slots=True)
class Webhook:
    """One HTTP request from a provider, with query and form already parsed.

    Attributes:
        method: upper case.
        url: the *public* URL as the provider signed it, built from settings, never from the Host header.
        path: what follows `/in/<channel-id>/`, without slashes at the ends ("", "status").
        headers: names in lower case.
        body: the raw bytes.
        query, form: pairs in their order; a name may come more than once.
    """

    method: str
    url: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, path: str = ""
    ) -> Webhook:
        """Build the value from a bare request. A form that is not UTF-8 is read with replacement marks.

        Raises:
            MalformedWebhook: the form has more than MAX_FIELDS fields.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        form: tuple[tuple[str, str], ...] = ()
        if lowered.get("content-type", "").partition(";")[0].strip() == "application/x-www-form-urlencoded":
            if body.count(b"&") >= MAX_FIELDS:
                raise MalformedWebhook("A form has too many fields.")
            form = tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return cls(method.upper(), url, path.strip("/"), lowered, body, query, form)

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object. Raises MalformedWebhook, which quotes nothing of it."""
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise MalformedWebhook("The body is not a JSON object.")
        return data


MAX_FIELDS = 200


class MediaKind(StrEnum):
    """What an attachment is."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that stayed at the provider: `ref` is its file id or address there, fetched only when needed."""

    kind: MediaKind
    ref: str
    content_type: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A location that a person shared, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Received:
    """One message from a person.

    Attributes:
        external_id: unique within the channel; redelivery carries the same.
        urn: normalised address, "tel:+923001234567", "telegram:4711".
        text: as typed, not trimmed, may be empty.
        choice: the option code behind a button, if one was pressed.
        start_token: what followed /start in a deep link.
        opt_out: "stop", "start" or "help" when the provider itself handled that keyword (Twilio: OptOutType).
        sent_at: the provider's time, aware, or None.
        display_name: what the messenger calls the person, if anything.
        language: a hint of the person's app, as the provider writes it ("fa", "ur"), if any.
        shared_phone: a number that the person shared from their own contact card (E.164 or as given).
    """

    external_id: str
    urn: str
    text: str = ""
    choice: str | None = None
    start_token: str | None = None
    attachments: tuple[Attachment, ...] = ()
    place: Place | None = None
    opt_out: str | None = None
    sent_at: datetime | None = None
    display_name: str | None = None
    language: str | None = None
    shared_phone: str | None = None


class Delivery(StrEnum):
    """How far an outgoing message came. `gateway.models.messages.RANK` is the only order."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    INVALID_NUMBER = "invalid_number"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says became of a message.

    Attributes:
        message_id: our own id, when the provider gave it back to us (in the callback's URL), else None.
        external_id: the provider's id of the message, else None.
        status: our word for it.
        provider_status: the provider's word, for staff.
        code: the provider's error code, if any.
        at: the provider's time, aware, or None.
    """

    message_id: str | None
    external_id: str | None
    status: Delivery
    provider_status: str
    code: str | None = None
    at: datetime | None = None


class EventKind(StrEnum):
    """What may happen to an address besides messages."""

    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    MISSED_CALL = "missed_call"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an address: the person blocked or unblocked the bot, or rang and hung up."""

    kind: EventKind
    urn: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as it may be shown on a button."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one person, ready to leave.

    Attributes:
        id: our message id (UUID text); goes into the provider's callback URL.
        urn: where to.
        text: what to say; for channels without buttons it already holds the numbered options.
        choices: buttons, for channels that show them.
        callback_url: where the provider reports to, or None.
    """

    id: str
    urn: str
    text: str
    choices: tuple[Choice, ...] = ()
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message. `status` is SENDING or SENT; DELIVERED where nothing lies between."""

    external_id: str
    status: Delivery = Delivery.SENT


@dataclass(frozen=True, slots=True)
class Answer:
    """The body that a provider wants to read in our 200, once everything is stored."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of channel can do."""

    scheme: str
    buttons: bool = False
    delivery_reports: bool = False
    can_be_asked: bool = False
    max_text: int = 1600
    counts_segments: bool = True


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """A configured connection as an adapter sees it.

    Attributes:
        id: channel id (UUID text).
        address: our own number or bot name.
        default_region: ISO 3166 region for national numbers ("PK"), or None.
        config: the adapter's own settings (credentials, base_url …); decrypted, never logged.
    """

    id: str
    address: str
    default_region: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def require(self, *names: str) -> tuple[str, ...]:
        """Read settings that the adapter cannot do without. Raises SettingsInvalid with each missing one."""
        missing = [name for name in names if not self.config.get(name)]
        if missing:
            raise SettingsInvalid([f"Channel {self.id}: {name} is missing." for name in missing])
        return tuple(str(self.config[name]) for name in names)


class Channel(Protocol):
    """A way to reach contacts. Only `send` touches the network.

    An adapter is built with `Adapter(settings)`, and is an asynchronous context manager: inside
    `async with adapter:` it holds one connection pool for all sends of a drain.
    """

    traits: Traits

    def __init__(self, settings: ChannelSettings) -> None: ...

    def verify(self, webhook: Webhook) -> None:
        """Raise BadSignature unless the provider signed this request."""

    def parse(self, webhook: Webhook) -> list[Received | Report | Event]:
        """Read the request. Raises MalformedWebhook; an item we do not use gives nothing."""

    def answer(self, webhook: Webhook) -> Answer:
        """Say what to reply to the provider after storing; pure. Most want an empty 200."""
        del webhook
        return Answer()

    async def send(self, out: Outgoing) -> Sent:
        """Hand one message to the provider. Raises SendError."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...


@runtime_checkable
class CanBeAsked(Protocol):
    """A channel whose provider lists what it took and received (`traits.can_be_asked`)."""

    async def find(self, out: Outgoing, *, since: datetime) -> list[Sent]:
        """List what the provider accepted since then that says the same to the same address.

        The same words may have been sent twice on purpose: leave out what is already known by external id.
        Raises SendError when the provider does not answer, or has too much to look through.
        """

    async def since(self, when: datetime) -> list[Received]:
        """List what people sent us since then, oldest first. Raises SendError."""
