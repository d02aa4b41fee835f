"""Searching: words come by POST, so that no address, history or log holds them; what is found stays masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, request

from gateway import names
from gateway.names import LONGEST_QUERY, Asked
from gateway.services import search as service
from gateway.services import simulator as phones
from gateway.web import gate, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.language import language
from gateway.web.limits import limited
from gateway.web.resources import connection, resources
from gateway.web.words import N_


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind. `more`: there is more than is shown."""

    kind: str
    label: str
    hits: list[Any]
    more: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that is searched, for whoever may see its object. Templates draw it by its code."""

    code: str
    label: str
    object: Object
    find: Callable[[str, Asked], tuple[list[Any], bool]]


@staff.route("/search", methods=["GET", "POST"])
@needs(Object.SELF)
@limited("search")
def search() -> Response:
    """Show the form, or what was found."""
    if request.method != "POST":
        return page.show("search.html", groups=None, text="")
    text = " ".join(request.form.get("words", "")[:LONGEST_QUERY].split())
    groups = _find(text) if text else []
    if text:
        # The line names whom it showed; the words themselves lie sealed in its detail.
        page.seen(contacts=_of("contact", groups), cases=_of("case", groups))
        page.note("search.made", "search", words=text, found=_ids(groups))
    return page.show("search.html", groups=groups, text=text)


def _find(text: str) -> list[Group]:
    asked = names.read(text)
    return [Group(kind.code, kind.label, *kind.find(text, asked)) for kind in KINDS if gate.may(kind.object)]


def _ids(groups: list[Group]) -> list[str]:
    return [f"{group.kind} {hit.id}" for group in groups for hit in group.hits]


def _of(kind: str, groups: list[Group]) -> list[UUID]:
    return [hit.id for group in groups if group.kind == kind for hit in group.hits]


def _cases(text: str, asked: Asked) -> tuple[list[Any], bool]:
    del asked
    found = service.case(connection(), resources().ring, _organisation(), gate.clearance(), text)
    return ([found] if found is not None else []), False


def _people(text: str, asked: Asked) -> tuple[list[Any], bool]:
    del text
    return service.people(connection(), resources().ring, _organisation(), asked)


def _rounds(text: str, asked: Asked) -> tuple[list[Any], bool]:
    del text
    return service.rounds(connection(), _organisation(), asked)


@dataclass(frozen=True, slots=True)
class FlowHit:
    """A flow that was found. `id`: its code."""

    id: str
    title: str


def _flows(text: str, asked: Asked) -> tuple[list[Any], bool]:
    del text
    listed = phones.flows(connection(), resources().house.library, _organisation(), language())
    found = [
        FlowHit(each.code, each.title) for each in listed if service.titled(asked, (each.title, each.code))
    ]
    return found[: service.SHOWN], len(found) > service.SHOWN


def _organisation() -> UUID:
    return gate.me().organisation_id


KINDS = (
    Kind("case", N_("Grievances"), Object.GRIEVANCE, _cases),
    Kind("contact", N_("People"), Object.CONTACT, _people),
    Kind("round", N_("Rounds"), Object.SURVEY, _rounds),
    Kind("flow", N_("Flows"), Object.SIMULATOR, _flows),
)
