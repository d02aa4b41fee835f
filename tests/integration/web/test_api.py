"""The API for programs: what a key opens, and that nothing else does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator
from werkzeug.test import TestResponse

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import api_keys
from gateway.services.api_keys import Scope
from gateway.services.unfit import Unfit
from gateway.web.api.document import DOCUMENT
from tests.integration.operation import Operation
from tests.integration.web.visitors import NAME, NUMBER, WORDS, Visitor, World, account, transaction

Ask = Callable[..., TestResponse]


def key(operation: Operation, staff_id: object, *scopes: str, **more: Any) -> str:
    facts = {"name": "A program", "lasts": timedelta(days=1), "now": clock.now(), **more}
    with transaction(operation) as connection:
        _, secret = api_keys.create(
            connection, operation.id, scopes=scopes or list(Scope), by=staff_id, **facts
        )
    return secret


@pytest.fixture
def ask(app: Flask, world: World) -> Ask:
    """Ask with a key of the world that opens everything."""
    usual = key(world.operation, world.staff[Role.ADMIN])

    def get(path: str, secret: str | None = usual) -> TestResponse:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return app.test_client().get(f"/api/v1{path}", headers=headers)

    return get


def paths(world: World) -> dict[str, str]:
    return {path: path.replace("{round_id}", str(world.round_id)) for path in DOCUMENT["paths"]}


def test_every_answer_is_as_the_document_says(ask: Ask, world: World) -> None:
    for path, asked in paths(world).items():
        answer = ask(asked)
        assert answer.status_code == 200, path
        schema = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": DOCUMENT["components"]}
        Draft202012Validator(whole).validate(answer.json)


def test_the_document_is_open_and_sound(ask: Ask) -> None:
    document = ask("/openapi.json", None).json
    assert document == DOCUMENT
    for schema in document["components"]["schemas"].values():
        Draft202012Validator({**schema, "components": document["components"]})
    operations = [path["get"]["operationId"] for path in document["paths"].values()]
    assert len(set(operations)) == len(operations)


def test_every_route_stands_in_the_document(app: Flask) -> None:
    routes = {
        rule.rule.removeprefix("/api/v1").replace("<uuid:round_id>", "{round_id}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert routes - {"/openapi.json"} == set(DOCUMENT["paths"])


def test_no_answer_names_a_person(ask: Ask, world: World) -> None:
    told = "".join(ask(path).text for path in paths(world).values())
    for secret in (NAME, NUMBER, WORDS, str(world.contact_id), str(world.case_id)):
        assert secret not in told
    assert '"completed": 1' not in told


@pytest.mark.parametrize("scope", Scope)
def test_a_key_opens_its_scopes_and_the_rest_is_not_there(scope: Scope, ask: Ask, world: World) -> None:
    secret = key(world.operation, world.staff[Role.ADMIN], scope)
    opened = {path for path, asked in paths(world).items() if ask(asked, secret).status_code == 200}
    refused = [ask(asked, secret) for path, asked in paths(world).items() if path not in opened]
    assert opened == {path for path in DOCUMENT["paths"] if path.split("/")[1] == scope}
    assert {answer.status_code for answer in refused} == {404}
    assert {answer.json["error"] for answer in refused} == {"not_found"}


def test_without_a_valid_key_nothing_is_told(ask: Ask, world: World, app: Flask) -> None:
    admin = world.staff[Role.ADMIN]
    over = key(world.operation, admin, now=clock.now() - timedelta(days=2))
    taken = key(world.operation, admin)
    with transaction(world.operation) as connection:
        found = api_keys.find(connection, taken, now=clock.now())
        assert found is not None
        assert api_keys.revoke(connection, world.operation.id, found.id, now=clock.now())
    for secret in (None, "", "x", over, taken, api_keys.PREFIX + "x" * 43):
        answer = ask("/organisation", secret)
        assert answer.status_code == 401
        assert answer.json["error"] == "unauthorized"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_of_staff_is_no_key(visit: Callable[[Role], Visitor], world: World) -> None:
    assert visit(Role.ADMIN).get("/api/v1/organisation").status_code == 401


def test_a_key_sees_its_organisation_whatever_cookie_comes_along(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    other = Operation(world.operation.settings, world.operation.ring)
    secret = key(other, account(other, Role.ADMIN))
    answer = visit(Role.ADMIN).get("/api/v1/rounds", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json == {"data": [], "next": None}
    assert visit(Role.ADMIN).get("/").status_code == 200
    other.drains.close()


def test_another_organisations_round_is_not_there(ask: Ask, world: World) -> None:
    other = Operation(world.operation.settings, world.operation.ring)
    secret = key(other, account(other, Role.ADMIN))
    assert ask(f"/rounds/{world.round_id}", secret).status_code == 404
    other.drains.close()


def test_lists_come_page_by_page(ask: Ask, world: World) -> None:
    with world.operation.connect() as connection:
        for place in range(3):
            connection.execute(
                "INSERT INTO office (id, organisation_id, name) VALUES (%s, %s, %s)",
                [ids.new(), world.operation.id, f"Office {place}"],
            )
        connection.commit()
    met, onward = [], "/offices?size=2"
    while onward:
        answer = ask(onward).json
        met += [office["id"] for office in answer["data"]]
        onward = (answer["next"] or "").removeprefix("/api/v1")
    assert (
        len(met)
        == len(set(met))
        == world.operation.one("SELECT count(*) FROM office WHERE organisation_id = %s", world.operation.id)
    )


@pytest.mark.parametrize("query", ["page=0", "page=x", "size=201", "size=-1", "size=٣", "page=1e3"])
def test_a_parameter_that_is_none_is_refused_with_a_code(query: str, ask: Ask) -> None:
    answer = ask(f"/offices?{query}")
    assert answer.status_code == 400
    assert answer.json["error"] == "bad_request"


def test_errors_are_json_with_stable_codes(ask: Ask, app: Flask) -> None:
    assert ask("/nothing").json["error"] == "not_found"
    assert app.test_client().post("/api/v1/offices").json["error"] == "method_not_allowed"
    assert ask("/rounds?language=").status_code == 200
    assert ask(f"/rounds/{ids.new()}?language=zzz").json["error"] == "bad_request"


def test_a_key_remembers_when_it_was_used(ask: Ask, world: World) -> None:
    secret = key(world.operation, world.staff[Role.ADMIN], name="Seen")
    assert ask("/organisation", secret).status_code == 200
    assert world.operation.one("SELECT last_used_at IS NOT NULL FROM api_key WHERE name = 'Seen'")


def test_the_database_does_not_hold_the_secret(world: World) -> None:
    secret = key(world.operation, world.staff[Role.ADMIN])
    rows = world.operation.rows("SELECT api_key::text FROM api_key")
    assert all(secret.removeprefix(api_keys.PREFIX) not in row[0] for row in rows)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": " "}, "name"),
        ({"lasts": timedelta(days=400)}, "lasts"),
        ({"lasts": timedelta(0)}, "lasts"),
    ],
)
def test_a_key_that_cannot_be_is_refused(facts: dict[str, Any], field: str, world: World) -> None:
    with pytest.raises(Unfit) as told:
        key(world.operation, world.staff[Role.ADMIN], **facts)
    assert told.value.field == field
    with pytest.raises(Unfit):
        key(world.operation, world.staff[Role.ADMIN], "everything")


def test_an_administrator_makes_a_key_and_takes_it_back(
    visit: Callable[[Role], Visitor], ask: Ask, world: World
) -> None:
    admin = visit(Role.ADMIN)
    made = admin.post("/api-keys/add", name="Dashboard", scopes="organisation", lasts="30")
    secret = made.text.partition('id="secret">')[2].partition("<")[0]
    assert ask("/organisation", secret).status_code == 200
    listed = admin.get("/api-keys").text
    assert "Dashboard" in listed
    assert secret not in listed
    key_id = world.operation.one("SELECT id FROM api_key WHERE name = 'Dashboard'")
    assert admin.post(f"/api-keys/{key_id}/revoke").status_code == 303
    assert ask("/organisation", secret).status_code == 401
