"""The roster: who sees it, who plans it, and what is handed over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import notices, watching
from gateway.services.notices import Kind
from tests.integration.notices.office import House
from tests.integration.web.visitors import Visitor, World, detail

Visit = Callable[[Role], Visitor]
KARACHI = ZoneInfo("Asia/Karachi")
MONDAY = "2026-03-02"


@pytest.fixture
def house(world: World) -> House:
    return House(world.operation)


@pytest.fixture
def team(world: World, house: House) -> UUID:
    """A team in Karachi, led by the reviewer."""
    return house.team(
        world.staff[Role.COMMUNITY_STAFF],
        world.staff[Role.SENSITIVE_FOCAL_POINT],
        lead=world.staff[Role.PROTECTION_REVIEWER],
        office=house.office("Asia/Karachi"),
    )


def monday() -> str:
    today = clock.now().astimezone(KARACHI).date()
    return (today - timedelta(days=today.weekday())).isoformat()


def planned(house: House, team: UUID) -> list[tuple]:
    rows = house.operation.rows(
        "SELECT starts_at, ends_at, staff_id FROM shift WHERE team_id = %s ORDER BY starts_at", team
    )
    return [(start.astimezone(KARACHI), end.astimezone(KARACHI), person) for start, end, person in rows]


def plan(visitor: Visitor, team: UUID, person: UUID, backup: UUID | str = "", **more):
    form = {
        "form_token": visitor.token(),
        "week": monday(),
        "days": [monday()],
        "begin": "20:00",
        "until": "08:00",
        "person": str(person),
        "backup": str(backup),
        **more,
    }
    return visitor.client.post(f"/roster/{team}", data=form)


def test_a_lead_plans_the_week_and_copies_it_to_the_next(
    world: World, visit: Visit, house: House, team: UUID
) -> None:
    lead = visit(Role.PROTECTION_REVIEWER)
    first = datetime.fromisoformat(monday()).replace(tzinfo=KARACHI)
    days = [(first + timedelta(days=by)).date().isoformat() for by in (0, 1)]
    person, backup = world.staff[Role.COMMUNITY_STAFF], world.staff[Role.SENSITIVE_FOCAL_POINT]
    assert plan(lead, team, person, backup, days=days).status_code == 303
    evening = first.replace(hour=20)
    assert [row[:2] for row in planned(house, team)] == [
        (evening + timedelta(days=by), evening + timedelta(days=by, hours=12)) for by in (0, 1)
    ]
    following = (first + timedelta(days=7)).date().isoformat()
    for _ in range(2):
        lead.post(f"/roster/{team}/copy", week=following)
    assert [row[0] for row in planned(house, team)] == [evening + timedelta(days=by) for by in (0, 1, 7, 8)]
    page = lead.get(f"/roster/{team}?week={following}").text
    assert "Some community_staff" in page
    assert "20:00" in page
    shift = house.operation.one("SELECT id FROM shift WHERE team_id = %s ORDER BY starts_at LIMIT 1", team)
    lead.post(f"/roster/{team}/remove", shift=str(shift), week=monday())
    assert len(planned(house, team)) == 3


@pytest.mark.parametrize("role", [Role.COMMUNITY_STAFF, Role.PARTNER, Role.IM_OFFICER])
def test_only_the_lead_and_administrators_plan(
    role: Role, world: World, visit: Visit, house: House, team: UUID
) -> None:
    visitor = visit(role)
    assert visitor.get(f"/roster/{team}").status_code == 200
    assert "Plan this week" not in visitor.get(f"/roster/{team}").text
    assert plan(visitor, team, world.staff[Role.COMMUNITY_STAFF]).status_code == 404
    assert visitor.post(f"/roster/{team}/copy", week=monday()).status_code == 404
    assert visitor.post(f"/roster/{team}/remove", shift=str(ids.new()), week=monday()).status_code == 404
    assert planned(house, team) == []
    assert plan(visit(Role.ADMIN), team, world.staff[Role.COMMUNITY_STAFF]).status_code == 303


def test_a_shift_that_cannot_be_is_refused_in_words(
    world: World, visit: Visit, house: House, team: UUID
) -> None:
    lead, person = visit(Role.PROTECTION_REVIEWER), world.staff[Role.COMMUNITY_STAFF]
    assert plan(lead, team, world.staff[Role.ADMIN]).status_code == 422, "not of the team"
    same = plan(lead, team, person, person)
    assert (same.status_code, "The backup must be somebody else." in same.text) == (422, True)
    plan(lead, team, person)
    overlap = plan(lead, team, person, begin="22:00", until="23:00")
    assert "on duty then already" in overlap.text
    assert plan(lead, team, person).status_code == 303, "the same shift again changes nothing"
    assert len(planned(house, team)) == 1
    assert lead.get(f"/roster/{team}?week=1999-01-01").status_code == 404
    assert lead.get(f"/roster/{team}?week=soon").status_code == 404


def test_another_organisations_team_is_not_there(world: World, visit: Visit, house: House) -> None:
    other = ids.new()
    house.do("INSERT INTO organisation (id, code, name) VALUES (%s, %s, 'Another')", other, other.hex)
    theirs = ids.new()
    house.do("INSERT INTO team (id, organisation_id, name) VALUES (%s, %s, 'Theirs')", theirs, other)
    visitor = visit(Role.ADMIN)
    assert visitor.get(f"/roster/{theirs}").status_code == 404
    assert "Theirs" not in visitor.get("/roster").text


def test_the_first_page_says_who_is_on_duty_now_and_what_is_left_open(
    world: World, visit: Visit, house: House, team: UUID
) -> None:
    now = clock.now()
    visitor = visit(Role.PARTNER)
    assert "Nobody" in row(visitor, house, team)
    house.shift(team, world.staff[Role.COMMUNITY_STAFF], begin=now - timedelta(hours=1), hours=24 * 20)
    assert "Some community_staff" in row(visitor, house, team)
    assert "All hours are covered" in row(visitor, house, team)


def row(visitor: Visitor, house: House, team: UUID) -> str:
    page = visitor.get("/roster").text
    start = page.index(str(team))
    return page[start : page.index("</tr>", start)]


def test_administrators_set_how_long_nobody_may_look(world: World, visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    assert admin.post("/roster", priority="P1", backup_after="7", lead_after="9").status_code == 303
    rows = world.operation.rows("SELECT backup_after, lead_after FROM patience WHERE priority = 'P1'")
    assert rows == [(7, 9)]
    assert detail(world.operation, "patience.changed") == {
        "priority": "P1",
        "before": {"backup_after": 15, "lead_after": 15},
        "after": {"backup_after": 7, "lead_after": 9},
    }
    assert admin.post("/roster", priority="P1", backup_after="0", lead_after="9").status_code == 400
    assert admin.post("/roster", priority="P9", backup_after="7", lead_after="9").status_code == 404
    assert (
        visit(Role.PROTECTION_REVIEWER)
        .post("/roster", priority="P1", backup_after="1", lead_after="1")
        .status_code
        == 404
    )
    world.operation.drains  # noqa: B018 - the operation lives on
    House(world.operation).do("DELETE FROM patience")


def test_open_cases_are_left_to_the_next_by_their_ids_and_a_sealed_one_to_no_reviewer(
    world: World, visit: Visit, house: House, team: UUID
) -> None:
    giver, receiver = world.staff[Role.SENSITIVE_FOCAL_POINT], world.staff[Role.PROTECTION_REVIEWER]
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    plain, sealed = f"grievance {world.case_id}", f"grievance {world.sealed_id}"
    with house.connect() as connection:
        for about in (plain, sealed):
            notices.raise_(
                connection,
                kind=Kind.HANDED_OVER,
                object=about,
                priority="P2",
                organisation_id=world.operation.id,
                to=[giver],
                occasion="before",
                now=clock.now(),
            )
        connection.commit()
    form = {
        "next": str(receiver),
        "object": [plain, sealed, f"grievance {world.sensitive_id}", "no words here"],
    }
    token = visitor.token()
    assert (
        visitor.client.post(f"/roster/{team}/handover", data={"form_token": token, **form}).status_code == 404
    )
    house.shift(team, giver, begin=clock.now() - timedelta(hours=8), hours=7)  # it ended an hour ago
    assert "Hand over" in visitor.get(f"/roster/{team}").text
    assert (
        visitor.client.post(f"/roster/{team}/handover", data={"form_token": token, **form}).status_code == 303
    )
    told = house.operation.rows(
        "SELECT object FROM notice WHERE staff_id = %s AND kind = 'handed_over' AND occasion <> ''", receiver
    )
    assert told == [(plain,)], "neither the sealed one nor what the giver was never told of"
    objects = house.operation.one("SELECT objects FROM handover WHERE team_id = %s", team)
    assert objects == [plain]
    assert "Some cases stay with you" in visitor.get(f"/roster/{team}").text


def gaps_told(house: House, team: UUID) -> list[tuple]:
    return house.operation.rows(
        "SELECT staff_id, priority FROM notice WHERE kind = 'duty_gap' AND object = %s", f"team {team}"
    )


def test_leads_are_told_once_a_day_of_hours_without_anybody_on_duty(
    world: World, house: House, team: UUID
) -> None:
    now = clock.now()

    def look(at: datetime) -> None:
        with house.connect() as connection:
            watching.duty_gaps(connection, now=at)
            connection.commit()

    look(now)
    assert gaps_told(house, team) == [], "a team without a roster is left alone"
    house.shift(team, world.staff[Role.COMMUNITY_STAFF], begin=now - timedelta(hours=1), hours=24 * 5)
    look(now)
    look(now)
    assert gaps_told(house, team) == [(world.staff[Role.PROTECTION_REVIEWER], "P3")]
    look(now + timedelta(days=4))
    assert sorted(priority for _, priority in gaps_told(house, team)) == ["P2", "P3"]
    house.shift(team, world.staff[Role.COMMUNITY_STAFF], begin=now + timedelta(days=4), hours=24 * 30)
    look(now + timedelta(days=10))
    assert len(gaps_told(house, team)) == 2, "when all hours are covered nobody is told"


def test_who_left_the_house_is_on_no_duty(world: World, visit: Visit, house: House, team: UUID) -> None:
    gone = house.person("gone", active=False)
    house.shift(team, gone, begin=clock.now() - timedelta(hours=1), hours=5)
    assert "Gone" not in visit(Role.ADMIN).get(f"/roster/{team}").text
    assert "Nobody is on duty now" in visit(Role.ADMIN).get(f"/roster/{team}").text
