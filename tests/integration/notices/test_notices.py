"""Who is told of what, once, and that there is no place for a word of a person."""

from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from gateway import clock, db, ids
from gateway.db import DatabaseRole
from gateway.models.staff import Role
from gateway.services import notices, staff, watching
from gateway.services.notices import RULES, Event, Kind
from gateway.web import access
from gateway.web.access import Object
from tests.integration.notices.office import NOON, House
from tests.integration.operation import Operation
from tests.integration.web.visitors import DISCLOSED, WORDS

HOUR = timedelta(hours=1)


def staffed(house: House) -> None:
    house.person("reviewer")
    house.person("focal", Role.SENSITIVE_FOCAL_POINT)
    house.person("admin", Role.ADMIN)
    house.person("officer", Role.IM_OFFICER)
    house.person("protector", Role.DATA_PROTECTION_OFFICER)
    house.person("community", Role.COMMUNITY_STAFF)
    house.person("partner", Role.PARTNER)
    house.person("viewer", Role.VIEWER_AGGREGATE)
    house.person("gone", active=False)


def test_each_kind_reaches_the_roles_that_it_is_for(house: House) -> None:
    staffed(house)
    expected = {
        Kind.NEW_CASE: {"reviewer"},
        Kind.SEALED_CASE: {"focal"},
        Kind.CASE_DUE: {"reviewer"},
        Kind.CASE_LATE: {"reviewer"},
        Kind.CHANNEL_FAULTY: {"admin"},
        Kind.MESSAGE_PARKED: {"community", "reviewer"},
        Kind.FLOW_PROBLEM: {"officer"},
        Kind.MAIL_FAILED: {"admin"},
        Kind.INVITATION_ACCEPTED: {"admin"},
        Kind.ROLE_CHANGE: {"admin", "protector"},
        Kind.FLOW_EXCEPTION: {"protector", "focal"},
        Kind.UNUSUAL: {"protector"},
        Kind.DUTY_GAP: set(),
        Kind.HANDED_OVER: set(),
        Kind.AGREEMENT_ENDS: set(),
    }
    assert {kind: house.told(house.tell(kind)) for kind in Kind} == expected


@pytest.mark.parametrize(
    ("kind", "object_"),
    [
        (Kind.NEW_CASE, Object.GRIEVANCE),
        (Kind.SEALED_CASE, Object.SEALED),
        (Kind.MESSAGE_PARKED, Object.DELIVERY),
        (Kind.CHANNEL_FAULTY, Object.OVERVIEW),
        (Kind.FLOW_PROBLEM, Object.PROBLEM),
        (Kind.FLOW_EXCEPTION, Object.FLOW_OVERRIDE),
        (Kind.AGREEMENT_ENDS, Object.AGREEMENT),
    ],
)
def test_whoever_is_told_may_see_what_it_is_about(kind: Kind, object_: Object) -> None:
    assert all(access.allows(role, object_) for role in RULES[kind].may_see)
    assert all(
        access.allows(role, Object.SENSITIVE)
        for role in notices.BY_LEVEL["S2"].may_see + notices.BY_LEVEL["S2"].roles
    )


def test_telling_twice_tells_once_and_another_occasion_tells_again(house: House) -> None:
    house.person("reviewer")
    about = house.tell(Kind.NEW_CASE)
    house.tell(Kind.NEW_CASE, about)
    house.tell(Kind.NEW_CASE, about, occasion="reopened:1")
    assert house.operation.one("SELECT count(*) FROM notice WHERE object = %s", about) == 2


def test_who_is_on_duty_is_told_and_the_others_are_left_alone(house: House) -> None:
    duty = house.person("duty", Role.COMMUNITY_STAFF)
    house.person("reviewer")
    team = house.team(duty)
    house.shift(team, duty)
    assert house.told(house.tell(Kind.NEW_CASE, level="S1")) == {"duty"}


