"""What the API answers. Lists come page by page: `?page=2&size=50`; `next` leads to the one behind, or is null."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, jsonify, request, url_for

from flows.languages import SOURCE, is_known
from gateway.services import open_counts, places
from gateway.services.api_keys import Scope
from gateway.services.listing import Part
from gateway.web.access import open_to_all
from gateway.web.api import document
from gateway.web.api.door import api, reads, whose
from gateway.web.resources import connection, resources

__all__ = ["api"]

LARGEST = 200  # lines of a page
USUAL = 50
LAST_PAGE = 10**6
LONGEST_NUMBER = 7  # digits


@api.get("/openapi.json")
@open_to_all
def description() -> Response:
    """Describe the API to programs."""
    return jsonify(document.DOCUMENT)


@api.get("/organisation")
@reads(Scope.ORGANISATION)
def organisation() -> Response:
    """The organisation of the key."""
    return jsonify(open_counts.organisation(connection(), whose()))


@api.get("/offices")
@reads(Scope.OFFICES)
def offices() -> Response:
    """Its offices."""
    part = _part()
    return _listed(*part.cut(_cut(open_counts.office_lines(connection(), whose()), part)), part)


@api.get("/areas")
@reads(Scope.AREAS)
def areas() -> Response:
    """Places of the gazetteer, by code; `after` is the last code of the page before."""
    size, after = _number("size", USUAL), request.args.get("after", "")
    if "\0" in after:  # PostgreSQL has no such letter.
        abort(400)
    rows = places.page(connection(), after=after, size=size + 1)
    shown = [
        {
            "pcode": row.pcode,
            "level": row.level,
            "parent": row.parent,
            "names": row.names,
            "retired": row.retired,
        }
        for row in rows[:size]
    ]
    onward = url_for("api.areas", after=shown[-1]["pcode"], size=size) if len(rows) > size else None
    return jsonify(data=shown, next=onward)


@api.get("/rounds")
@reads(Scope.ROUNDS)
def rounds() -> Response:
    """Rounds in counts; a count that is too small to show is null."""
    part = _part()
    return _listed(*open_counts.round_lines(connection(), whose(), part), part)


@api.get("/rounds/<uuid:round_id>")
@reads(Scope.ROUNDS)
def round_(round_id: UUID) -> Response:
    """One round with its questions in counts; `language` (ISO 639-3) is that of the labels."""
    language = request.args.get("language", SOURCE)
    if not is_known(language):
        abort(400)
    found = open_counts.one_round(
        connection(), resources().house.library, whose(), round_id, language=language
    )
    return jsonify(found) if found is not None else abort(404)


@api.get("/channels")
@reads(Scope.CHANNELS)
def channels() -> Response:
    """Channels and their health."""
    part = _part()
    return _listed(*part.cut(_cut(open_counts.channels(connection(), whose()), part)), part)


def _part() -> Part:
    return Part(page=_number("page", 1), size=_number("size", USUAL))


def _number(name: str, usual: int) -> int:
    text = request.args.get(name, str(usual))
    digits = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if not digits or not 1 <= int(text) <= (LARGEST if name == "size" else LAST_PAGE):
        abort(400)
    return int(text)


def _cut(rows: list[dict[str, Any]], part: Part) -> list[dict[str, Any]]:
    first = (part.page - 1) * part.size
    return rows[first : first + part.size + 1]


def _listed(rows: list[dict[str, Any]], more: bool, part: Part) -> Response:  # noqa: FBT001 - as `Part.cut` gives it
    onward = url_for(str(request.endpoint), page=part.page + 1, size=part.size) if more else None
    return jsonify(data=rows, next=onward)
