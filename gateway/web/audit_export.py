"""The audit as a file for the data protection officer, written while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, abort, request

from gateway import audit_export, clock
from gateway.audit_export import Manifest
from gateway.services import audit, audit_view
from gateway.services.audit import Kind, Line
from gateway.services.audit_view import Filters
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.audit import LINES, filters_of
from gateway.web.blueprint import staff
from gateway.web.limits import limited
from gateway.web.resources import connection, elsewhere, resources


@staff.post("/audit/export")
@needs(Object.AUDIT)
@gate.fresh
@limited("export")
def export_audit() -> Response:
    """Write the lines that the form names as a file."""
    form = request.form
    kind, opened = form.get("kind", "csv"), form.get("detail") == "1"
    if kind not in audit_export.WRITERS:
        abort(404)
    asked = LINES.asked(form)
    head = audit.head_of(connection(), gate.me().organisation_id)
    manifest = Manifest(head.seq, head.hash.hex(), clock.now())
    page.note("audit.exported", "audit", kind=kind, detail=opened, head_seq=head.seq, **LINES.state(asked))
    answer = Response(_written(kind, filters_of(asked), manifest, opened=opened))
    answer.headers["Content-Type"] = audit_export.TYPES[kind]
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{head.seq}.{kind}"'
    return answer


def _written(kind: str, filters: Filters, manifest: Manifest, *, opened: bool) -> Iterator[bytes]:
    """Return the file's bytes. They are read when the request's own transaction is over, in one of their own."""
    ring, member, another = resources().ring, gate.me(), elsewhere()
    whose = member.organisation_id

    def write() -> Iterator[bytes]:
        with another() as opened_connection:
            names = audit_view.names(opened_connection, ring, whose)
            lines = audit_view.export(opened_connection, ring, whose, filters, opened=opened)
            rows = (_row(line, about, names) for line, about in lines)
            yield from audit_export.WRITERS[kind](rows, manifest)
            done = Line(str(member.id), "audit.export_ended", "audit", manifest.values())
            audit.write(opened_connection, ring, whose, [done], now=clock.now())

    return write()


def _row(line: audit_view.AuditLine, about: list[audit.Subject], names: dict[str, str]) -> dict[str, Any]:
    def of(kind: Kind) -> list[str]:
        return [str(subject.id) for subject in about if subject.kind == kind]

    return {
        "seq": line.seq,
        "at": line.at.isoformat(),
        "actor": line.actor,
        "name": names.get(line.actor, ""),
        "action": line.action,
        "object": line.object,
        "persons": of(Kind.CONTACT),
        "cases": of(Kind.CASE),
        "accounts": of(Kind.STAFF),
        "detail": dict(line.detail),
        "previous": line.previous.hex(),
        "hash": line.hash.hex(),
    }
