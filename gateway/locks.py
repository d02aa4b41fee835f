"""One process at a time on a folder. The kernel frees the lock when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from gateway.errors import CannotStart
from gateway.programs import wait_until

ASKERS_LEAVE_WITHIN = 0.1  # seconds


class FolderLock:
    """A lock file inside a folder, with the holder's process id written in it for people to read.

    Args:
        folder: made, readable by its owner only, when absent.
        name: of the lock file.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock, or say who has it.

        Raises:
            CannotStart: another process holds it, or the folder cannot be written.
        """
        folder = self.path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotStart(
                f"{folder} cannot be written ({error.strerror}). Choose another --data."
            ) from error
        # Somebody who only asks `is_held` has it for a moment, so one refusal is not the last word.
        if not wait_until(lambda: _locked(handle), within=ASKERS_LEAVE_WITHIN):
            holder = _written_in(handle)
            os.close(handle)
            raise CannotStart(f"{folder} is in use by process {holder}. Stop it, or choose another --data.")
        os.truncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Give the lock back. Harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def is_held(self) -> bool:
        """Whether a living process, we among them, holds the lock."""
        if self._handle is not None:
            return True
        try:
            handle = os.open(self.path, os.O_RDWR)
        except OSError:
            return False
        free = _locked(handle)
        os.close(handle)
        return not free


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _written_in(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace") or "unknown"