def test_of_a_sensitive_case_nobody_is_told_who_may_not_see_it_on_duty_or_not(house: House) -> None:
    duty = house.person("duty", Role.COMMUNITY_STAFF)
    house.person("reviewer")
    house.shift(house.team(duty), duty)
    assert house.told(house.tell(Kind.NEW_CASE, level="S2")) == {"reviewer"}


def test_of_a_sealed_case_only_focal_points_are_told_whoever_is_on_duty(house: House) -> None:
    duty, lead = house.person("duty"), house.person("lead")
    house.person("focal", Role.SENSITIVE_FOCAL_POINT)
    house.shift(house.team(duty, lead=lead), duty)
    about = house.tell(Kind.NEW_CASE, level="S3", priority="P1")
    assert house.told(about) == {"focal"}
    assert house.operation.rows("SELECT id FROM alert WHERE object = %s", about) == []


def test_another_office_and_its_team_are_left_alone(house: House) -> None:
    here, there = house.office(), house.office()
    near = house.person("near", office_id=here)
    house.person("far", office_id=there)
    house.person("everywhere")
    assert house.told(house.tell(Kind.NEW_CASE, office_id=here)) == {"near", "everywhere"}
    house.shift(house.team(near, office=here), near)
    assert house.told(house.tell(Kind.NEW_CASE, office_id=here)) == {"near"}
    assert house.told(house.tell(Kind.NEW_CASE, office_id=there)) == {"far", "everywhere"}


def test_named_people_are_told_whatever_their_role(house: House) -> None:
    asked = house.person("asked", Role.TRANSLATOR)
    assert house.told(house.tell(Kind.HANDED_OVER, to=[asked])) == {"asked"}


@pytest.mark.parametrize(
    "words",
    [
        "grievance",
        "Zarghuna +923005550111",
        "grievance 0190aaaa-0000-7000-8000-000000000001 Zarghuna",
        "a complaint",
    ],
)
def test_the_database_takes_no_words_for_an_object(house: House, words: str) -> None:
    house.person("reviewer")
    with pytest.raises(psycopg.errors.CheckViolation):
        house.tell(Kind.NEW_CASE, words)


def test_what_is_undone_was_told_to_nobody(house: House) -> None:
    house.person("reviewer")
    about = f"grievance {ids.new()}"
    with house.connect() as connection:
        notices.raise_(
            connection, kind=Kind.NEW_CASE, object=about, priority="P2", organisation_id=house.id, now=NOON
        )
        connection.rollback()
    assert house.told(about) == set()


def test_a_page_tells_within_its_transaction_and_walls(house: House) -> None:
    house.person("reviewer")
    about = f"grievance {ids.new()}"
    engine = db.engine(house.operation.settings, role=DatabaseRole.PAGES)
    with engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql(
            f"SELECT set_config('paigham.organisation', '{house.id}', true),"
            " set_config('paigham.door', 'closed', true)"
        )
        notices.raise_(
            connection, kind=Kind.NEW_CASE, object=about, priority="P2", organisation_id=house.id, now=NOON
        )
        transaction.commit()
    engine.dispose()
    assert house.told(about) == {"reviewer"}


def test_a_stranger_whose_invitation_is_accepted_has_administrators_told(house: House) -> None:
    house.person("admin", Role.ADMIN)
    about = f"staff {ids.new()}"
    engine = db.engine(house.operation.settings, role=DatabaseRole.PAGES)
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('paigham.door', 'open', true)")
        notices.raise_(
            connection,
            kind=Kind.INVITATION_ACCEPTED,
            object=about,
            priority="P4",
            organisation_id=house.id,
            now=NOON,
        )
        assert connection.exec_driver_sql("SELECT count(*) FROM notice").scalar() == 0, "and sees nothing"
    engine.dispose()
    assert house.told(about) == {"admin"}


# ---------------------------------------------------------------------- what happens


