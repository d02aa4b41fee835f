"""Words that nobody else uses, and a search for them in whatever form they may lie about."""

from __future__ import annotations

import base64
import codecs
import hashlib
import json
import re
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from redis import Redis

NAME = "Qanarizarmina Qanarikhel"
NUMBER = "+923337264519"
WRONG_NUMBER = "+923337264520"
CHAT = "7719283746"
WORDS = "The qanarisentence pump near qanariplace is dry."
URDU = "قناریجملہ کا نلکا خراب ہے"
DISCLOSED = "The man at the distribution wants me to sleep with him qanaridisclosure before he gives us food."
LABEL = "qanarilabel"
EMAIL = "qanari.staff@example.org"
STAFF = "Qanaristaffname"
PASSWORD = "a qanaripassword at noon"

# What to look for: the telling part of each, so that nothing can hide by a change of what stands round it.
TELLING = (
    "qanarizarmina",
    "qanarikhel",
    "923337264519",
    "3337264519",
    "3337264520",
    CHAT,
    "qanarisentence",
    "qanariplace",
    "قناریجملہ",
    "qanaridisclosure",
    LABEL,
    "qanari.staff",
    "qanaristaffname",
    "qanaripassword",
)
CONTROL = "qanaricontrol"  # is put where it must be found: a search that finds nothing must be able to find
_COMPRESSED = re.compile(rb"x\x9c")
_MOST_COMPRESSED = 65_536


def forms(text: str) -> Iterator[bytes]:
    """How a text may be written: in three encodings, escaped, in a URL, in base64 at any offset, as a plain hash."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield text.encode(encoding)
    yield json.dumps(text)[1:-1].encode()
    yield quote(text).encode()
    yield from _in_base64(text)
    if text.isdecimal():
        for urn in (f"tel:+{text}", f"telegram:{text}", f"+{text}", text):
            yield from (
                hashlib.new(name, urn.encode()).hexdigest().encode() for name in ("md5", "sha1", "sha256")
            )


def _in_base64(text: str) -> Iterator[bytes]:
    """The characters that stay the same whatever stands before and after."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + text.encode())
        yield whole[-(-offset * 4 // 3) : -(len(whole) % 4) - 4]


def needles(*texts: str) -> dict[bytes, str]:
    """Every form, in lower case, by the text that it betrays."""
    return {form.lower(): text for text in texts for form in forms(text) if len(form) >= len(text) // 2 >= 4}


def found_in(data: bytes, wanted: Mapping[bytes, str]) -> set[str]:
    """Which texts stand in these bytes, whatever the case."""
    lowered = data.lower()
    return {text for form, text in wanted.items() if form in lowered}


def found_in_files(
    folder: Path, wanted: Mapping[bytes, str], *, but: tuple[str, ...] = ()
) -> dict[str, set[str]]:
    """File by file, which texts stand in a folder and below."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in but]
    found = {str(path.relative_to(folder)): found_in(path.read_bytes(), wanted) for path in files}
    return {name: texts for name, texts in found.items() if texts}


def opened(data: bytes) -> bytes:
    """Bytes with whatever was compressed in them (RQ compresses jobs and errors) opened and put behind."""
    pieces = [data]
    for start in _COMPRESSED.finditer(data):
        try:
            pieces.append(zlib.decompressobj().decompress(data[start.start() :], _MOST_COMPRESSED))
        except zlib.error:
            continue
    return b"\n".join(pieces)


def dump(redis: Redis[Any]) -> bytes:
    """Every key of a Redis with its value."""
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    pieces: list[bytes] = []
    for key in redis.scan_iter():
        kind: Any = redis.type(key)
        pieces += [key, *_flat(readers[kind](key) if kind in readers else None)]
    return b"\n".join(pieces)


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        value = [item for pair in value.items() for item in pair]
    if isinstance(value, list | set | tuple):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value if isinstance(value, bytes) else str(value).encode()


@dataclass
class Listener:
    """Writes down every command that a Redis gets, by MONITOR, for as long as the `with` lasts."""

    url: str
    _heard: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(urlsplit(self.url).path)
        self._line.sendall(b"MONITOR\r\n")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def _listen(self) -> None:
        while piece := self._line.recv(65_536):
            self._heard.append(piece)

    def __exit__(self, *error: object) -> None:
        self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()

    @property
    def heard(self) -> bytes:
        """What was said to Redis, as it was said: MONITOR writes bytes that are no letters as escapes."""
        raw = b"".join(self._heard)
        return raw + codecs.escape_decode(raw)[0]
