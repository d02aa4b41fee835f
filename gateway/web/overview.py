"""The first page: what waits for whoever asks, and what goes on, in counts. What a role may not see is not there."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, current_app, url_for
from markupsafe import Markup

from gateway import clock, vitals
from gateway.models.staff import Role
from gateway.services import overview as service
from gateway.services import setup
from gateway.services.overview import Part
from gateway.services.suppression import SMALLEST_CELL
from gateway.web import formats, gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection, resources

PARTS: Mapping[Part, Object] = {
    Part.DELIVERY: Object.DELIVERY,
    Part.PROBLEMS: Object.PROBLEM,
    Part.CASES: Object.GRIEVANCE,
    Part.SEALED: Object.SEALED,
    Part.ROUNDS: Object.SURVEY,
    Part.CHANNELS: Object.DELIVERY,
    Part.MAILS: Object.MAIL,
    Part.AUDIT: Object.SECURITY,
    Part.AGREEMENTS: Object.AGREEMENT,
}


@staff.get("/")
@needs(Object.OVERVIEW)
def overview() -> Response:
    """Show the counts that the member's role may see."""
    now, me = clock.now(), gate.me()
    found = service.read(
        connection(),
        me.organisation_id,
        gate.clearance(),
        {part for part, object_ in PARTS.items() if gate.may(object_)},
        staff_id=me.id,
        midnight=formats.midnight(now),
        now=now,
    )
    processes = vitals.signs(resources().waker.redis, now=now) if gate.may(Object.MAIL) else None
    return page.show(
        "overview.html",
        overview=found,
        processes=processes,
        watches=gate.may(Object.MAIL),
        shown=_shown,
        is_small=_is_small,
        page_of=_page_of,
        first=gate.may(Object.SETUP) and setup.waits(connection()),
        now=now,
    )


def _is_small(*counts: int) -> bool:
    """Whether a count would point to single people, before a reader of counts alone."""
    return gate.me().role is Role.VIEWER_AGGREGATE and any(0 < count < SMALLEST_CELL for count in counts)


def _shown(count: int) -> Markup:
    """Write a count; before readers of counts alone, a small one is only said to be small."""
    if _is_small(count):
        return Markup("<bdi>&lt; {}</bdi>").format(formats.number(SMALLEST_CELL))
    return Markup("{}").format(formats.number(count))


def _page_of(endpoint: str) -> str | None:
    """Return the address of a page, if this gateway has it."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None
