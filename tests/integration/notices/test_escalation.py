"""Who is asked next while nobody looks, in which order, and when it is over."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.models.staff import Role
from gateway.services import escalation
from gateway.services.escalation import Around, Step, move
from gateway.services.notices import Kind
from tests.integration.notices.office import NOON, House

MINUTE = timedelta(minutes=1)


def escalate(house: House, now: datetime) -> int:
    with house.connect() as connection:
        count = escalation.escalate(connection, now=now)
        connection.commit()
    return count


def steps(house: House, about: str) -> dict[str, int]:
    rows = house.operation.rows("SELECT staff_id, step FROM notice WHERE object = %s", about)
    return {house.names[person]: step for person, step in rows}


@pytest.fixture
def staffed(house: House) -> dict[str, UUID]:
    people = {name: house.person(name) for name in ("duty", "backup", "lead", "other")}
    team = house.team(people["duty"], people["backup"], lead=people["lead"])
    house.shift(team, people["duty"], people["backup"])
    return people | {"team": team}


def emergency(house: House, **more) -> str:
    case_id = house.case(priority="P1", **more)
    return house.tell(Kind.NEW_CASE, f"grievance {case_id}", priority="P1", level="S1")


def test_the_backup_is_told_after_some_minutes_and_then_the_lead(house: House, staffed) -> None:
    about = emergency(house)
    assert steps(house, about) == {"duty": 0}
    assert escalate(house, NOON + 14 * MINUTE) == 0
    assert escalate(house, NOON + 15 * MINUTE) == 1
    assert steps(house, about) == {"duty": 0, "backup": 1}
    assert escalate(house, NOON + 29 * MINUTE) == 0
    assert escalate(house, NOON + 30 * MINUTE) == 1
    assert steps(house, about) == {"duty": 0, "backup": 1, "lead": 2}
    assert escalate(house, NOON + 24 * 60 * MINUTE) == 0, (
        "there is nobody left to ask, and it is told to nobody again"
    )
    assert steps(house, about) == {"duty": 0, "backup": 1, "lead": 2}, "and nothing was taken from anybody"


@pytest.mark.parametrize("who", ["duty", "backup"])
def test_nobody_else_is_asked_once_somebody_looked(house: House, staffed, who: str) -> None:
    about = emergency(house)
    if who == "backup":
        escalate(house, NOON + 15 * MINUTE)
    house.do("UPDATE notice SET read_at = %s WHERE staff_id = %s", NOON + 16 * MINUTE, staffed[who])
    assert escalate(house, NOON + 60 * MINUTE) == 0
    assert "lead" not in steps(house, about)
    assert house.operation.one("SELECT seen_at FROM alert WHERE object = %s", about) == NOON + 16 * MINUTE


def test_nobody_else_is_asked_about_a_case_that_had_its_first_look(house: House, staffed) -> None:
    about = emergency(house)
    house.do("UPDATE grievance SET state = 'triaged' WHERE id = %s", UUID(about.split()[1]))
    assert escalate(house, NOON + 60 * MINUTE) == 0


def test_a_case_that_is_sealed_meanwhile_is_told_to_nobody_more(house: House, staffed) -> None:
    about = emergency(house)
    house.do("UPDATE grievance SET sealed = true, state = 'sealed' WHERE id = %s", UUID(about.split()[1]))
    assert escalate(house, NOON + 60 * MINUTE) == 0
    assert steps(house, about) == {"duty": 0}


def test_without_a_backup_the_lead_is_next(house: House) -> None:
    duty, lead = house.person("duty"), house.person("lead")
    house.shift(house.team(duty, lead=lead), duty)
    about = emergency(house)
    escalate(house, NOON + 15 * MINUTE)
    assert steps(house, about) == {"duty": 0, "lead": 2}


def test_when_nobody_is_on_duty_reviewers_are_told_and_the_lead_at_once(house: House) -> None:
    duty, lead = house.person("duty"), house.person("lead", Role.COMMUNITY_STAFF)
    house.shift(house.team(duty, lead=lead), duty, begin=NOON + timedelta(hours=5))
    about = emergency(house)
    assert steps(house, about) == {"duty": 0}, "as one of the reviewers"
    escalate(house, NOON)
    assert steps(house, about) == {"duty": 0, "lead": 2}


def test_a_lead_who_may_not_see_the_case_is_passed_over_for_whoever_may(house: House) -> None:
    duty, lead = house.person("duty"), house.person("lead", Role.COMMUNITY_STAFF)
    house.person("other")
    house.shift(house.team(duty, lead=lead), duty)
    case_id = house.case(sensitivity="S2")
    about = house.tell(Kind.NEW_CASE, f"grievance {case_id}", priority="P1", level="S2")
    escalate(house, NOON + 15 * MINUTE)
    assert steps(house, about) == {"duty": 0, "other": 2}


def test_an_organisation_sets_its_own_minutes(house: House, staffed) -> None:
    with house.connect() as connection:
        escalation.set_patience(connection, house.id, "P1", backup_after=5, lead_after=60)
        connection.commit()
        assert escalation.patience(connection, house.id)["P1"] == (5, 60)
    about = emergency(house)
    escalate(house, NOON + 5 * MINUTE)
    escalate(house, NOON + 64 * MINUTE)
    assert steps(house, about) == {"duty": 0, "backup": 1}
    escalate(house, NOON + 65 * MINUTE)
    assert "lead" in steps(house, about)


def test_what_is_not_urgent_is_not_escalated(house: House, staffed) -> None:
    about = house.tell(Kind.NEW_CASE, f"grievance {house.case()}", priority="P3", level="S1")
    assert house.operation.rows("SELECT 1 FROM alert WHERE object = %s", about) == []


PEOPLE = st.lists(st.uuids(), max_size=3).map(tuple)


@given(PEOPLE, PEOPLE, PEOPLE)
def test_nobody_is_asked_before_those_who_come_first_and_somebody_always_is(backups, leads, others) -> None:
    around, asked, step = Around(backups, leads, others), [], Step.DUTY
    while True:
        made = move(step, around)
        assert made.step > step, "it only goes forward"
        asked.append(made.people)
        step = made.step
        if made.last:
            break
    assert asked == [*([backups] if backups else []), leads or others]
    assert asked[-1] or not (leads or others)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    looks=st.lists(st.integers(0, 90), min_size=1, max_size=12).map(sorted),
    seen=st.none() | st.integers(0, 40),
)
def test_however_often_and_late_the_sweeper_comes_the_order_holds(house: House, staffed, looks, seen) -> None:
    about = emergency(house)
    for minute in looks:
        if seen is not None and minute >= seen:
            house.do(
                "UPDATE notice SET read_at = %s WHERE object = %s AND staff_id = %s AND read_at IS NULL",
                NOON + seen * MINUTE,
                about,
                staffed["duty"],
            )
        before = steps(house, about)
        escalate(house, NOON + minute * MINUTE)
        after = steps(house, about)
        assert before.items() <= after.items()
        assert len(after) - len(before) <= 1
        assert ("lead" not in after) or ("backup" in after)
        assert seen is None or minute < seen or before == after
