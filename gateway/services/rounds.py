"""Opening a round: who is asked, who is left out and why, and the asking itself, a batch at a time.

Nobody is asked twice in one round, and nobody more than once in thirty days, whatever round it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from gateway import ids
from gateway.db import Connection
from gateway.models.messages import Lane
from gateway.services import conversation, dispositions
from gateway.services.channels import ChannelRow
from gateway.services.people import House
from gateway.services.unfit import Unfit

PURPOSE = "surveys"  # what people agreed to, in words of the consent flow
REST = timedelta(days=30)  # between two rounds for one person


class LeftOut(StrEnum):
    """Why somebody is not asked. The first that holds counts, in this order."""

    ASKED = "asked"
    STOPPED = "stopped"
    NO_CONSENT = "no_consent"
    NOT_SAFE = "not_safe"
    NO_ADDRESS = "no_address"
    IN_CONVERSATION = "in_conversation"
    ASKED_LATELY = "asked_lately"


@dataclass(frozen=True, slots=True)
class Asking:
    """What decides who is asked.

    Attributes:
        organisation_id: whose contacts.
        scheme: of the addresses that the channel reaches.
        discreet: the flow names no agency; without that, discreet contacts are left out.
        group_id: only its members.
        round_id: the round when it is there already: nobody is asked again in it.
    """

    organisation_id: UUID
    scheme: str
    discreet: bool
    group_id: UUID | None = None
    round_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Contacts to ask, and how many are left out by reason."""

    to_ask: list[UUID]
    left_out: Counter[LeftOut] = field(default_factory=Counter)


# Addresses and opt-outs are judged as `conversation.start` judges them.
_SORT = """
WITH reach AS (
    SELECT u.contact_id, bool_or(u.reachable AND o.id IS NULL) AS open, bool_or(o.id IS NOT NULL) AS stopped
    FROM contact_urn u LEFT JOIN opt_out o ON o.organisation_id = u.organisation_id
        AND o.address_index = u.address_index AND o.lifted_at IS NULL
    WHERE u.organisation_id = %(organisation)s AND u.scheme = %(scheme)s
        AND (%(only)s::uuid[] IS NULL OR u.contact_id = ANY(%(only)s))
    GROUP BY u.contact_id
), asked AS (
    SELECT contact_id, bool_or(round_id = %(round)s::uuid) AS here
    FROM run WHERE organisation_id = %(organisation)s AND round_id IS NOT NULL
        AND (round_id = %(round)s::uuid OR started_at > %(since)s)
        AND (%(only)s::uuid[] IS NULL OR contact_id = ANY(%(only)s))
    GROUP BY contact_id
)
SELECT c.id, CASE
    WHEN asked.here THEN 'asked'
    WHEN reach.stopped AND NOT reach.open THEN 'stopped'
    WHEN agreed.given IS NOT TRUE THEN 'no_consent'
    WHEN c.safe_to_text = 'no' OR c.no_autoreply OR (c.discreet AND NOT %(discreet)s) THEN 'not_safe'
    WHEN reach.open IS NOT TRUE THEN 'no_address'
    WHEN EXISTS (SELECT 1 FROM session s WHERE s.contact_id = c.id AND s.ended_at IS NULL) THEN 'in_conversation'
    WHEN asked.contact_id IS NOT NULL THEN 'asked_lately'
END
FROM contact c
LEFT JOIN reach ON reach.contact_id = c.id
LEFT JOIN asked ON asked.contact_id = c.id
LEFT JOIN LATERAL (
    SELECT given FROM consent WHERE contact_id = c.id AND purpose = %(purpose)s ORDER BY id DESC LIMIT 1
) agreed ON true
WHERE c.organisation_id = %(organisation)s AND (%(only)s::uuid[] IS NULL OR c.id = ANY(%(only)s))
    AND (%(group)s::uuid IS NULL OR EXISTS (
        SELECT 1 FROM group_member m WHERE m.contact_id = c.id AND m.group_id = %(group)s
    ))
ORDER BY c.id
"""


def plan(
    connection: Connection, asking: Asking, *, now: datetime, only: Sequence[UUID] | None = None
) -> Plan:
    """Sort an organisation's contacts, or `only` these of them, into those to ask and those to leave out."""
    values = {
        "organisation": asking.organisation_id,
        "scheme": asking.scheme,
        "discreet": asking.discreet,
        "group": asking.group_id,
        "round": asking.round_id,
        "purpose": PURPOSE,
        "since": now - REST,
        "only": None if only is None else list(only),
    }
    rows = connection.execute(_SORT, values).fetchall()
    left_out = Counter(LeftOut(reason) for _, reason in rows if reason is not None)
    return Plan([contact_id for contact_id, reason in rows if reason is None], left_out)


