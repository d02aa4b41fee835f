"""Letting one wording out that the check refuses: two roles agree, each with a reason in writing, and for a while.

The domain's rule on questions of class c: a data protection officer and a specialist of the field, both in writing, for
one round and one audience. Nobody agrees to what they wrote or asked for, and nobody speaks for both roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

import flows
from gateway import ids
from gateway.models.flows import Flow, FlowDraftChange
from gateway.models.publishing import FlowOverride, FlowOverrideVoice, FlowPublication
from gateway.models.staff import Role
from gateway.services import flow_store, notices
from gateway.services.notices import Kind
from gateway.services.unfit import Unfit, filled

VOICES = (Role.DATA_PROTECTION_OFFICER, Role.SENSITIVE_FOCAL_POINT)  # each must agree
LASTS = timedelta(days=14)  # after it was asked for
LONGEST_REASON = 2000  # characters
SHORTEST_REASON = 20  # characters: "ok" is no reason


class Standing(StrEnum):
    """How far a request is."""

    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Voice:
    """What one role said."""

    role: str
    staff_id: UUID
    agrees: bool
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Override:
    """A request with what was said to it so far."""

    id: UUID
    flow_id: UUID
    flow_title: str
    digest: str
    asked_by: UUID
    reason: str
    audience: str
    asked_at: datetime
    expires_at: datetime
    refused_at: datetime | None
    used: bool
    voices: Mapping[str, Voice]

    def standing(self, now: datetime) -> Standing:
        """Return how far it is."""
        if self.refused_at is not None:
            return Standing.REFUSED
        if self.used:
            return Standing.USED
        if now >= self.expires_at:
            return Standing.EXPIRED
        agreed = all(role in self.voices and self.voices[role].agrees for role in VOICES)
        return Standing.AGREED if agreed else Standing.WAITING


def ask(
    connection: sa.Connection,
    flow_id: UUID,
    flow: flows.Flow,
    *,
    reason: str,
    audience: str,
    by: UUID,
    now: datetime,
) -> UUID:
    """Ask that this wording may go out, to this audience.

    Raises:
        Unfit: no reason or audience is given, or the same wording is asked for already.
    """
    mark = flow_store.digest_of(flow)
    if standing(connection, flow_id, mark, now=now) is not None:
        raise Unfit("taken", field="reason")
    made = ids.new()
    connection.execute(
        sa.insert(FlowOverride).values(
            id=made,
            flow_id=flow_id,
            digest=mark,
            definition=flows.dump(flow),
            asked_by=by,
            reason=_reason(reason),
            audience=filled(audience, field="audience"),
            asked_at=now,
            expires_at=now + LASTS,
        )
    )
    whose = connection.scalar(sa.select(Flow.organisation_id).where(Flow.id == flow_id))
    assert whose is not None  # noqa: S101 - the request's row names it
    notices.raise_(
        connection,
        kind=Kind.FLOW_EXCEPTION,
        object=f"flow_override {made}",
        priority="P3",
        organisation_id=whose,
        occasion=made.hex,
        but=by,
        now=now,
    )
    return made


def speak(
    connection: sa.Connection,
    override: Override,
    *,
    role: Role,
    agrees: bool,
    reason: str,
    by: UUID,
    now: datetime,
) -> None:
    """Say what one role thinks of a request. One refusal ends it.

    Raises:
        Unfit: this person may not speak to it, it is over, the role has spoken, or there is no reason.
    """
    if (fault := hindrance(connection, override, role=role, by=by, now=now)) is not None:
        raise Unfit(fault, field="reason")
    values = {"role": role, "staff_id": by, "agrees": agrees, "reason": _reason(reason), "at": now}
    connection.execute(sa.insert(FlowOverrideVoice).values(override_id=override.id, **values))
    if not agrees:
        connection.execute(
            sa.update(FlowOverride).where(FlowOverride.id == override.id).values(refused_at=now)
        )


def hindrance(
    connection: sa.Connection, override: Override, *, role: Role, by: UUID, now: datetime
) -> str | None:
    """Return why somebody may not speak to a request: "not_you", "own_flow", "spoken", "over"; None: they may."""
    if role not in VOICES:
        return "not_you"
    if override.asked_by == by or by in writers(connection, override.flow_id):
        return "own_flow"
    if override.standing(now) is not Standing.WAITING:
        return "over"
    return "spoken" if role in override.voices else None


def writers(connection: sa.Connection, flow_id: UUID) -> set[UUID]:
    """Return who owns a flow or ever changed its draft."""
    owners = sa.select(Flow.owner_id).where(Flow.id == flow_id)
    hands = sa.select(FlowDraftChange.changed_by).where(FlowDraftChange.flow_id == flow_id)
    return {found for found in connection.scalars(owners.union(hands)) if found is not None}


def standing(connection: sa.Connection, flow_id: UUID, mark: str, *, now: datetime) -> Override | None:
    """Return the request for the wording of this digest that waits or is agreed to; None: there is none."""
    found = _read(connection, FlowOverride.flow_id == flow_id, FlowOverride.digest == mark)
    open_ = {Standing.WAITING, Standing.AGREED}
    return next((item for item in found if item.standing(now) in open_), None)


def read(connection: sa.Connection, organisation_id: UUID, override_id: UUID) -> Override | None:
    """Return one request of an organisation."""
    found = _read(connection, FlowOverride.id == override_id, Flow.organisation_id == organisation_id)
    return found[0] if found else None


def of_organisation(connection: sa.Connection, organisation_id: UUID) -> list[Override]:
    """Return all requests of an organisation, the newest first."""
    return _read(connection, Flow.organisation_id == organisation_id)


def wording(connection: sa.Connection, override_id: UUID) -> flows.Flow:
    """Return what is asked for. Raises LookupError when there is no such request."""
    definition = connection.scalar(sa.select(FlowOverride.definition).where(FlowOverride.id == override_id))
    if definition is None:
        raise LookupError(f"There is no request {override_id}.")
    return flows.from_dict(definition)


def _read(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Override]:
    used = sa.exists().where(FlowPublication.override_id == FlowOverride.id)
    rows = connection.execute(
        sa.select(FlowOverride, Flow.title, used.label("used"))
        .join(Flow, Flow.id == FlowOverride.flow_id)
        .where(*where)
        .order_by(FlowOverride.asked_at.desc(), FlowOverride.id.desc())
    ).all()
    voices = _voices(connection, [row.id for row in rows])
    return [
        Override(
            row.id,
            row.flow_id,
            row.title,
            row.digest,
            row.asked_by,
            row.reason,
            row.audience,
            row.asked_at,
            row.expires_at,
            row.refused_at,
            row.used,
            voices.get(row.id, {}),
        )
        for row in rows
    ]


def _voices(connection: sa.Connection, override_ids: list[UUID]) -> dict[UUID, dict[str, Voice]]:
    found: dict[UUID, dict[str, Voice]] = {}
    rows = connection.execute(
        sa.select(FlowOverrideVoice).where(FlowOverrideVoice.override_id.in_(override_ids))
    )
    for row in rows:
        voice = Voice(row.role, row.staff_id, row.agrees, row.reason, row.at)
        found.setdefault(row.override_id, {})[row.role] = voice
    return found


def _reason(text: str) -> str:
    reason = filled(text, field="reason", longest=LONGEST_REASON)
    if len(reason) < SHORTEST_REASON:
        raise Unfit("too_short", field="reason")
    return reason
