"""The door for providers: verify, parse, store, commit, wake, and only then answer 200.

Nothing here reveals whether a channel exists, and nothing is stored of a request that its provider did not sign.
When PostgreSQL is away the request is spooled; when that fails too, the provider is told to come again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from flask import Blueprint, Flask, Response, current_app, request
from psycopg_pool import ConnectionPool, PoolTimeout

from gateway import clock, db, log
from gateway.channels.base import Channel, Event, Received, Report, Webhook
from gateway.crypto import Keyring
from gateway.errors import BadSignature, MalformedWebhook, PaighamError
from gateway.queue import Waker
from gateway.services import inbox
from gateway.services.channels import ChannelCache, ChannelRow
from gateway.settings import Settings
from gateway.spool import CannotReplay, Kept, Spool, SpoolFull

MAX_BODY = 256 * 1024
MAX_HEADERS = 16 * 1024
REPLAY_SECONDS = 1.0
REPLAY_AT_ONCE = 50
EXTENSION = "paigham.webhooks"
# Look-ups of channels that this process does not know. While PostgreSQL is away they are kept instead, unread.
STRANGERS_PER_SECOND, STRANGERS_AT_ONCE = 50.0, 200.0

# PostgreSQL cannot be reached, or went away under us: the request can be kept and stored later.
AWAY = (psycopg.OperationalError, PoolTimeout)
# Whoever found it away spares the others the wait, for so long or until the spool's watcher finds it back: a provider
# waits some seconds for an answer, and every thread that waits for PostgreSQL keeps others from theirs.
AWAY_SECONDS = 5.0
# Two transactions met: PostgreSQL rolled this one back, and it may simply be repeated.
GIVE_WAY = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
ATTEMPTS = 3

logger = log.get(__name__)
blueprint = Blueprint("webhooks", __name__, url_prefix="/in")


class TooManyStrangers(PaighamError):
    """So many requests name channels that we do not know that looking for them all would keep others waiting."""


@dataclass
class Patience:
    """So many tries a second, and some more at once. Each process counts its own: Redis would cost more than a try."""

    per_second: float = STRANGERS_PER_SECOND
    most: float = STRANGERS_AT_ONCE
    _left: float = STRANGERS_AT_ONCE
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Whether one more may be tried now."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self.most, self._left + (now - self._at) * self.per_second)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


@dataclass
class Door:
    """What the webhooks of one process share."""

    settings: Settings
    ring: Keyring
    pool: ConnectionPool[db.Connection]
    waker: Waker
    channels: ChannelCache
    spool: Spool
    strangers: Patience
    base: str  # scheme and host under which providers reach us
    _stopped: threading.Event = field(default_factory=threading.Event)
    _away_until: float = 0.0
    _replaying: tuple[db.Connection, set[int]] | None = None

    @classmethod
    def of(cls, settings: Settings, ring: Keyring) -> Door:
        """Open the door of one process."""
        public = urlsplit(settings.public_url)
        return cls(
            settings,
            ring,
            db.pool(
                settings, size=settings.webhooks_threads + 2, role=db.DatabaseRole.WEBHOOKS
            ),  # The watcher may need two.
            Waker.of(settings),
            ChannelCache(ring),
            Spool(settings.spool, ring),
            Patience(),
            f"{public.scheme}://{public.netloc}{public.path.rstrip('/')}",
        )

    def find(self, channel_id: UUID) -> tuple[ChannelRow, Channel] | None:
        """Return a channel and its adapter. Raises AWAY when it must be read and cannot be."""
        fresh = self.channels.fresh(channel_id)
        if fresh is not None:
            return fresh
        with self.connection() as connection:
            # A channel that this process knows is never kept waiting by those who try addresses.
            if self.channels.stale(channel_id) is None and not self.strangers.take():
                raise TooManyStrangers("Too many requests for channels that are not known.")
            return self.channels.get(connection, channel_id)

    @contextmanager
    def connection(self) -> Iterator[db.Connection]:
        """Lend a connection. Raises AWAY, at once when somebody has just found PostgreSQL away."""
        if time.monotonic() < self._away_until:
            raise psycopg.OperationalError("PostgreSQL was away a moment ago.")
        try:
            with self.pool.connection() as connection:
                yield connection
        except GIVE_WAY:
            raise
        except AWAY:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise

    def _is_back(self) -> bool:
        """Ask PostgreSQL itself, whoever found it away before."""
        try:
            with self.pool.connection() as connection:
                connection.execute("SELECT 1")
        except AWAY:
            self._away_until = time.monotonic() + AWAY_SECONDS
            return False
        self._away_until = 0.0
        return True

    def store(
        self, channel: ChannelRow, items: Sequence[Received | Report | Event], *, received_at: datetime
    ) -> None:
        """Store what a request brought, durably, and wake whoever handles it."""
        for slot in self._keep(channel, items, received_at):
            self.waker.inbox(slot)

    def _keep(
        self, channel: ChannelRow, items: Sequence[Received | Report | Event], received_at: datetime
    ) -> set[int]:
        """Store in one transaction, again when PostgreSQL chose this one to give way to another."""
        for left in reversed(range(ATTEMPTS)):
            with self.connection() as connection:
                try:
                    if len(items) == 1:
                        return inbox.keep(connection, self.ring, channel, items, now=received_at)
                    with connection.transaction():
                        return inbox.keep(connection, self.ring, channel, items, now=received_at)
                except GIVE_WAY:
                    if not left:
                        raise
        raise AssertionError("the last attempt returns or raises")

    def watch(self) -> None:
        """Replay the spool whenever PostgreSQL is back, for as long as the process lives."""
        threading.Thread(target=self._watch, name="spool", daemon=True).start()

    def _watch(self) -> None:
        while not self._stopped.wait(REPLAY_SECONDS):
            if self.spool.is_empty() or not self._is_back():
                continue
            try:
                count = self.spool.replay(self._replay, together=self._together, at_once=REPLAY_AT_ONCE)
                logger.info("spool_replayed", count=count)
            except AWAY:
                continue
            except Exception as error:
                logger.error("spool_stuck", exc_info=error)

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Let everything that is replayed inside be one transaction, and wake whoever handles it afterwards."""
        slots: set[int] = set()
        with self.connection() as connection, connection.transaction():
            self._replaying = (connection, slots)
            yield
        for slot in slots:
            self.waker.inbox(slot)

    def _replay(self, kept: Kept) -> None:
        assert self._replaying is not None  # noqa: S101 - only the watcher replays, and always together
        connection, slots = self._replaying
        found = self.find(kept.channel_id)
        if found is None:
            logger.warning("spooled_for_nobody", channel=str(kept.channel_id))
            return
        channel, adapter = found
        try:
            if not kept.verified:
                adapter.verify(kept.webhook)
            items = adapter.parse(kept.webhook)
        except (BadSignature, MalformedWebhook) as error:
            logger.warning("spooled_refused", channel=str(channel.id), code=error.code)
            return
        try:
            slots |= inbox.keep(connection, self.ring, channel, items, now=kept.received_at)
        except AWAY:
            raise
        except Exception as error:
            logger.error("spooled_not_stored", exc_info=error, channel=str(channel.id))
            raise CannotReplay("A request cannot be stored.") from None

    def close(self) -> None:
        """Stop watching and give connections back."""
        self._stopped.set()
        self.pool.close()