def test_a_new_case_tells_reviewers_and_a_sealed_one_focal_points_alone(house: House) -> None:
    staffed(house)
    phone = house.operation.phone()
    phone.says("PROBLEM")
    phone.says(WORDS)
    open_case = house.operation.one(
        "SELECT id FROM grievance WHERE contact_id = %s AND NOT sealed", phone.contact_id
    )
    assert house.told(f"grievance {open_case}") == {"reviewer"}
    other = house.operation.phone()
    other.says(DISCLOSED)
    sealed = house.operation.one(
        "SELECT id FROM grievance WHERE contact_id = %s AND sealed", other.contact_id
    )
    assert house.told(f"grievance {sealed}") == {"focal"}
    kinds = house.operation.rows("SELECT kind, priority FROM notice WHERE object = %s", f"grievance {sealed}")
    assert kinds == [("sealed_case", "P2")]


def clocks(house: House, *, now) -> int:
    with house.connect() as connection:
        count = watching.clocks(connection, now=now)
        connection.commit()
    return count


def kinds(house: House, case_id: UUID) -> set[str]:
    rows = house.operation.rows("SELECT kind FROM notice WHERE object = %s", f"grievance {case_id}")
    return {row[0] for row in rows}


def test_a_clock_that_runs_out_is_told_of_before_and_after_once_each(house: House) -> None:
    house.person("reviewer")
    case_id = house.case(triage_due_at=NOON + 24 * HOUR)
    assert (clocks(house, now=NOON), kinds(house, case_id)) == (0, set())
    assert (clocks(house, now=NOON + 22 * HOUR), kinds(house, case_id)) == (1, {"case_due"})
    assert clocks(house, now=NOON + 23 * HOUR) == 0
    assert (clocks(house, now=NOON + 24 * HOUR), kinds(house, case_id)) == (1, {"case_due", "case_late"})
    assert clocks(house, now=NOON + 25 * HOUR) == 0


def test_nobody_is_told_of_the_clock_of_a_case_that_somebody_looked_at(house: House) -> None:
    house.person("reviewer")
    house.case(triage_due_at=NOON - HOUR, state="triaged")
    assert clocks(house, now=NOON) == 0


def test_the_clock_of_a_sealed_case_is_the_focal_points_alone(house: House) -> None:
    staffed(house)
    case_id = house.case(triage_due_at=NOON - HOUR, state="sealed", sealed=True, sensitivity="S3")
    assert clocks(house, now=NOON) == 1
    assert house.told(f"grievance {case_id}") == {"focal"}


def test_a_case_that_nobody_can_be_told_of_holds_up_no_other(house: House) -> None:
    house.person("focal", Role.SENSITIVE_FOCAL_POINT)
    for _ in range(3):
        house.case(triage_due_at=NOON - 2 * HOUR)
    sealed = house.case(triage_due_at=NOON - HOUR, state="sealed", sealed=True, sensitivity="S3")
    assert clocks(house, now=NOON) == 1
    assert house.told(f"grievance {sealed}") == {"focal"}


def test_several_things_are_told_in_one_statement(house: House) -> None:
    staffed(house)
    events = [Event(kind, f"grievance {ids.new()}", "P3", house.id) for kind in Kind for _ in range(20)]
    with house.connect() as connection:
        notices.raise_all(connection, events, now=NOON)
        count = connection.execute("SELECT count(*) FROM notice WHERE organisation_id = %s", [house.id])
        assert count.fetchone() == (
            20 * 15,
        )  # parked messages, changes of role and exceptions are told to two of them


def test_what_was_told_of_a_case_is_taken_back_when_it_is_sealed(house: House) -> None:
    staffed(house)
    duty = house.person("duty")
    house.shift(house.team(duty), duty)
    focal = next(person for person, name in house.names.items() if name == "focal")
    about = house.tell(Kind.NEW_CASE, level="S1", priority="P1", to=[focal])
    other = house.tell(Kind.NEW_CASE, level="S1", priority="P1")
    with house.connect() as connection:
        assert notices.withdraw(connection, about, but=[Role.SENSITIVE_FOCAL_POINT]) == 1
        connection.commit()
    assert house.told(about) == {"focal"}
    assert house.told(other) == {"duty"}
    assert house.operation.rows("SELECT 1 FROM alert WHERE object = %s", about) == []


