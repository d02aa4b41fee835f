"""Searching for people and cases by blind indexes, and for rounds and flows by their titles.

Whoever a reader may not see is not found, and nothing tells that there is somebody. What is found is checked against
what was asked before it is shown, since a term stands for the beginning of a name or the end of a number only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from gateway import names, references
from gateway.crypto import Keyring
from gateway.models.contacts import Contact, ContactUrn
from gateway.models.flows import Flow, FlowRevision, Round
from gateway.models.grievances import Grievance
from gateway.models.search import SearchTerm
from gateway.names import Asked
from gateway.services import conversations, grievances_view
from gateway.services.clearance import Clearance
from gateway.services.grievances_view import CaseLine
from gateway.services.inbox import ADDRESS, NAME
from gateway.services.search_index import term

SHOWN = 30  # hits of a kind on a page
# Candidates that are opened and compared; who asks for more is told to type more. Of a million and a half numbers a
# hundred and fifty end in the same four digits.
NAMES_LOOKED_AT, NUMBERS_LOOKED_AT = 100, 200
ROUNDS = 1000  # the newest; their titles are looked through one by one
COMMON = 500  # rows of a term that are counted before it is called common


@dataclass(frozen=True, slots=True)
class PersonHit:
    """A contact that was found: masked, like everywhere."""

    id: UUID
    addresses: tuple[tuple[str, str], ...]
    language: str | None
    last_seen_at: datetime | None
    stopped: bool
    careful: bool


def people(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, asked: Asked
) -> tuple[list[PersonHit], bool]:
    """Find contacts by name or number, who wrote last first; and whether there are more than are shown."""
    wanted = [
        [term(ring, organisation_id, text) for text in alternatives] for alternatives in asked.alternatives
    ]
    most = NUMBERS_LOOKED_AT if asked.digits is not None else NAMES_LOOKED_AT
    candidates = _candidates(connection, organisation_id, wanted, most=most)
    if not candidates:
        return [], False
    check = _numbered if asked.digits is not None else _named
    hits = _hits(connection, ring, check(connection, ring, candidates, asked))
    return hits[:SHOWN], len(hits) > SHOWN or len(candidates) == most


def case(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, clearance: Clearance, text: str
) -> CaseLine | None:
    """Find a case by its reference, however it is spelled; None when there is none for this reader."""
    reference = references.read(text) or ""
    found = connection.scalar(
        sa.select(Grievance.id).where(
            Grievance.reference_index == ring.index("reference:" + reference),
            Grievance.organisation_id == organisation_id,
            clearance.cases(),
        )
    )
    if found is None:
        return None
    opened = grievances_view.case(connection, ring, organisation_id, clearance, found)
    return opened.line if opened is not None else None


@dataclass(frozen=True, slots=True)
class RoundHit:
    """A round by its titles."""

    id: UUID
    name: str
    title: str


def rounds(connection: sa.Connection, organisation_id: UUID, asked: Asked) -> tuple[list[RoundHit], bool]:
    """Find rounds by their name or their flow's title, the newest first; and whether there are more than are shown."""
    rows = connection.execute(
        sa.select(Round.id, Round.name, Flow.title)
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .join(Flow, Flow.id == FlowRevision.flow_id)
        .where(Round.organisation_id == organisation_id)
        .order_by(Round.opens_at.desc(), Round.id.desc())
        .limit(ROUNDS)
    )
    found = [RoundHit(*row) for row in rows if titled(asked, (row.name, row.title))]
    return found[:SHOWN], len(found) > SHOWN


def titled(asked: Asked, titles: Iterable[str]) -> bool:
    """Whether each word that was asked for begins a word of these titles."""
    known = [word for title in titles for word in names.words(title)]
    return bool(asked.words) and all(any(each.startswith(word) for each in known) for word in asked.words)


# --- Candidates


