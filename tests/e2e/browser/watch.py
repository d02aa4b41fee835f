"""What a page must not do, watched while a test uses it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

Open = Callable[..., Page]


class Watch:
    """Collects what a page must not do. `expected`: statuses that a test asks for on purpose."""

    def __init__(self, context: BrowserContext, host: str) -> None:
        self.faults: list[str] = []
        self.expected: set[int] = set()
        self._host = host
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        on_purpose = any(f"status of {status}" in message.text for status in self.expected)
        if message.type in {"error", "warning"} and not on_purpose:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc != self._host:
            self.faults.append(f"another host: {request.url}")
