"""What is inside the sealed content of a message, in and out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gateway.channels.base import Choice, Received
from gateway.crypto import DATA, SEALED, Keyring

PLACE_IN = "message_in.content"
PLACE_OUT = "message_out.content"


@dataclass(frozen=True, slots=True)
class Said:
    """A person's message, opened."""

    text: str = ""
    choice: str | None = None
    attachments: list[dict[str, Any]] = field(default_factory=list)
    place: tuple[float, float] | None = None
    start_token: str | None = None
    opt_out: str | None = None
    shared_phone: str | None = None


def pack_in(received: Received) -> str:
    """Write a person's message as JSON; what is absent is left out."""
    content: dict[str, Any] = {"text": received.text}
    if received.choice is not None:
        content["choice"] = received.choice
    if received.attachments:
        content["attachments"] = [
            {"kind": item.kind, "ref": item.ref, "content_type": item.content_type, "size": item.size}
            for item in received.attachments
        ]
    if received.place is not None:
        content["place"] = [received.place.latitude, received.place.longitude]
    if received.start_token is not None:
        content["start"] = received.start_token
    if received.opt_out is not None:
        content["opt_out"] = received.opt_out
    if received.shared_phone is not None:
        content["phone"] = received.shared_phone
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def open_in(ring: Keyring, message_id: UUID, blob: bytes) -> Said:
    """Open a person's message, ordinary or sealed."""
    content = json.loads(ring.open(PLACE_IN, message_id, blob))
    place = content.get("place")
    return Said(
        text=content.get("text", ""),
        choice=content.get("choice"),
        attachments=content.get("attachments", []),
        place=(place[0], place[1]) if place else None,
        start_token=content.get("start"),
        opt_out=content.get("opt_out"),
        shared_phone=content.get("phone"),
    )


def reseal_in(ring: Keyring, message_id: UUID, blob: bytes) -> bytes:
    """Move a person's message under the key of sealed cases."""
    return ring.seal(PLACE_IN, message_id, ring.open(PLACE_IN, message_id, blob), key_class=SEALED)


def seal_out(
    ring: Keyring, message_id: UUID, text: str, choices: tuple[Choice, ...] = (), *, sealed: bool = False
) -> bytes:
    """Seal what we say; with `sealed`, under the key of sealed cases."""
    content: dict[str, Any] = {"text": text}
    if choices:
        content["choices"] = [[choice.code, choice.label] for choice in choices]
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return ring.seal(PLACE_OUT, message_id, written, key_class=SEALED if sealed else DATA)


def open_out(ring: Keyring, message_id: UUID, blob: bytes) -> tuple[str, tuple[Choice, ...]]:
    """Open what we said: text and buttons."""
    content = json.loads(ring.open(PLACE_OUT, message_id, blob))
    return content["text"], tuple(Choice(code, label) for code, label in content.get("choices", []))
