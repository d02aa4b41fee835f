"""The picture of a whole flow, on a page and as a file."""

from __future__ import annotations

from uuid import UUID

from flask import Response, url_for
from markupsafe import Markup

from flows.graph import graph
from flows.outline import SOURCE, outline
from flows.sections import CannotEdit
from gateway.web import flow_drawing, language, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.flow_desk import Desk
from gateway.web.flow_drawing import Words
from gateway.web.flow_editor import read_draft
from gateway.web.flows import found
from gateway.web.gate import may
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.words import word


@staff.get("/flows/<uuid:flow_id>/picture")
@needs(Object.FLOW)
def flow_picture(flow_id: UUID) -> Response:
    """Show the flow as a picture; each box leads to its step."""
    head = found(flow_id)
    return page.show("flow_picture.html", flow=head, picture=_picture(flow_id, links=True))


@staff.get("/flows/<uuid:flow_id>/picture.svg")
@needs(Object.FLOW)
@limited("export")
def flow_picture_file(flow_id: UUID) -> Response:
    """Give the picture as a file."""
    head = found(flow_id)
    drawn = _picture(flow_id, links=False) or ""
    answer = Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}', content_type="image/svg+xml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{head.code}.svg"'
    return answer


def _picture(flow_id: UUID, *, links: bool) -> Markup | None:
    """Draw it; None: the draft's text cannot be read."""
    draft = read_draft(flow_id)
    try:
        read = outline(draft.source)
    except CannotEdit:
        return None
    desk = Desk.of(draft, step=None, also=None, wanted="")
    edits = may(Object.FLOW, "change")
    words = Words(
        kind=lambda kind: word(kind, "step_kind"),
        excerpt=desk.excerpt,
        lang=language.tag(next(iter(read.languages), SOURCE[0])),
        address=(lambda name: url_for("staff.edit_flow", flow_id=flow_id, step=name, _anchor="step"))
        if links and edits
        else None,
        end=gettext("The end of the flow"),
        missing=gettext("is not there"),
        title=gettext("Picture of the flow"),
        rtl=language.direction() == "rtl",
        told_rtl=language.direction(desk.source) == "rtl",
    )
    return flow_drawing.draw(graph(read), words)
