"""Services outside of the house that flows ask: only those of the organisation's list, only what the flow declares.

A question is a row. A worker takes it for a while, asks with no transaction open, writes down what came, and then lets
the run go on; whoever dies in between leaves the row to the next. The same question carries the same key at every try,
so that a service that was asked twice can tell. What comes too late, or is refused, is no answer: the flow goes on by
the way that it declares for that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from uuid import UUID

from gateway import ids, outgoing
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.services.batch import Batch
from gateway.services.unfit import Unfit

SECRET = "outside_service.secret"  # noqa: S105 - the name of a column
ARGUMENTS, ANSWER = "service_request.arguments", "service_request.answer"
SIGNATURE = "X-Paigham-Signature"  # HMAC-SHA256 of the body, hexadecimal
KEY = "Idempotency-Key"
LEASE = timedelta(seconds=60)
LATER = timedelta(seconds=10)  # until a run whose question was answered is looked at again
FIRST_WAIT = timedelta(seconds=5)  # doubled with each try
LONGEST_WAIT = timedelta(minutes=5)
MOST_VALUES = 20
LONGEST_VALUE = 500  # characters


class Outcome(StrEnum):
    """What came of a question."""

    ANSWERED = "answered"
    REFUSED = "refused"  # the service says that it will not answer
    NOT_ALLOWED = "not_allowed"  # it is not on the organisation's list
    TOO_LATE = "too_late"


# ---------------------------------------------------------------------- the list


@dataclass(frozen=True, slots=True)
class Service:
    """A service that may be asked."""

    id: UUID
    code: str
    url: str
    active: bool


def allow(
    connection: Connection, ring: Keyring, organisation_id: UUID, code: str, *, url: str, secret: str
) -> UUID:
    """Put a service on an organisation's list, or change its address. The caller has looked at the address.

    Raises:
        Unfit: the code is no short word.
    """
    if not (code.isascii() and code.isidentifier() and len(code) <= 64):  # noqa: PLR2004 - as codes of flows
        raise Unfit("bad_code", field="code")
    known = connection.execute(
        "SELECT id FROM outside_service WHERE organisation_id = %s AND code = %s", [organisation_id, code]
    ).fetchone()
    service_id: UUID = ids.new() if known is None else known[0]
    connection.execute(
        "INSERT INTO outside_service (id, organisation_id, code, url, secret_sealed) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret_sealed = excluded.secret_sealed, active = true",
        [service_id, organisation_id, code, url, ring.seal(SECRET, service_id, secret)],
    )
    return service_id


def forbid(connection: Connection, organisation_id: UUID, code: str) -> bool:
    """Take a service from the list; False when it is not on it."""
    row = connection.execute(
        "UPDATE outside_service SET active = false WHERE organisation_id = %s AND code = %s AND active RETURNING id",
        [organisation_id, code],
    ).fetchone()
    return row is not None


def services(connection: Connection, organisation_id: UUID) -> list[Service]:
    """List an organisation's services."""
    rows = connection.execute(
        "SELECT id, code, url, active FROM outside_service WHERE organisation_id = %s ORDER BY code",
        [organisation_id],
    )
    return [Service(*row) for row in rows]


# ---------------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class Asking:
    """A question that a run puts. `key` is unique in the run."""

    run_id: UUID
    organisation_id: UUID
    contact_id: UUID
    service: str
    arguments: Mapping[str, Any] = field(repr=False)
    key: str
    expires: datetime


def ask(batch: Batch, ring: Keyring, asking: Asking, *, now: datetime) -> None:
    """Put a question into the batch; a worker finds it after the commit."""
    request_id = ids.derive(asking.run_id, f"service:{asking.key}")
    arguments = json.dumps(dict(asking.arguments), ensure_ascii=False)
    batch.requests.append(
        (
            request_id,
            asking.organisation_id,
            asking.run_id,
            asking.contact_id,
            asking.service,
            asking.key,
            ring.seal(ARGUMENTS, request_id, arguments),
            now,
            asking.expires,
        )
    )


@dataclass(frozen=True, slots=True)
class Request:
    """A question in a worker's hands. `url` None: the service is not on the list."""

    id: UUID
    service: str
    attempts: int
    expires_at: datetime
    url: str | None
    secret: str = field(repr=False)
    arguments: Mapping[str, Any] = field(repr=False)


_CLAIM = """
WITH due AS (
    SELECT id FROM service_request WHERE done_at IS NULL AND outcome IS NULL AND due_at <= %(now)s
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE service_request r SET attempts = attempts + 1, due_at = %(until)s FROM due WHERE r.id = due.id
    RETURNING r.id, r.organisation_id, r.service, r.attempts, r.expires_at, r.arguments_sealed
)
SELECT t.id, t.service, t.attempts, t.expires_at, s.url, s.id, s.secret_sealed, t.arguments_sealed
FROM taken t LEFT JOIN outside_service s
    ON s.organisation_id = t.organisation_id AND s.code = t.service AND s.active
"""


