"""Handing mails to a mail server: SMTP with verified TLS, and an outcome that is known or said to be unknown.

A mail whose bytes have left without the server's answer may have been taken: it is `UNCERTAIN`, and nobody repeats it
by themselves. The server's answers are kept as their three digits; their words may quote an address.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import NoReturn, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from gateway import log
from gateway.errors import PaighamError
from gateway.settings import Settings

TIMEOUT = 20.0  # seconds for each answer of the server
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

GO_AHEAD = 354  # RFC 5321 §4.1.1.4: the server waits for the text
TAKEN = 250
LINE_WITH_DOT = re.compile(rb"(?m)^\.")

logger = log.get(__name__)


class Fate(StrEnum):
    """Why a mail is not known to have been taken."""

    TEMPORARY = "temporary"  # try again
    REFUSED = "refused"  # this address is not served: never try again
    UNCERTAIN = "uncertain"  # the server may have it


class MailError(PaighamError):
    """A mail was not taken, or nobody knows. `code`: the server's three digits, or our word."""

    def __init__(self, fate: Fate, code: str) -> None:
        super().__init__(f"{fate.value}: {code}")
        self.fate = fate
        self.code = code


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, ready to leave. `id` makes the Message-ID, the same at every try.

    Attributes:
        to: the address, which nobody but the server is told.
        language: as HTML writes it ("ur").
    """

    id: UUID
    to: str
    subject: str
    text: str
    language: str
    at: datetime


class Carrier(Protocol):
    """Takes letters while it is open."""

    def send(self, letter: Letter) -> None:
        """Hand over one letter. Raises MailError."""


@contextmanager
def carrier(settings: Settings) -> Iterator[Carrier]:
    """Open the way out that the settings name.

    Raises:
        MailError: the server cannot be reached, does not prove who it is, or does not take our login.
    """
    if urlsplit(settings.smtp_url).scheme == "log":
        yield Journal()
        return
    client = _open(settings.smtp_url, greeting=settings.mail_sender.rpartition("@")[2])
    try:
        yield Smtp(client, settings.mail_sender)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        client.close()


class Journal:
    """For the demo: what would leave is a line in the log, with ids only."""

    def send(self, letter: Letter) -> None:
        """Note that a mail would have left."""
        logger.info("mail_would_leave", mail=letter.id)


@dataclass(frozen=True, slots=True)
class Smtp:
    """A session with a mail server."""

    client: smtplib.SMTP
    sender: str

    def send(self, letter: Letter) -> None:
        """Hand over one letter; every step says what its failure means."""
        data = message(letter, self.sender).as_bytes(policy=SMTP)
        try:
            self.client.rset()
            self._expect(self.client.mail(self.sender), "sender")
            self._expect(self.client.rcpt(letter.to), "recipient")
            self._expect(self.client.docmd("DATA"), "data", wanted=GO_AHEAD)
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(Fate.TEMPORARY, _code(error)) from None
        try:
            # A dot at the beginning of a line is doubled, and one alone ends the text (RFC 5321 §4.5.2).
            self.client.send(LINE_WITH_DOT.sub(b"..", data).rstrip(b"\r\n") + b"\r\n.\r\n")
            answer = self.client.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(Fate.UNCERTAIN, _code(error)) from None
        self._expect(answer, "text")

    @staticmethod
    def _expect(answer: tuple[int, bytes], step: str, *, wanted: int = TAKEN) -> None:
        code = answer[0]
        if code == wanted or (step == "recipient" and code == FORWARDED):
            return
        # Only what is said of the recipient or the text is about this mail; a sender that is refused is our fault.
        for_good = code >= PERMANENT and step in {"recipient", "text"}
        raise MailError(Fate.REFUSED if for_good else Fate.TEMPORARY, str(code))


FORWARDED = 251
PERMANENT = 500


def message(letter: Letter, sender: str) -> EmailMessage:
    """Write a letter as a mail of plain text."""
    mail = EmailMessage(policy=SMTP)
    host = sender.rpartition("@")[2]
    mail["From"] = Address("Paigham", addr_spec=sender)
    mail["To"] = Address(addr_spec=letter.to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    mail.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    mail["Content-Language"] = letter.language  # setting the content removes what was said of an earlier one
    return mail


def _open(url: str, *, greeting: str) -> smtplib.SMTP:
    """Connect, encrypt, and sign in. `greeting` is the name that we give: not this machine's."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    context = ssl.create_default_context()
    try:
        if parts.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, local_hostname=greeting, timeout=TIMEOUT, context=context
            )
        else:
            client = smtplib.SMTP(host, port, local_hostname=greeting, timeout=TIMEOUT)
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(Fate.TEMPORARY, _code(error)) from None
    try:
        if parts.scheme == "smtp+starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        if parts.username:
            client.login(unquote(parts.username), unquote(parts.password or ""))
    except (smtplib.SMTPException, OSError) as error:
        _give_up(client, error)
    return client


def _give_up(client: smtplib.SMTP, error: Exception) -> NoReturn:
    client.close()
    raise MailError(Fate.TEMPORARY, _code(error)) from None


def _code(error: Exception) -> str:
    """What may be kept of an error: its three digits or a word of ours, never its text."""
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "closed" if isinstance(error, smtplib.SMTPServerDisconnected) else "unreachable"
