"""The first page by role: each sees its own parts, and what a role may not see is not there, not even as a zero."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import notices
from gateway.services.notices import Kind
from tests.integration.notices.office import House
from tests.integration.web.visitors import Visitor, World

Visit = Callable[[Role], Visitor]
REGISTER = {Role.COMMUNITY_STAFF, Role.PARTNER, Role.PROTECTION_REVIEWER, Role.SENSITIVE_FOCAL_POINT}
KEEPERS = {Role.ADMIN, Role.DATA_PROTECTION_OFFICER}
PARTS: dict[str, set[Role]] = {
    'id="mine"': set(Role),
    'id="today"': set(Role),
    'id="look"': set(Role) - {Role.VIEWER_AGGREGATE},
    'id="cases"': REGISTER,
    'id="rounds"': set(Role) - {Role.ADMIN, Role.TRANSLATOR},
    'id="channels"': REGISTER | KEEPERS | {Role.IM_OFFICER},
    'id="house"': KEEPERS | {Role.IM_OFFICER},
    "Workers that send": {Role.ADMIN},
    "The audit was not verified yet": KEEPERS,
    "sealed, and not looked at yet": {Role.SENSITIVE_FOCAL_POINT},
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_there_for_its_roles_and_for_no_others(part: str, world: World, visit: Visit) -> None:
    del world
    assert {role for role in Role if part in visit(role).get("/").text} == PARTS[part]


def test_what_waits_for_somebody_stands_first_and_leads_to_it(world: World, visit: Visit) -> None:
    person = world.staff[Role.TRANSLATOR]
    with world.operation.connect() as connection:
        for priority in ("P1", "P3", "P3"):
            notices.raise_(
                connection,
                kind=Kind.HANDED_OVER,
                object=f"grievance {ids.new()}",
                priority=priority,
                organisation_id=world.operation.id,
                to=[person],
                now=clock.now(),
            )
        connection.commit()
    page = visit(Role.TRANSLATOR).get("/").text
    mine = page[page.index('id="mine"') : page.index('id="today"')]
    assert mine.index("P1") < mine.index("P3")
    assert "<strong>2</strong>" in mine
    assert 'href="/notices"' in mine


def test_ones_duty_and_alerts_of_ones_team_that_nobody_looked_at(world: World, visit: Visit) -> None:
    house, person = House(world.operation), world.staff[Role.PROTECTION_REVIEWER]
    team = house.team(person)
    house.shift(team, person, begin=clock.now() - timedelta(hours=1))
    case_id = house.case(reference_sealed=world.operation.ring.seal("grievance.reference", UUID(int=0), "x"))
    house.tell(Kind.NEW_CASE, f"grievance {case_id}", level="S1", now=clock.now())
    try:
        page = visit(Role.PROTECTION_REVIEWER).get("/").text
        assert "You are on duty until" in page
        assert "that nobody has looked at yet" in page
        assert f'href="/roster/{team}"' in page
        assert "that nobody has looked at yet" not in visit(Role.COMMUNITY_STAFF).get("/").text
    finally:
        house.do("UPDATE grievance SET state = 'closed', closed_at = now() WHERE id = %s", case_id)


def test_administrators_see_mails_that_failed_and_processes_that_do_not_run(
    world: World, visit: Visit
) -> None:
    house = House(world.operation)
    house.do(
        "INSERT INTO mail (id, organisation_id, staff_id, priority, state, due_at, created_at)"
        " VALUES (%s, %s, %s, 'P2', 'failed', now(), now())",
        ids.new(),
        world.operation.id,
        world.staff[Role.PARTNER],
    )
    page = visit(Role.ADMIN).get("/").text
    assert "mails to staff did not arrive" in page
    assert 'href="/mails"' in page
    assert page.count("None runs") == 4
    assert (
        "mails to staff"
        not in visit(Role.DATA_PROTECTION_OFFICER).get("/").text.lower().partition("<main")[2]
    )


def test_readers_of_counts_see_no_small_number(world: World, visit: Visit) -> None:
    operation = world.operation
    round_id = operation.round("monitoring_services")
    operation.ask([operation.phone() for _ in range(3)], "monitoring_services", round_id=round_id)
    viewer, officer = (
        " ".join(progress(visit(role), round_id).split()) for role in (Role.VIEWER_AGGREGATE, Role.IM_OFFICER)
    )
    assert "0 of 3 completed" in officer
    assert "3 still answering" in officer
    assert 'class="bar"' in officer
    assert "0 of <bdi>&lt; 5</bdi> completed" in viewer
    assert "<bdi>&lt; 5</bdi> still answering" in viewer
    assert 'class="bar"' not in viewer, "its length would tell"


def progress(visitor: Visitor, round_id: UUID) -> str:
    page = visitor.get("/").text
    start = page.index(f"/rounds/{round_id}")
    return page[start : page.index("</li>", start)]
