"""The phone simulator of the staff pages and of the demonstration: a channel without a provider.

Inbound is a POST of JSON {"id", "from", "text", "choice", "sent_at"} with the header X-Paigham-Simulator; with
{"id", "from", "missed_call": true} the phone rings and hangs up.
Outbound goes nowhere: the page draws the rows that the outbox keeps.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any, Self

from gateway.channels.base import (
    Channel,
    ChannelSettings,
    Delivery,
    Event,
    EventKind,
    Outgoing,
    Received,
    Report,
    Sent,
    Traits,
    Webhook,
)
from gateway.errors import BadSignature, MalformedWebhook
from gateway.urns import InvalidUrn, normalise

HEADER = "x-paigham-simulator"
MAX_TEXT = 10_000


class Simulator(Channel):
    """Phones on a staff page. config: secret (required), buttons (whether phones show them)."""

    def __init__(self, settings: ChannelSettings) -> None:
        (secret,) = settings.require("secret")
        self._secret = secret.encode()
        self.traits = Traits(scheme="simulator", buttons=bool(settings.config.get("buttons")))

    def verify(self, webhook: Webhook) -> None:
        """Compare the shared secret in constant time."""
        if not hmac.compare_digest(webhook.headers.get(HEADER, "").encode("utf-8", "replace"), self._secret):
            raise BadSignature("A simulator request carries a wrong secret.")

    def parse(self, webhook: Webhook) -> list[Received | Report | Event]:
        """Read one message, or a call that nobody was to take."""
        data = webhook.json()
        try:
            return [_missed_call(data) if data.get("missed_call") is True else _received(data)]
        except (ValueError, KeyError, TypeError, AttributeError, InvalidUrn):
            malformed = MalformedWebhook("A simulator request lacks something.")
        # Raised outside of the handler: the first error may quote what was sent, and must not travel along.
        raise malformed

    async def send(self, out: Outgoing) -> Sent:
        """Take the message; the page that shows the row is the delivery."""
        return Sent(f"sim-{out.id}", Delivery.DELIVERED)

    async def __aenter__(self) -> Self:
        """Open nothing."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close nothing."""


def _received(data: dict[str, Any]) -> Received:
    choice, sent_at = data.get("choice"), data.get("sent_at")
    return Received(
        external_id=_word(data["id"]),
        urn=normalise("simulator", data["from"]),
        text=str(data.get("text") or "")[:MAX_TEXT],
        choice=str(choice) if choice else None,
        sent_at=_aware(datetime.fromisoformat(sent_at)) if sent_at else None,
    )


def _missed_call(data: dict[str, Any]) -> Event:
    return Event(EventKind.MISSED_CALL, normalise("simulator", data["from"]), _word(data["id"]))


def _word(value: object) -> str:
    if not value or not isinstance(value, str | int):
        raise ValueError("no id")
    return str(value)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
