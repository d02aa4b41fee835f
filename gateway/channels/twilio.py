"""Twilio: SMS in, SMS out, delivery reports.

Receiving needs the standard library alone. Only `async with` loads the SDK, which a web process never does.
Inbound messages come to the path "", reports to "status" with our message id as `m` in the query.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from gateway.channels.base import (
    Answer,
    Attachment,
    Channel,
    ChannelSettings,
    Delivery,
    Event,
    MediaKind,
    Outgoing,
    Received,
    Report,
    Sent,
    Traits,
    Webhook,
)
from gateway.channels.twilio_codes import delivery
from gateway.errors import BadSignature, MalformedWebhook, Refusal, SendError, SettingsInvalid
from gateway.urns import InvalidUrn, normalise

if TYPE_CHECKING:
    from gateway.channels.twilio_http import Pool

API = "https://api.twilio.com"
SIGNATURE = "x-twilio-signature"
IN_FLIGHT = 64
TIMEOUT_SECONDS = 15.0
MAX_MEDIA = 10  # Twilio: an MMS carries ten files at the most.
EMPTY_TWIML = Answer(b"<Response/>", "text/xml; charset=utf-8")
TRIAL_PREFIX = "Sent from your Twilio trial account - "
PAGE = 1000  # records; Twilio's largest page
MAX_FOUND = PAGE
MAX_LISTED = 100 * PAGE
# Their clock and ours may differ, and theirs shows whole seconds.
CLOCK_MARGIN = timedelta(minutes=2)
_PORTS = {"https": 443, "http": 80}
_KINDS = {"image": MediaKind.IMAGE, "audio": MediaKind.AUDIO, "video": MediaKind.VIDEO}


class Twilio(Channel):
    """A number or messaging service at Twilio.

    config: account_sid, auth_token (required); from_ (else the channel's address) or messaging_service_sid;
    base_url, timeout (seconds), in_flight (connections).
    """

    traits = Traits(scheme="tel", delivery_reports=True, can_be_asked=True)

    def __init__(self, settings: ChannelSettings) -> None:
        self._account, self._token = settings.require("account_sid", "auth_token")
        self._settings = settings
        self._config = settings.config
        self._service: str | None = self._config.get("messaging_service_sid") or None
        self._from: str | None = self._config.get("from_") or settings.address or None
        if not (self._service or self._from):
            raise SettingsInvalid([f"Channel {settings.id}: from_ or messaging_service_sid is missing."])
        # The key is hashed once here; each request continues from a copy.
        self._mac = hmac.new(self._token.encode(), digestmod="sha1")
        self._pool: Pool | None = None
        self._messages: Any = None

    def verify(self, webhook: Webhook) -> None:
        """Check the signature as twilio.com/docs/usage/security has it: address, then parameters by name."""
        given = webhook.headers.get(SIGNATURE, "").encode("utf-8", "replace")
        signed = _signed_parameters(webhook)
        if self._matches(given, webhook.url, signed) or self._matches(
            given, _other_port(webhook.url), signed
        ):
            return
        raise BadSignature("A request is not signed by Twilio with this channel's token.")

    def parse(self, webhook: Webhook) -> list[Received | Report | Event]:
        """Read an inbound message (path "") or a delivery report (path "status")."""
        form = dict(webhook.form)
        if webhook.path == "status":
            return _report(form, dict(webhook.query).get("m"))
        return [self._received(form)]

    def answer(self, webhook: Webhook) -> Answer:
        """Give TwiML that says nothing: our reply leaves by the outbox."""
        return Answer() if webhook.path == "status" else EMPTY_TWIML

    async def send(self, out: Outgoing) -> Sent:
        """Create a message. Raises SendError."""
        optional = {"status_callback": out.callback_url} if out.callback_url else {}
        if self._service:
            optional["messaging_service_sid"] = self._service
        else:
            optional["from_"] = str(self._from)
        try:
            message = await self._open().create_async(to=_number(out.urn), body=out.text, **optional)
        except ValueError:
            message = None
        if message is None or not message.sid:
            # Success without a readable body: it was taken, but we do not know under which id.
            raise SendError(Refusal.UNCERTAIN, code="unreadable")
        return _sent(message)

    async def find(self, out: Outgoing, *, since: datetime) -> list[Sent]:
        """List what Twilio accepted since then with this text for this number.

        No date is given to Twilio: its filter looks at the time of sending, which a message that still stands
        in its queue does not have.
        """
        since = since.astimezone(UTC) - CLOCK_MARGIN
        records = await self._open().list_async(to=_number(out.urn), page_size=PAGE, limit=MAX_FOUND)
        if len(records) == MAX_FOUND and records[-1].date_created >= since:
            raise SendError(Refusal.TEMPORARY, code="list_too_long")
        return [
            _sent(record) for record in records if record.date_created >= since and self._says(record, out)
        ]

    async def since(self, when: datetime) -> list[Received]:
        """List inbound messages since then, oldest first; the newest 100,000 if there are more."""
        when = when.astimezone(UTC).replace(microsecond=0)
        found = [await self._listed(record) async for record in self._inbound(when)]
        return [received for received in reversed(found) if received]

    async def __aenter__(self) -> Self:
        """Open one connection pool."""
        from twilio.rest import Client  # type: ignore[import-untyped]

        from gateway.channels.twilio_http import Pool

        self._pool = Pool(
            base_url=self._config.get("base_url") or API,
            in_flight=int(self._config.get("in_flight") or IN_FLIGHT),
            timeout=float(self._config.get("timeout") or TIMEOUT_SECONDS),
        )
        # Without an environment of its own the SDK would read TWILIO_REGION and the like from this process's.
        client = Client(self._account, self._token, http_client=self._pool, environment=_NO_ENVIRONMENT)
        self._messages = client.messages
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close the pool."""
        if self._pool is not None:
            await self._pool.close()
        self._pool = self._messages = None

    def _open(self) -> Any:
        if self._messages is None:
            raise RuntimeError("A Twilio adapter sends inside of `async with` alone.")
        return self._messages

    def _matches(self, given: bytes, url: str, signed: str) -> bool:
        mac = self._mac.copy()
        mac.update((url + signed).encode("utf-8", "replace"))
        return hmac.compare_digest(base64.b64encode(mac.digest()), given)

    def _received(self, form: Mapping[str, str]) -> Received:
        external_id, sender = form.get("MessageSid") or form.get("SmsMessageSid"), form.get("From")
        urn = self._urn(sender) if sender else None
        if not external_id or not urn:
            raise MalformedWebhook("An inbound message lacks its id or its sender.")
        return Received(
            external_id=external_id,
            urn=urn,
            text=form.get("Body", ""),
            attachments=_attachments(form) if form.get("NumMedia", "0") != "0" else (),
            opt_out=_OPT_OUT.get(form.get("OptOutType", "")),
        )

    def _urn(self, sender: str) -> str | None:
        """The address of a phone, or else of a service that writes under a short code or a name."""
        for scheme in ("tel", "short"):
            try:
                return normalise(scheme, sender, region=self._settings.default_region)
            except InvalidUrn:
                continue
        return None

    def _says(self, record: Any, out: Outgoing) -> bool:
        ours = self._service is not None or record.from_ == self._from
        text = (record.body or "").removeprefix(TRIAL_PREFIX)
        return ours and record.direction != "inbound" and text.strip() == out.text.strip()

    async def _inbound(self, when: datetime) -> AsyncIterator[Any]:
        to = {"to": self._settings.address} if self._settings.address and not self._service else {}
        records = await self._open().stream_async(
            date_sent_after=when, page_size=PAGE, limit=MAX_LISTED, **to
        )
        async for record in records:
            if (
                record.direction == "inbound"
                and (record.date_sent or when) >= when
                and self._is_for_us(record)
            ):
                yield record

    def _is_for_us(self, record: Any) -> bool:
        return record.to == self._settings.address or (
            self._service is not None and record.messaging_service_sid == self._service
        )

    async def _listed(self, record: Any) -> Received | None:
        urn = self._urn(record.from_ or "")
        if urn is None or not record.sid:
            return None
        media = await self._media(record.sid) if (record.num_media or "0") != "0" else ()
        return Received(
            external_id=record.sid,
            urn=urn,
            text=record.body or "",
            attachments=media,
            sent_at=record.date_sent,
        )

    async def _media(self, sid: str) -> tuple[Attachment, ...]:
        files = await self._open().get(sid).media.list_async(limit=MAX_MEDIA)
        return tuple(
            Attachment(_kind(file.content_type), API + file.uri.removesuffix(".json"), file.content_type)
            for file in files
        )


_NO_ENVIRONMENT = {"": ""}  # An empty one counts as none.
_OPT_OUT = {"STOP": "stop", "START": "start", "HELP": "help"}


def _signed_parameters(webhook: Webhook) -> str:
    """What Twilio appends to the address before signing: distinct parameters, by name and then value.

    A body that is not a form is covered by its hash in the address instead.
    """
    if webhook.form or not webhook.body:
        return "".join([name + value for name, value in sorted(set(webhook.form))])
    claimed = dict(webhook.query).get("bodySHA256", "").encode("utf-8", "replace")
    if not hmac.compare_digest(sha256(webhook.body).hexdigest().encode(), claimed):
        raise BadSignature("A body is not covered by the signature.")
    return ""


def _other_port(url: str) -> str:
    """The same address with its port left out or spelled out: Twilio signs now one, now the other."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition(":")
    if host and port.isdigit():
        return parts._replace(netloc=host).geturl()
    return parts._replace(netloc=f"{parts.netloc}:{_PORTS.get(parts.scheme, 443)}").geturl()


def _report(form: Mapping[str, str], message_id: str | None) -> list[Received | Report | Event]:
    word, external_id = form.get("MessageStatus") or form.get("SmsStatus"), form.get("MessageSid")
    if not word or not external_id:
        raise MalformedWebhook("A delivery report lacks its status or its id.")
    code = form.get("ErrorCode") or None
    status = delivery(word, int(code) if code and code.isdecimal() else None)
    return [Report(message_id or None, external_id, status, word, code)] if status else []


def _attachments(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    urls = ((form.get(f"MediaUrl{n}"), form.get(f"MediaContentType{n}")) for n in range(MAX_MEDIA))
    return tuple(Attachment(_kind(content_type), url, content_type) for url, content_type in urls if url)


def _kind(content_type: str | None) -> MediaKind:
    return _KINDS.get((content_type or "").partition("/")[0], MediaKind.FILE)


def _number(urn: str) -> str:
    scheme, _, address = urn.partition(":")
    if scheme not in {"tel", "short"}:
        raise SendError(Refusal.PERMANENT, code="wrong_scheme")
    return address


def _sent(message: Any) -> Sent:
    status = delivery(message.status or "", message.error_code) or Delivery.SENDING
    # Queued at Twilio is past our own queue.
    return Sent(message.sid, Delivery.SENDING if status is Delivery.QUEUED else status)
