"""The first steps of a new installation: from nothing to a message on a simulated phone.

Each step writes where its facts belong, so that whoever leaves and comes back finds what was done, and going back shows
what was typed. Only what has no place of its own lies in `first_steps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

import flows
from flows import Contact, Severity
from flows.definition import Flow
from flows.events import MessageSaid
from flows.rendering import as_sms
from gateway import ids
from gateway.models.channels import Channel
from gateway.models.organisations import Office, Operation, Organisation
from gateway.models.setup import FirstSteps
from gateway.models.staff import Staff
from gateway.services import flow_store
from gateway.services.bridge import plain
from gateway.services.simulator import ADAPTER

# The gateway itself starts these in the middle of others; they are no beginning.
_HELPERS = frozenset({flow_store.LANGUAGE, flow_store.SAFE_CONTACT})


class Step(StrEnum):
    """What is done first, in this order."""

    OPERATION = "operation"
    OFFICE = "office"
    CHANNEL = "channel"
    FLOW = "flow"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Named:
    """The operation as it was named. `organisation`: who runs it."""

    name: str
    organisation: str
    country: str | None
    timezone: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The first office."""

    id: UUID
    name: str
    timezone: str
    area: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the first steps have come.

    Attributes:
        named, office, phone_kind, flow, contact_id: what each step left; None: not done yet.
        over: done or skipped.
    """

    named: Named | None
    office: Place | None
    phone_kind: str | None
    flow: str | None
    contact_id: UUID | None
    over: bool

    @property
    def done(self) -> frozenset[Step]:
        """The steps that are behind."""
        left = (self.named, self.office, self.phone_kind, self.flow, self.contact_id)
        return frozenset(step for step, fact in zip(Step, left, strict=True) if fact is not None)

    @property
    def next(self) -> Step:
        """The first step that is not done; the last one when all are."""
        return next((step for step in Step if step not in self.done), Step.MESSAGE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A flow that ships, checked. `first_words`: what it says first, by language."""

    flow: Flow
    questions: int
    errors: int
    hints: int


def waits(connection: sa.Connection) -> bool:
    """Whether nobody has gone through the first steps of this installation, or skipped them."""
    over = sa.exists().where(Operation.set_up_at.is_not(None))
    return not connection.execute(sa.select(over)).scalar_one()


def read(connection: sa.Connection, organisation_id: UUID) -> Progress:
    """Return how far an organisation's first steps have come."""
    operation = connection.execute(sa.select(Operation)).first()
    office = connection.execute(
        sa.select(Office.id, Office.name, Office.timezone, Office.area)
        .where(Office.organisation_id == organisation_id)
        .order_by(Office.id)
        .limit(1)
    ).first()
    chosen = connection.execute(
        sa.select(FirstSteps.phone_kind, FirstSteps.flow, FirstSteps.contact_id).where(
            FirstSteps.organisation_id == organisation_id
        )
    ).first()
    channel = sa.exists().where(Channel.organisation_id == organisation_id, Channel.kind == ADAPTER)
    has_channel = connection.execute(sa.select(channel)).scalar_one()
    return Progress(
        named=_named(connection, organisation_id, operation) if _is_named(operation) else None,
        office=Place(*office) if office is not None else None,
        phone_kind=chosen.phone_kind if chosen is not None and has_channel else None,
        flow=chosen.flow if chosen is not None else None,
        contact_id=chosen.contact_id if chosen is not None else None,
        over=operation is not None and operation.set_up_at is not None,
    )


def _is_named(operation: Any) -> bool:
    # Skipping makes a row too, one that says nothing.
    return operation is not None and bool(operation.languages)


def _named(connection: sa.Connection, organisation_id: UUID, operation: Any) -> Named:
    name = connection.execute(
        sa.select(Organisation.name).where(Organisation.id == organisation_id)
    ).scalar_one()
    return Named(operation.name, name, operation.country, operation.timezone, tuple(operation.languages))


