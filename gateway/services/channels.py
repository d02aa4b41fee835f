"""Channels as the services use them: settings opened, adapter built, kept for a few seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway import channels, ids
from gateway.channels.base import Channel, ChannelSettings
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.errors import InvalidRequest, SettingsInvalid
from gateway.models.channels import ChannelHealth
from gateway.services import notices
from gateway.services.notices import Kind

CONFIG = "channel.config"
FRESH_SECONDS = 5.0

_COLUMNS = (
    "id, organisation_id, kind, name, address, config_sealed, default_region, default_language, rate, active, "
    "health, paused_until"
)


@dataclass(frozen=True)
class ChannelRow:
    """One configured connection. `settings` holds credentials and never prints them."""

    id: UUID
    organisation_id: UUID
    kind: str
    name: str
    address: str
    default_language: str
    rate: float
    active: bool
    health: ChannelHealth
    paused_until: datetime | None
    settings: ChannelSettings = field(repr=False)

    def adapter(self, **more: Any) -> Channel:
        """Build the adapter; `more` is added to its settings (requests in flight, say)."""
        config = {**self.settings.config, **more}
        given = self.settings
        return channels.build(
            self.kind, ChannelSettings(given.id, given.address, given.default_region, config)
        )


def load(connection: Connection, ring: Keyring, channel_id: UUID) -> ChannelRow | None:
    """Read one channel; None when there is none of this id."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM channel WHERE id = %s", [channel_id]).fetchone()  # noqa: S608
    return None if row is None else _row(ring, row)


def load_all(connection: Connection, ring: Keyring) -> list[ChannelRow]:
    """Read all active channels."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM channel WHERE active ORDER BY id")  # noqa: S608
    return [_row(ring, row) for row in rows]


@dataclass(frozen=True)
class NewChannel:
    """A connection to be set up. `rate` is in segments a second."""

    kind: str
    name: str
    address: str
    config: Mapping[str, Any] = field(repr=False)
    default_region: str | None = None
    default_language: str = "eng"
    rate: float = 10.0


def check(new: NewChannel) -> None:
    """Build the adapter once, to see whether its settings are whole.

    Raises:
        SettingsInvalid: in one sentence, with the name of each setting that is missing; their values are not told.
    """
    try:
        channels.build(new.kind, ChannelSettings("", new.address, new.default_region, new.config))
    except SettingsInvalid as error:
        lacking = ", ".join(problem.rpartition(": ")[2].rstrip(".") for problem in error.problems)
        raise SettingsInvalid([f"The {new.kind} channel's settings are not whole: {lacking}."]) from None


def find(connection: Connection, organisation_id: UUID, *, kind: str, address: str) -> UUID | None:
    """Return the active channel of this kind and address, if the organisation has one."""
    row = connection.execute(
        "SELECT id FROM channel WHERE organisation_id = %s AND kind = %s AND address = %s AND active",
        [organisation_id, kind, address],
    ).fetchone()
    return None if row is None else row[0]


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel as a list shows it: nothing that is sealed."""

    id: UUID
    kind: str
    name: str
    address: str
    rate: float
    active: bool
    health: str
    health_code: str | None


def listed(connection: Connection) -> list[Listed]:
    """Read all channels for a list, those that are switched off too."""
    rows = connection.execute(
        "SELECT id, kind, name, address, rate, active, health, health_code FROM channel ORDER BY id"
    )
    return [Listed(*row) for row in rows]


def create(connection: Connection, ring: Keyring, organisation_id: UUID, new: NewChannel) -> UUID:
    """Write a channel down, its settings sealed.

    Raises:
        InvalidRequest: the rate is not above zero; such a channel would never send.
    """
    if not new.rate > 0:
        raise InvalidRequest("A channel's rate must be above zero segments a second.")
    channel_id = ids.new()
    sealed = ring.seal(CONFIG, channel_id, json.dumps(dict(new.config)))
    connection.execute(
        "INSERT INTO channel (id, organisation_id, kind, name, address, config_sealed, default_region,"
        " default_language, rate) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            channel_id,
            organisation_id,
            new.kind,
            new.name,
            new.address,
            sealed,
            new.default_region,
            new.default_language,
            new.rate,
        ],
    )
    return channel_id


def set_config(connection: Connection, ring: Keyring, channel_id: UUID, config: Mapping[str, Any]) -> None:
    """Change a channel's own settings."""
    sealed = ring.seal(CONFIG, channel_id, json.dumps(dict(config)))
    connection.execute("UPDATE channel SET config_sealed = %s WHERE id = %s", [sealed, channel_id])