def test_whoever_did_it_is_not_told(house: House) -> None:
    asker = house.person("asker", Role.ADMIN)
    house.person("second", Role.ADMIN)
    assert house.told(house.tell(Kind.ROLE_CHANGE, but=asker)) == {"second"}


def test_an_accepted_invitation_is_told_to_administrators_and_a_new_password_is_not(house: House) -> None:
    house.person("admin", Role.ADMIN)
    guest = house.person("guest")
    engine = db.engine(house.operation.settings, role=DatabaseRole.PAGES)
    for _ in range(2):
        with engine.begin() as connection:
            connection.exec_driver_sql("SELECT set_config('paigham.door', 'open', true)")
            link = staff.link(connection, guest, "https://pages.example", now=clock.now())
            done = staff.welcome(
                connection,
                house.operation.ring,
                link.rpartition("/")[2],
                password=ids.new().hex,
                now=clock.now(),
            )
            assert done is not None
    assert house.told(f"staff {guest}") == {"admin"}
    house.do("DELETE FROM notice WHERE object = %s", f"staff {guest}")
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('paigham.door', 'open', true)")
        link = staff.link(connection, guest, "https://pages.example", now=clock.now())
        staff.welcome(
            connection, house.operation.ring, link.rpartition("/")[2], password=ids.new().hex, now=clock.now()
        )
    engine.dispose()
    assert house.told(f"staff {guest}") == set()


# --- Agreements that end soon


def agreement(giver: House, receiver: House, last: date) -> str:
    made = ids.new()
    giver.do(
        "INSERT INTO agreement (id, giver_id, receiver_id, kind, reference, purpose, objects, valid_from, valid_until)"
        " VALUES (%s, %s, %s, 'letter', 'L 1', 'Referrals', '[]', %s, %s)",
        made,
        giver.id,
        receiver.id,
        date(2026, 1, 1),
        last,
    )
    return f"agreement {made}"


def look(house: House, now: datetime) -> None:
    with house.connect() as connection:
        watching.ending_agreements(connection, now=now)
        connection.commit()


def test_an_agreement_that_ends_is_told_three_times_to_both_sides(house: House) -> None:
    other = House(Operation(house.operation.settings, house.operation.ring))
    staffed(house)
    staffed(other)
    about = agreement(house, other, (NOON + timedelta(days=31)).date())
    for day in range(40):
        for _ in range(2):  # whoever looks twice tells once
            look(house, NOON + timedelta(days=day))
    for side, who in ((house, "protector"), (other, "admin")):
        rows = side.operation.rows(
            "SELECT staff_id, occasion, priority, raised_at FROM notice WHERE object = %s AND organisation_id = %s"
            " ORDER BY raised_at",
            about,
            side.id,
        )
        assert {side.names[row[0]] for row in rows} == {who}
        assert [(row[1], row[2], (row[3] - NOON).days) for row in rows] == [
            ("in-30", "P4", 1),
            ("in-14", "P3", 17),
            ("in-3", "P2", 28),
        ]
    other.operation.drains.close()


def test_an_agreement_that_was_ended_or_is_over_is_told_of_no_more(house: House) -> None:
    staffed(house)
    other = House(Operation(house.operation.settings, house.operation.ring))
    about = agreement(house, other, (NOON + timedelta(days=9)).date())
    look(house, NOON + timedelta(days=10))
    house.do("UPDATE agreement SET ended_at = %s WHERE giver_id = %s", NOON, house.id)
    look(house, NOON)
    assert house.told(about) == set()
    other.operation.drains.close()
