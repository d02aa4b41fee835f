"""Mails to staff: rows that a sender takes in hand, and what it writes down afterwards.

An address is opened only here, while its mail leaves. The text holds ids, priorities and links to our own pages: what
lies on a lock screen or at a mail provider tells nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from flows.languages import LANGUAGES
from gateway import i18n
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.mail import Fate, Letter
from gateway.models.notices import Mail, MailState
from gateway.services import notices, staff
from gateway.services.notices import Event, Kind

BATCH = 50
LEASE = timedelta(minutes=5)  # longer than a session with a slow server takes for one batch's mail
ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=1)  # doubles with each try, up to four hours
LONGEST_PAUSE = timedelta(hours=4)
LISTED = 50  # notices named in one mail; more are a number

RIGHT_TO_LEFT, LEFT_TO_RIGHT = "\u200f", "\u200e"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is ours to send now."""

    id: UUID
    organisation_id: UUID
    attempts: int
    letter: Letter


_EXPIRE = """
UPDATE mail SET state = 'uncertain', code = 'left', done_at = %(now)s WHERE state = 'sending' AND due_at <= %(now)s
RETURNING id, organisation_id
"""
_CLAIM = """
UPDATE mail SET state = 'sending', attempts = attempts + 1, due_at = %(until)s WHERE id IN (
    SELECT id FROM mail WHERE state = 'waiting' AND due_at <= %(now)s ORDER BY priority, due_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) RETURNING id
"""
_READ = """
SELECT m.id, m.organisation_id, m.attempts, m.priority, m.created_at, p.id, p.email_sealed, p.language
FROM mail m JOIN staff p ON p.id = m.staff_id WHERE m.id = ANY(%s) AND p.active AND p.email_index <> %s
ORDER BY m.priority, m.created_at
"""
_NOTICES = """
SELECT mail_id, id, priority FROM notice WHERE mail_id = ANY(%s) ORDER BY priority, raised_at, id
"""
_CANCEL = """
UPDATE mail SET state = 'failed', code = 'closed', done_at = %s WHERE id = ANY(%s) AND state = 'sending'
"""


def expire(connection: Connection, *, now: datetime) -> int:
    """Find mails whose sender died with them in hand: nobody knows whether they left. Returns how many."""
    rows = connection.execute(_EXPIRE, {"now": now}).fetchall()
    _tell(connection, [(row[0], row[1]) for row in rows], now)
    return len(rows)


def claim(
    connection: Connection, ring: Keyring, *, base_url: str, limit: int = BATCH, now: datetime
) -> list[Claimed]:
    """Take mails in hand; the caller commits before it sends. Those to accounts without a use for them end here."""
    values = {"now": now, "until": now + LEASE, "limit": limit}
    taken = [row[0] for row in connection.execute(_CLAIM, values)]
    if not taken:
        return []
    listed: dict[UUID, list[tuple[UUID, str]]] = {}
    for mail_id, notice_id, priority in connection.execute(_NOTICES, [taken]):
        listed.setdefault(mail_id, []).append((notice_id, priority))
    claimed = [
        Claimed(
            mail_id,
            organisation_id,
            attempts,
            letter(
                mail_id,
                ring.open(staff.EMAIL, staff_id, email),
                language=language,
                priority=priority,
                items=listed.get(mail_id, []),
                base_url=base_url,
                at=created_at,
            ),
        )
        for mail_id, organisation_id, attempts, priority, created_at, staff_id, email, language in connection.execute(
            _READ, [taken, staff.index(ring, staff.FIRST_EMAIL)]
        )
    ]
    open_ids = {item.id for item in claimed}
    connection.execute(_CANCEL, [now, [mail_id for mail_id in taken if mail_id not in open_ids]])
    return claimed


