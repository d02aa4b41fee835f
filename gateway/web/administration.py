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
        "staff.member_list",
        N_("Staff"),
        N_("Who has an account, as what and where. Invite, change, and let people leave."),
        Object.ACCOUNT,
    ),
    Part(
        "staff.approvals",
        N_("Second opinions"),
        N_("Roles that wait until a second person agrees."),
        Object.APPROVAL,
    ),
    Part(
        "staff.organisation_list",
        N_("Organisations"),
        N_("The agencies and partners of the operation, and who leads."),
        Object.ORGANISATION,
    ),
    Part(
        "staff.office_list",
        N_("Offices"),
        N_("Offices and sites, and the places that each serves."),
        Object.ORGANISATION,
    ),
    Part("staff.team_list", N_("Teams"), N_("People who share work and a roster."), Object.ORGANISATION),
    Part("staff.place_list", N_("Places"), N_("Names and codes of areas, in every script."), Object.PLACE),
    Part(
        "staff.agreement_list",
        N_("Agreements"),
        N_("What organisations let one another read, for what, and until when."),
        Object.AGREEMENT,
    ),
    Part(
        "staff.key_list",
        N_("Keys for programs"),
        N_("Programs that read counts: which, what, and until when."),
        Object.API_KEY,
    ),
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
