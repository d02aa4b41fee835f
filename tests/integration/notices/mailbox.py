"""A real mail server on loopback that keeps every byte it was sent, and fails as it is told."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
LOGIN, PASSWORD = "gateway", "open sesame"


@dataclass
class Mailbox:
    """What arrived. `rcpt` and `data` may answer something else than 250, or close the line."""

    envelopes: list[Envelope] = field(default_factory=list)
    rcpt: Callable[[str], str | None] = lambda _address: None
    data: Callable[[Envelope], str | None] = lambda _envelope: None
    port: int = 0
    encrypted: list[bool] = field(default_factory=list)
    lost_after_data: bool = False

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refused = self.rcpt(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.encrypted.append(session.ssl is not None)
        answer = self.data(envelope)
        if answer is None:
            self.envelopes.append(envelope)
        if self.lost_after_data:
            server.transport.abort()
        return answer or "250 OK"

    @property
    def raw(self) -> bytes:
        """Everything that was sent, addresses too."""
        return b"\n".join(
            [
                *(bytes(item.content) for item in self.envelopes),
                *(str(vars(item)).encode() for item in self.envelopes),
            ]
        )

    @property
    def mails(self) -> list[Any]:
        return [message_from_bytes(bytes(item.content), policy=default) for item in self.envelopes]


class Server(Controller):
    """The server in a thread of its own."""

    def __init__(self, mailbox: Mailbox, *, certificate: Path | None = None, implicit: bool = False) -> None:
        self._tls = None
        if certificate is not None:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(certificate)
        options: dict[str, Any] = {"ssl_context": self._tls} if implicit else {"tls_context": self._tls}
        if certificate is not None and not implicit:
            options |= {
                "require_starttls": True,
                "auth_required": True,
                "authenticator": lambda *given: AuthResult(
                    success=given[-1].login == LOGIN.encode() and given[-1].password == PASSWORD.encode()
                ),
            }
        super().__init__(mailbox, hostname=HOST, port=free_port(), **options)
        mailbox.port = self.port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1: (for the server, with its key; for those who trust it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail for tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted = folder / "trusted.crt"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    both = folder / "server.crt"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(private + trusted.read_bytes())
    return both, trusted
