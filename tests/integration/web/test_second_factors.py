"""Second factors: who must have one, codes that work once, recovery codes, and what wrong guesses cost."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from gateway import clock
from gateway.models.staff import Role
from gateway.services import second_factor, staff
from gateway.services.second_factor import FORCED, must_have_one
from gateway.settings import Settings
from gateway.web import security
from tests.integration.operation import Operation
from tests.integration.web.people import PASSWORD, Person, elsewhere, newcomer
from tests.integration.web.visitors import Visitor, forget_requests

WRONG = "000000"


@pytest.fixture
def person(app: Flask, operation: Operation) -> Person:
    """Community staff who has set up an app, in a browser that is signed out again."""
    made = newcomer(app, operation)
    made.sign_in()
    assert made.set_up_app(at=time.time() - 30).status_code == 200
    made.browser.post("/signout")
    return made


def actions(operation: Operation, person: Person) -> list[str]:
    rows = operation.rows(
        "SELECT action FROM audit WHERE organisation_id = %s AND object = %s ORDER BY seq",
        operation.id,
        f"staff {person.id}",
    )
    return [row[0] for row in rows]


# --- Who must have one


def test_roles_that_read_content_or_administer_must_have_one_and_the_others_may() -> None:
    assert set(Role) - FORCED == {Role.VIEWER_AGGREGATE, Role.COMMUNITY_STAFF, Role.TRANSLATOR}
    assert all(must_have_one(role, "all") for role in Role)
    assert not any(must_have_one(role, "off") for role in Role)
    assert {role for role in Role if must_have_one(role, "by_role")} == FORCED


@pytest.mark.parametrize("role", sorted(FORCED))
def test_whoever_must_have_one_is_led_to_set_it_up_and_can_do_nothing_else(
    role: Role, app: Flask, operation: Operation
) -> None:
    somebody = newcomer(app, operation, role)
    somebody.sign_in()
    for path in ("/", "/me", "/me/sessions", "/me/security", "/me/password", "/help"):
        led = somebody.browser.get(path)
        assert (led.status_code, led.headers.get("Location")) == (303, "/me/security/start"), path
    assert somebody.browser.post("/me/sessions/end").headers["Location"] == "/me/security/start"
    assert somebody.browser.get("/me/security/start").status_code == 200
    assert somebody.set_up_app().status_code == 200
    assert somebody.is_in()


def test_whoever_must_have_one_cannot_remove_the_last(app: Flask, operation: Operation) -> None:
    somebody = newcomer(app, operation, Role.PROTECTION_REVIEWER)
    somebody.sign_in()
    somebody.set_up_app()
    refused = somebody.browser.post("/me/security/app/remove")
    assert refused.status_code == 409
    assert "second factor" in refused.text
    assert somebody.browser.get("/me/security").text.count("Remove the app") == 1


def test_a_link_for_a_new_password_does_not_go_round_the_second_factor(
    app: Flask, operation: Operation, person: Person, sql: sa.Connection
) -> None:
    link = staff.link(sql, person.id, "http://localhost", now=clock.now())
    sql.commit()
    thief = elsewhere(app, person)
    thief.browser.get(link.removeprefix("http://localhost"))
    thief.browser.post("/welcome", password="another river at night", again="another river at night")
    assert thief.browser.get("/").headers["Location"].startswith("/signin/second")


# --- Signing in


def test_a_password_alone_opens_no_page(person: Person) -> None:
    entered = person.sign_in(onward="?next=/contacts")
    assert entered.headers["Location"] == "/signin/second?next=/contacts"
    for path in ("/", "/contacts", "/me/security", "/me/security/start", "/me/security/app"):
        assert person.browser.get(path).headers["Location"].startswith("/signin/second"), path
    assert person.browser.post("/language", language="eng").status_code == 303
    assert person.browser.post("/me/security/app/remove").headers["Location"] == "/signin/second"
    assert "Overview" not in person.browser.get("/signin/second").text.partition("<main")[0]


def test_the_code_of_the_app_leads_to_the_page_that_was_wanted(person: Person) -> None:
    person.sign_in()
    done = person.browser.post("/signin/second?next=/contacts", confirm_code=person.code())
    assert (done.status_code, done.headers["Location"]) == (303, "/contacts")
    assert person.is_in()


@pytest.mark.parametrize("write", ["{0}", " {0} ", "{1} {2}", "{1}-{2}"])
@pytest.mark.parametrize("zero", ["0", "٠", "۰", "၀"])
def test_a_code_is_read_in_the_digits_of_any_script(
    write: str, zero: str, app: Flask, operation: Operation
) -> None:
    with app.test_request_context():
        code = "904817"
        native = "".join(chr(ord(zero) + int(sign)) for sign in code)
        assert security.digits(write.format(native, native[:3], native[3:])) == code


def test_a_code_works_once(app: Flask, person: Person) -> None:
    person.sign_in()
    code = person.code()
    assert person.second(code).status_code == 303
    again = elsewhere(app, person)
    again.sign_in()
    assert again.second(code).status_code == 401
    assert not again.is_in()
    # The one before is used up too: whoever looked over a shoulder has nothing.
    assert again.second(person.code(steps=-1)).status_code == 401


def test_codes_from_long_ago_or_from_the_future_do_not_work(person: Person) -> None:
    person.sign_in()
    for steps in (-10, -3, 3, 10):
        assert person.second(person.code(steps=steps)).status_code == 401
    assert not person.is_in()


def test_the_code_that_set_the_app_up_does_not_sign_in(app: Flask, operation: Operation) -> None:
    somebody = newcomer(app, operation)
    somebody.sign_in()
    now = time.time()
    somebody.set_up_app(at=now)
    other = elsewhere(app, somebody)
    other.sign_in()
    assert other.second(somebody.code(at=now)).status_code == 401


def test_wrong_codes_make_the_account_rest_and_then_the_right_one_waits_too(
    person: Person, sql: sa.Connection, operation: Operation
) -> None:
    person.sign_in()
    answers = [person.second(WRONG) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    assert "Too many tries" in answers[-1].text
    assert "Too many tries" in person.second(person.code()).text
    assert not person.is_in()
    # A new session does not make it forget.
    person.sign_in()
    assert "Too many tries" in person.second(person.code()).text
    key = second_factor.throttle_key(operation.ring, person.id)
    past = {"key": key, "past": clock.now() - timedelta(seconds=1)}
    sql.execute(sa.text("UPDATE sign_in_attempt SET blocked_until = :past WHERE email_index = :key"), past)
    sql.commit()
    assert person.second(person.code()).status_code == 303


@hypothesis(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    guesses=st.lists(
        st.one_of(
            st.from_regex(r"[0-9]{6}", fullmatch=True),
            st.from_regex(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", fullmatch=True),
            st.text(max_size=20),
        ),
        max_size=6,
    )
)
def test_no_sequence_of_wrong_codes_signs_in(
    guesses: list[str], person: Person, sql: sa.Connection, settings: Settings
) -> None:
    forget_requests(settings.redis_url)
    sql.execute(sa.text("DELETE FROM sign_in_attempt"))
    sql.commit()
    right = {person.code(steps=steps) for steps in (-1, 0, 1, 2)} | set(person.codes)
    person.sign_in()
    for guess in guesses:
        if guess not in right:
            assert person.second(guess).status_code == 401
    assert not person.is_in()


def test_only_the_second_of_two_factors_rests_after_wrong_codes(person: Person) -> None:
    person.sign_in()
    for _ in range(6):
        person.second(WRONG)
    assert person.sign_in().status_code == 303


def test_passing_the_second_factor_changes_the_secret_of_the_session(app: Flask, person: Person) -> None:
    person.sign_in()
    half = person.browser.client.get_cookie("paigham")
    assert half is not None
    assert person.second(person.code()).status_code == 303
    whole = person.browser.client.get_cookie("paigham")
    assert whole is not None
    assert whole.value != half.value
    thief = Visitor(app.test_client())
    thief.client.set_cookie("paigham", half.value)
    assert thief.get("/").headers["Location"].startswith("/signin")


def test_the_second_step_is_nothing_for_strangers(stranger: Visitor) -> None:
    assert stranger.get("/signin/second").headers["Location"] == "/signin"
    assert stranger.post("/signin/second", confirm_code=WRONG).headers["Location"] == "/signin"


def test_somebody_half_way_can_start_again(person: Person) -> None:
    person.sign_in()
    assert person.browser.post("/signout").headers["Location"] == "/signin"
    assert person.browser.get("/").headers["Location"].startswith("/signin")
    assert person.browser.get("/signin").status_code == 200


def test_of_two_requests_with_one_code_at_the_same_moment_one_gets_in(app: Flask, person: Person) -> None:
    browsers = [elsewhere(app, person) for _ in range(4)]
    for browser in browsers:
        browser.sign_in()
    for code in (person.code(), person.codes[0]):
        tokens = [browser.browser.token() for browser in browsers]
        with ThreadPoolExecutor(len(browsers)) as pool:
            answers = pool.map(
                lambda pair: pair[0].browser.client.post(
                    "/signin/second",
                    data={"form_token": pair[1], "confirm_code": code},  # noqa: B023
                ),
                zip(browsers, tokens, strict=True),
            )
            got = sorted(answer.status_code for answer in answers)
        assert got.count(303) == 1, got
        browsers = [browser for browser in browsers if not browser.is_in()]


def test_whoever_takes_long_to_set_it_up_is_asked_again_and_not_shut_out(
    app: Flask, operation: Operation, sql: sa.Connection
) -> None:
    somebody = newcomer(app, operation, Role.IM_OFFICER)
    somebody.sign_in()
    past = {"past": clock.now() - timedelta(minutes=11), "id": somebody.id}
    sql.execute(sa.text("UPDATE staff_session SET fresh_at = :past WHERE staff_id = :id"), past)
    sql.commit()
    asked = somebody.browser.get("/me/security/app").headers["Location"]
    assert somebody.browser.get(asked).status_code == 200
    done = somebody.browser.post(asked, confirm_password=PASSWORD)
    assert done.headers["Location"] == "/me/security/app"
    assert somebody.set_up_app().status_code == 200


# --- Recovery codes


def test_each_of_ten_recovery_codes_works_once(app: Flask, person: Person) -> None:
    assert len(set(person.codes)) == 10
    for place, code in enumerate(person.codes[:3]):
        browser = elsewhere(app, person)
        browser.sign_in()
        typed = code.upper() if place else code.replace("-", " ")
        assert browser.second(typed).status_code == 303
        again = elsewhere(app, person)
        again.sign_in()
        assert again.second(code).status_code == 401
    assert "7 codes are left" in browser.browser.get("/me/security").text


def test_new_recovery_codes_end_the_old_ones(app: Flask, person: Person) -> None:
    person.sign_in()
    person.second(person.code())
    page = person.browser.post("/me/security/codes")
    fresh = re.findall(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", page.text)
    assert len(fresh) == 10
    assert page.headers["Cache-Control"] == "no-store"
    other = elsewhere(app, person)
    other.sign_in()
    assert other.second(person.codes[0]).status_code == 401
    assert other.second(fresh[0]).status_code == 303


def test_a_recovery_code_is_nobody_elses(app: Flask, operation: Operation, person: Person) -> None:
    other = newcomer(app, operation)
    other.sign_in()
    other.set_up_app()
    other.browser.post("/signout")
    other.sign_in()
    assert other.second(person.codes[0]).status_code == 401


# --- What is kept


def test_the_database_holds_no_secret_of_the_app_and_no_code(sql: sa.Connection, person: Person) -> None:
    tables = ("staff", "staff_recovery_code", "staff_ticket", "staff_session", "audit")
    dump = "".join(
        str(row).lower() for table in tables for row in sql.execute(sa.text(f"SELECT * FROM {table}"))
    )
    key = "".join(sign for sign in person.app_key if sign.isalnum()).lower()
    assert key not in dump
    assert not any(code in dump or code.replace("-", "") in dump for code in person.codes)


def test_a_removed_app_takes_its_recovery_codes_along(person: Person, sql: sa.Connection) -> None:
    person.sign_in()
    person.second(person.code())
    assert person.browser.post("/me/security/app/remove").status_code == 303
    left = sql.scalar(
        sa.text("SELECT count(*) FROM staff_recovery_code WHERE staff_id = :id"), {"id": person.id}
    )
    assert left == 0
    person.browser.post("/signout")
    person.sign_in()
    assert person.is_in()


def test_whoever_lost_everything_starts_anew_after_a_reset(
    app: Flask, operation: Operation, person: Person, sql: sa.Connection
) -> None:
    assert second_factor.clear(sql, person.id)
    sql.commit()
    person.sign_in()
    assert person.is_in()
    assert not second_factor.clear(sql, person.id)


def test_a_wrong_code_keeps_the_picture_and_an_app_may_be_replaced(person: Person, app: Flask) -> None:
    person.sign_in()
    person.second(person.code())
    old = person.app_key
    first = person.browser.get("/me/security/app").text
    wrong = person.browser.post("/me/security/app", code=WRONG)
    assert wrong.status_code == 422
    picture = re.compile(r'<path d="(M[^"]+)" fill="#000"')
    assert picture.findall(first) == picture.findall(wrong.text)
    assert person.set_up_app().status_code == 303, "there are recovery codes already"
    assert person.app_key != old
    other = elsewhere(app, person)
    other.sign_in()
    assert other.second(person.code(steps=1)).status_code == 303


def test_every_step_stands_in_the_audit_and_no_secret_does(operation: Operation, person: Person) -> None:
    person.sign_in()
    person.second(WRONG)
    person.second(person.code())
    assert actions(operation, person) == [
        "staff.signed_in",
        "staff.app_added",
        "staff.recovery_codes_made",
        "staff.signed_out",
        "staff.second_factor_failed",
        "staff.signed_in",
    ]


def test_a_wrong_password_is_noted_for_the_account_and_never_with_its_address(
    operation: Operation, person: Person, visit: Callable[[Role], Visitor]
) -> None:
    person.sign_in("not the password")
    assert actions(operation, person)[-1] == "staff.sign_in_failed"
    lines = operation.rows("SELECT actor, action, object FROM audit WHERE organisation_id = %s", operation.id)
    assert person.email not in str(lines)
    assert PASSWORD not in str(lines)
