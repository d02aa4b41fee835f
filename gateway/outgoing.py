"""Asking an address that somebody typed: only over HTTPS, only hosts of the public internet, and never for long.

Whoever may type an address could otherwise have this machine ask what only this machine reaches: the database, a
cloud's metadata, another organisation's printer. So an address is looked at before it is kept (`admit`), and again
whenever it is asked (`fetch`): its name is resolved once, every address of it must be public, and the connection goes
to the very address that was looked at, so that a name that means something else a moment later gains nothing.
No redirect is followed, no proxy of the environment is used, and size and time of an answer are bounded.

The demonstration talks to providers that it plays itself: `loopback=True` allows this machine, also without TLS, and
nothing else.
"""

from __future__ import annotations

import http.client
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from gateway.errors import InvalidRequest

SECONDS = 10.0  # from the look-up of the name to the last byte
LARGEST = 64 * 1024  # bytes of an answer
LONGEST = 2048  # characters of an address
PORTS = {"https": 443, "http": 80}

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*").fullmatch
# A name whose last part is a number is read as an IPv4 address by some: 2130706433, 0x7f.1, 127.1.
_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)").fullmatch
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]|[^\x00-\x7f]").search
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class UnfitAddress(InvalidRequest):
    """An address that we do not ask, or an answer that we do not take. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(SENTENCES[code])
        self.code = code


SENTENCES: Mapping[str, str] = {
    "unreadable": "The address cannot be read.",
    "not_https": "The address must begin with https://.",
    "password": "The address must hold no name or password.",
    "odd_host": "The address must name a host in the usual way.",
    "unknown_host": "Nobody knows a host of that name.",
    "not_public": "The address leads to this machine or to a network that is not public.",
    "redirect": "The host leads on to another address; give that one.",
    "too_large": "The host answers with too much.",
    "too_slow": "The host does not answer in time.",
    "no_connection": "The host cannot be reached.",
    "no_trust": "The host's certificate is not valid for it.",
}


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was looked at. `pinned`: where the connection goes, whatever the name means by then."""

    scheme: str
    host: str
    port: int
    path: str
    pinned: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host said. `body`: at most `LARGEST` bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host, by the system's own look-up. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def admit(
    url: str, *, loopback: bool = False, resolve: Resolve = resolved, seconds: float = SECONDS
) -> Target:
    """Look at an address, and at what its name means now.

    Raises:
        UnfitAddress: it is not one that we ask.
    """
    scheme, host, port, path = _parts(url, loopback=loopback)
    try:
        found = [ip_address(text.partition("%")[0]) for text in _within(seconds, resolve, host, port)]
    except (OSError, ValueError, UnicodeError):
        raise UnfitAddress("unknown_host") from None
    if not found:
        raise UnfitAddress("unknown_host")
    here = loopback and all(address.is_loopback for address in found)
    if not here and not all(map(is_public, found)):
        raise UnfitAddress("not_public")
    if scheme != "https" and not here:
        raise UnfitAddress("not_https")
    return Target(scheme, host, port, path, str(found[0]))


def is_public(address: Address) -> bool:
    """Say whether an address is a single host's of the public internet, whatever it is wrapped in."""
    inner = _unwrapped(address)
    if inner is not None:
        return is_public(inner)
    closed = (address.is_multicast, address.is_reserved, address.is_unspecified, address.is_link_local)
    local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not any(closed) and not local


def fetch(  # noqa: PLR0913 - a request has many sides
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    loopback: bool = False,
    resolve: Resolve = resolved,
    trust: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST,
) -> Answer:
    """Ask an address once.

    Args:
        url: what was typed.
        method: of HTTP.
        body: what is sent, if anything.
        headers: sent besides Host.
        loopback: whether this machine may be asked, for the demonstration.
        resolve: how names are looked up.
        trust: whom to trust; the system's authorities unless given.
        seconds: for all of it, half of them for the look-up at the most.
        largest: bytes of the answer.

    Raises:
        UnfitAddress: the address may not be asked, or it did not answer as it must.
    """
    target = admit(url, loopback=loopback, resolve=resolve, seconds=seconds / 2)
    connection = _Pinned(target, trust or ssl.create_default_context(), timeout=seconds)
    # A timeout counts from one byte to the next. Whoever sends a byte now and then is cut off by the clock.
    clock = threading.Timer(seconds, connection.cut)
    clock.start()
    try:
        connection.request(method, target.path, body=body, headers=dict(headers or {}))
        answer = _read(connection.getresponse(), largest)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnfitAddress(_code(error, was_cut=connection.was_cut)) from None
    finally:
        clock.cancel()
        connection.close()
    if connection.was_cut:  # An answer that says no length ends with its connection, and seems whole.
        raise UnfitAddress("too_slow")
    return answer


def _code(error: Exception, *, was_cut: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "no_trust"
    return "too_slow" if was_cut or isinstance(error, TimeoutError) else "no_connection"


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, under the host's name."""

    was_cut = False
    _held: socket.socket | None = None

    def __init__(self, target: Target, trust: ssl.SSLContext, *, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target, self._trust = target, trust

    def connect(self) -> None:
        """Connect without asking anybody again what the name means."""
        self.sock = self._held = socket.create_connection((self._target.pinned, self.port), self.timeout)
        if self._target.scheme == "https":
            host, trust = self._target.host, self._trust
            # The handshake waits until the clock has hold of the socket.
            self.sock = self._held = trust.wrap_socket(
                self._held, server_hostname=host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut(self) -> None:
        """End whatever is under way; the library lets go of the socket while it still reads from it."""
        self.was_cut = True
        if self._held is not None:
            with suppress(OSError):
                self._held.shutdown(socket.SHUT_RDWR)


def _read(response: http.client.HTTPResponse, largest: int) -> Answer:
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        raise UnfitAddress("redirect")
    body = response.read(largest + 1)
    if len(body) > largest:
        raise UnfitAddress("too_large")
    return Answer(response.status, dict(response.getheaders()), body)


def _parts(url: str, *, loopback: bool) -> tuple[str, str, int, str]:
    """Take an address apart; whatever two readers could read in two ways is refused."""
    if len(url) > LONGEST or _FORBIDDEN(url):
        raise UnfitAddress("unreadable")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").removesuffix(".")
    except ValueError:
        raise UnfitAddress("unreadable") from None
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise UnfitAddress("not_https")
    if "@" in parts.netloc:
        raise UnfitAddress("password")
    if not _is_usual(host) or port == 0:
        raise UnfitAddress("odd_host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or PORTS[parts.scheme], path


def _is_usual(host: str) -> bool:
    with suppress(ValueError):
        literal = ip_address(host)
        return str(literal) == host and not (isinstance(literal, IPv6Address) and literal.ipv4_mapped)
    return _HOST(host) is not None and not _NUMBER(host)


def _unwrapped(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to; None when it stands for itself."""
    if not isinstance(address, IPv6Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _within(seconds: float, resolve: Resolve, host: str, port: int) -> Sequence[str]:
    """Look a name up, for so long at the most: the system's own look-up knows no limit, and cannot be stopped."""
    found: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def look() -> None:
        try:
            found.put(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - it is raised again where somebody waits for it
            found.put(error)

    threading.Thread(target=look, name="resolve", daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        raise UnfitAddress("too_slow") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
