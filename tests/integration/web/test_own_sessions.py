"""Sessions and step-up: devices in the list, stolen cookies, and being asked again before what is sensitive."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway import clock
from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.services import sign_in, staff, tickets
from gateway.settings import Settings
from gateway.web import devices, gate, resources
from gateway.web.access import Action, Object, needs
from tests.integration.operation import Operation
from tests.integration.web.people import PASSWORD, Person, elsewhere, newcomer
from tests.integration.web.visitors import Visitor

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0.6478.72 Mobile Safari/537.36"
)
NEW = "another river at night"


@pytest.fixture
def person(app: Flask, operation: Operation) -> Person:
    """Somebody who is signed in."""
    made = newcomer(app, operation)
    made.sign_in()
    return made


def grow_stale(sql: sa.Connection, person: Person) -> None:
    """Let the last proof be eleven minutes old."""
    past = {"past": clock.now() - timedelta(minutes=11), "id": person.id}
    sql.execute(sa.text("UPDATE staff_session SET fresh_at = :past WHERE staff_id = :id"), past)
    sql.commit()


def cookie(person: Person) -> str:
    found = person.browser.client.get_cookie("paigham")
    assert found is not None
    return found.value


# --- One's own devices


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (PHONE, "Chrome on Android"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) … Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) … Version/17.5 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Firefox/127.0", "Firefox on Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/126.0 Safari/537.36", "Chrome on Chromebook"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_roughly(user_agent: str, expected: str) -> None:
    assert devices.label(user_agent) == expected


def test_a_session_keeps_neither_address_nor_full_browser(app: Flask, operation: Operation) -> None:
    somebody = newcomer(app, operation)
    data = {"form_token": somebody.browser.token(), "email": somebody.email, "password": PASSWORD}
    somebody.browser.client.post(
        "/signin", data=data, headers={"User-Agent": PHONE}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    row = operation.rows("SELECT * FROM staff_session WHERE staff_id = %s", somebody.id)
    assert "Chrome on Android" in str(row)
    assert "203.0.113.9" not in str(row)
    assert "Pixel" not in str(row)
    assert "126" not in row[0][-4:]
    assert "Chrome on Android" in somebody.browser.get("/me/sessions").text


def test_one_device_is_signed_out_and_the_others_stay(app: Flask, person: Person) -> None:
    other = elsewhere(app, person)
    other.sign_in()
    page = person.browser.get("/me/sessions").text
    ends = re.findall(r'action="(/me/sessions/[0-9a-f-]{36}/end)"', page)
    assert len(ends) == 2
    assert page.count("This device") == 1
    first, second = ends  # The one seen last stands first: it is the other one.
    assert person.browser.post(first).headers["Location"] == "/me/sessions"
    assert not other.is_in()
    assert person.is_in()
    assert person.browser.post(first).status_code == 404
    assert person.browser.post(second).headers["Location"] == "/signin"
    assert not person.is_in()


def test_all_other_devices_are_signed_out_at_once(app: Flask, person: Person) -> None:
    others = [elsewhere(app, person) for _ in range(3)]
    for other in others:
        other.sign_in()
    assert person.browser.post("/me/sessions/end", but="this").headers["Location"] == "/me/sessions"
    assert [other.is_in() for other in others] == [False] * 3
    assert person.is_in()


def test_signing_out_everywhere_ends_this_session_too(app: Flask, person: Person) -> None:
    other = elsewhere(app, person)
    other.sign_in()
    stolen = cookie(person)
    assert person.browser.post("/me/sessions/end").headers["Location"] == "/signin"
    assert not other.is_in()
    thief = Visitor(app.test_client())
    thief.client.set_cookie("paigham", stolen)
    assert thief.get("/").status_code == 303


def test_nobody_ends_somebody_elses_session(
    app: Flask, operation: Operation, person: Person, sql: sa.Connection
) -> None:
    other = newcomer(app, operation)
    other.sign_in()
    theirs: UUID = sign_in.sessions(sql, other.id, now=clock.now())[0].id
    assert person.browser.post(f"/me/sessions/{theirs}/end").status_code == 404
    assert other.is_in()


def test_a_session_that_a_stranger_planted_is_not_the_one_that_signing_in_opens(
    app: Flask, operation: Operation
) -> None:
    victim = newcomer(app, operation)
    victim.browser.client.set_cookie("paigham", "planted-by-somebody-else")
    victim.sign_in()
    assert cookie(victim) != "planted-by-somebody-else"
    thief = Visitor(app.test_client())
    thief.client.set_cookie("paigham", "planted-by-somebody-else")
    assert thief.get("/").status_code == 303


def test_a_closed_account_is_out_at_once(person: Person, sql: sa.Connection) -> None:
    assert person.is_in()
    sql.execute(sa.text("UPDATE staff SET active = false WHERE id = :id"), {"id": person.id})
    sql.commit()
    assert not person.is_in()
    assert person.sign_in().status_code == 401


# --- The password


def test_a_new_password_signs_out_everywhere_else(app: Flask, person: Person) -> None:
    other = elsewhere(app, person)
    other.sign_in()
    old = cookie(person)
    assert person.browser.post("/me/password", password=NEW, again="different words").status_code == 422
    assert person.browser.post("/me/password", password="short", again="short").status_code == 422
    assert person.is_in()
    assert person.browser.post("/me/password", password=NEW, again=NEW).headers["Location"] == "/me/security"
    assert person.is_in()
    assert cookie(person) != old
    assert not other.is_in()
    assert other.sign_in().status_code == 401
    assert other.sign_in(NEW).status_code == 303


def test_the_library_takes_old_hashes_and_makes_weak_ones_anew(
    app: Flask, operation: Operation, sql: sa.Connection
) -> None:
    from argon2 import PasswordHasher

    somebody = newcomer(app, operation)
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    staff.set_hash(sql, somebody.id, weak)
    sql.commit()
    assert somebody.sign_in().status_code == 303
    kept = sign_in.account_of(sql, somebody.id).password_hash
    assert kept is not None
    assert kept != weak
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert elsewhere(app, somebody).sign_in().status_code == 303


def test_a_password_is_the_same_however_a_keyboard_writes_it(
    app: Flask, operation: Operation, sql: sa.Connection
) -> None:
    somebody = newcomer(app, operation)
    staff.set_password(sql, operation.ring, somebody.id, "cafe\u0301 au bord du fleuve")
    sql.commit()
    assert somebody.sign_in("caf\u00e9 au bord du fleuve").status_code == 303


def test_nobody_costs_as_much_work_as_somebody(app: Flask, operation: Operation) -> None:
    somebody, hashed = newcomer(app, operation), []
    context = app.extensions["security"].pwd_context
    real_hash, real_verify = context.hash, context.verify
    context.hash = lambda *given, **more: hashed.append("hash") or real_hash(*given, **more)
    context.verify = lambda *given, **more: hashed.append("verify") or real_verify(*given, **more)
    try:
        somebody.sign_in("wrong")
        somebody.browser.post("/signin", email="nobody.at.all@example.org", password="wrong")
    finally:
        del context.hash, context.verify
    # Each computes one Argon2id of the same cost.
    assert hashed == ["verify", "hash"]


# --- Being asked again


def test_what_is_sensitive_asks_again_after_ten_minutes_and_comes_back(
    person: Person, sql: sa.Connection
) -> None:
    assert person.browser.get("/me/password").status_code == 200
    grow_stale(sql, person)
    asked = person.browser.get("/me/password")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/me/confirm?next=/me/password")
    before = cookie(person)
    assert person.browser.post("/me/confirm?next=/me/password", confirm_password="wrong").status_code == 403
    assert person.browser.get("/me/password").status_code == 303
    done = person.browser.post("/me/confirm?next=/me/password", confirm_password=PASSWORD)
    assert done.headers["Location"] == "/me/password"
    assert cookie(person) != before, "a proof changes the secret"
    assert person.browser.get("/me/password").status_code == 200


def test_a_form_is_not_lost_when_it_is_asked_who_sent_it(person: Person, sql: sa.Connection) -> None:
    grow_stale(sql, person)
    asked = person.browser.post("/me/password", password=NEW, again=NEW)
    assert asked.status_code == 403
    carried = dict(re.findall(r'<input type="hidden" name="(password|again)" value="([^"]+)"', asked.text))
    assert carried == {"password": NEW, "again": NEW}
    assert 'action="/me/password"' in asked.text
    wrong = person.browser.post("/me/password", **carried, confirm_password="wrong")
    assert wrong.status_code == 403
    assert f'value="{NEW}"' in wrong.text
    done = person.browser.post("/me/password", **carried, confirm_password=PASSWORD)
    assert done.headers["Location"] == "/me/security"
    assert person.is_in()


def test_asking_again_takes_a_code_of_the_app_too(
    app: Flask, operation: Operation, sql: sa.Connection
) -> None:
    import time

    somebody = newcomer(app, operation)
    somebody.sign_in()
    somebody.set_up_app(at=time.time() - 30)
    grow_stale(sql, somebody)
    code = somebody.code()
    assert "authenticator app" in somebody.browser.get("/me/confirm").text
    assert somebody.browser.post("/me/confirm", confirm_code=code).status_code == 303
    grow_stale(sql, somebody)
    assert somebody.browser.post("/me/confirm", confirm_code=code).status_code == 403


def test_guessing_the_password_of_a_stolen_session_slows_down(person: Person, sql: sa.Connection) -> None:
    grow_stale(sql, person)
    answers = [person.browser.post("/me/confirm", confirm_password=f"guess {n}") for n in range(6)]
    assert {answer.status_code for answer in answers} == {403}
    assert "Too many tries" in person.browser.post("/me/confirm", confirm_password=PASSWORD).text


def test_a_view_may_ask_in_the_middle_and_nothing_happened_until_then(
    settings: Settings, operation: Operation, sql: sa.Connection
) -> None:
    done: list[str] = []

    @needs(Object.SELF, Action.CHANGE)
    def reveal() -> str:
        gate.needs_fresh()
        done.append("revealed")
        return "what is sensitive"

    made = create_pages(replace(settings))
    made.view_functions["staff.account"] = reveal
    somebody = newcomer(made, operation)
    somebody.sign_in()
    assert somebody.browser.get("/me/security").text == "what is sensitive"
    grow_stale(sql, somebody)
    assert somebody.browser.get("/me/security").headers["Location"] == "/me/confirm?next=/me/security"
    assert done == ["revealed"]
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


# --- Tickets


def test_a_ticket_is_taken_once_and_is_over_after_ten_minutes(sql: sa.Connection, ring: Keyring) -> None:
    now = clock.now()
    tickets.put(sql, ring, "kind:secret", {"challenge": "abc"}, now=now)
    assert tickets.look(sql, ring, "kind:secret", now=now) == {"challenge": "abc"}
    assert tickets.take(sql, ring, "kind:other", now=now) is None
    assert tickets.take(sql, ring, "kind:secret", now=now) == {"challenge": "abc"}
    assert tickets.take(sql, ring, "kind:secret", now=now) is None
    tickets.put(sql, ring, "kind:secret", {"challenge": "abc"}, now=now)
    assert tickets.take(sql, ring, "kind:secret", now=now + timedelta(minutes=10)) is None
    dump = str(sql.execute(sa.text("SELECT * FROM staff_ticket")).all())
    assert "secret" not in dump
    assert "abc" not in dump
    sql.rollback()


def test_a_role_that_must_have_a_second_factor_is_asked_where_all_must(
    settings: Settings, operation: Operation
) -> None:
    made = create_pages(replace(settings, second_factor="all"))
    viewer = newcomer(made, operation, Role.VIEWER_AGGREGATE)
    viewer.sign_in()
    assert viewer.browser.get("/").headers["Location"] == "/me/security/start"
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()