@dataclass(frozen=True, slots=True)
class Round:
    """A round that people can be asked in."""

    id: UUID
    revision_id: UUID


_OPEN = """
SELECT r.id, r.revision_id FROM survey_round r JOIN flow_revision v ON v.id = r.revision_id
WHERE r.organisation_id = %s AND r.name = %s AND v.flow_id = (SELECT flow_id FROM flow_revision WHERE id = %s)
    AND (r.closes_at IS NULL OR r.closes_at > %s)
ORDER BY r.id DESC LIMIT 1
"""


def find(
    connection: Connection, organisation_id: UUID, *, name: str, revision_id: UUID, now: datetime
) -> Round | None:
    """Return the open round of this name that asks the same flow, in whichever revision it began with."""
    row = connection.execute(_OPEN, [organisation_id, name, revision_id, now]).fetchone()
    return None if row is None else Round(*row)


_SPENT = """
SELECT EXISTS (SELECT 1 FROM flow_publication WHERE revision_id = %(revision)s AND override_id IS NOT NULL)
    AND EXISTS (SELECT 1 FROM survey_round WHERE revision_id = %(revision)s)
"""


def spent(connection: Connection, revision_id: UUID) -> bool:
    """Say whether a revision went out by an exception, for one round, and that round was opened already."""
    row = connection.execute(_SPENT, {"revision": revision_id}).fetchone()
    return row is not None and bool(row[0])


def open_round(
    connection: Connection, organisation_id: UUID, *, name: str, revision_id: UUID, now: datetime
) -> Round:
    """Return the open round of this name and flow; made when there is none.

    Raises:
        Unfit: the revision went out by an exception for one round, and that one was opened.
    """
    # Of two that open the same round at once, the second waits here and then finds the first one's.
    connection.execute(
        "SELECT 1 FROM flow WHERE id = (SELECT flow_id FROM flow_revision WHERE id = %s) FOR NO KEY UPDATE",
        [revision_id],
    )
    found = find(connection, organisation_id, name=name, revision_id=revision_id, now=now)
    if found is not None:
        return found
    if spent(connection, revision_id):
        raise Unfit("spent", field="revision")
    made = Round(ids.new(), revision_id)
    connection.execute(
        "INSERT INTO survey_round (id, organisation_id, revision_id, name, opens_at) VALUES (%s, %s, %s, %s, %s)",
        [made.id, organisation_id, revision_id, name, now],
    )
    return made


_LOCK = """
SELECT id, revision_id FROM survey_round WHERE id = %s AND (closes_at IS NULL OR closes_at > %s) FOR NO KEY UPDATE
"""


def ask(
    connection: Connection,
    house: House,
    asking: Asking,
    contact_ids: Sequence[UUID],
    *,
    channel: ChannelRow,
    now: datetime,
) -> int | None:
    """Ask a batch of contacts in the round; returns how many, or None when the round was closed meanwhile.

    They are sorted anew, because much may have happened since the plan. Batches of one round wait for one
    another, so that two commands at once ask nobody twice.
    """
    row = connection.execute(_LOCK, [asking.round_id, now]).fetchone()
    if row is None:
        return None
    still = plan(connection, asking, only=contact_ids, now=now).to_ask
    dispositions.register(
        connection, asking.organisation_id, still, revision_id=row[1], round_id=row[0], now=now
    )
    done = conversation.start(
        connection, house, still, row[1], channel=channel, lane=Lane.BULK, round_id=row[0], now=now
    )
    return done.count


def close(connection: Connection, round_id: UUID, *, now: datetime) -> UUID | None:
    """End a round: nobody more is asked. Conversations under way go on to their end.

    Returns:
        The organisation whose round it is; None when there is no such round, or it is closed already.
    """
    row = connection.execute(
        "UPDATE survey_round SET closes_at = %s WHERE id = %s AND (closes_at IS NULL OR closes_at > %s)"
        " RETURNING organisation_id",
        [now, round_id, now],
    ).fetchone()
    return None if row is None else row[0]


def group(connection: Connection, organisation_id: UUID, code: str) -> UUID | None:
    """Return an organisation's group by its code."""
    row = connection.execute(
        "SELECT id FROM contact_group WHERE organisation_id = %s AND code = %s", [organisation_id, code]
    ).fetchone()
    return None if row is None else row[0]
