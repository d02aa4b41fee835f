"""Talking to the fake providers' control API."""

from __future__ import annotations

from typing import Any

import httpx


class Fakes:
    """The fakes that listen at `url`, which has no slash at its end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=30)

    def close(self) -> None:
        self._client.close()

    def answers(self, url: str) -> bool:
        """Whether any server says that it is well at this address."""
        try:
            return self._client.get(url).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def counts(self) -> dict[str, Any]:
        return self._get("counts")

    def messages(self, channel: str, *, to: str | None = None) -> list[dict[str, Any]]:
        """What the provider took, oldest first."""
        found: list[dict[str, Any]] = self._get("messages", channel=channel, **({"to": to} if to else {}))[
            "messages"
        ]
        return found

    def people(self) -> list[dict[str, Any]]:
        """Everybody with their diary."""
        found: list[dict[str, Any]] = self._get("people")["people"]
        return found

    def invite(self, **plan: Any) -> list[str]:
        """Let people in; gives their addresses."""
        found: list[str] = self._post("people", plan)["people"]
        return found

    def say(self, address: str, text: str, *, channel: str = "twilio") -> str:
        """Let an address speak, wait until its webhook was answered, and give the provider's id."""
        said: str = self._post("say", {"channel": channel, "from": address, "text": text})["id"]
        return said

    def faults(self, **faults: float) -> None:
        self._post("faults", faults)

    def codes(self, codes: dict[str, int]) -> None:
        self._post("codes", codes)

    def reset(self) -> None:
        self._post("reset", {})

    def _get(self, name: str, **query: str) -> dict[str, Any]:
        return self._read(self._client.get(f"/_fake/{name}", params=query))

    def _post(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._read(self._client.post(f"/_fake/{name}", json=body))

    @staticmethod
    def _read(answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == httpx.codes.OK, answer.text
        data: dict[str, Any] = answer.json()
        return data
