"""The messages that the fake Twilio keeps, and how its API shows, lists and pages them."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urlencode

KEPT = 200_000  # messages; the oldest are forgotten
MAX_PAGE = 1000
PAGE = 50
UNKNOWN = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Message:
    """One message in either direction. Times are whole seconds, as the API gives them."""

    direction: str
    to: str
    sender: str
    body: str
    status: str
    service: str | None = None
    callback: str | None = None
    media: tuple[str, ...] = ()
    error_code: int | None = None
    reported: dict[str, bool] = field(
        default_factory=dict
    )  # status: whether its report was ever answered with 2xx
    sid: str = ""
    created: datetime = UNKNOWN
    sent: datetime | None = None


class Messages:
    """The Messages resource of one account.

    Args:
        account_sid: the account.
        kept: how many messages are remembered.
    """

    def __init__(self, account_sid: str, *, kept: int = KEPT) -> None:
        self._account_sid, self._kept = account_sid, kept
        self.path = f"/2010-04-01/Accounts/{account_sid}/Messages"
        self._root = secrets.token_hex(8)
        self._made = 0
        self._all: deque[Message] = deque()
        self._by_sid: dict[str, Message] = {}
        self._by_address: dict[str, deque[Message]] = {}

    def __iter__(self) -> Iterator[Message]:
        """All messages, oldest first."""
        return iter(self._all)

    def keep(self, message: Message) -> Message:
        """Give a message its id and time, and remember it."""
        self._made += 1
        message.sid = f"{'MM' if message.media else 'SM'}{self._root}{self._made:016x}"
        message.created = now()
        self._all.append(message)
        self._by_sid[message.sid] = message
        for address in {message.to, message.sender}:
            self._by_address.setdefault(address, deque()).append(message)
        if len(self._all) > self._kept:
            self._forget(self._all.popleft())
        return message

    def get(self, sid: str) -> Message | None:
        """One message by its id."""
        return self._by_sid.get(sid)

    def page(self, query: Mapping[str, str], *, raw_query: str) -> dict[str, Any]:
        """List messages, newest first. PageToken names the last message of the page before."""
        size, number = min(MAX_PAGE, int(query.get("PageSize") or PAGE)), int(query.get("Page") or 0)
        found = list(islice(self._after(query), size + 1))
        page, more = found[:size], len(found) > size
        following = {**query, "PageSize": size, "Page": number + 1, "PageToken": page[-1].sid if more else ""}
        return {
            "messages": [self.show(message) for message in page],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + len(page) - 1,
            "uri": f"{self.path}.json?{raw_query}",
            "first_page_uri": f"{self.path}.json?PageSize={size}&Page=0",
            "previous_page_uri": None,
            "next_page_uri": f"{self.path}.json?{urlencode(following)}" if more else None,
        }

    def show(self, message: Message) -> dict[str, Any]:
        """One message as the API gives it."""
        uri = f"{self.path}/{message.sid}"
        return {
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": _rfc2822(message.created),
            "date_sent": _rfc2822(message.sent) if message.sent else None,
            "date_updated": _rfc2822(message.sent or message.created),
            "direction": message.direction,
            "error_code": message.error_code,
            "error_message": None,
            "from": message.sender,
            "messaging_service_sid": message.service,
            "num_media": str(len(message.media)),
            "num_segments": "0" if message.service else "1",
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }

    def media(self, message: Message) -> dict[str, Any]:
        """The files of one message as the API lists them."""
        created = _rfc2822(message.created)
        files = [
            {
                "sid": path.rpartition("/")[2],
                "account_sid": self._account_sid,
                "parent_sid": message.sid,
                "content_type": content_type,
                "date_created": created,
                "date_updated": created,
                "uri": f"{path}.json",
            }
            for path, content_type in self.files(message)
        ]
        uri = f"{self.path}/{message.sid}/Media.json"
        return {"media_list": files, "page": 0, "page_size": PAGE, "next_page_uri": None, "uri": uri}

    def files(self, message: Message) -> list[tuple[str, str]]:
        """The path and content type of each file of a message."""
        root = f"{self.path}/{message.sid}/Media/ME"
        return [(f"{root}{number:032x}", content_type) for number, content_type in enumerate(message.media)]

    def _after(self, query: Mapping[str, str]) -> Iterator[Message]:
        """The matching messages, newest first, after the one that PageToken names."""
        address, token = query.get("To") or query.get("From"), query.get("PageToken")
        pool = self._by_address.get(address, deque()) if address else self._all
        passed = not token
        for message in reversed(pool):
            if passed and _matches(message, query):
                yield message
            passed = passed or message.sid == token

    def _forget(self, message: Message) -> None:
        del self._by_sid[message.sid]
        for address in {message.to, message.sender}:
            pool = self._by_address[address]
            pool.popleft()
            if not pool:
                del self._by_address[address]


def now() -> datetime:
    """The time in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def _matches(message: Message, query: Mapping[str, str]) -> bool:
    if query.get("To", message.to) != message.to or query.get("From", message.sender) != message.sender:
        return False
    since, until, on = (query.get(name, "") for name in ("DateSent>", "DateSent<", "DateSent"))
    if not (since or until or on):
        return True
    # As at Twilio, a message that was not sent yet has no date, and no date filter finds it.
    sent = message.sent.strftime("%Y-%m-%dT%H:%M:%SZ") if message.sent else ""
    return (
        bool(sent)
        and sent >= since
        and (not until or sent[: len(until)] <= until)
        and sent.startswith(on[:10])
    )


@lru_cache(maxsize=4096)
def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment)
