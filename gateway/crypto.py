"""Encryption of personal data in columns, and blind indexes to find addresses.

A sealed value is `version (1) | key id (2) | nonce (12) | AES-256-GCM ciphertext and tag`. Its associated data is
the place it stands in, `table.column` and the row's id, so that a value copied to another row does not open.

A key has a class: `data` for everything ordinary, `sealed` for cases of violence and abuse. New values are written
under the current key of their class; old keys stay in the ring until nothing is written under them any more.
Random nonces are safe for 2³² values under one key (NIST SP 800-38D §8.3): rotate long before.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import CannotDecrypt, CannotStart, KeyMissing
from gateway.settings import Settings

DATA = "data"
SEALED = "sealed"
CLASSES = (DATA, SEALED)

_VERSION = b"\x01"
_HEADER = 3
_NONCE = 12
_KEY_BYTES = 32
_OWNER_ONLY = 0o600
_LARGEST_ID = 0xFFFF  # a key id takes two bytes

RELOAD_SECONDS = 5.0  # a ring from a file looks this often whether the file has a new current key


@dataclass
class Keyring:
    """All keys of an operation, ready to use.

    A ring that came from a file follows it: a value under a key it does not know makes it read the file again, and
    it looks for a new current key every few seconds, so that keys rotate while the system runs.

    Attributes:
        current: key id by class.
        class_by_id: the class of each key.
        secrets_by_id: 32-byte keys by id.
        index_key: key of the blind index; it does not rotate, because a deleted person's opt-out is only known by it.
        path: the file that it was read from, or None.
        clock: seconds that only grow.
        seen: which state of the file that was.
    """

    current: Mapping[str, int]
    class_by_id: Mapping[int, str]
    secrets_by_id: Mapping[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    path: Path | None = field(default=None, compare=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)
    seen: _Seen = field(default=(0, 0, 0), repr=False, compare=False)
    _ciphers: dict[int, AESGCM] = field(default_factory=dict, repr=False, compare=False)
    _heads: dict[str, tuple[bytes, AESGCM]] = field(default_factory=dict, repr=False, compare=False)
    _look_at: float = field(default=float("inf"), repr=False, compare=False)

    def __post_init__(self) -> None:
        self._prepare()
        if self.path is not None:
            self._look_at = self.clock() + RELOAD_SECONDS

    def _prepare(self) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in self.secrets_by_id.items()}
        self._heads = {
            name: (_VERSION + key_id.to_bytes(2, "big"), self._ciphers[key_id])
            for name, key_id in self.current.items()
        }

    def _follow(self) -> None:
        """Read the file again if it changed. A file that cannot be read leaves the ring as it is."""
        if self.path is None:
            return
        self._look_at = self.clock() + RELOAD_SECONDS
        try:
            if _state(self.path.stat()) == self.seen:
                return
            fresh = Keyring.open_file(self.path)
        except (OSError, CannotStart):
            return
        if fresh.index_key == self.index_key:
            self.current, self.class_by_id = fresh.current, fresh.class_by_id
            self.secrets_by_id, self.seen = fresh.secrets_by_id, fresh.seen
            self._prepare()

    @classmethod
    def generate(cls) -> Keyring:
        """Make a ring with one fresh key of each class."""
        return cls(
            current={name: number for number, name in enumerate(CLASSES, 1)},
            class_by_id=dict(enumerate(CLASSES, 1)),
            secrets_by_id={number: secrets.token_bytes(_KEY_BYTES) for number in range(1, len(CLASSES) + 1)},
            index_key=secrets.token_bytes(_KEY_BYTES),
        )

    def rotated(self) -> Keyring:
        """Return a ring with a new current key for each class; old keys still open what they closed."""
        start = max(self.secrets_by_id) + 1
        fresh = {start + place: name for place, name in enumerate(CLASSES)}
        return Keyring(
            current={name: key_id for key_id, name in fresh.items()},
            class_by_id={**self.class_by_id, **fresh},
            secrets_by_id={
                **self.secrets_by_id,
                **{key_id: secrets.token_bytes(_KEY_BYTES) for key_id in fresh},
            },
            index_key=self.index_key,
        )

    def without(self, key_ids: set[int]) -> Keyring:
        """Return a ring that forgot old keys. Current keys cannot be forgotten."""
        kept = {key_id for key_id in self.secrets_by_id if key_id not in key_ids} | set(self.current.values())
        return Keyring(
            current=self.current,
            class_by_id={key_id: self.class_by_id[key_id] for key_id in kept},
            secrets_by_id={key_id: self.secrets_by_id[key_id] for key_id in kept},
            index_key=self.index_key,
        )

    def seal(self, place: str, row: UUID, text: str, *, key_class: str = DATA) -> bytes:
        """Encrypt `text` for one column of one row. `place` is "table.column".

        Half a surrogate pair, which a phone may send and no text may hold, is kept as a replacement mark.
        """
        if self.clock() > self._look_at:
            self._follow()
        head, cipher = self._heads[key_class]
        nonce = os.urandom(_NONCE)
        return head + nonce + cipher.encrypt(nonce, _utf8(text), place.encode() + row.bytes)

    def open(self, place: str, row: UUID, blob: bytes) -> str:
        """Decrypt a value of one column of one row.

        Raises:
            KeyMissing: the ring does not hold the key.
            CannotDecrypt: the value was changed, or belongs elsewhere.
        """
        nonce_end = _HEADER + _NONCE
        if blob[:1] != _VERSION or len(blob) < nonce_end:
            raise CannotDecrypt(f"{place} of {row} is nothing that was sealed.")
        cipher = self._ciphers.get(key_of(blob))
        if cipher is None:
            self._follow()
            cipher = self._ciphers.get(key_of(blob))
        if cipher is None:
            raise KeyMissing(
                f"{place} of {row} is written under key {key_of(blob)}, which the ring does not hold."
            )
        try:
            clear = cipher.decrypt(blob[_HEADER:nonce_end], blob[nonce_end:], place.encode() + row.bytes)
        except InvalidTag:
            raise CannotDecrypt(f"{place} of {row} does not open.") from None
        return clear.decode()

    def index(self, value: str) -> bytes:
        """Return the blind index of an address: 32 bytes, the same for the same address, useless without the key."""
        return hmac.digest(self.index_key, _utf8(value), "sha256")

    def to_json(self) -> str:
        """Write the ring as text. Whoever holds it reads everything."""
        keys = [
            {"id": key_id, "class": self.class_by_id[key_id], "key": _b64(self.secrets_by_id[key_id])}
            for key_id in sorted(self.secrets_by_id)
        ]
        ring = {"version": 1, "current": dict(self.current), "index": _b64(self.index_key), "keys": keys}
        return json.dumps(ring, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Keyring:
        """Read a ring. Raises CannotStart with a sentence that holds no secret."""
        parts = _parts(text)
        if parts is None:
            raise CannotStart("The key ring cannot be read: it must be the JSON that Paigham wrote.")
        return cls(*parts)

    @classmethod
    def create(cls, path: Path) -> Keyring:
        """Make a new ring and write it to `path`, readable by its owner only. Raises FileExistsError."""
        ring = cls.generate()
        ring.write(path, exclusive=True)
        return ring

    def write(self, path: Path, *, exclusive: bool = False) -> None:
        """Write the ring so that a crash leaves the old file or the new one, never half of one.

        When this returns the file survives a power cut: what is sealed from now on can be read with it. The owner
        of the file stays its owner, so that an administrator may rotate the keys of a service.

        Raises:
            FileExistsError: `exclusive`, and there is a file already.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + f".{os.getpid()}.new")
        try:
            _write_draft(draft, self.to_json(), owned_like=path)
            if exclusive:
                # A link, unlike a renaming, never takes the place of a file that came meanwhile.
                os.link(draft, path)
            else:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)

    @classmethod
    def open_file(cls, path: Path, *, clock: Callable[[], float] = time.monotonic) -> Keyring:
        """Read the ring from a file that only its owner may read.

        Raises:
            CannotStart: the file cannot be read, can be read by others, or holds no ring.
        """
        try:
            with path.open("rb") as file:
                state = os.fstat(file.fileno())
                text = file.read()
        except OSError as error:
            raise CannotStart(f"The key file {path} cannot be read ({error.strerror}).") from None
        if stat.S_IMODE(state.st_mode) & 0o077:
            raise CannotStart(f"The key file {path} can be read by others: run chmod 600 {path}.")
        ring = cls.from_json(text)
        return replace(ring, path=path, clock=clock, seen=_state(state))

    @classmethod
    def of(cls, settings: Settings) -> Keyring:
        """Open the ring that the settings name: from the environment, or from the key file."""
        return cls.from_json(settings.keys) if settings.keys else cls.open_file(key_path(settings))


