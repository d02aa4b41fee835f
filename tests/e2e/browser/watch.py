"""What a page must not do, watched while a test uses it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

Open = Callable[..., Page]


class Watch:
    """Collects what a page must not do.

    Attributes:
        expected: statuses that a test asks for on purpose.
        allowed: words of messages that a test causes on purpose.
        hosts: who may be asked; the house itself, unless a test adds a provider.
    """

    def __init__(self, context: BrowserContext, host: str) -> None:
        self.faults: list[str] = []
        self.expected: set[int] = set()
        self.allowed: tuple[str, ...] = ()
        self.hosts = {host}
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        known = (*(f"status of {status}" for status in self.expected), *self.allowed)
        on_purpose = any(words in message.text for words in known)
        if message.type in {"error", "warning"} and not on_purpose:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc not in self.hosts:
            self.faults.append(f"another host: {request.url}")
