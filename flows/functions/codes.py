"""Functions that turn text into a digest, and encoded text back."""

from __future__ import annotations

import base64
import binascii
import hashlib
from types import MappingProxyType

from flows.functions.parts import Function, Table, plain
from flows.functions.values import BadValue, Value, text

_ALGORITHMS = {
    name: name.replace("-", "").lower() for name in ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")
}


def _digest(value: Value, algorithm: Value, encoding: Value = "base64") -> str:
    name, form = _ALGORITHMS.get(text(algorithm)), text(encoding)
    if name is None:
        raise BadValue(f"A digest is one of {', '.join(_ALGORITHMS)}.")
    if form not in {"base64", "hex"}:
        raise BadValue("A digest is written in base64 or hex.")
    # The author chooses: these name a record, they protect nothing.
    digest = hashlib.new(name, text(value).encode(), usedforsecurity=False).digest()
    return digest.hex() if form == "hex" else base64.b64encode(digest).decode()


def _decode(value: Value) -> str:
    try:
        return base64.b64decode(text(value)).decode(errors="replace")
    except (binascii.Error, ValueError) as error:
        raise BadValue("The text is not base64.") from error


CODES: Table = MappingProxyType(
    {"digest": Function(2, 3, plain(_digest)), "base64-decode": Function(1, 1, plain(_decode))}
)
