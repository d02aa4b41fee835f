"""The description of the API as OpenAPI 3.1 has it."""

from __future__ import annotations

from typing import Any

from gateway.services.api_keys import Scope

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
COUNT: Schema = {"type": ["integer", "null"], "minimum": 0, "description": "null: too small to show"}
ID: Schema = {"type": "string", "format": "uuid"}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_ROUND: dict[str, Schema] = {
    "id": ID,
    "name": TEXT,
    "flow": TEXT,
    "opens_at": {"type": "string", "format": "date-time"},
    "closes_at": {"type": ["string", "null"], "format": "date-time"},
    "sent": COUNT,
    "completed": COUNT,
    "running": COUNT,
}
SCHEMAS: dict[str, Schema] = {
    "Organisation": _object(code=TEXT, name=TEXT, kind={"enum": ["agency", "partner"]}, lead=FLAG),
    "Office": _object(
        id=ID,
        name=TEXT,
        code=TEXT_OR_NONE,
        kind={"enum": ["office", "site"]},
        timezone=TEXT,
        area=TEXT_OR_NONE,
        areas=_list(TEXT),
        active=FLAG,
    ),
    "Area": _object(
        pcode=TEXT,
        level=NUMBER,
        parent=TEXT_OR_NONE,
        names={"type": "object", "additionalProperties": TEXT},
        retired=FLAG,
    ),
    "Round": _object(**_ROUND),
    "RoundInFull": _object(
        **_ROUND,
        questions=_list(
            _object(
                name=TEXT,
                text=TEXT,
                type=TEXT,
                indicator=TEXT_OR_NONE,
                answered=COUNT,
                cells=_list(_object(label=TEXT, count=COUNT)),
            )
        ),
    ),
    "Channel": _object(id=ID, name=TEXT, kind=TEXT, active=FLAG, health=TEXT, waiting=NUMBER),
    "Error": _object(
        error={"type": "string", "description": "a stable code: unauthorized, not_found, bad_request …"},
        request={"type": "string", "description": "what to name when you ask for help"},
    ),
}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _page_of(name: str) -> Schema:
    return _object(data=_list(_named(name)), next=TEXT_OR_NONE)


def _query(name: str, schema: Schema, told: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": told}


_SIZE = _query("size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "lines of a page")
_PAGES = [_query("page", {"type": "integer", "minimum": 1, "default": 1}, "which page"), _SIZE]
_ROUND_ID = {"name": "round_id", "in": "path", "required": True, "schema": ID}


def _get(told: str, scope: Scope, schema: Schema, parameters: list[Schema]) -> Schema:
    answers = {"200": {"description": told, "content": {"application/json": {"schema": schema}}}}
    refused = {"content": {"application/json": {"schema": _named("Error")}}}
    for status, why in (
        ("400", "A parameter is none"),
        ("401", "No valid key"),
        ("404", "Not there, or not for this key"),
        ("429", "Too many requests; Retry-After says when to come back"),
    ):
        answers[status] = {"description": why, **refused}
    return {
        "get": {
            "summary": told,
            "operationId": told.casefold().replace(" ", "_"),
            "description": f"Needs the scope `{scope}`.",
            "parameters": parameters,
            "responses": answers,
        }
    }


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Paigham",
        "version": "1",
        "description": "Counts and health of one organisation, for programs. No person is in them.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/api/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/organisation": _get("The organisation", Scope.ORGANISATION, _named("Organisation"), []),
        "/offices": _get("Offices", Scope.OFFICES, _page_of("Office"), _PAGES),
        "/areas": _get(
            "Places",
            Scope.AREAS,
            _page_of("Area"),
            [_query("after", TEXT, "the last code of the page before"), _SIZE],
        ),
        "/rounds": _get("Rounds in counts", Scope.ROUNDS, _page_of("Round"), _PAGES),
        "/rounds/{round_id}": _get(
            "One round in counts",
            Scope.ROUNDS,
            _named("RoundInFull"),
            [_ROUND_ID, _query("language", TEXT, "of the labels, ISO 639-3")],
        ),
        "/channels": _get("Health of channels", Scope.CHANNELS, _page_of("Channel"), _PAGES),
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    },
}
