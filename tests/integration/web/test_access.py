"""Every role before every page: what each may see stands here in full, so that no change of the table goes unseen."""

from collections.abc import Callable

import pytest
from flask import Flask

from gateway.models.staff import Role
from gateway.web import access
from tests.integration.web.matrix import ELSEWHERE, PAGES, REGISTER, everything, paths
from tests.integration.web.visitors import (
    DISCLOSED,
    NAME,
    NUMBER,
    SENSITIVE,
    WORDS,
    Visitor,
    World,
    account,
    signed_in,
)


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_its_pages_and_no_others(
    role: Role, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(role)
    answers = {endpoint: visitor.get(path).status_code for endpoint, path in paths(world).items()}
    assert answers == {endpoint: 200 if role in roles else 404 for endpoint, (_, roles) in PAGES.items()}


def test_every_page_stands_in_the_matrix(app: Flask) -> None:
    shown = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and _asks_for_a_role(app, rule.endpoint)
    }
    assert shown == set(PAGES) | ELSEWHERE


def _asks_for_a_role(app: Flask, endpoint: str) -> bool:
    rule = access.rule_of(app.view_functions[endpoint])
    return rule is not None and rule.object not in {None, access.Object.API}


@pytest.mark.parametrize("role", Role)
def test_no_page_shows_more_words_than_the_role_may_read(
    role: Role, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(role)
    shown = "\n".join(visitor.get(path).text for path in everything(world))
    protection = {Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT}
    assert (WORDS in shown) == (role in REGISTER)
    assert (SENSITIVE in shown) == (role in protection)
    assert (DISCLOSED in shown) == (role is Role.SENSITIVE_FOCAL_POINT)
    # Names and numbers are masked for everybody until they are asked for.
    assert NAME not in shown
    assert NUMBER[1:] not in shown


@pytest.mark.parametrize("role", Role)
def test_sealed_cases_answer_as_if_they_did_not_exist(
    role: Role, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(role)
    sealed = visitor.get(f"/grievances/{world.sealed_id}")
    if role is Role.SENSITIVE_FOCAL_POINT:
        assert sealed.status_code == 200
        assert "Sealed case" in visitor.get("/grievances").text
        return
    assert sealed.status_code == 404
    nobody = visitor.get("/grievances/0190aaaa-0000-7000-8000-000000000000")
    assert _bare(sealed.text) == _bare(nobody.text)
    assert "Sealed" not in visitor.get("/grievances").text
    assert str(world.sealed_id) not in visitor.get("/grievances").text


def test_counts_leave_sealed_and_sensitive_cases_out(world: World, visit: Callable[[Role], Visitor]) -> None:
    assert _open_cases(visit(Role.COMMUNITY_STAFF)) == 1
    assert _open_cases(visit(Role.PROTECTION_REVIEWER)) == 2
    assert _open_cases(visit(Role.SENSITIVE_FOCAL_POINT)) == 3


def test_nobody_sees_another_organisation(app: Flask, world: World, settings: object, ring: object) -> None:
    del settings, ring
    other = type(world.operation)(world.operation.settings, world.operation.ring)
    outsider = signed_in(app, other, account(other, Role.SENSITIVE_FOCAL_POINT))
    for path in (
        f"/contacts/{world.contact_id}",
        f"/grievances/{world.case_id}",
        f"/grievances/{world.sealed_id}",
        f"/rounds/{world.round_id}",
    ):
        assert outsider.get(path).status_code == 404
    assert outsider.post(f"/contacts/{world.contact_id}").status_code == 404
    assert str(world.contact_id) not in outsider.get("/contacts").text
    other.drains.close()


def test_community_staff_of_an_office_read_that_offices_cases_only(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    with world.operation.connect() as connection:
        for name in ("here", "there"):
            connection.execute(
                "INSERT INTO office (id, organisation_id, name) VALUES (gen_random_uuid(), %s, %s)",
                [world.operation.id, name],
            )
        connection.execute(
            "UPDATE staff SET office_id = (SELECT id FROM office WHERE name = 'here' AND organisation_id = %s)"
            " WHERE organisation_id = %s",
            [world.operation.id, world.operation.id],
        )
        connection.execute(
            "UPDATE grievance SET office_id = (SELECT id FROM office WHERE name = 'there'"
            " AND organisation_id = %s) WHERE id = %s",
            [world.operation.id, world.case_id],
        )
        connection.commit()
    try:
        page = f"/grievances/{world.case_id}"
        assert visit(Role.COMMUNITY_STAFF).get(page).status_code == 404
        assert WORDS not in visit(Role.COMMUNITY_STAFF).get(f"/contacts/{world.contact_id}").text
        assert visit(Role.PROTECTION_REVIEWER).get(page).status_code == 200
    finally:
        with world.operation.connect() as connection:
            connection.execute("UPDATE grievance SET office_id = NULL")
            connection.execute("UPDATE staff SET office_id = NULL")
            connection.commit()


def test_a_route_whose_rule_was_forgotten_answers_nobody(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    forgotten = app.view_functions["staff.problems"]
    app.view_functions["staff.problems"] = lambda: "open by accident"
    try:
        assert visit(Role.IM_OFFICER).get("/problems").status_code == 404
    finally:
        app.view_functions["staff.problems"] = forgotten


def test_changing_needs_its_own_right(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    assert visit(Role.PROTECTION_REVIEWER).post("/problems", flow="x", code="y").status_code == 404
    assert visit(Role.TRANSLATOR).post("/problems", flow="x", code="y").status_code == 303


def test_strangers_are_sent_to_the_sign_in_page(world: World, stranger: Visitor) -> None:
    for path in paths(world).values():
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/signin")
    assert stranger.post("/simulator").headers["Location"] == "/signin"


def _open_cases(visitor: Visitor) -> int:
    text = visitor.get("/?part=live").text
    section = text[text.index('id="cases"') :].partition("</section>")[0]
    return sum(
        int(part.partition("<")[0]) for part in section.split("stage=triage")[1:] for part in [part[2:]]
    )


def _bare(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]