def key_path(settings: Settings) -> Path:
    """Where the key file lies: as set, or in the data folder."""
    return Path(settings.key_file) if settings.key_file else settings.data / "keys.json"


def key_of(blob: bytes) -> int:
    """The id of the key that a value is written under."""
    return int.from_bytes(blob[1:_HEADER], "big")


# What tells one state of a file from another: a file that was replaced twice within one tick of the clock differs too.
_Seen = tuple[int, int, int]


def _state(state: os.stat_result) -> _Seen:
    return state.st_mtime_ns, state.st_ino, state.st_size


def _parts(text: str | bytes) -> tuple[dict[str, int], dict[int, str], dict[int, bytes], bytes] | None:
    """Read a ring's JSON; None when it is none, or when a class has no current key of its own."""
    try:
        ring: dict[str, Any] = json.loads(text)
        current = {str(name): int(key_id) for name, key_id in ring["current"].items()}
        class_by_id = {int(item["id"]): str(item["class"]) for item in ring["keys"]}
        secrets_by_id = {int(item["id"]): _key_bytes(item["key"]) for item in ring["keys"]}
        index_key = _key_bytes(ring["index"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Nothing is raised from here: the error would quote what the ring holds.
        return None
    whole = all(class_by_id.get(key_id) == name for name, key_id in current.items())
    small = all(0 <= key_id <= _LARGEST_ID for key_id in secrets_by_id)
    if not (whole and small and set(CLASSES) <= set(current)):
        return None
    return current, class_by_id, secrets_by_id, index_key


def _write_draft(draft: Path, text: str, *, owned_like: Path) -> None:
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, _OWNER_ONLY)
        with suppress(FileNotFoundError):
            state = owned_like.stat()
            os.fchown(handle, state.st_uid, state.st_gid)
        file.write(text)
        file.flush()
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _key_bytes(text: str) -> bytes:
    value = base64.b64decode(text, validate=True)
    if len(value) != _KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return value
