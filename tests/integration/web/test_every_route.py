"""Every route, by every role: let in as the table says, or turned away as from a page that is not there."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.models.staff import Role
from gateway.services.api_keys import Scope
from gateway.web import access
from gateway.web.access import Action, Object
from gateway.web.words import house
from tests.integration.web.test_api import key
from tests.integration.web.visitors import Visitor, World
from tests.integration.web.walk import MORE_THAN_ROLES, NOWHERE, Way, go, ways

# What differs between any two answers: tokens, keys and nonces, the request's reference, and paths that lead back.
OWN = re.compile(
    r'(name="(?:form_token|form_key|back)" value=")[^"]*|(nonce=")[^"]*|(<code[^>]*>)[^<]*|(next=)[^"&]*'
)


def bare(page: str) -> str:
    return OWN.sub(lambda match: "".join(part or "" for part in match.groups()), page)


@pytest.mark.parametrize("role", Role)
def test_a_role_is_let_in_where_the_table_says_and_nowhere_else(
    role: Role, app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    wrong = []
    visitor, token = _anew(visit, role)
    for way in ways(app):
        answer = go(visitor, way, way.path(world, visitor), token=token)
        if _leads_to_the_door(answer):  # A way before this one ended the session, or its own form did.
            visitor, token = _anew(visit, role)
            answer = go(visitor, way, way.path(world, visitor), token=token)
        if way.endpoint.startswith(MORE_THAN_ROLES) and role in way.roles():
            continue
        if _lets_in(way, answer) != (role in way.roles()):
            wrong.append((way.method, way.address, answer.status_code))
    assert not wrong, wrong


def _anew(visit: Callable[[Role], Visitor], role: Role) -> tuple[Visitor, str]:
    visitor = visit(role)
    return visitor, visitor.token()


def _leads_to_the_door(answer: TestResponse) -> bool:
    return answer.status_code in {302, 303} and answer.headers["Location"].startswith("/signin")


def _lets_in(way: Way, answer: TestResponse) -> bool:
    # The API asks everybody for a key, and says which of its addresses there are: its description is open.
    outside = {401} if way.rule.object is Object.API else {404, 405}
    if _leads_to_the_door(answer):
        return way.endpoint == "staff.end_sessions"  # It ends the very session that asks for it.
    return answer.status_code not in outside and answer.status_code < 500


@pytest.mark.parametrize("role", [Role.VIEWER_AGGREGATE, Role.ADMIN, Role.PARTNER])
def test_what_is_forbidden_answers_as_what_is_not_there(
    role: Role, app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor, token = _anew(visit, role)
    nothing = visitor.get(NOWHERE)
    assert nothing.status_code == 404
    different = []
    for way in forbidden(app, role):
        answer = go(visitor, way, way.path(world, visitor), token=token)
        if (
            answer.status_code != 404
            or bare(answer.text) != bare(nothing.text)
            or said(answer) != said(nothing)
        ):
            different.append((way.method, way.address, answer.status_code, said(answer) ^ said(nothing)))
    assert different == []


def test_a_browser_that_was_never_here_learns_no_more_either(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    role = Role.VIEWER_AGGREGATE
    nothing = visit(role).get(NOWHERE)
    told = said(nothing)
    assert any(name == "Set-Cookie" for name, _ in told)
    visitor, different = visit(role), []
    for way in forbidden(app, role):
        path = way.path(world, visitor)
        visitor.client.delete_cookie("paigham_form")
        answer = visitor.client.open(path, method=way.method)
        if answer.status_code != 404 or said(answer) != told:
            different.append((way.method, way.address, answer.status_code, said(answer) ^ told))
    assert different == []


@pytest.mark.parametrize("role", [Role.VIEWER_AGGREGATE, Role.ADMIN])
def test_an_api_key_that_opens_nothing_learns_only_that(role: Role, app: Flask, world: World) -> None:
    secret = key(world.operation, world.staff[role], Scope.AREAS)
    client = app.test_client()
    given = {"Authorization": f"Bearer {secret}"}
    nothing = client.get(f"/api/v1{NOWHERE}", headers=given)
    for way in ways(app):
        if way.rule.object is Object.API and way.endpoint != "api.areas":
            answer = client.get(way.path(world, Visitor(client)), headers=given)
            assert (answer.status_code, said(answer)) == (404, said(nothing)), way.address


def forbidden(app: Flask, role: Role) -> Iterator[Way]:
    """The ways that the table closes to a role. The API's ask for a key, whoever comes."""
    return (way for way in ways(app) if role not in way.roles() and way.rule.object is not Object.API)


# What differs between any two answers of ours: the request's id, the policy's nonce, the length that masks give.
PASSING = {"X-Request-Id", "Content-Length", "Date"}
RANDOM = re.compile(r"nonce-[^']*|(?<==)[^;]{40,}")


def said(answer: TestResponse) -> set[tuple[str, str]]:
    """An answer's headers, without what is random in them."""
    return {
        (name.title(), RANDOM.sub("…", value))
        for name, value in answer.headers
        if name.title() not in PASSING
    }


def test_what_is_forbidden_is_not_told_apart_by_a_form_without_token(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.VIEWER_AGGREGATE)
    for way in forbidden(app, Role.VIEWER_AGGREGATE):
        if way.method == "POST":
            assert visitor.client.post(way.path(world, visitor)).status_code == 404


def test_the_walk_comes_by_every_route_that_asks_for_a_role(app: Flask) -> None:
    walked = {(way.endpoint, way.method) for way in ways(app)}
    assert {("staff.contact", "GET"), ("staff.reveal", "POST"), ("staff.roles", "GET")} <= walked
    asked = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in {"GET", "POST"} & (rule.methods or set())
        if access.rule_of(app.view_functions[rule.endpoint]) != access.OPEN
    }
    assert walked == asked


def test_every_object_and_action_has_words() -> None:
    assert set(house.OBJECT) == set(Object)
    assert set(house.ACTION) == set(Action)


def test_the_page_of_roles_says_what_the_table_says(visit: Callable[[Role], Visitor], world: World) -> None:
    del world
    text = visit(Role.DATA_PROTECTION_OFFICER).get("/roles").text
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    for row, (object_, action) in zip(table.split("<tr>")[1:], _rows(), strict=True):
        assert house.OBJECT[object_].replace("'", "&#39;") in row
        cells = row.split("<td>")[2:]
        said = [">yes<" in cell for cell in cells]
        assert said == [access.allows(role, object_, action) for role in Role]


def _rows() -> list[tuple[Object, Action]]:
    return [(object_, action) for object_ in Object for action in Action if (object_, action) in access.TABLE]
