"""Somebody leaves: their shifts and what they have not read go to a colleague, or end where everybody sees it."""

from datetime import timedelta
from uuid import UUID

from gateway import clock, db
from gateway.services import escalation, leaving
from gateway.services.leaving import Leaver
from gateway.services.notices import Kind
from tests.integration.notices.office import House

HOUR = timedelta(hours=1)


def leave(house: House, person: UUID, heir: UUID | None = None) -> dict[str, int]:
    engine = db.engine(house.operation.settings)
    with engine.begin() as connection:
        leaver = Leaver(person, house.id, heir)
        done = leaving.leave(connection, leaver, now=clock.now())
        assert sum(step.count for step in leaving.preview(connection, leaver)) == 0
    engine.dispose()
    return done


def roster(house: House, team: UUID) -> list[tuple]:
    rows = house.operation.rows(
        "SELECT staff_id, backup_id FROM shift WHERE team_id = %s AND ends_at > now() ORDER BY starts_at, staff_id",
        team,
    )
    return [(house.names[person], house.names.get(backup)) for person, backup in rows]


def test_coming_shifts_go_to_the_heir_and_worked_hours_stay_in_the_history(house: House) -> None:
    gone, heir, other = (house.person(name) for name in ("gone", "heir", "other"))
    team, now = house.team(gone, heir, other), clock.now()
    house.shift(team, gone, other, begin=now - 2 * HOUR, hours=4)
    house.shift(team, gone, heir, begin=now + 24 * HOUR)
    house.shift(team, other, gone, begin=now + 48 * HOUR)
    house.shift(team, heir, gone, begin=now + 72 * HOUR)
    done = leave(house, gone, heir)
    assert done["duties"] == 4
    assert roster(house, team) == [("heir", "other"), ("heir", None), ("other", "heir"), ("heir", None)]
    worked = house.operation.rows("SELECT ends_at - starts_at FROM shift WHERE staff_id = %s", gone)
    assert [round(length[0] / HOUR, 1) for length in worked] == [2.0]


def test_without_an_heir_shifts_leave_the_roster(house: House) -> None:
    gone, other = house.person("gone"), house.person("other")
    team = house.team(gone, other)
    house.shift(team, gone, begin=clock.now() + 5 * HOUR)
    house.shift(team, other, gone, begin=clock.now() + 9 * HOUR)
    leave(house, gone)
    assert roster(house, team) == [("other", None)]


def test_what_was_not_read_is_told_to_the_heir_and_counts_as_not_looked_at(house: House) -> None:
    gone, heir, lead = (house.person(name) for name in ("gone", "heir", "lead"))
    team = house.team(gone, heir, lead=lead)
    house.shift(team, gone, begin=clock.now() - HOUR)
    about = house.tell(Kind.NEW_CASE, f"grievance {house.case()}", priority="P1", level="S1", now=clock.now())
    assert leave(house, gone, heir)["notices"] == 1
    assert house.told(about) == {"heir"}
    with house.connect() as connection:
        escalation.escalate(connection, now=clock.now() + HOUR)
        connection.commit()
    assert house.told(about) == {"heir", "lead"}


def test_without_an_heir_what_was_not_read_is_asked_of_the_next(house: House) -> None:
    gone, lead = house.person("gone"), house.person("lead")
    house.shift(house.team(gone, lead=lead), gone, begin=clock.now() - HOUR)
    about = house.tell(Kind.NEW_CASE, f"grievance {house.case()}", priority="P1", level="S1", now=clock.now())
    leave(house, gone)
    assert house.told(about) == set()
    with house.connect() as connection:
        escalation.escalate(connection, now=clock.now() + HOUR)
        connection.commit()
    assert house.told(about) == {"lead"}
