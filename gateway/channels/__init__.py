"""The kinds of channel. An adapter's module is imported when its kind is first asked for.

A web process that receives Twilio's requests must not pay for Telegram's SDK (330 ms), and a Twilio adapter
that only reads webhooks loads none at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from gateway.channels.base import Channel, ChannelSettings


class _Adapters(Mapping[str, type[Channel]]):
    """A table from kind to class that imports on look-up."""

    def __init__(self, **classes: str) -> None:
        self._classes = classes

    def __getitem__(self, kind: str) -> type[Channel]:
        module, _, name = self._classes[kind].partition(":")
        adapter: type[Channel] = getattr(import_module(module), name)
        return adapter

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)


ADAPTERS: Mapping[str, type[Channel]] = _Adapters(
    simulator="gateway.channels.simulator:Simulator",
    telegram="gateway.channels.telegram:Telegram",
    twilio="gateway.channels.twilio:Twilio",
)


def build(kind: str, settings: ChannelSettings) -> Channel:
    """Make the adapter of a configured channel.

    Raises:
        KeyError: there is no such kind.
        SettingsInvalid: its config lacks something.
    """
    return ADAPTERS[kind](settings)
