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
from collections.abc import Mapping
from dataclasses import dataclass, field
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


RELOAD_SECONDS = 5.0


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
    """

    current: Mapping[str, int]
    class_by_id: Mapping[int, str]
    secrets_by_id: Mapping[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    path: Path | None = field(default=None, compare=False)
    _ciphers: dict[int, AESGCM] = field(default_factory=dict, repr=False, compare=False)
    _heads: dict[str, tuple[bytes, AESGCM]] = field(default_factory=dict, repr=False, compare=False)
    _changed_at: float = field(default=0.0, repr=False, compare=False)
    _look_at: float = field(default=float("inf"), repr=False, compare=False)

    def __post_init__(self) -> None:
        self._prepare()
        if self.path is not None:
            self._changed_at = self.path.stat().st_mtime
            self._look_at = time.monotonic() + RELOAD_SECONDS

    def _prepare(self) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in self.secrets_by_id.items()}
        self._heads = {
            name: (_VERSION + key_id.to_bytes(2, "big"), self._ciphers[key_id])
            for name, key_id in self.current.items()
        }

    def _follow(self) -> None:
        """Read the file again if it changed. A file that cannot be read leaves the ring as it is."""
        self._look_at = time.monotonic() + RELOAD_SECONDS
        if self.path is None:
            return
        try:
            changed_at = self.path.stat().st_mtime
            if changed_at == self._changed_at:
                return
            fresh = Keyring.open_file(self.path)
        except (OSError, CannotStart):
            return
        if fresh.index_key == self.index_key:
            self.current, self.class_by_id = fresh.current, fresh.class_by_id
            self.secrets_by_id, self._changed_at = fresh.secrets_by_id, changed_at
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
        """Encrypt `text` for one column of one row. `place` is "table.column"."""
        if time.monotonic() > self._look_at:
            self._follow()
        head, cipher = self._heads[key_class]
        nonce = os.urandom(_NONCE)
        return head + nonce + cipher.encrypt(nonce, text.encode(), place.encode() + row.bytes)

    def open(self, place: str, row: UUID, blob: bytes) -> str:
        """Decrypt a value of one column of one row.

        Raises:
            KeyMissing: the ring does not hold the key.
            CannotDecrypt: the value was changed, or belongs elsewhere.
        """
        cipher = self._ciphers.get(key_of(blob))
        if cipher is None:
            self._follow()
            cipher = self._ciphers.get(key_of(blob))
        if cipher is None:
            raise KeyMissing(
                f"{place} of {row} is written under key {key_of(blob)}, which the ring does not hold."
            )
        nonce_end = _HEADER + _NONCE
        try:
            clear = cipher.decrypt(blob[_HEADER:nonce_end], blob[nonce_end:], place.encode() + row.bytes)
        except InvalidTag:
            raise CannotDecrypt(f"{place} of {row} does not open.") from None
        return clear.decode()

    def index(self, value: str) -> bytes:
        """Return the blind index of an address: 32 bytes, the same for the same address, useless without the key."""
        return hmac.digest(self.index_key, value.encode(), "sha256")

    def to_json(self) -> str:
        """Write the ring as text. Whoever holds it reads everything."""
        keys = [
            {"id": key_id, "class": self.class_by_id[key_id], "key": _b64(self.secrets_by_id[key_id])}
            for key_id in sorted(self.secrets_by_id)
        ]
        ring = {"version": 1, "current": dict(self.current), "index": _b64(self.index_key), "keys": keys}
        return json.dumps(ring, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Keyring:
        """Read a ring. Raises CannotStart with a sentence that holds no secret."""
        try:
            ring: dict[str, Any] = json.loads(text)
            return cls(
                current={str(name): int(key_id) for name, key_id in ring["current"].items()},
                class_by_id={int(item["id"]): str(item["class"]) for item in ring["keys"]},
                secrets_by_id={int(item["id"]): _key_bytes(item["key"]) for item in ring["keys"]},
                index_key=_key_bytes(ring["index"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotStart(
                "The key ring cannot be read: it must be the JSON that Paigham wrote."
            ) from None

    @classmethod
    def create(cls, path: Path) -> Keyring:
        """Make a new ring and write it to `path`, readable by its owner only. Raises FileExistsError."""
        ring = cls.generate()
        ring.write(path, exclusive=True)
        return ring

    def write(self, path: Path, *, exclusive: bool = False) -> None:
        """Write the ring so that a crash leaves the old file or the new one, never half of one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if exclusive and path.exists():
            raise FileExistsError(path)
        draft = path.with_name(path.name + f".{os.getpid()}.new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
        with os.fdopen(handle, "w") as file:
            file.write(self.to_json())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    @classmethod
    def open_file(cls, path: Path) -> Keyring:
        """Read the ring from a file that only its owner may read."""
        try:
            mode = path.stat().st_mode
            text = path.read_text()
        except OSError as error:
            raise CannotStart(f"The key file {path} cannot be read ({error.strerror}).") from None
        if stat.S_IMODE(mode) & 0o077:
            raise CannotStart(f"The key file {path} can be read by others: run chmod 600 {path}.")
        ring = cls.from_json(text)
        return cls(ring.current, ring.class_by_id, ring.secrets_by_id, ring.index_key, path)

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


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _key_bytes(text: str) -> bytes:
    value = base64.b64decode(text, validate=True)
    if len(value) != _KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return value
