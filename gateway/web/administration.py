"""The first page of the administration: what of it whoever asks may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response

from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.words import N_


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the administration, and what it is for."""

    endpoint: str
    label: str
    told: str
    object: Object


PARTS = (
    Part(
        "staff.roles",
        N_("Roles"),
        N_("Who may see and change what, role by role and thing by thing."),
        Object.ROLES,
    ),
)


def parts() -> list[Part]:
    """Return the parts that whoever asks may open."""
    return [part for part in PARTS if gate.may(part.object)]


@staff.get("/administration")
@needs(Object.ADMINISTRATION)
def administration() -> Response:
    """Show the parts of the administration."""
    return page.show("administration.html", parts=parts())