def letter(
    mail_id: UUID,
    to: str,
    *,
    language: str,
    priority: str,
    items: Sequence[tuple[UUID, str]],
    base_url: str,
    at: datetime,
) -> Letter:
    """Write a mail: how many things wait, and for each its id, its priority and a link to it."""
    _, ngettext = i18n.gettext_for(language), i18n.ngettext_for(language)
    known = LANGUAGES.get(language)
    mark = RIGHT_TO_LEFT if i18n.direction(language) == "rtl" else LEFT_TO_RIGHT
    home = base_url.rstrip("/")
    count = ngettext(
        "%(count)s thing waits for you in Paigham.", "%(count)s things wait for you in Paigham.", len(items)
    )
    lines = [mark + count % {"count": i18n.format_number(len(items), language)}, ""]
    # Ids, priorities and addresses run from left to right in every language.
    lines += [
        f"{LEFT_TO_RIGHT}{priority}  {short(notice_id)}  {home}/notices/{notice_id}"
        for notice_id, priority in items[:LISTED]
    ]
    lines += [
        "",
        mark + _("Sign in to see what it is. This mail says nothing about it, and needs no answer."),
    ]
    lines += [mark + _("When you get these mails is your choice:"), f"{LEFT_TO_RIGHT}{home}/me/notices", ""]
    tag = known.babel.replace("_", "-") if known is not None and known.babel else language
    return Letter(mail_id, to, f"Paigham {priority} {short(mail_id)}", "\n".join(lines), tag, at)


def short(found: UUID) -> str:
    """Return the end of an id, by which two people can talk about it; its beginning is only a time."""
    return found.hex[-8:]


def record(
    connection: Connection, item: Claimed, fate: Fate | None, *, code: str | None = None, now: datetime
) -> None:
    """Write down what became of a mail; None: the server took it."""
    if fate is Fate.TEMPORARY and item.attempts < ATTEMPTS:
        pause = min(FIRST_PAUSE * 2 ** (item.attempts - 1), LONGEST_PAUSE) * random.uniform(0.8, 1.2)
        connection.execute(
            "UPDATE mail SET state = 'waiting', due_at = %s, code = %s WHERE id = %s AND state = 'sending'",
            [now + pause, code, item.id],
        )
        return
    state = _END[fate]
    changed = connection.execute(
        "UPDATE mail SET state = %s, code = %s, done_at = %s WHERE id = %s AND state = 'sending'",
        [state, code, now, item.id],
    ).rowcount
    if changed and state is not MailState.SENT:
        _tell(connection, [(item.id, item.organisation_id)], now)


_END = {
    None: MailState.SENT,
    Fate.TEMPORARY: MailState.FAILED,
    Fate.REFUSED: MailState.REFUSED,
    Fate.UNCERTAIN: MailState.UNCERTAIN,
}


def put_back(connection: Connection, items: Sequence[Claimed], *, code: str, now: datetime) -> None:
    """Write down that a batch was not even tried: the server could not be reached."""
    for item in items:
        record(connection, item, Fate.TEMPORARY, code=code, now=now)


def _tell(connection: Connection, mails: Sequence[tuple[UUID, UUID]], now: datetime) -> None:
    # Once a day is enough: a mail server that is down fails many mails.
    events = {
        organisation_id: Event(
            Kind.MAIL_FAILED,
            f"organisation {organisation_id}",
            "P3",
            organisation_id,
            occasion=f"{now:%Y%m%d}",
        )
        for _, organisation_id in mails
    }
    notices.raise_all(connection, list(events.values()), now=now)


# ---------------------------------------------------------------------- what administrators see


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail that did not arrive, or may not have. `staff_id`: whose; no address."""

    id: UUID
    staff_id: UUID
    state: str
    code: str | None
    attempts: int
    created_at: datetime


TROUBLE = (MailState.UNCERTAIN, MailState.REFUSED, MailState.FAILED)


def troubles(connection: sa.Connection, organisation_id: UUID) -> list[MailLine]:
    """Return the latest mails that did not arrive, or may not have."""
    rows = connection.execute(
        sa.select(Mail.id, Mail.staff_id, Mail.state, Mail.code, Mail.attempts, Mail.created_at)
        .where(Mail.organisation_id == organisation_id, Mail.state.in_(TROUBLE))
        .order_by(Mail.created_at.desc())
        .limit(100)
    )
    return [MailLine(*row) for row in rows]


def send_again(connection: sa.Connection, organisation_id: UUID, mail_id: UUID, *, now: datetime) -> bool:
    """Have a mail sent once more, because a person decided so. False when there is nothing to send."""
    statement = sa.update(Mail).where(
        Mail.id == mail_id, Mail.organisation_id == organisation_id, Mail.state.in_(TROUBLE)
    )
    values = {"state": MailState.WAITING, "attempts": 0, "due_at": now, "code": None, "done_at": None}
    return connection.execute(statement.values(**values)).rowcount > 0
