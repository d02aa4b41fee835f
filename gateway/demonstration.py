"""`paigham demo`: the gateway with the fakes beside it, and a database filled with invented people."""

from __future__ import annotations

import sys

from gateway import demo
from gateway.operation import WEB, Ready, address, child_environment, free_port, webhooks_address
from gateway.programs import Program
from gateway.services.demo import PARTNER_STAFF, STAFF, Demo


class Show:
    """The demonstration's part in `up`: the fakes as one more program, and people who answer the round."""

    def __init__(self) -> None:
        self._port = free_port()
        self._found: Demo | None = None

    def prepare(self, ready: Ready) -> list[Program]:
        """Seed the operation, and describe the fakes that know its channels."""
        fakes_url = f"http://127.0.0.1:{self._port}"
        self._found = demo.prepare(ready.settings, ready.ring, fakes_url=fakes_url)
        config = ready.settings.data / demo.FAKES_FILE
        command = (sys.executable, "-m", "gateway.cli", "fakes", "--port", str(self._port))
        options = ("--gateway-url", webhooks_address(ready.settings), "--config", str(config))
        return [Program("fakes", command + options, child_environment(ready.settings), stage=WEB)]

    def begin(self, ready: Ready) -> list[str]:
        """Make the accounts; returns what to tell."""
        assert self._found is not None  # noqa: S101 - prepare came first
        password = demo.accounts(ready.settings, ready.ring, self._found)
        url = address(ready.settings)
        return [
            f"{demo.asked()} simulated people are being asked five questions by SMS and Telegram.",
            f"Staff pages:     {url}/",
            f"Phone simulator: {url}/simulator",
            f"Sign in as one of these, with the password {password}",
            *(f"  {email:24} {name}" for name, email, _, _ in (*STAFF, *PARTNER_STAFF)),
        ]
