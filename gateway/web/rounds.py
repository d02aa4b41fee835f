"""Rounds: how far they have come, and the answers as they come in."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, request

from gateway import clock
from gateway.models.organisations import Shared
from gateway.services import agreements, asked_before, round_list, rounds_view
from gateway.services.agreements import Reach
from gateway.services.suppression import SMALLEST_BASE, SMALLEST_CELL
from gateway.web import drawing, gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import gettext, language
from gateway.web.language import name as language_name
from gateway.web.lists import Column, Kind
from gateway.web.resources import connection, resources
from gateway.web.words import N_

ROUNDS = Kind(
    "staff.rounds",
    columns=(
        Column("name", N_("Round"), sortable=True),
        Column("opens", N_("Open"), sortable=True, first="desc"),
        Column("sent", N_("Asked"), figure=True),
        Column("completed", N_("Completed"), figure=True),
        Column("progress", N_("Progress")),
    ),
    sort="opens",
    direction="desc",
)


@staff.get("/rounds")
@needs(Object.SURVEY)
def rounds() -> Response:
    """List all rounds."""
    asked = ROUNDS.asked()
    found, more = round_list.rounds(connection(), gate.me().organisation_id, asked.part, shared=_shared())
    return page.show(
        "rounds.html", list=ROUNDS.show(asked, found, more=more), now=clock.now(), smallest_cell=SMALLEST_CELL
    )


@staff.get("/rounds/<uuid:round_id>")
@needs(Object.SURVEY)
def round_(round_id: UUID) -> Response:
    """Show one round. Opening it is audited; the refreshes of an open page are the same look."""
    singly = gate.may(Object.ANSWER)
    found = rounds_view.read(
        connection(),
        resources().house.library,
        gate.me().organisation_id,
        round_id,
        language=language(),
        singly=singly,
        shared=_shared(),
    )
    if found is None:
        abort(404)
    singly = singly and found.progress.owner is None
    if singly and request.args.get("part") != "live":
        page.note("round.read", f"round {round_id}")
    return page.show(
        "round.html",
        round=found,
        before=asked_before.of_round(connection(), gate.me().organisation_id, round_id),
        by_language=drawing.completed(
            gettext(N_("By language")), gettext(N_("Language")), found.languages, language_name
        ),
        by_channel=drawing.completed(gettext(N_("By channel")), gettext(N_("Channel")), found.channels, str),
        singly=singly,
        now=clock.now(),
        smallest_cell=SMALLEST_CELL,
        smallest_base=0 if singly else SMALLEST_BASE,
    )


def _shared() -> frozenset[Reach]:
    return agreements.reach(connection(), Shared.SURVEY)
