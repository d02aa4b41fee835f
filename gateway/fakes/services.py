"""A fake service that flows ask: it checks who asks, and says what it was told to say, or fails as the die falls."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.fakes.wire import as_json

PREFIX = "/services/"
SIGNATURE = "X-Paigham-Signature"
KEY = "Idempotency-Key"


@dataclass
class FakeServices:
    """Services by name.

    Attributes:
        secret: what requests are signed with.
        answers: what each service says, by its name; any other is not there.
        asked: how often each was asked, and "again" for a key that was seen before.
    """

    secret: str = ""
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one question."""
        name, body = request.path.removeprefix(PREFIX), await request.read()
        expected = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get(SIGNATURE, ""), expected):
            return as_json({"error": "signature"}, status=HTTPStatus.FORBIDDEN)
        if name not in self.answers or not _asks(body):
            return as_json({"error": "unknown"}, status=HTTPStatus.NOT_FOUND)
        key = request.headers.get(KEY, "")
        self.asked["again" if key in self._seen else name] += 1
        self._seen.add(key)
        return as_json({"values": dict(self.answers[name])})

    def reset(self) -> None:
        """Forget who asked."""
        self.asked.clear()
        self._seen.clear()


def _asks(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body)["arguments"], dict)
    except (ValueError, KeyError, TypeError):
        return False
