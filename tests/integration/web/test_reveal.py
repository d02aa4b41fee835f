"""Names and numbers: masked until they are asked for, with a reason where a person needs care, for one answer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from gateway import clock, db
from gateway.models.staff import Role
from gateway.services import audit, sign_in
from gateway.settings import Settings
from gateway.web import resources
from tests.integration.web.visitors import DISCLOSED, NAME, NUMBER, Visitor, World

ASKED_AT = re.compile(r'name="asked_at" value="([^"]+)"')
REASON = {"reason": "call_back", "words": "she asked us to call her back"}
SENSITIVE_NUMBER, SEALED_NUMBER = "+923005550112", "+923005550113"


def asked_at(visitor: Visitor, path: str) -> str:
    found = ASKED_AT.search(visitor.get(path).text)
    assert found is not None
    return found[1]


def last(world: World) -> tuple[str, str, dict]:
    seq, action, object_, blob = world.operation.rows(
        "SELECT seq, action, object, detail_sealed FROM audit WHERE organisation_id = %s ORDER BY seq DESC LIMIT 1",
        world.operation.id,
    )[0]
    ring, whose = world.operation.ring, world.operation.id
    return action, object_, audit.detail_of(ring, whose, seq, blob) if blob else {}


@pytest.fixture
def discreet(world: World) -> Iterator[UUID]:
    """The person who complained does not want us named."""
    mark(world, world.contact_id, discreet=True)
    yield world.contact_id
    mark(world, world.contact_id, discreet=False)


def mark(world: World, contact_id: UUID, *, discreet: bool) -> None:
    with world.operation.connect() as connection:
        connection.execute("UPDATE contact SET discreet = %s WHERE id = %s", [discreet, contact_id])
        connection.commit()


def contact_of(world: World, case_id: UUID) -> UUID:
    found: UUID = world.operation.one("SELECT contact_id FROM grievance WHERE id = %s", case_id)
    return found


def test_an_ordinary_person_is_shown_without_a_reason(world: World, visit: Callable[[Role], Visitor]) -> None:
    path = f"/contacts/{world.contact_id}"
    visitor = visit(Role.COMMUNITY_STAFF)
    assert "Why do you need it?" not in visitor.get(path).text
    shown = visitor.post(path, asked_at=asked_at(visitor, path))
    assert NAME in shown.text
    assert NUMBER in shown.text
    assert last(world) == ("contact.revealed", f"contact {world.contact_id}", {})


def test_a_form_shows_once_and_the_same_form_sent_again_shows_nothing(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    path = f"/contacts/{world.contact_id}"
    visitor = visit(Role.COMMUNITY_STAFF)
    moment = asked_at(visitor, path)
    assert NUMBER in visitor.post(path, asked_at=moment).text
    again = visitor.post(path, asked_at=moment)
    assert again.status_code == 200
    assert NUMBER not in again.text
    assert NAME not in again.text
    assert "It was shown once already" in again.text
    assert last(world)[0] == "contact.read"
    assert NUMBER in visitor.post(path, asked_at=asked_at(visitor, path)).text, "a fresh form shows again"


def test_what_somebody_else_was_shown_does_not_use_up_my_form(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    path = f"/contacts/{world.contact_id}"
    me = visit(Role.COMMUNITY_STAFF)
    moment = asked_at(me, path)
    visit(Role.PARTNER).post(path)
    assert NUMBER in me.post(path, asked_at=moment).text


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-20T10:00:00", "9" * 400])
def test_a_time_that_is_none_is_as_if_there_were_none(
    moment: str, world: World, visit: Callable[[Role], Visitor]
) -> None:
    assert NUMBER in visit(Role.COMMUNITY_STAFF).post(f"/contacts/{world.contact_id}", asked_at=moment).text


def test_an_answer_with_a_name_is_kept_by_nobody(world: World, visit: Callable[[Role], Visitor]) -> None:
    shown = visit(Role.COMMUNITY_STAFF).post(f"/contacts/{world.contact_id}")
    assert shown.headers["Cache-Control"] == "no-store"
    assert "ETag" not in shown.headers


@pytest.mark.parametrize(
    ("form", "faults"),
    [
        ({}, ["Please choose one of the list.", "Please fill this in."]),
        ({"reason": "call_back"}, ["Please fill this in."]),
        ({"reason": "call_back", "words": "   short   "}, ["Please write 10 to 500 characters."]),
        ({"words": "she asked us to call back"}, ["Please choose one of the list."]),
        ({"reason": "curious", "words": "she asked us to call back"}, ["Please choose one of the list."]),
        ({"reason": "call_back", "words": "x" * 501}, ["Please write 10 to 500 characters."]),
    ],
)
def test_without_a_whole_reason_nothing_is_shown_and_the_fault_stands_beside_its_field(
    form: dict[str, str],
    faults: list[str],
    discreet: UUID,
    world: World,
    visit: Callable[[Role], Visitor],
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    answer = visitor.post(f"/contacts/{discreet}", **form)
    assert answer.status_code == 422
    assert NAME not in answer.text
    assert NUMBER not in answer.text
    for fault in faults:
        assert fault in answer.text
    assert answer.text.count('aria-invalid="true"') == len(faults)
    if len(form.get("words", "")) <= 500:
        assert form.get("words", "").strip() in answer.text, "what was written is not lost"
    assert last(world)[0] == "contact.read"


def test_a_discreet_person_is_shown_for_a_reason_that_is_kept_sealed(
    discreet: UUID, world: World, visit: Callable[[Role], Visitor]
) -> None:
    shown = visit(Role.COMMUNITY_STAFF).post(f"/contacts/{discreet}", **REASON)
    assert shown.status_code == 200
    assert NUMBER in shown.text
    assert last(world) == ("contact.revealed", f"contact {discreet}", REASON)
    clear = world.operation.rows("SELECT actor, action, object FROM audit")
    assert REASON["words"] not in repr(clear)


def test_a_person_with_a_sensitive_case_needs_a_reason_on_both_pages(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.PROTECTION_REVIEWER)
    person = contact_of(world, world.sensitive_id)
    for path, object_, action in (
        (f"/contacts/{person}", f"contact {person}", "contact.revealed"),
        (f"/grievances/{world.sensitive_id}", f"grievance {world.sensitive_id}", "grievance.revealed"),
    ):
        assert SENSITIVE_NUMBER not in visitor.get(path).text
        refused = visitor.post(path)
        assert refused.status_code == 422
        assert SENSITIVE_NUMBER not in refused.text
        assert SENSITIVE_NUMBER in visitor.post(path, **REASON).text
        assert last(world)[:2] == (action, object_)
        assert last(world)[2].items() >= REASON.items()


def test_the_form_tells_nobody_of_a_case_that_they_may_not_see(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    """Being asked for a reason would tell that there is a sealed case."""
    asked = "Why do you need it?"
    path = f"/contacts/{world.sealed_contact_id}"
    assert asked in visit(Role.SENSITIVE_FOCAL_POINT).get(path).text
    for role in (Role.PROTECTION_REVIEWER, Role.COMMUNITY_STAFF, Role.PARTNER):
        page = visit(role).get(path)
        assert asked not in page.text
        assert DISCLOSED not in page.text


def test_a_case_shows_name_and_number_to_those_who_may_see_it_and_to_nobody_else(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    path = f"/grievances/{world.sealed_id}"
    assert SEALED_NUMBER in visit(Role.SENSITIVE_FOCAL_POINT).post(path, **REASON).text
    for role in set(Role) - {Role.SENSITIVE_FOCAL_POINT}:
        answer = visit(role).post(path, **REASON)
        assert answer.status_code == 404
        assert SEALED_NUMBER not in answer.text


def test_a_case_of_nobody_has_nothing_to_show(world: World, visit: Callable[[Role], Visitor]) -> None:
    with world.operation.connect() as connection:
        connection.execute("UPDATE grievance SET contact_id = NULL WHERE id = %s", [world.case_id])
        connection.commit()
    try:
        visitor = visit(Role.PROTECTION_REVIEWER)
        assert "Show name and number" not in visitor.get(f"/grievances/{world.case_id}").text
        assert visitor.post(f"/grievances/{world.case_id}").status_code == 404
    finally:
        with world.operation.connect() as connection:
            connection.execute(
                "UPDATE grievance SET contact_id = %s WHERE id = %s", [world.contact_id, world.case_id]
            )
            connection.commit()


def test_showing_more_than_usual_is_written_down_once_an_hour(
    app: Flask, settings: Settings, world: World, visit: Callable[[Role], Visitor]
) -> None:
    held = resources.of(app)
    app.extensions[resources.NAME] = replace(held, settings=replace(held.settings, reveals_an_hour=3))
    me = world.staff[Role.SENSITIVE_FOCAL_POINT]
    with world.operation.connect() as connection:
        before = connection.execute(
            "SELECT count(*) FROM audit WHERE actor = %s AND action = ANY(%s)",
            [str(me), ["contact.revealed", "grievance.revealed"]],
        ).fetchone()
    try:
        visitor = visit(Role.SENSITIVE_FOCAL_POINT)
        for _ in range(max(0, 3 - before[0])):
            visitor.post(f"/contacts/{world.contact_id}")
        earlier = unusual(world, me)
        for _ in range(3):
            assert NUMBER in visitor.post(f"/contacts/{world.contact_id}").text
        assert unusual(world, me) == max(earlier, 1)
    finally:
        app.extensions[resources.NAME] = held


def unusual(world: World, staff_id: UUID) -> int:
    found: int = world.operation.one(
        "SELECT count(*) FROM audit WHERE action = 'audit.unusual' AND object = %s", f"staff {staff_id}"
    )
    return found


def test_a_person_who_needs_care_is_shown_to_somebody_who_proved_lately_who_they_are(
    app: Flask, discreet: UUID, world: World
) -> None:
    engine = db.engine(world.operation.settings)
    with engine.begin() as connection:
        earlier = clock.now() - timedelta(minutes=30)
        secret = sign_in.open_session(connection, world.staff[Role.COMMUNITY_STAFF], passed=True, now=earlier)
    engine.dispose()
    client = app.test_client()
    client.set_cookie("paigham", secret)
    visitor = Visitor(client)
    shown = "SELECT count(*) FROM audit WHERE action = 'contact.revealed'"
    before = world.operation.one(shown)
    asked = visitor.post(f"/contacts/{discreet}", **REASON)
    assert asked.status_code == 403
    assert NUMBER not in asked.text
    assert world.operation.one(shown) == before
