"""Flows: the list of all, and one of them at a glance."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort

import flows as engine
from gateway import clock
from gateway.services import flow_list
from gateway.services.bridge import plain
from gateway.services.flow_list import FlowHead
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.lists import Column, Kind
from gateway.web.resources import connection, resources
from gateway.web.words import N_

FLOWS = Kind(
    "staff.flows",
    columns=(
        Column("title", N_("Flow"), sortable=True),
        Column("languages", N_("Languages")),
        Column("published", N_("Published"), sortable=True, first="desc"),
        Column("rounds", N_("Running rounds"), figure=True),
    ),
    sort="title",
)
_ORDERS = {"title": lambda head: head.title.casefold(), "published": lambda head: head.published_at}


@staff.get("/flows")
@needs(Object.FLOW)
def flows() -> Response:
    """List the organisation's flows."""
    asked, whose = FLOWS.asked(), gate.me().organisation_id
    found, more = asked.part.of_rows(flow_list.heads(connection(), whose), _ORDERS)
    return page.show(
        "flows.html",
        list=FLOWS.show(asked, found, more=more),
        definitions={head.id: published(head) for head in found},
        rounds=flow_list.open_rounds(connection(), whose, now=clock.now()),
    )


@staff.get("/flows/<uuid:flow_id>")
@needs(Object.FLOW)
def flow(flow_id: UUID) -> Response:
    """Show one flow: what it is for, who answers for it, and what the check says about it."""
    head = found(flow_id)
    definition = published(head)
    return page.show(
        "flow.html",
        flow=head,
        definition=definition,
        findings=engine.check(definition) if definition is not None else [],
    )


def found(flow_id: UUID) -> FlowHead:
    """Return a flow of the reader's organisation; any other is answered like one that is not there."""
    head = flow_list.head(connection(), gate.me().organisation_id, flow_id)
    if head is None:
        abort(404)
    return head


def published(head: FlowHead) -> engine.Flow | None:
    """Return what the newest revision of a flow says; None: it was never published."""
    if head.revision_id is None:
        return None
    return resources().house.library.flow(plain(connection()), head.revision_id)
