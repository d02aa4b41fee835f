"""People who sign in, with what they carry: a password, an app that shows codes (RFC 6238), a device with passkeys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import itertools
import json
import re
import struct
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from werkzeug.test import TestResponse

from gateway import db
from gateway.models.staff import Role
from gateway.services import staff
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, account

PASSWORD = "a quiet river at noon"
KEY = re.compile(r'class="typed-key"[^>]*>([A-Z2-7 -]+)<')
CODES = re.compile(r"<code[^>]*>([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})</code>")
OPTIONS = re.compile(r'data-options="([^"]+)"')
_numbers = itertools.count(1)


@dataclass
class Person:
    """Somebody with an account, before a browser."""

    browser: Visitor
    id: UUID
    email: str
    app_key: str = ""
    codes: list[str] = field(default_factory=list)

    def sign_in(self, password: str = PASSWORD, *, onward: str = "") -> TestResponse:
        return self.browser.post("/signin" + onward, email=self.email, password=password)

    def set_up_app(self, *, at: float | None = None) -> TestResponse:
        """Point the app at the page, and type what it shows."""
        shown = KEY.search(self.browser.get("/me/security/app").text)
        assert shown is not None
        self.app_key = shown[1]
        done = self.browser.post("/me/security/app", code=self.code(at=at))
        self.codes = CODES.findall(done.text) or self.codes
        return done

    def code(self, *, steps: int = 0, at: float | None = None) -> str:
        """What the app shows now, or `steps` half minutes later."""
        return totp(self.app_key, (at or time.time()) + 30 * steps)

    def second(self, code: str) -> TestResponse:
        return self.browser.post("/signin/second", confirm_code=code)

    def is_in(self) -> bool:
        return self.browser.get("/").status_code == 200


def newcomer(app: Flask, operation: Operation, role: Role = Role.COMMUNITY_STAFF) -> Person:
    """Make an account with a password, and a browser that has never been here."""
    email = f"person{next(_numbers)}.{operation.id.hex}@example.org"
    made = account(operation, role, email=email)
    engine = db.engine(operation.settings)
    with engine.begin() as connection:
        staff.set_password(connection, operation.ring, made, PASSWORD)
    engine.dispose()
    return Person(Visitor(app.test_client()), made, email)


def elsewhere(app: Flask, person: Person) -> Person:
    """The same person before another browser."""
    return Person(Visitor(app.test_client()), person.id, person.email, person.app_key, person.codes)


def totp(key: str, at: float) -> str:
    """The code of RFC 6238, reckoned here and not by the library that is tested."""
    secret = base64.b32decode("".join(sign for sign in key if sign.isalnum()))
    digest = hmac.digest(secret, struct.pack(">Q", int(at // 30)), hashlib.sha1)
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@dataclass
class Device:
    """A device that keeps passkeys: WebAuthn's other side, with ES256 and no attestation."""

    origin: str = "http://localhost"
    verifies: bool = True  # whether it asks for a finger or a PIN
    counts: bool = True
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(
        default_factory=lambda: hashlib.sha256(str(next(_numbers)).encode()).digest()
    )
    handle: bytes = b""
    count: int = 0

    def make(self, page: str) -> str:
        """Answer a page that asks for a new passkey."""
        options = asked(page)
        self.handle = plain(options["user"]["id"])
        data = self._data(options["rp"]["id"], flags=0x41) + bytes(16)
        data += struct.pack(">H", len(self.credential_id)) + self.credential_id + self._public()
        told = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(told))

    def prove(self, page: str, **wrong: Any) -> str:
        """Answer a page that asks for a proof; `wrong` replaces parts of it."""
        options = asked(page)
        self.count += self.counts
        data = self._data(wrong.get("rp", options["rpId"]), flags=0x01)
        client = self._client("webauthn.get", wrong.get("challenge", options["challenge"]))
        key = wrong.get("key", self.key)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        handle = wrong.get("handle", self.handle)
        return self._answer(
            clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=handle
        )

    def _data(self, rp_id: str, *, flags: int) -> bytes:
        flags |= 0x04 if self.verifies else 0
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _public(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        sides = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return cbor2.dumps({1: 2, 3: -7, -1: 1, **sides})

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, **response: bytes) -> str:
        parts = {name: b64(value) for name, value in response.items()}
        name = b64(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})


def asked(page: str) -> dict[str, Any]:
    """What a page asks a device."""
    found = OPTIONS.search(page)
    assert found is not None
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