def pause(connection: Connection, channel_id: UUID, until: datetime) -> None:
    """Let a channel rest, because its provider asked for it."""
    connection.execute(
        "UPDATE channel SET paused_until = greatest(paused_until, %s) WHERE id = %s", [until, channel_id]
    )


_FAULT = """
UPDATE channel c SET health = %s, health_code = %s, paused_until = %s FROM (
    SELECT id, health FROM channel WHERE id = %s FOR UPDATE
) before WHERE c.id = before.id RETURNING c.organisation_id, before.health
"""


def fault(connection: Connection, channel_id: UUID, *, code: str, until: datetime, now: datetime) -> None:
    """Mark a channel as faulty, and tell administrators once; its messages wait and are tried again at `until`."""
    row = connection.execute(_FAULT, [ChannelHealth.FAULTY, code, until, channel_id]).fetchone()
    if row is not None and row[1] != ChannelHealth.FAULTY:
        notices.raise_(
            connection,
            kind=Kind.CHANNEL_FAULTY,
            object=f"channel {channel_id}",
            priority="P2",
            organisation_id=row[0],
            occasion=f"{now:%Y%m%d%H%M}",
            now=now,
        )


def mend(connection: Connection, channel_id: UUID) -> None:
    """Mark a channel as working again, if it was not."""
    connection.execute(
        "UPDATE channel SET health = %s, health_code = NULL, paused_until = NULL WHERE id = %s AND health <> %s",
        [ChannelHealth.OK, channel_id, ChannelHealth.OK],
    )


RECONCILE_AT_FIRST = timedelta(hours=24)
RECONCILE_OVERLAP = timedelta(minutes=10)


def reconciled_until(connection: Connection, channel_id: UUID, *, now: datetime) -> datetime:
    """From when on a channel's inbound messages are compared with its provider's list, with some overlap."""
    row = connection.execute("SELECT reconciled_until FROM channel WHERE id = %s", [channel_id]).fetchone()
    known: datetime | None = row[0] if row else None
    return known - RECONCILE_OVERLAP if known else now - RECONCILE_AT_FIRST


def set_reconciled(connection: Connection, channel_id: UUID, *, until: datetime) -> None:
    """Remember up to when a channel was compared."""
    connection.execute("UPDATE channel SET reconciled_until = %s WHERE id = %s", [until, channel_id])


def _row(ring: Keyring, row: tuple[Any, ...]) -> ChannelRow:
    (
        channel_id,
        organisation_id,
        kind,
        name,
        address,
        config,
        region,
        language,
        rate,
        active,
        health,
        paused,
    ) = row
    settings = ChannelSettings(
        str(channel_id), address, region, json.loads(ring.open(CONFIG, channel_id, config))
    )
    return ChannelRow(
        channel_id,
        organisation_id,
        kind,
        name,
        address,
        language,
        rate,
        active,
        ChannelHealth(health),
        paused,
        settings,
    )


@dataclass
class ChannelCache:
    """Channels with their adapters, for processes that see many requests.

    An entry is read again after a few seconds. While PostgreSQL is away the last known entry still serves, so that
    a webhook's signature can be checked before the request is spooled.
    """

    ring: Keyring
    _known: dict[UUID, tuple[float, ChannelRow, Channel]] = field(default_factory=dict)

    def get(self, connection: Connection, channel_id: UUID) -> tuple[ChannelRow, Channel] | None:
        """Return a channel and its adapter. Raises psycopg.Error when it must be read and cannot be."""
        known = self._known.get(channel_id)
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1], known[2]
        row = load(connection, self.ring, channel_id)
        if row is None or not row.active:
            self._known.pop(channel_id, None)
            return None
        adapter = known[2] if known is not None and known[1].settings == row.settings else row.adapter()
        self._known[channel_id] = (time.monotonic(), row, adapter)
        return row, adapter

    def fresh(self, channel_id: UUID) -> tuple[ChannelRow, Channel] | None:
        """Return what is known and still fresh, without asking anybody."""
        known = self._known.get(channel_id)
        if known is None or time.monotonic() - known[0] >= FRESH_SECONDS:
            return None
        return known[1], known[2]

    def stale(self, channel_id: UUID) -> tuple[ChannelRow, Channel] | None:
        """Return what was known last, however old."""
        known = self._known.get(channel_id)
        return None if known is None else (known[1], known[2])
