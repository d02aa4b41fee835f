"""Every route, by every role: let in as the table says, or turned away as from a page that is not there."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway.models.staff import Role
from gateway.web import access, words
from gateway.web.access import Action, Object
from tests.integration.web.visitors import Visitor, World
from tests.integration.web.walk import MORE_THAN_ROLES, NOWHERE, go, ways

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
    for way in ways(app):
        visitor = visit(role)  # Signing out is one of the routes: each begins anew.
        answer = go(visitor, way, way.path(world, visitor))
        let_in = answer.status_code not in {404, 405} and answer.status_code < 500
        if way.endpoint.startswith(MORE_THAN_ROLES) and role in way.roles():
            continue
        if let_in != (role in way.roles()):
            wrong.append((way.method, way.address, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", [Role.VIEWER_AGGREGATE, Role.ADMIN, Role.PARTNER])
def test_what_is_forbidden_answers_as_what_is_not_there(
    role: Role, app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(role)
    visitor.get(NOWHERE)  # The first answer brings the form's cookie.
    nothing = visitor.get(NOWHERE)
    assert nothing.status_code == 404
    different = []
    for way in ways(app):
        if role in way.roles():
            continue
        answer = go(visitor, way, way.path(world, visitor))
        same_headers = set(dict(answer.headers)) ^ set(dict(nothing.headers)) <= {"Set-Cookie"}
        if answer.status_code != 404 or bare(answer.text) != bare(nothing.text) or not same_headers:
            different.append((way.method, way.address, answer.status_code))
    assert different == []


def test_what_is_forbidden_is_not_told_apart_by_a_form_without_token(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.VIEWER_AGGREGATE)
    for way in ways(app):
        if way.method == "POST" and Role.VIEWER_AGGREGATE not in way.roles():
            assert visitor.client.post(way.path(world, visitor)).status_code == 404


def test_the_walk_comes_by_every_route_that_asks_for_a_role(app: Flask) -> None:
    walked = {(way.endpoint, way.method) for way in ways(app)}
    assert {("staff.contact", "GET"), ("staff.reveal", "POST"), ("staff.roles", "GET")} <= walked
    assert len(walked) > 15


def test_every_object_and_action_has_words() -> None:
    assert set(words.OBJECT) == set(Object)
    assert set(words.ACTION) == set(Action)


def test_the_page_of_roles_says_what_the_table_says(visit: Callable[[Role], Visitor], world: World) -> None:
    del world
    text = visit(Role.DATA_PROTECTION_OFFICER).get("/roles").text
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    for row, (object_, action) in zip(table.split("<tr>")[1:], _rows(), strict=True):
        assert words.OBJECT[object_].replace("'", "&#39;") in row
        cells = row.split("<td>")[2:]
        said = [">yes<" in cell for cell in cells]
        assert said == [access.allows(role, object_, action) for role in Role]


def _rows() -> list[tuple[Object, Action]]:
    return [(object_, action) for object_ in Object for action in Action if (object_, action) in access.TABLE]
