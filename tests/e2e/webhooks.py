"""Webhooks as providers send them, made by hand: signed with a house's secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from twilio.request_validator import RequestValidator

from tests.e2e.house import NUMBER, PUBLIC, SECRET, TOKEN, House


def sms(
    house: House,
    text: str,
    *,
    sender: str,
    sid: str,
    signature: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """An SMS by Twilio, signed unless a signature is given."""
    path = f"/in/{house.channels['twilio']}/"
    form = {"MessageSid": sid, "From": sender, "To": NUMBER, "Body": text}
    signed = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
    given = {**(headers or {}), "X-Twilio-Signature": signature or signed}
    return httpx.post(house.door + path, data=form, headers=given, timeout=30)


def report(house: House, *, message_id: str, sid: str, code: str) -> httpx.Response:
    """A delivery report by Twilio, signed."""
    path = f"/in/{house.channels['twilio']}/status?m={message_id}"
    form = {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": code}
    signed = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
    return httpx.post(house.door + path, data=form, headers={"X-Twilio-Signature": signed}, timeout=30)


def update(house: House, body: Mapping[str, Any] | bytes) -> httpx.Response:
    """An update by Telegram, or bytes that claim to be one."""
    path, headers = f"/in/{house.channels['telegram']}/", {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    if isinstance(body, bytes):
        return httpx.post(house.door + path, content=body, headers=headers, timeout=30)
    return httpx.post(house.door + path, json=body, headers=headers, timeout=30)
