"""Asking addresses that somebody typed, over real servers: what is asked, what never is, and for how long."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gateway import clock, outgoing
from gateway.outgoing import UnfitAddress

NAME = "provider.example.org"


class Provider(BaseHTTPRequestHandler):
    """Answers as its path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))
        getattr(self, f"say_{self.path.strip('/').partition('?')[0] or 'hello'}")()

    def say_hello(self) -> None:
        self._say(200, b"hello")

    def say_elsewhere(self) -> None:
        self.send_response(302)
        self.send_header("Location", "https://169.254.169.254/latest/meta-data/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def say_much(self) -> None:
        self._say(200, b"x" * 5000)

    def say_endlessly(self) -> None:
        """Send a byte now and then, each sooner than any patience between two bytes."""
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            for _ in range(200):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Provider)
    server.asked = []
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def plain() -> Iterator[HTTPServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the provider's name, that is its own authority, with its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "provider.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def secure(certificate: Path) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as server:
        yield server


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def means(*answers: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """A look-up that answers otherwise each time, and not at all once it has no answer left."""
    left = list(answers)
    return lambda _host, _port: left.pop(0)


def refused(url: str, **more: object) -> str:
    with pytest.raises(UnfitAddress) as caught:
        outgoing.fetch(url, **more)
    assert str(caught.value) == outgoing.SENTENCES[caught.value.code]
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value.code


def test_a_host_is_asked_under_its_own_name_with_its_certificate_checked(
    secure: HTTPServer, trust: ssl.SSLContext
) -> None:
    url = f"https://{NAME}:{secure.server_port}/hello?a=1"
    answer = outgoing.fetch(url, loopback=True, trust=trust, resolve=means(["127.0.0.1"]))
    assert (answer.status, answer.body) == (200, b"hello")
    assert secure.asked == [(f"{NAME}:{secure.server_port}", "/hello?a=1")]


def test_a_name_that_means_something_else_a_moment_later_gains_nothing(
    secure: HTTPServer, trust: ssl.SSLContext
) -> None:
    changing = means(["127.0.0.1"], ["10.0.0.1"])
    url = f"https://{NAME}:{secure.server_port}/"
    assert outgoing.fetch(url, loopback=True, trust=trust, resolve=changing).status == 200
    assert changing("", 0) == ["10.0.0.1"], "it was looked up once"


def test_a_name_with_one_address_of_ours_among_others_is_refused(secure: HTTPServer) -> None:
    for loopback in (False, True):
        code = refused(
            f"https://{NAME}:{secure.server_port}/",
            loopback=loopback,
            resolve=means(["93.184.215.14", "127.0.0.1"]),
        )
        assert code == "not_public"
    assert secure.asked == []


def test_a_certificate_of_somebody_else_ends_it(secure: HTTPServer, trust: ssl.SSLContext) -> None:
    here = f":{secure.server_port}/"
    other = refused(
        f"https://other.example.org{here}", loopback=True, trust=trust, resolve=means(["127.0.0.1"])
    )
    unknown = refused(f"https://{NAME}{here}", loopback=True, resolve=means(["127.0.0.1"]))
    assert (other, unknown) == ("no_trust", "no_trust")
    assert secure.asked == []


def test_no_redirect_is_followed(plain: HTTPServer) -> None:
    assert refused(f"http://127.0.0.1:{plain.server_port}/elsewhere", loopback=True) == "redirect"


def test_an_answer_is_bounded_in_size_and_in_time(plain: HTTPServer) -> None:
    base = f"http://127.0.0.1:{plain.server_port}"
    assert refused(f"{base}/much", loopback=True, largest=4999) == "too_large"
    assert len(outgoing.fetch(f"{base}/much", loopback=True, largest=5000).body) == 5000
    began = time.monotonic()
    assert refused(f"{base}/endlessly", loopback=True, seconds=0.5) == "too_slow"
    assert time.monotonic() - began < 3


def test_a_look_up_that_does_not_end_is_not_waited_for() -> None:
    done = threading.Event()
    began = time.monotonic()
    code = refused(f"https://{NAME}/", seconds=0.2, resolve=lambda *_: [str(done.wait(5))])
    done.set()
    assert code == "too_slow"
    assert time.monotonic() - began < 2


def test_a_host_that_nobody_knows_and_one_that_is_away_are_told_apart() -> None:
    def unknown(*_: object) -> Sequence[str]:
        raise socket.gaierror

    assert refused(f"https://{NAME}/", resolve=unknown) == "unknown_host"
    assert refused(f"https://{NAME}/", resolve=means([])) == "unknown_host"
    assert refused("http://127.0.0.1:9/", loopback=True) == "no_connection"


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://127.0.0.1/",
        "https://127.255.255.254/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fec0::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
    ],
)
def test_nothing_that_only_this_machine_reaches_is_asked(url: str) -> None:
    assert refused(url) == "not_public"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://api.example.org/", "not_https"),
        ("ftp://api.example.org/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("//api.example.org/", "not_https"),
        ("", "not_https"),
        ("https://", "odd_host"),
        ("https://2130706433/", "odd_host"),
        ("https://0x7f000001/", "odd_host"),
        ("https://0x7f.1/", "odd_host"),
        ("https://0177.0.0.1/", "odd_host"),
        ("https://127.1/", "odd_host"),
        ("https://[::ffff:7f00:1]/", "odd_host"),
        ("https://[0:0:0:0:0:0:0:1]/", "odd_host"),
        ("https://api..example.org/", "odd_host"),
        ("https://-api.example.org/", "odd_host"),
        ("https://api.example.org:0/", "odd_host"),
        ("https://api.example.org:99999/", "unreadable"),
        ("https://[::1/", "unreadable"),
        ("https://somebody:secret@api.example.org/", "password"),
        ("https://api.example.org@127.0.0.1/", "password"),
        ("https://１２７.0.0.1/", "unreadable"),
        ("https://api.example.org\\@127.0.0.1/", "unreadable"),
        ("https://api.example.org/\r\nHost: other", "unreadable"),
        ("https://api.example.org/" + "x" * 2048, "unreadable"),
    ],
)
def test_odd_addresses_are_refused_before_anybody_is_asked_what_they_mean(url: str, code: str) -> None:
    assert refused(url, resolve=means()) == code


def test_this_machine_is_asked_without_tls_only_where_it_may_be_asked_at_all(plain: HTTPServer) -> None:
    url = f"http://127.0.0.1:{plain.server_port}/"
    assert outgoing.fetch(url, loopback=True).status == 200
    assert refused(url) == "not_https"
    assert refused("http://api.example.org/", loopback=True, resolve=means(["93.184.215.14"])) == "not_https"


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_as_public_inside_another_as_it_is_alone(number: int) -> None:
    alone = outgoing.is_public(IPv4Address(number))
    assert outgoing.is_public(IPv6Address((0xFFFF << 32) | number)) == alone
    assert outgoing.is_public(IPv6Address((0x0064FF9B << 96) | number)) == alone
    assert outgoing.is_public(IPv6Address((0x2002 << 112) | (number << 80))) == alone


@given(st.ip_addresses())
def test_what_is_not_for_everybody_is_never_public(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not outgoing.is_public(ip_address(str(address)))


@given(st.text(max_size=60))
def test_whatever_is_typed_is_refused_or_names_a_usual_host(typed: str) -> None:
    with suppress(UnfitAddress):
        target = outgoing.admit(f"https://{typed}", resolve=lambda *_: ["93.184.215.14"])
        assert target.pinned == "93.184.215.14"
        assert 1 <= target.port <= 65535
        assert target.host == target.host.strip().lower()