def name_operation(connection: sa.Connection, organisation_id: UUID, named: Named) -> None:
    """Name the operation and whoever runs it."""
    _put_operation(
        connection,
        {
            "name": named.name,
            "country": named.country,
            "timezone": named.timezone,
            "languages": list(named.languages),
        },
    )
    connection.execute(
        sa.update(Organisation).where(Organisation.id == organisation_id).values(name=named.organisation)
    )


def open_office(
    connection: sa.Connection,
    organisation_id: UUID,
    staff_id: UUID,
    *,
    name: str,
    timezone: str,
    area: str | None,
) -> UUID:
    """Open the first office, or change it; whoever opens it works there unless they work elsewhere already."""
    known = connection.scalar(
        sa.select(Office.id).where(Office.organisation_id == organisation_id).order_by(Office.id).limit(1)
    )
    office_id = known or ids.new()
    values = {"name": name, "timezone": timezone, "area": area}
    if known is None:
        connection.execute(sa.insert(Office).values(id=office_id, organisation_id=organisation_id, **values))
    else:
        connection.execute(sa.update(Office).where(Office.id == known).values(**values))
    connection.execute(
        sa.update(Staff).where(Staff.id == staff_id, Staff.office_id.is_(None)).values(office_id=office_id)
    )
    return office_id


def choose_phone(connection: sa.Connection, organisation_id: UUID, kind: str) -> None:
    """Remember which kind of phone is simulated first."""
    _remember(connection, organisation_id, {"phone_kind": kind})


def choose_flow(connection: sa.Connection, organisation_id: UUID, flow: Flow) -> UUID:
    """Publish a flow that ships, and remember that it was chosen; returns its revision."""
    revision_id = flow_store.publish(plain(connection), organisation_id, flow)
    _remember(connection, organisation_id, {"flow": flow.code})
    return revision_id


def greet(connection: sa.Connection, organisation_id: UUID, contact_id: UUID, *, now: datetime) -> None:
    """Remember who got the first message; with it the first steps are over."""
    _remember(connection, organisation_id, {"contact_id": contact_id})
    finish(connection, organisation_id, now=now)


def finish(connection: sa.Connection, organisation_id: UUID, *, now: datetime) -> None:
    """End the first steps, done or skipped. They can be looked at again."""
    name = connection.execute(
        sa.select(Organisation.name).where(Organisation.id == organisation_id)
    ).scalar_one()
    changed = connection.execute(
        sa.update(Operation).values(set_up_at=sa.func.coalesce(Operation.set_up_at, now))
    )
    if not changed.rowcount:
        _put_operation(connection, {"name": name, "set_up_at": now})


@cache
def offers() -> tuple[Offer, ...]:
    """Return the flows that ship and that one can begin with, each checked as publishing checks it."""
    return tuple(_offer(flow) for flow in flow_store.library() if flow.code not in _HELPERS)


def offered(code: str | None) -> Offer | None:
    """Return one of them by its code."""
    return next((offer for offer in offers() if offer.flow.code == code), None)


def first_words(flow: Flow, language: str, *, now: datetime) -> list[str]:
    """Return what a flow says first, as an SMS shows it."""
    sprint = flows.start(flow, Contact(language, channel="sms"), now=now)
    return [as_sms(event) for event in sprint.events if isinstance(event, MessageSaid)]


def _offer(flow: Flow) -> Offer:
    findings: Sequence[Any] = flows.check(flow)
    failures = sum(len(test.failures) for test in flows.run_tests(flow))
    errors = sum(item.severity is Severity.ERROR for item in findings) + failures
    questions = len(flows.questions(flow))
    return Offer(flow, questions, errors, len(findings) + failures - errors)


def _put_operation(connection: sa.Connection, values: dict[str, Any]) -> None:
    changed = connection.execute(sa.update(Operation).values(**values))
    if not changed.rowcount:
        connection.execute(sa.insert(Operation).values(id=ids.new(), **values))


def _remember(connection: sa.Connection, organisation_id: UUID, values: dict[str, Any]) -> None:
    statement = insert(FirstSteps).values(organisation_id=organisation_id, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[FirstSteps.organisation_id], set_=values)
    )
