"""Filling the search's blind index, off the hot path: contacts that are new or were changed, in batches.

A term is an HMAC under the index key, which does not rotate, over the organisation and what `gateway.names` makes of
names and numbers. Two organisations' terms for one name differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from gateway import log, names
from gateway.crypto import Keyring
from gateway.db import Connection, Table
from gateway.errors import PaighamError
from gateway.services.inbox import ADDRESS, NAME

BATCH = 500  # contacts a transaction
TERM_BYTES = (
    8  # the rare pair of terms that are alike does no harm: what is found is compared before it is shown
)

logger = log.get(__name__)

TERMS = Table("search_term", {"organisation_id": "uuid", "term": "bytea", "contact_id": "uuid"})

_CLAIM = """
SELECT contact_id, organisation_id FROM search_due ORDER BY contact_id LIMIT %s FOR UPDATE SKIP LOCKED
"""
# Locked, so that nobody is deleted meanwhile; whoever is being deleted now is passed over.
_NAMES = "SELECT id, name_sealed FROM contact WHERE id = ANY(%s) FOR KEY SHARE SKIP LOCKED"
_ADDRESSES = """
SELECT contact_id, id, address_sealed FROM contact_urn WHERE contact_id = ANY(%s) AND scheme = ANY(%s)
"""


def term(ring: Keyring, organisation_id: UUID, text: str) -> bytes:
    """Return the blind index of one term."""
    return ring.index(f"search:{organisation_id}:{text}")[:TERM_BYTES]


def fill(connection: Connection, ring: Keyring, *, limit: int = BATCH) -> int:
    """Index up to `limit` contacts that wait for it; returns how many were taken. The caller commits."""
    due: dict[UUID, UUID] = dict(connection.execute(_CLAIM, [limit]).fetchall())
    if not due:
        return 0
    rows = connection.execute(_NAMES, [list(due)]).fetchall()
    found = {contact_id: _of_name(ring, contact_id, sealed) for contact_id, sealed in rows}
    taken = list(found)
    for contact_id, urn_id, sealed in connection.execute(_ADDRESSES, [taken, list(names.NUMBERED)]):
        found[contact_id] |= _of_address(ring, urn_id, sealed)
    connection.execute("DELETE FROM search_term WHERE contact_id = ANY(%s)", [taken])
    TERMS.insert(connection, [row for each in found.items() for row in _rows(ring, due[each[0]], *each)])
    connection.execute("DELETE FROM search_due WHERE contact_id = ANY(%s)", [taken])
    return len(taken)


def waiting(connection: Connection) -> int:
    """Count the contacts that are not indexed as they are now."""
    row = connection.execute("SELECT count(*) FROM search_due").fetchone()
    return int(row[0]) if row else 0


def _rows(
    ring: Keyring, organisation_id: UUID, contact_id: UUID, texts: Iterable[str]
) -> Iterable[tuple[UUID, bytes, UUID]]:
    return ((organisation_id, term(ring, organisation_id, text), contact_id) for text in texts)


def _of_name(ring: Keyring, contact_id: UUID, sealed: bytes | None) -> set[str]:
    name = _opened(ring, NAME, contact_id, sealed) if sealed is not None else ""
    return names.name_terms(name)


def _of_address(ring: Keyring, urn_id: UUID, sealed: bytes) -> set[str]:
    digits = names.digits_of(_opened(ring, ADDRESS, urn_id, sealed))
    return names.number_terms(digits) if digits is not None else set()


def _opened(ring: Keyring, place: str, row: UUID, sealed: bytes) -> str:
    """Open a value; one that does not open must not keep everybody behind it from being found."""
    try:
        return ring.open(place, row, sealed)
    except PaighamError as error:
        logger.error("not_indexed", exc_info=error, place=place, row=str(row))
        return ""
