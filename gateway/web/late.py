"""The list of what came too late."""

from __future__ import annotations

from flask import Response

from gateway.services import late_list
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.lists import Column, Kind
from gateway.web.resources import connection
from gateway.web.words import N_

LATE = Kind(
    "staff.late_replies",
    columns=(
        Column("flow", N_("Flow"), sortable=True),
        Column("question", N_("Question")),
        Column("answer", N_("Answer")),
        Column("ended", N_("Conversation over")),
        Column("at", N_("Came"), sortable=True, first="desc"),
    ),
    sort="at",
    direction="desc",
)


@staff.get("/flows/late")
@needs(Object.ANSWER)
def late_replies() -> Response:
    """List the answers that came after their conversation was given up."""
    asked = LATE.asked()
    found, more = late_list.page(connection(), gate.me().organisation_id, asked.part)
    page.note("late_reply.list", f"organisation {gate.me().organisation_id}", count=len(found))
    return page.show("late_replies.html", list=LATE.show(asked, found, more=more))