def install(app: Flask, settings: Settings, ring: Keyring) -> Door:
    """Hang the door into an application, and return it."""
    door = app.extensions[EXTENSION] = Door.of(settings, ring)
    app.register_blueprint(blueprint)
    return door


def door_of(app: Flask) -> Door:
    """Return an application's door."""
    found: Door = app.extensions[EXTENSION]
    return found


@blueprint.route("/<uuid:channel_id>/", defaults={"path": ""}, methods=["GET", "POST"])
@blueprint.route("/<uuid:channel_id>/<path:path>", methods=["GET", "POST"])
def receive(channel_id: UUID, path: str) -> Response:  # noqa: PLR0911 - one answer a line
    """Take one request of a provider.

    Answers 200 when everything is stored (or spooled), 404 for an unknown channel and for a bad signature alike,
    400 for a malformed body, 413 and 431 for a body or headers that are too large, 429 when too many strangers try
    addresses, 503 when nothing could be kept.
    """
    door = door_of(current_app)
    received_at = clock.now()
    if (request.content_length or 0) > MAX_BODY:
        return Response(status=413)
    headers = dict(request.headers)
    if sum(map(len, headers.values())) > MAX_HEADERS:
        return Response(status=431)
    query = request.query_string.decode("ascii", "replace")
    url = door.base + request.path + ("?" + query if query else "")
    webhook = Webhook.of(request.method, url, headers, request.get_data(cache=False), path=path)
    if len(webhook.body) > MAX_BODY:
        return Response(status=413)
    try:
        found = door.find(channel_id)
    except AWAY:
        found = door.channels.stale(channel_id)
        if found is None:
            return _spool(door, Kept(channel_id, webhook, received_at, verified=False))
    except TooManyStrangers:
        return Response(status=429, headers={"Retry-After": "5"})
    if found is None:
        return Response(status=404)
    return _take(door, found[0], found[1], webhook, received_at)


def _take(
    door: Door, channel: ChannelRow, adapter: Channel, webhook: Webhook, received_at: datetime
) -> Response:
    try:
        adapter.verify(webhook)
        items = adapter.parse(webhook)
    except BadSignature:
        logger.warning("bad_signature", channel=str(channel.id))
        return Response(status=404)
    except MalformedWebhook:
        return Response(status=400)
    answer = adapter.answer(webhook)
    kept = Kept(channel.id, webhook, received_at, verified=True)
    if items:
        try:
            if not door.spool.is_empty():
                return _spool(door, kept, answer.body, answer.content_type)
            door.store(channel, items, received_at=received_at)
        except AWAY:
            return _spool(door, kept, answer.body, answer.content_type)
    return Response(answer.body, content_type=answer.content_type)


def _spool(
    door: Door, kept: Kept, body: bytes = b"", content_type: str = "text/plain; charset=utf-8"
) -> Response:
    try:
        door.spool.put(kept)
    except SpoolFull:
        logger.error("spool_full", channel=str(kept.channel_id))
        return Response(status=503, headers={"Retry-After": "30"})
    return Response(body, content_type=content_type)
