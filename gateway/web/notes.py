"""What a request leaves in the audit: who looked at whom, what was changed, what was refused.

A view says what it did with `note`, and whom it showed with `seen`; the lines are written together, last in the
request's transaction, because whoever writes one makes others wait until the commit. What a page of persons forgets to
say is said for it, so that no look goes unwritten; a test looks for pages that forget.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, request

from gateway import clock
from gateway.services import audit
from gateway.services.audit import Line, Subject
from gateway.web import access, gate
from gateway.web.resources import before_commit, connection, resources

OPENED = "page.opened"  # what is written for a page that forgot to say what it showed
REFUSED = "access.refused"

# What addresses call the ids of persons, cases and accounts, and how objects of lines name them.
NAMED = {"contact_id": "contact", "case_id": "grievance", "staff_id": "staff"}


@dataclass
class Pending:
    """What is to be written before the commit; what is undone is forgotten with it."""

    lines: list[Line] = field(default_factory=list)
    shown: set[Subject] = field(default_factory=set)

    def __call__(self) -> None:
        """Write it. The last line holds everybody whom the page showed."""
        if not self.lines:
            note(OPENED, _asked_for(), page=request.endpoint)
        *others, last = self.lines
        whole = replace(last, subjects=last.subjects | self.shown)
        audit.write(
            connection(), resources().ring, gate.me().organisation_id, [*others, whole], now=clock.now()
        )


def note(action: str, object_: str, **detail: Any) -> None:
    """Write into the audit what the member of staff saw or did.

    Args:
        action: noun and past participle, e.g. "contact.read".
        object_: kind and id, e.g. "contact 0190…"; never a name or an address.
        detail: JSON-able facts that only auditors need, sealed; `**audit.changed(before, after)` of a change.
    """
    _pending().lines.append(Line(str(gate.me().id), action, object_, detail or None))


def note_there(organisation_id: UUID, action: str, object_: str, **detail: Any) -> None:
    """Write a line into another organisation's audit at once, of what the lead does there (`resources.inside`)."""
    line = Line(str(gate.me().id), action, object_, detail or None)
    audit.write(connection(), resources().ring, organisation_id, [line], now=clock.now())


def seen(*, contacts: Iterable[UUID] = (), cases: Iterable[UUID] = (), staff: Iterable[UUID] = ()) -> None:
    """Say whom this page shows."""
    _pending().shown.update(audit.subjects(contacts=contacts, cases=cases, staff=staff))


def settle(response: Response) -> Response:
    """Write down what was refused, and what a page of persons forgot to say."""
    rule = access.rule_of(current_app.view_functions.get(request.endpoint or "", _nothing))
    if rule is None or rule.object not in access.PERSONAL or gate.member() is None:
        return response
    if response.status_code == HTTPStatus.NOT_FOUND:
        note(REFUSED, _asked_for(), page=request.endpoint, method=request.method)
    elif response.status_code in _SHOWING:
        _pending()
    return response


_SHOWING = {HTTPStatus.OK, HTTPStatus.SEE_OTHER, HTTPStatus.UNPROCESSABLE_ENTITY}


def _pending() -> Pending:
    acts: list[object] = g.get("last_acts", [])
    found = next((act for act in acts if isinstance(act, Pending)), None)
    if found is None:
        found = Pending()
        before_commit(found)
    return found


def _asked_for() -> str:
    """Name what the address asks for, whether there is such a thing or not."""
    for name, value in (request.view_args or {}).items():
        if name in NAMED:
            return f"{NAMED[name]} {value}"
    return str(request.endpoint).rpartition(".")[2]


def _nothing() -> None:
    """Stand in for the view of an address that leads nowhere."""
