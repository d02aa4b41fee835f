"""The lists on real rows: sorted, narrowed, paged, and acted on together."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from gateway import clock
from gateway.models.staff import Role
from tests.integration.web.visitors import Visitor, World

ROW = re.compile(r'<th role="rowheader".*?</th>', re.DOTALL)
LINK = re.compile(r'href="(/(?:contacts|grievances|rounds)/[^"?]+)"')
LISTS = ("/contacts", "/grievances", "/grievances?stage=work", "/messages", "/rounds", "/problems")
PROBLEMS = 120


def rows(page: str) -> list[str]:
    return [found[1] for row in ROW.findall(page) if (found := LINK.search(row))]


@pytest.fixture
def mistakes(world: World) -> Iterator[World]:
    """More than two pages of mistakes, each met as often as its number says."""
    with world.operation.connect() as connection:
        connection.execute(
            "INSERT INTO flow_problem (id, organisation_id, flow_code, step, code, detail, created_at)"
            " SELECT gen_random_uuid(), %s, CASE WHEN n %% 3 = 0 THEN 'thirds' ELSE 'others' END,"
            " 'step_' || lpad(n::text, 3, '0'), 'endless_loop', '', %s - n * interval '1 minute'"
            " FROM generate_series(1, %s) n, generate_series(1, 1 + (n = 77)::int)",
            [world.operation.id, clock.now(), PROBLEMS],
        )
        connection.commit()
    yield world
    with world.operation.connect() as connection:
        connection.execute("DELETE FROM flow_problem")
        connection.commit()


@pytest.mark.parametrize("path", LISTS)
def test_every_sort_of_every_list_is_answered_in_both_directions(
    path: str, world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    heads = re.findall(r'class="sort" href="([^"]+)"', visitor.get(path).text)
    for head in heads:
        for address in (head, head.replace("asc", "desc"), head.replace("desc", "asc")):
            assert visitor.get(address.replace("&amp;", "&")).status_code == 200
    assert heads or path not in {"/contacts", "/grievances", "/rounds"}


def test_the_contacts_turn_round(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    visitor = visit(Role.COMMUNITY_STAFF)
    latest = rows(visitor.get("/contacts").text)
    earliest = rows(visitor.get("/contacts?sort=seen&direction=asc").text)
    assert len(latest) > 5
    assert earliest == latest[::-1]
    page = visitor.get("/contacts?sort=seen&direction=asc").text
    assert re.search(r'aria-sort="ascending">\s*<a class="sort" href="/contacts"', page)


def test_the_contacts_are_narrowed_by_language_and_care(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    everybody = set(rows(visitor.get("/contacts").text))
    urdu = set(rows(visitor.get("/contacts?language=urd").text))
    assert urdu
    assert urdu < everybody
    assert rows(visitor.get("/contacts?language=mya").text) == []
    assert "fits what you chose" in visitor.get("/contacts?language=mya").text
    with world.operation.connect() as connection:
        connection.execute("UPDATE contact SET discreet = true WHERE id = %s", [world.contact_id])
        connection.commit()
    assert rows(visitor.get("/contacts?careful=1").text) == [f"/contacts/{world.contact_id}"]
    with world.operation.connect() as connection:
        connection.execute("UPDATE contact SET discreet = false")
        connection.commit()


def test_the_register_is_sorted_by_what_staff_ask(world: World, visit: Callable[[Role], Visitor]) -> None:
    with world.operation.connect() as connection:
        connection.execute(
            "UPDATE grievance SET priority = 'P1', triage_due_at = %s WHERE id = %s",
            [clock.now() + timedelta(days=9), world.case_id],
        )
        connection.commit()
    visitor = visit(Role.PROTECTION_REVIEWER)
    case = f"/grievances/{world.case_id}"
    assert rows(visitor.get("/grievances").text)[-1] == case
    assert rows(visitor.get("/grievances?sort=what&direction=asc").text)[0] == case
    assert rows(visitor.get("/grievances?sort=due&direction=desc").text)[0] == case


def test_pages_of_a_list_follow_each_other_without_gap_or_double(
    mistakes: World, visit: Callable[[Role], Visitor]
) -> None:
    del mistakes
    visitor = visit(Role.IM_OFFICER)
    for order in ("", "sort=flow&direction=desc", "sort=mistake&direction=asc"):
        address, seen = f"/problems?{order}", []
        while address:
            page = visitor.get(address).text
            seen += re.findall(r">(step_\d+)</bdi>", page)
            onward = re.search(r'rel="next" href="([^"]+)"', page)
            address = onward[1].replace("&amp;", "&") if onward else ""
        assert len(seen) == len(set(seen)) == PROBLEMS
    often = visitor.get("/problems?sort=times&direction=desc").text
    assert re.findall(r">(step_\d+)</bdi>", often)[0] == "step_077"
    assert 'rel="prev"' in visitor.get("/problems?page=2").text


def test_what_was_chosen_is_marked_together_and_the_rest_stays(
    mistakes: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.IM_OFFICER)
    page = visitor.get("/problems?flow=thirds").text
    ids = re.findall(r'name="id" value="([^"]+)"', page)
    assert len(ids) == PROBLEMS // 3
    answer = visitor.client.post("/problems", data={"form_token": visitor.token(), "id": [*ids[:10], ids[0]]})
    assert answer.status_code == 303
    left = re.findall(r'name="id" value="([^"]+)"', visitor.get("/problems?flow=thirds").text)
    assert left == ids[10:]
    lines = mistakes.operation.one(
        "SELECT count(*) FROM audit WHERE action = 'problem.seen' AND organisation_id = %s",
        mistakes.operation.id,
    )
    assert lines >= 1


def test_nobody_marks_what_belongs_to_somebody_else(
    mistakes: World, visit: Callable[[Role], Visitor]
) -> None:
    other = type(mistakes.operation)(mistakes.operation.settings, mistakes.operation.ring)
    with mistakes.operation.connect() as connection:
        row = connection.execute(
            "INSERT INTO flow_problem (id, organisation_id, flow_code, step, code, detail, created_at)"
            " VALUES (gen_random_uuid(), %s, 'theirs', 'step_001', 'endless_loop', '', now()) RETURNING id",
            [other.id],
        ).fetchone()
        connection.commit()
    assert row is not None
    assert visit(Role.IM_OFFICER).post("/problems", id=str(row[0])).status_code == 303
    assert mistakes.operation.one("SELECT seen_at FROM flow_problem WHERE flow_code = 'theirs'") is None
    other.drains.close()