def _candidates(
    connection: sa.Connection, organisation_id: UUID, wanted: list[list[bytes]], *, most: int
) -> list[UUID]:
    """Return contacts that have a term of each list, the newest first, `most` at the most.

    The rarest list leads, and the others are only looked up for those whom it names.
    """
    if not wanted:
        return []
    leading = wanted[0]
    if len(wanted) > 1:
        leading = min(wanted, key=lambda terms: _count(connection, organisation_id, terms))
    others = [terms for terms in wanted if terms is not leading]
    found: set[UUID] = set()
    # One term at a time comes out of the index in order, so that a common one ends early.
    for each in leading:
        if len(found) < most:
            found.update(connection.scalars(_with_all(organisation_id, each, others).limit(most)))
    return sorted(found, reverse=True)[:most]


def _count(connection: sa.Connection, organisation_id: UUID, terms: Sequence[bytes]) -> int:
    rows = sa.select(sa.literal(1)).where(
        SearchTerm.organisation_id == organisation_id, SearchTerm.term.in_(terms)
    )
    limited = rows.limit(COMMON).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(limited)).scalar_one()


def _with_all(organisation_id: UUID, leading: bytes, others: list[list[bytes]]) -> sa.Select[UUID]:
    conditions = []
    for terms in others:
        other = aliased(SearchTerm)
        conditions.append(
            sa.exists().where(
                other.organisation_id == organisation_id,
                other.term.in_(terms),
                other.contact_id == SearchTerm.contact_id,
            )
        )
    return (
        sa.select(SearchTerm.contact_id)
        .where(SearchTerm.organisation_id == organisation_id, SearchTerm.term == leading, *conditions)
        .order_by(SearchTerm.organisation_id.desc(), SearchTerm.term.desc(), SearchTerm.contact_id.desc())
    )


# --- Checking and showing


def _named(connection: sa.Connection, ring: Keyring, candidates: list[UUID], asked: Asked) -> list[UUID]:
    """Return those whose name is what was asked for."""
    rows = connection.execute(
        sa.select(Contact.id, Contact.name_sealed).where(
            Contact.id.in_(candidates), Contact.name_sealed.is_not(None)
        )
    )
    return [row.id for row in rows if asked.fits_name(ring.open(NAME, row.id, row.name_sealed))]


def _numbered(connection: sa.Connection, ring: Keyring, candidates: list[UUID], asked: Asked) -> list[UUID]:
    """Return those of whom a number ends as was asked."""
    rows = connection.execute(
        sa.select(ContactUrn.id, ContactUrn.contact_id, ContactUrn.address_sealed).where(
            ContactUrn.contact_id.in_(candidates), ContactUrn.scheme.in_(names.NUMBERED)
        )
    )
    known = (
        (row.contact_id, names.digits_of(ring.open(ADDRESS, row.id, row.address_sealed))) for row in rows
    )
    fitting = (contact_id for contact_id, digits in known if digits is not None and asked.fits_number(digits))
    return list(dict.fromkeys(fitting))


def _hits(connection: sa.Connection, ring: Keyring, contact_ids: list[UUID]) -> list[PersonHit]:
    """Return what is shown of contacts, who wrote last first; one more than fits on a page."""
    rows = connection.execute(
        sa.select(
            Contact.id,
            Contact.language,
            Contact.last_seen_at,
            conversations.is_stopped(Contact.id).label("stopped"),
            conversations.is_careful().label("careful"),
        )
        .where(Contact.id.in_(contact_ids))
        .order_by(Contact.last_seen_at.desc().nulls_last(), Contact.id.desc())
        .limit(SHOWN + 1)
    ).all()
    masked = conversations.addresses(connection, ring, [row.id for row in rows])
    return [
        PersonHit(
            row.id,
            masked.get(row.id, ()),
            row.language,
            row.last_seen_at,
            stopped=row.stopped,
            careful=row.careful,
        )
        for row in rows
    ]
