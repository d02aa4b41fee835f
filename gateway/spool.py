"""Requests that arrive while PostgreSQL is away: sealed files, flushed to the disk, replayed in order.

A file's name is an id that sorts by time, so the order of names is the order of arrival. While any file waits, new
requests join the queue behind it, so that nobody's second message overtakes their first.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from gateway import ids, log
from gateway.channels.base import Webhook
from gateway.crypto import Keyring, key_of
from gateway.errors import PaighamError

PLACE = "spool.request"
SUFFIX = ".req"
MAX_FILES = 50_000
MIN_FREE_BYTES = 200 * 1024 * 1024
COUNT_SECONDS = 1.0
ASIDE = "unreadable"

logger = log.get(__name__)


class SpoolFull(PaighamError):
    """Nothing can be kept: the folder cannot be written, or is full. The provider must try again."""


Together = Callable[[], AbstractContextManager[object]]


class CannotReplay(PaighamError):
    """A request that nobody can use as it is: it must not keep the others from being replayed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A request as it was kept.

    Attributes:
        verified: its signature was checked before it was kept.
        received_at: our receipt time, which stays the message's own.
    """

    channel_id: UUID
    webhook: Webhook
    received_at: datetime
    verified: bool


@dataclass
class Spool:
    """The folder. Several processes of one host may share it."""

    folder: Path
    ring: Keyring = field(repr=False)
    _counted: tuple[float, int] = (0.0, 0)

    def is_empty(self) -> bool:
        """Whether nothing waits. A missing folder is an empty one."""
        try:
            with os.scandir(self.folder) as entries:
                return not any(entry.name.endswith(SUFFIX) for entry in entries)
        except OSError:
            return True

    def put(self, kept: Kept) -> None:
        """Keep a request; when this returns it survives a power cut. Raises SpoolFull."""
        file_id = ids.new()
        sealed = self.ring.seal(PLACE, file_id, _to_json(kept))
        try:
            self._check_room()
            self._write(file_id, sealed)
        except OSError as error:
            raise SpoolFull(f"The spool cannot be written: {error.strerror}.") from None

    def _check_room(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync(self.folder.parent)
        at, count = self._counted
        if time.monotonic() - at > COUNT_SECONDS:
            count = sum(1 for _ in self.folder.iterdir())
            self._counted = (time.monotonic(), count)
        state = os.statvfs(self.folder)
        if count >= MAX_FILES or state.f_bavail * state.f_frsize < MIN_FREE_BYTES:
            raise SpoolFull("The spool is full.")

    def _write(self, file_id: UUID, sealed: bytes) -> None:
        draft = self.folder / f"{file_id}.new"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.folder / f"{file_id}{SUFFIX}")
        _sync(self.folder)

    def replay(
        self, handle: Callable[[Kept], None], *, together: Together = nullcontext, at_once: int = 1
    ) -> int:
        """Give every kept request to `handle`, oldest first, and forget it once `handle` returns.

        Requests are handled inside of `together()`, so many `at_once`, and are forgotten when it is left: one
        transaction for many is what makes a replay faster than the requests that come in meanwhile.

        What cannot be opened, and what `handle` raises CannotReplay for, is set aside. Whatever else it raises stops
        the replay; the request stays. Only one process replays at a time; the others return at once. Returns how
        many were replayed.
        """
        count = 0
        with self._alone() as mine:
            while mine and (names := self._names()):
                for start in range(0, len(names), at_once):
                    paths = [self.folder / name for name in names[start : start + at_once]]
                    count += self._replay(paths, handle, together)
        return count

    def _replay(self, paths: list[Path], handle: Callable[[Kept], None], together: Together) -> int:
        """Replay some files together, or, when one of them cannot be used, one by one; returns how many."""
        kept = {path: request for path in paths if (request := self._open(path)) is not None}
        try:
            with together():
                for request in kept.values():
                    handle(request)
        except CannotReplay:
            if len(kept) > 1:
                return sum(self._replay([path], handle, together) for path in kept)
            for path in kept:
                self._set_aside(path)
            return 0
        for path in kept:
            path.unlink()
        return len(kept)

    def key_ids(self) -> set[int]:
        """Ids of the keys that waiting requests, and those set aside, are sealed under."""
        found = set()
        for path in (*self.folder.glob(f"*{SUFFIX}"), *(self.folder / ASIDE).glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):
                found.add(key_of(path.read_bytes()))
        return found

    def _names(self) -> list[str]:
        try:
            return sorted(path.name for path in self.folder.iterdir() if path.suffix == SUFFIX)
        except OSError:
            return []

    def _open(self, path: Path) -> Kept | None:
        """Open one file; one that cannot be opened is set aside."""
        try:
            return _from_json(self.ring.open(PLACE, UUID(path.name.removesuffix(SUFFIX)), path.read_bytes()))
        except (PaighamError, ValueError, KeyError, TypeError):
            self._set_aside(path)
            return None

    def _set_aside(self, path: Path) -> None:
        """Move a file that cannot be used out of the way, for an administrator: it is not lost."""
        (self.folder / ASIDE).mkdir(exist_ok=True, mode=0o700)
        path.replace(self.folder / ASIDE / path.name)
        logger.error("spool_unreadable", file=path.stem)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        if not self.folder.exists():
            yield False
            return
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            try:
                yield True
            finally:
                with suppress(OSError):
                    fcntl.flock(lock, fcntl.LOCK_UN)


def _sync(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _to_json(kept: Kept) -> str:
    webhook = kept.webhook
    return json.dumps(
        {
            "channel": str(kept.channel_id),
            "method": webhook.method,
            "url": webhook.url,
            "path": webhook.path,
            "headers": dict(webhook.headers),
            "body": base64.b64encode(webhook.body).decode(),
            "received_at": kept.received_at.isoformat(),
            "verified": kept.verified,
        }
    )


def _from_json(text: str) -> Kept:
    data = json.loads(text)
    body = base64.b64decode(data["body"])
    webhook = Webhook.of(data["method"], data["url"], data["headers"], body, path=data["path"])
    received_at = datetime.fromisoformat(data["received_at"])
    return Kept(UUID(data["channel"]), webhook, received_at, data["verified"])
