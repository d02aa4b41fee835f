"""A small OpenID Connect provider: discovery, the code flow with PKCE, RS256, published keys. It listens on loopback.

People choose who they are from a list. `strange` makes it say one thing wrong, so that tests see whether it is noticed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway.fakes.wire import as_json, fields_of

KEY_ID = "fake-1"
CODE_LASTS = 60.0  # seconds
TOKEN_LASTS = 300  # seconds
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Example account</title>
<link rel="icon" href="data:,">
<h1>Who are you?</h1><form method="post">{buttons}</form></html>"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the provider. `amr`: how they prove themselves there (RFC 8176)."""

    sub: str
    email: str
    name: str = ""
    email_verified: bool = True
    amr: tuple[str, ...] = ("pwd",)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for, once and for a minute."""

    person: Person
    redirect_uri: str
    challenge: str
    nonce: str
    until: float


@dataclass
class Provider:
    """The provider.

    Attributes:
        people: who has an account.
        client_id, client_secret, redirect_uris: the one client that it knows.
        issuer: its own address.
        strange: what it says wrong: changes one of the parts of its answers on their way out.
        counts: requests by path.
    """

    people: Iterable[Person]
    client_id: str
    client_secret: str
    redirect_uris: frozenset[str]
    issuer: str = ""
    strange: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._by_sub = {person.sub: person for person in self.people}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._grants: dict[str, Grant] = {}

    def application(self) -> web.Application:
        """Return its pages and endpoints."""
        app = web.Application(middlewares=[self._count])
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._describe),
                web.get("/authorize", self._ask),
                web.post("/authorize", self._vouch),
                web.post("/token", self._exchange),
                web.get("/keys", self._publish),
            ]
        )
        return app

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> Any:
        self.counts[request.path] += 1
        return await handler(request)

    async def _describe(self, _request: web.Request) -> web.Response:
        known = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return as_json(self._said("metadata", known))

    async def _ask(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request.query)
        if refusal:
            return web.Response(text=refusal, status=HTTPStatus.BAD_REQUEST)
        buttons = "".join(_button(person) for person in self._by_sub.values())
        return web.Response(text=PAGE.format(buttons=buttons), content_type="text/html")

    def _refusal(self, query: Mapping[str, str]) -> str:
        """Say what is wrong with a request to sign in; it stays here, for a client that nobody knows gets nothing."""
        if query.get("client_id") != self.client_id or query.get("redirect_uri") not in self.redirect_uris:
            return "unknown client"
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            return "unsupported request"
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            return "PKCE is needed"
        return "" if query.get("state") and query.get("nonce") else "state and nonce are needed"

    async def _vouch(self, request: web.Request) -> web.Response:
        query, form = request.query, await request.post()
        person = self._by_sub.get(str(form.get("sub")))
        if person is None or self._refusal(query):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        code = secrets.token_urlsafe(24)
        self._grants[code] = Grant(
            person, query["redirect_uri"], query["code_challenge"], query["nonce"], time.time() + CODE_LASTS
        )
        back = self._said("back", {"code": code, "state": query["state"]})
        raise web.HTTPSeeOther(f"{query['redirect_uri']}?{urlencode(back)}")

    async def _exchange(self, request: web.Request) -> web.Response:
        form = await fields_of(request)
        grant = self._grants.pop(form.get("code", ""), None)
        if not self._is_client(request):
            return as_json({"error": "invalid_client"}, status=HTTPStatus.UNAUTHORIZED)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            grant is None
            or grant.until < time.time()
            or grant.redirect_uri != form.get("redirect_uri")
            or grant.challenge != _b64(verifier)
        ):
            return as_json({"error": "invalid_grant"}, status=HTTPStatus.BAD_REQUEST)
        token = {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_LASTS,
            "id_token": self._id_token(grant),
        }
        return as_json(self._said("token", token))

    def _is_client(self, request: web.Request) -> bool:
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return secrets.compare_digest(request.headers.get("Authorization", ""), f"Basic {pair}")

    def _id_token(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": grant.person.sub,
            "aud": self.client_id,
            "iat": now,
            "exp": now + TOKEN_LASTS,
            "auth_time": now,
            "nonce": grant.nonce,
            "amr": list(grant.person.amr),
            "email": grant.person.email,
            "email_verified": grant.person.email_verified,
            "name": grant.person.name,
        }
        header = self._said("header", {"alg": "RS256", "typ": "JWT", "kid": KEY_ID})
        claims = self._said("claims", claims)
        signed = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_b64(self._said('signature', signature))}"

    async def _publish(self, _request: web.Request) -> web.Response:
        numbers = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": KEY_ID,
            "n": _b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": _b64(numbers.e.to_bytes(3, "big")),
        }
        return as_json({"keys": [key]})

    def _said(self, part: str, value: Any) -> Any:
        return self.strange.get(part, lambda said: said)(value)


@contextmanager
def running(provider: Provider) -> Iterator[str]:
    """Let a provider listen on a free port of this machine; gives its issuer."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="oidc")
    thread.start()
    runner = web.AppRunner(provider.application(), shutdown_timeout=1.0)
    try:
        asyncio.run_coroutine_threadsafe(runner.setup(), loop).result()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        asyncio.run_coroutine_threadsafe(site.start(), loop).result()
        provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield provider.issuer
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _button(person: Person) -> str:
    label = html.escape(person.name or person.email)
    return f'<p><button name="sub" value="{html.escape(person.sub)}">{label}</button></p>'


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
