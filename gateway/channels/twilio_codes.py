"""Twilio's words and numbers, and what they mean to us.

Codes: twilio.com/docs/api/errors. Statuses: twilio.com/docs/messaging/api/message-resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from gateway.channels.base import Delivery
from gateway.errors import Refusal

OPTED_OUT = 21610  # The recipient has sent STOP.

REFUSALS: Mapping[int, Refusal] = {
    OPTED_OUT: Refusal.OPTED_OUT,
    14107: Refusal.THROTTLED,  # send rate limit
    20429: Refusal.THROTTLED,
    21611: Refusal.THROTTLED,  # the sender's queue of ten hours is full
    63018: Refusal.THROTTLED,  # the channel's rate
    30001: Refusal.TEMPORARY,  # queue overflow
    30003: Refusal.TEMPORARY,  # phone switched off or out of reach
    30008: Refusal.TEMPORARY,  # unknown
    21211: Refusal.INVALID_NUMBER,
    21614: Refusal.INVALID_NUMBER,  # not a mobile number
    30005: Refusal.INVALID_NUMBER,  # unknown handset
    30006: Refusal.INVALID_NUMBER,  # landline
    63003: Refusal.INVALID_NUMBER,  # not on this messenger
    63024: Refusal.INVALID_NUMBER,
    20003: Refusal.CHANNEL,  # account id or token
    21408: Refusal.CHANNEL,  # sending to this region is switched off
    21606: Refusal.CHANNEL,  # our number cannot send
    30002: Refusal.CHANNEL,  # account suspended
    21608: Refusal.PERMANENT,  # a trial account, and a number that it has not verified
    21612: Refusal.PERMANENT,  # this sender cannot reach this recipient
    21617: Refusal.PERMANENT,  # more than 1600 characters
    30004: Refusal.PERMANENT,  # blocked
    30007: Refusal.PERMANENT,  # filtered by the carrier
    30010: Refusal.PERMANENT,  # dearer than the price cap
    63016: Refusal.PERMANENT,  # outside of the 24 hour window
}

# A message may have been created although the answer says 500, 502 or 504; 503 says that nothing was done.
_BY_STATUS: Mapping[int, Refusal] = {
    HTTPStatus.TOO_MANY_REQUESTS: Refusal.THROTTLED,
    HTTPStatus.SERVICE_UNAVAILABLE: Refusal.TEMPORARY,
    HTTPStatus.REQUEST_TIMEOUT: Refusal.TEMPORARY,
    HTTPStatus.UNAUTHORIZED: Refusal.CHANNEL,
    HTTPStatus.FORBIDDEN: Refusal.CHANNEL,
    HTTPStatus.NOT_FOUND: Refusal.CHANNEL,  # no such account
}

STATUSES: Mapping[str, Delivery] = {
    "accepted": Delivery.QUEUED,
    "scheduled": Delivery.QUEUED,
    "queued": Delivery.QUEUED,
    "sending": Delivery.SENDING,
    "sent": Delivery.SENT,
    "partially_delivered": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}


def refusal(status: int, code: int | None) -> Refusal:
    """Say what an HTTP answer of 300 or above means; Twilio's own code goes before the HTTP status."""
    known = REFUSALS.get(code or 0) or _BY_STATUS.get(status)
    if known:
        return known
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal.UNCERTAIN
    # A redirect is not Twilio's: the configured address is wrong, or something stands between.
    return Refusal.PERMANENT if status >= HTTPStatus.BAD_REQUEST else Refusal.CHANNEL


def delivery(status: str, code: int | None) -> Delivery | None:
    """Our word for Twilio's status, None for one that tells nothing ("received") or is not known yet."""
    word = STATUSES.get(status)
    if word is not Delivery.FAILED:
        return word
    meaning = REFUSALS.get(code or 0)
    if meaning is Refusal.OPTED_OUT:
        return Delivery.OPTED_OUT
    return Delivery.INVALID_NUMBER if meaning is Refusal.INVALID_NUMBER else Delivery.FAILED