def claim(connection: Connection, ring: Keyring, *, limit: int, now: datetime) -> list[Request]:
    """Take questions that are due; nobody else takes them for a minute."""
    rows = connection.execute(_CLAIM, {"now": now, "until": now + LEASE, "limit": limit})
    return [_request(ring, row) for row in rows]


def _request(ring: Keyring, row: tuple[Any, ...]) -> Request:
    request_id, service, attempts, expires_at, url, service_id, secret, arguments = row
    opened = ring.open(SECRET, service_id, secret) if secret is not None else ""
    return Request(
        request_id,
        service,
        attempts,
        expires_at,
        url,
        opened,
        json.loads(ring.open(ARGUMENTS, request_id, arguments)),
    )


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of one try. `outcome` None: nothing yet, it is tried again."""

    request: Request
    outcome: Outcome | None
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


def put(request: Request, *, loopback: bool = False, now: datetime) -> Landed:
    """Ask a service once, with no transaction open. Nothing is raised for what a service does."""
    if now >= request.expires_at:
        return Landed(request, Outcome.TOO_LATE)
    if request.url is None:
        return Landed(request, Outcome.NOT_ALLOWED)
    body = json.dumps(
        {"service": request.service, "arguments": dict(request.arguments)}, ensure_ascii=False
    ).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        KEY: str(request.id),
        SIGNATURE: signature(request.secret, body),
    }
    try:
        answer = outgoing.fetch(request.url, method="POST", body=body, headers=headers, loopback=loopback)
    except outgoing.UnfitAddress:
        return Landed(request, None)
    return _landed(request, answer)


def signature(secret: str, body: bytes) -> str:
    """How a service knows that it is we who ask."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _landed(request: Request, answer: outgoing.Answer) -> Landed:
    if answer.status == HTTPStatus.OK:
        values = _values(answer.body)
        return Landed(request, Outcome.REFUSED if values is None else Outcome.ANSWERED, values or {})
    if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        answer.status != HTTPStatus.TOO_MANY_REQUESTS
    ):
        return Landed(request, Outcome.REFUSED)
    return Landed(request, None)


def _values(body: bytes) -> dict[str, Any] | None:
    """The values of an answer, {"values": {name: text, number or truth}}; None: it is none that we read."""
    try:
        found = json.loads(body)["values"]
        items = list(found.items())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if len(items) > MOST_VALUES or not all(isinstance(value, str | int | float | bool) for _, value in items):
        return None
    return {name: value[:LONGEST_VALUE] if isinstance(value, str) else value for name, value in items}


_RECORD = """
UPDATE service_request SET outcome = %s, answer_sealed = %s, due_at = %s WHERE id = %s AND outcome IS NULL
"""


def record(connection: Connection, ring: Keyring, landed: Sequence[Landed], *, now: datetime) -> None:
    """Write down what came; a question without an answer waits longer after each try."""
    for item in landed:
        request = item.request
        wait = min(FIRST_WAIT * 2 ** min(request.attempts - 1, 10), LONGEST_WAIT)
        due_at = now if item.outcome is not None else min(now + wait, max(request.expires_at, now))
        sealed = (
            ring.seal(ANSWER, request.id, json.dumps(dict(item.values), ensure_ascii=False))
            if item.outcome is Outcome.ANSWERED
            else None
        )
        connection.execute(_RECORD, [item.outcome, sealed, due_at, request.id])


# ---------------------------------------------------------------------- going on


@dataclass(frozen=True, slots=True)
class Settled:
    """A question with its end, whose run has not gone on yet. `values` None: there is no answer."""

    id: UUID
    run_id: UUID
    contact_id: UUID
    key: str
    values: Mapping[str, Any] | None = field(repr=False)


_SETTLED = """
SELECT id, run_id, contact_id, key, answer_sealed FROM service_request
WHERE done_at IS NULL AND outcome IS NOT NULL AND due_at <= %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""


def settled(connection: Connection, ring: Keyring, *, limit: int, now: datetime) -> list[Settled]:
    """Find questions that have an end and whose runs have not gone on."""
    rows = connection.execute(_SETTLED, [now, limit]).fetchall()
    return [
        Settled(request_id, run_id, contact_id, key, _opened(ring, request_id, sealed))
        for request_id, run_id, contact_id, key, sealed in rows
    ]


def _opened(ring: Keyring, request_id: UUID, sealed: bytes | None) -> Mapping[str, Any] | None:
    return None if sealed is None else json.loads(ring.open(ANSWER, request_id, sealed))


def done(connection: Connection, request_id: UUID, *, now: datetime) -> None:
    """The run went on: what was said is kept no longer than that."""
    connection.execute(
        "UPDATE service_request SET done_at = %s, answer_sealed = NULL WHERE id = %s", [now, request_id]
    )


def put_off(connection: Connection, request_id: UUID, *, now: datetime) -> None:
    """Look again later: somebody holds the person, or something else is open above the run."""
    connection.execute("UPDATE service_request SET due_at = %s WHERE id = %s", [now + LATER, request_id])
